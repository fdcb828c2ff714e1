// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// No operation of syncmap::map does work in proportion to the number of entries (G7): counted in atomic
// operations, which touch a group or an entry each, not in time.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/hash.hpp>
#include <test_platform.hpp>

namespace {

struct counting {
  static inline std::size_t steps = 0;
  static void step() noexcept { ++steps; }
  static bool fails_spuriously() noexcept { return false; }
};

struct counting_platform : syncmap::detail::platform {
  template <class T>
  using atomic = syncmap::test::hooked_atomic<T, counting>;

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    counting::step();
    syncmap::detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    counting::step();
    syncmap::detail::announce_lightly(slot.real(), value);
  }
};

template <class Key, class T>
using counted_map = syncmap::basic_map<
    syncmap::detail::group_map<Key, T, syncmap::hash<Key>, std::equal_to<Key>, counting_platform>>;

template <class F>
std::size_t steps_of(F f) {
  const std::size_t before = counting::steps;
  f();
  return counting::steps - before;
}

// The most steps of any of `count` operations.
template <class F>
std::size_t most_of(int count, F f) {
  std::size_t most = 0;
  for (int i = 0; i < count; ++i) most = std::max(most, steps_of([&] { f(i); }));
  return most;
}

// A write moves eight groups of sixteen slots while the table grows, a pass looks at what a thread may have
// retired: about a thousand objects. Neither depends on the size.
constexpr std::size_t bound = 12000;

template <class Map, class Key, class T>
void expect_bounded(int entries, Key (*key)(int), T (*value)(int)) {
  Map map;
  EXPECT_LE(most_of(entries, [&](int i) { map.store(key(i), value(i)); }), bound) << "insert";
  EXPECT_LE(most_of(entries, [&](int i) { map.store(key(i), value(i + 1)); }), bound) << "update";
  EXPECT_LE(most_of(entries, [&](int i) { static_cast<void>(map.load(key(2 * i))); }), 500U);
  EXPECT_LE(
      most_of(100, [&](int i) { map.load_or_compute(key(-i), [&] { return value(i); }); }), bound);
  EXPECT_LE(most_of(100, [&](int) { static_cast<void>(map.size()); }), 1200U) << "size";
  EXPECT_LE(most_of(100, [&](int) { static_cast<void>(map.stats()); }), 1500U) << "stats";
  EXPECT_LE(most_of(entries / 2, [&](int i) { map.erase(key(i)); }), bound) << "erase";
  EXPECT_LE(most_of(1, [&](int) { map.clear(); }), bound) << "clear";
  EXPECT_LE(most_of(entries, [&](int i) { map.store(key(i), value(i)); }), bound)
      << "inserts that destroy what was cleared";
  EXPECT_GT(
      steps_of([&] { map.range([](const Key&, const T&) {}); }), static_cast<std::size_t>(entries))
      << "what is in proportion is counted so";
}

int number(int i) { return i; }
std::string text(int i) { return std::to_string(i); }

TEST(g7_bounded_work, no_operation_on_words_does_work_for_all_entries) {
  expect_bounded<counted_map<int, int>>(200000, number, number);
}

TEST(g7_bounded_work, no_operation_on_nodes_does_work_for_all_entries) {
  expect_bounded<counted_map<std::string, std::string>>(50000, text, text);
}

}  // namespace
