// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Readers that stand still inside a map while others replace everything in it, again and again, and make
// it grow and shrink: what cannot be freed is what they read, and a batch for each thread. It does not
// go up with the number of updates (G8).
//
// SYNCMAP_TEST_UPDATES says how many there are (3 million if it is not set).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <figures.hpp>
#include <latch>
#include <maps.hpp>
#include <string>
#include <syncmap/syncmap.hpp>
#include <test_platform.hpp>
#include <thread>
#include <threads.hpp>
#include <utility>
#include <vector>

namespace {

using value = std::array<int, 12>;  // 48 bytes
constexpr int keys = 1024;
constexpr int writers = 2;
constexpr int readers = 5;

int updates() {
  const char* const given = std::getenv("SYNCMAP_TEST_UPDATES");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? std::atoi(given) : support::rounds(3'000'000);
}
value of(int key, int update) {
  value one{};
  one.fill(key + update);
  return one;
}

// Threads that read, and then stand still until they are let go.
template <class Map>
class stalled {
 public:
  explicit stalled(const Map& map) {
    add([&](const auto& stand) { map.visit(0, [&](const value& one) { keep(one, stand); }); });
    add([&](const auto& stand) {
      bool once = false;
      map.range([&](int, const value& one) {
        if (!std::exchange(once, true)) keep(one, stand);
      });
    });
    add([&](const auto& stand) {
      const auto one = map.begin();
      keep((*one).second, stand);
    });
    add([&](const auto& stand) {
      const auto one = map.find(1);
      keep(*one, stand);
    });
    add([&](const auto& stand) {  // one inside the other
      map.visit(2, [&](const value& outer) {
        map.visit(3, [&](const value& inner) { keep(inner, [&] { keep(outer, stand); }); });
      });
    });
    in_.wait();
  }
  void let_go() {
    out_.count_down();
    threads_.clear();
  }

 private:
  template <class F>
  void add(F read) {
    threads_.emplace_back([this, read] {
      read([this] {
        in_.count_down();
        out_.wait();
      });
    });
  }
  template <class F>
  static void keep(const value& one, const F& stand) {
    const value before = one;
    stand();
    EXPECT_EQ(one, before);
  }

  std::latch in_{readers};
  std::latch out_{1};
  std::vector<std::jthread> threads_;
};

// A thread keeps 1,024 retired objects at most, and counts an object once more for each 256 bytes. A
// large table is due at once, but goes when the thread that retired it writes again.
constexpr std::size_t threads_with_records = readers + writers + 1;
constexpr std::size_t objects_bound = threads_with_records * 1024 * 256;

template <class Map>
void fill(Map& map, int count) {
  for (int key = 0; key < count; ++key) map.store(key, of(key, 0));
}

template <class Map>
void expect_garbage_is_bounded(const char* name) {
  support::reclaim();
  Map map;
  fill(map, keys);
  stalled<Map> parked(map);
  const int rounds = updates() / writers / keys;
  support::maximum garbage;
  const std::size_t before = support::resident_bytes();
  support::run_together(writers, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      for (int key = 0; key < keys; ++key) map.store(key, of(key, round));
      garbage.tell(map.stats().retired_bytes);
    }
  });
  const std::size_t grown = support::resident_bytes() - std::min(before, support::resident_bytes());
  std::printf("%s: %d updates, garbage at most %zu bytes, %zu KiB more resident\n", name,
              rounds * keys * writers, garbage.get(), grown / 1024);
  EXPECT_LE(garbage.get(), objects_bound);
  if (!syncmap::test::sanitized) {
    EXPECT_LE(grown, std::size_t{32} << 20);
  }
  parked.let_go();
  syncmap::reclaim();
  EXPECT_EQ(map.stats().retired_bytes, 0U);
}

TEST(a03_stalled_reader, garbage_of_map_does_not_go_up_with_updates) {
  expect_garbage_is_bounded<syncmap::map<int, value>>("map");
}
TEST(a03_stalled_reader, garbage_of_read_dirty_map_does_not_go_up_with_updates) {
  expect_garbage_is_bounded<syncmap::read_dirty_map<int, value>>("read_dirty_map");
}

// Each cycle makes tables that are dropped again while readers stand in earlier ones.
template <class Map>
void expect_tables_go(const char* name, std::size_t bound) {
  support::reclaim();
  Map map;
  fill(map, 16);
  stalled<Map> early(map);
  std::size_t largest_table = 0;
  std::vector<std::size_t> after;
  for (int cycle = 0; cycle < support::rounds(64); ++cycle) {
    fill(map, 4000);
    largest_table = std::max(largest_table, map.stats().bytes);
    for (int key = 16; key < 4000; ++key) map.erase(key);
    if (cycle % 2 == 0) map.clear();
    fill(map, 16);
    map.shrink_to_fit();
    after.push_back(map.stats().retired_bytes);
  }
  const std::size_t garbage = *std::max_element(after.begin(), after.end());
  std::printf("%s: %zu cycles of up to %zu bytes, garbage after one at most %zu bytes\n", name,
              after.size(), largest_table, garbage);
  EXPECT_LE(garbage, bound);
  early.let_go();
  syncmap::reclaim();
  EXPECT_EQ(map.stats().retired_bytes, 0U);
}

TEST(a03_stalled_reader, garbage_of_map_does_not_go_up_with_growths) {
  expect_tables_go<syncmap::map<int, value>>("map", 64 * 1024);
}
TEST(a03_stalled_reader, garbage_of_read_dirty_map_does_not_go_up_with_growths) {
  expect_tables_go<syncmap::read_dirty_map<int, value>>("read_dirty_map", 64 * 1024);
}

}  // namespace
