// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Families of keys that are chosen to meet in a table: what they cost is counted in calls of the equality,
// in bytes and in places that a lookup has to look at, and compared with keys that are spread well. (What the
// worst of them cost in memory stands in unit/hostile_keys_test.cpp.)

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <maps.hpp>
#include <string>
#include <threads.hpp>
#include <vector>

namespace {

std::uint64_t comparisons = 0;

struct identity_hash {
  std::size_t operator()(std::uint64_t key) const { return static_cast<std::size_t>(key); }
};
struct constant_hash {
  std::size_t operator()(std::uint64_t) const { return 42; }
};
struct counting_equal {
  bool operator()(std::uint64_t a, std::uint64_t b) const {
    ++comparisons;
    return a == b;
  }
};

struct cost {
  double comparisons = 0;  // for each operation
  double bytes = 0;        // for each entry
  std::size_t longest = 0;
  std::size_t growths = 0;
};

// Inserts, finds, misses and erases.
template <class Map, class F>
cost cost_of(std::size_t count, const F& key) {
  cost all;
  comparisons = 0;
  Map map;
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(map.try_emplace(key(i), 1));
  const auto stats = map.stats();
  all.bytes = static_cast<double>(stats.bytes) / static_cast<double>(count);
  all.longest = stats.longest_probe;
  all.growths = stats.growths;
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(map.contains(key(i)));
  for (std::size_t i = count; i < 2 * count; ++i) EXPECT_FALSE(map.contains(key(i)));
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(map.erase(key(i)));
  EXPECT_TRUE(map.empty());
  all.comparisons = static_cast<double>(comparisons) / (4 * static_cast<double>(count));
  return all;
}

struct family {
  const char* name;
  std::function<std::uint64_t(std::size_t)> key;
};
const std::vector<family>& families() {
  static const std::vector<family> all{
      {"one after the other", [](std::size_t i) { return std::uint64_t{i}; }},
      {"low 32 bits are 0", [](std::size_t i) { return std::uint64_t{i} << 32; }},
      {"low 44 bits are 0", [](std::size_t i) { return std::uint64_t{i} << 44; }},
      {"multiples of 4096", [](std::size_t i) { return std::uint64_t{i} << 12; }},
      {"multiples of 65536 and 1", [](std::size_t i) { return std::uint64_t{i} * 65536 + 1; }},
      {"multiples of a prime of a table",
       [](std::size_t i) { return std::uint64_t{i} * 2147483647; }},
      {"bits reversed",
       [](std::size_t i) {
         std::uint64_t reversed = 0;
         for (int bit = 0; bit < 64; ++bit) reversed |= (std::uint64_t{i} >> bit & 1) << (63 - bit);
         return reversed;
       }},
      {"from the largest down", [](std::size_t i) { return ~std::uint64_t{i}; }},
      {"both halves alike", [](std::size_t i) { return std::uint64_t{i} << 32 | i; }},
      // 2^64 divided by the golden ratio, and what undoes a multiplication with it.
      {"steps of the golden ratio", [](std::size_t i) { return i * 0x9e3779b97f4a7c15U; }},
      {"against the golden ratio", [](std::size_t i) { return i * 0xf1de83e19937733dU; }},
  };
  return all;
}
std::uint64_t spread(std::size_t i) {
  std::uint64_t mixed = (i + 1) * 0xd6e8feb86659fd93U;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93U;
  return mixed ^ (mixed >> 32);
}

template <class Setup>
class a01_hash_flooding : public ::testing::Test {};
using maps = ::testing::Types<support::map_family, support::read_dirty_family>;
TYPED_TEST_SUITE(a01_hash_flooding, maps, support::setup_names);

TYPED_TEST(a01_hash_flooding, by_families_of_numbers_costs_as_little_as_keys_that_are_spread) {
  using map = typename TypeParam::template map<std::uint64_t, int, identity_hash, counting_equal>;
  const auto count = static_cast<std::size_t>(support::rounds(20000));
  const cost usual = cost_of<map>(count, spread);
  std::printf("spread: %.3f comparisons, %.1f bytes, longest %zu\n", usual.comparisons, usual.bytes,
              usual.longest);
  for (const family& each : families()) {
    const cost this_one = cost_of<map>(count, each.key);
    std::printf("%s: %.3f comparisons, %.1f bytes, longest %zu\n", each.name, this_one.comparisons,
                this_one.bytes, this_one.longest);
    EXPECT_LE(this_one.comparisons, 1.25 * usual.comparisons + 0.25) << each.name;
    EXPECT_LE(this_one.bytes, 2 * usual.bytes) << each.name;
    EXPECT_LE(this_one.longest, usual.longest + 4) << each.name;
  }
}

// All in one place: each operation asks each entry once, no more; and it is not for the table to grow.
TYPED_TEST(a01_hash_flooding, by_one_hash_for_all_costs_one_comparison_for_each_entry) {
  using map = typename TypeParam::template map<std::uint64_t, int, constant_hash, counting_equal>;
  using good = typename TypeParam::template map<std::uint64_t, int, identity_hash, counting_equal>;
  const auto count = static_cast<std::size_t>(support::rounds(3000));
  const cost usual = cost_of<good>(count, spread);
  const cost all = cost_of<map>(count, [](std::size_t i) { return std::uint64_t{i}; });
  std::printf("one hash: %.1f comparisons an operation, %.1f bytes (%.1f), %zu growths (%zu)\n",
              all.comparisons, all.bytes, usual.bytes, all.growths, usual.growths);
  EXPECT_LE(all.comparisons, static_cast<double>(count));
  EXPECT_LE(all.bytes, 2 * usual.bytes);
  EXPECT_LE(all.growths, usual.growths);
}

}  // namespace
