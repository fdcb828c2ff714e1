// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// How tags are compared by a processor without vectors: arch.hpp as such a one sees it, in a namespace
// of its own, so that no function has two definitions. (As this processor does it: group_table_test.)

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <utility>

#if defined(__i386__) || defined(__x86_64__)
#include <immintrin.h>
#endif

#undef __SSE2__
#define syncmap syncmap_without_vectors
#include <syncmap/detail/arch.hpp>  // and nothing else of the library
#undef syncmap

namespace {

using syncmap_without_vectors::detail::match_bytes;

std::uint32_t match_one_by_one(std::uint64_t low, std::uint64_t high, std::uint8_t byte) {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 16; ++i) {
    const std::uint64_t eight = i < 8 ? low : high;
    if (static_cast<std::uint8_t>(eight >> (i % 8 * 8)) == byte) result |= 1U << i;
  }
  return result;
}

TEST(match_bytes, finds_every_byte_in_every_place_among_all_others) {
  static_assert(!syncmap_without_vectors::detail::has_wide_load);
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned other = 0; other < 256; ++other) {
      const std::uint64_t others = 0x0101010101010101U * other;
      for (unsigned at = 0; at < 8; ++at) {
        const std::uint64_t one =
            (others & ~(std::uint64_t{0xff} << (8 * at))) | std::uint64_t{byte} << (8 * at);
        const auto wanted = static_cast<std::uint8_t>(byte);
        ASSERT_EQ(match_bytes(one, others, wanted), match_one_by_one(one, others, wanted));
        ASSERT_EQ(match_bytes(others, one, wanted), match_one_by_one(others, one, wanted));
      }
    }
  }
}

TEST(match_bytes, finds_every_set_of_places) {
  for (std::uint32_t set = 0; set < 0x10000; ++set) {
    for (const auto& [byte, other] : {std::pair(0x00U, 0x01U),
                                      {0x01U, 0x00U},
                                      {0x80U, 0x00U},
                                      {0x00U, 0x80U},
                                      {0xffU, 0xfeU},
                                      {0x7fU, 0xffU}}) {
      std::uint64_t halves[2] = {};
      for (unsigned i = 0; i < 16; ++i) {
        halves[i / 8] |= std::uint64_t{(set >> i & 1) != 0 ? byte : other} << (i % 8 * 8);
      }
      ASSERT_EQ(match_bytes(halves[0], halves[1], static_cast<std::uint8_t>(byte)), set);
    }
  }
}

}  // namespace
