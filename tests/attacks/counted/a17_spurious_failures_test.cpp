// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Compare-and-swap instructions that fail for no reason, as some processors' do: every second of those that
// may. Property: each operation tries again a bounded number of times, counted here, and ends.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <maps.hpp>
#include <optional>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <test_platform.hpp>
#include <threads.hpp>

namespace {

// Of each thread: atomic operations, and those that failed for no reason.
thread_local std::uint64_t steps = 0;
thread_local std::uint64_t failures = 0;
std::atomic<std::size_t> odds{2};

struct failing_hook {
  static void step() noexcept { ++steps; }
  static bool fails_spuriously() noexcept {
    static std::atomic<std::uint64_t> threads{0};
    thread_local syncmap::test::random_source source(threads.fetch_add(1));
    const bool fails = source.below(odds.load(std::memory_order_relaxed)) == 0;
    failures += fails ? 1 : 0;
    return fails;
  }
};

template <class Base>
struct failing : Base {
  template <class T>
  using atomic = syncmap::test::hooked_atomic<T, failing_hook>;
  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    syncmap::detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    syncmap::detail::announce_lightly(slot.real(), value);
  }
};
struct failing_platform : failing<syncmap::detail::platform> {};
struct failing_growing_platform : failing<syncmap::test::growing_platform> {};

using syncmap::basic_map;
using syncmap::detail::group_map;
using syncmap::detail::read_dirty;
template <class T>
using map_of =
    basic_map<group_map<int, T, syncmap::hash<int>, std::equal_to<int>, failing_platform>>;
template <class T>
using growing_map_of =
    basic_map<group_map<int, T, syncmap::hash<int>, std::equal_to<int>, failing_growing_platform>>;
template <class T>
using read_dirty_map_of =
    basic_map<read_dirty<int, T, syncmap::hash<int>, std::equal_to<int>, failing_platform>>;

template <class T>
T value(int number) {
  if constexpr (std::is_same_v<T, int>) {
    return number;
  } else {
    return std::to_string(number) + " in a text that is long enough";
  }
}

// The n-th kind of operation.
constexpr int operations = 12;
template <class Map>
void call(Map& map, int which, int key) {
  using type = typename Map::mapped_type;
  switch (which) {
    case 0:
      return map.store(key, value<type>(key));
    case 1:
      return static_cast<void>(map.load(key));
    case 2:
      return static_cast<void>(map.load_or_store(key, value<type>(key)));
    case 3:
      return static_cast<void>(map.erase(key));
    case 4:
      return static_cast<void>(map.swap(key, value<type>(key)));
    case 5:
      return static_cast<void>(map.load_and_erase(key));
    case 6:
      return static_cast<void>(map.update(key, [](const type& now) { return now; }));
    case 7:
      return static_cast<void>(map.compute(key, [&](const type* now) {
        return now == nullptr ? std::optional(value<type>(key)) : std::nullopt;
      }));
    case 8:
      return static_cast<void>(map.load_or_compute(key, [&] { return value<type>(key); }));
    case 9:
      return static_cast<void>(map.compare_and_swap(key, value<type>(key), value<type>(key)));
    case 10:
      return static_cast<void>(map.find(key));
    default:
      return static_cast<void>(map.size());
  }
}

template <class Setup>
class a17_spurious_failures : public ::testing::Test {};
using maps = ::testing::Types<map_of<int>, map_of<std::string>, growing_map_of<int>,
                              growing_map_of<std::string>, read_dirty_map_of<int>,
                              read_dirty_map_of<std::string>>;
TYPED_TEST_SUITE(a17_spurious_failures, maps);

// Alone, nothing else makes an operation try again: what an attempt that failed costs is itself, and the look at
// what it is to replace. A loop that begins all over would cost more.
TYPED_TEST(a17_spurious_failures, cost_no_more_steps_than_there_are_failures) {
  const int calls = support::rounds(4000);
  const auto play = [&](std::size_t one_in) {
    odds = one_in;
    TypeParam map;
    steps = failures = 0;
    for (int i = 0; i < calls; ++i) {
      for (int which = 0; which < operations; ++which) call(map, which, (i * 7 + which) % 97);
    }
    return steps;
  };
  const std::uint64_t without = play(static_cast<std::size_t>(-1));
  const std::uint64_t with = play(2);
  std::printf("%llu steps, %llu with %llu failures\n", static_cast<unsigned long long>(without),
              static_cast<unsigned long long>(with), static_cast<unsigned long long>(failures));
  EXPECT_GT(failures, 0U);
  EXPECT_LE(with, without + 3 * failures + without / 10);
}

// Beside others that make them fail too.
TYPED_TEST(a17_spurious_failures, beside_other_threads_end_too) {
  odds = 2;
  TypeParam map;
  const int calls = support::rounds(1500);
  std::atomic<long> added{0};
  support::run_together(4, [&](int id) {
    for (int i = 0; i < calls; ++i) {
      call(map, (i + id) % operations, i % 5);
      if (map.load_or_store(1000 + id, value<typename TypeParam::mapped_type>(id)).loaded) continue;
      ++added;
    }
  });
  EXPECT_EQ(added, 4);
  for (int id = 0; id < 4; ++id) EXPECT_TRUE(map.contains(1000 + id));
}

}  // namespace
