// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that all change one key, and stand still between any two steps: one that loses has to try again.
// Property: each attempt that is lost, another has won meanwhile, so that no operation is lost more often
// than others have succeeded; and the operations whose user code runs once are never asked again.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <guaranteed_maps.hpp>
#include <maps.hpp>
#include <optional>
#include <string>
#include <threads.hpp>

namespace {

constexpr int threads = 8;

template <class Setup>
class a20_starvation : public ::testing::Test {};
template <class Family, class T>
struct contended {
  using map = typename Family::template map<int, T>;
  static std::string name() {
    return Family::name() + (std::is_same_v<T, std::uint32_t> ? "_words" : "_nodes");
  }
};

// A number that is not kept in the entry itself.
struct boxed {
  std::uint32_t number = 0;
  std::string ballast = "a value with memory of its own, so that it needs a node";
  boxed(std::uint32_t n = 0) : number(n) {}          // NOLINT: converts, as a number does
  operator std::uint32_t() const { return number; }  // NOLINT
};
using setups = ::testing::Types<contended<support::yielding_map_family, std::uint32_t>,
                                contended<support::yielding_map_family, boxed>,
                                contended<support::yielding_read_dirty_family, std::uint32_t>,
                                contended<support::yielding_read_dirty_family, boxed>>;
TYPED_TEST_SUITE(a20_starvation, setups, support::setup_names);

TYPED_TEST(a20_starvation, every_lost_attempt_is_another_threads_success) {
  typename TypeParam::map map;
  using type = typename TypeParam::map::mapped_type;
  map.store(0, type(0));
  std::atomic<std::uint64_t> successes{0};
  std::atomic<std::uint64_t> unexplained{0};
  std::atomic<std::uint64_t> most_attempts{0};
  const int calls = support::rounds(400);
  support::run_together(threads, [&](int id) {
    for (int i = 0; i < calls; ++i) {
      std::uint64_t attempts = 0;
      const std::uint64_t before = successes;
      if ((i + id) % 2 == 0) {
        map.update(0, [&](const type& now) {
          ++attempts;
          return type(static_cast<std::uint32_t>(now) + 1);
        });
      } else {
        map.compute(0, [&](const type* now) {
          ++attempts;
          return std::optional<type>(static_cast<std::uint32_t>(*now) + 1);
        });
      }
      // Of those that are about to count themselves there are as many as threads.
      if (attempts - 1 > successes - before + threads) ++unexplained;
      ++successes;
      for (std::uint64_t seen = most_attempts;
           seen < attempts && !most_attempts.compare_exchange_weak(seen, attempts);) {
      }
    }
  });
  EXPECT_EQ(static_cast<std::uint32_t>(*map.load(0)), static_cast<std::uint32_t>(threads * calls));
  EXPECT_EQ(unexplained, 0U);
  std::printf("%d operations, at most %llu attempts of one\n", threads * calls,
              static_cast<unsigned long long>(most_attempts.load()));
}

// A store knows its value: it need not look at what is there.
TYPED_TEST(a20_starvation, no_store_is_lost_between_others_for_ever) {
  typename TypeParam::map map;
  using type = typename TypeParam::map::mapped_type;
  std::array<std::atomic<int>, threads> done{};
  const int calls = support::rounds(300);
  support::run_together(threads, [&](int id) {
    for (int i = 0; i < calls; ++i) {
      map.store(0, type(static_cast<std::uint32_t>(id)));
      ++done[static_cast<std::size_t>(id)];
      // One of them does nothing but to insert and erase what the others replace.
      if (id == 0) map.erase(0);
    }
  });
  for (const auto& each : done) EXPECT_EQ(each, calls);
}

}  // namespace
