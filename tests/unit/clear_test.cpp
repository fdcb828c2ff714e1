// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// clear, size, empty.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <fuse.hpp>
#include <limits>
#include <maps.hpp>
#include <string>
#include <threads.hpp>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, clear_removes_all_entries) {
  typename TestFixture::int_map map;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) map.store(i, i + round);
    EXPECT_EQ(map.size(), 100U);
    if (round == 1) map.range([](int, int) {});
    map.clear();
    EXPECT_TRUE(map.empty());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(map.load(i), std::nullopt);
    map.range([](int, int) { FAIL() << "all were removed"; });
  }
}

TYPED_TEST(contract, clear_leaves_room_for_new_entries) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  map.clear();
  EXPECT_FALSE(map.compare_and_swap("a", 1, 2));
  EXPECT_FALSE(map.erase("a"));
  EXPECT_FALSE(map.load_or_store("a", 3).loaded);
  map.store("b", 4);
  EXPECT_EQ(map.load("a"), 3);
  EXPECT_EQ(map.load("b"), 4);
  EXPECT_EQ(map.size(), 2U);
}

TYPED_TEST(contract, clear_allocates_nothing_on_an_empty_map) {
  typename TestFixture::string_map map;
  const auto allocations = [&] {
    map.clear();  // a thread's first operation may
    const std::size_t before = support::allocations;
    for (int i = 0; i < 10; ++i) map.clear();
    return support::allocations - before;
  };
  EXPECT_EQ(allocations(), 0U);
  map.store("a", 1);
  map.clear();
  EXPECT_EQ(allocations(), 0U);
}

TYPED_TEST(contract, clear_runs_beside_store_and_load) {
  for (int round = 0; round < support::rounds(80); ++round) {
    typename TestFixture::int_map map;
    support::run_together(6, [&](int id) {
      for (int i = id / 3; i < 10; i += 2) {
        if (id % 3 == 0) {
          map.store(i, i * 10);
        } else if (id % 3 == 1) {
          EXPECT_EQ(map.load(i).value_or(i * 10), i * 10);
        } else {
          map.clear();
        }
      }
    });
    std::size_t count = 0;
    map.range([&](int key, int value) {
      EXPECT_EQ(value, key * 10);
      ++count;
    });
    EXPECT_EQ(map.size(), count);
    map.clear();
    map.range([](int, int) { FAIL() << "nobody stores any more"; });
    EXPECT_EQ(map.size(), 0U);
  }
}

// What changes present entries only cannot bring any back.
TYPED_TEST(contract, clear_is_not_undone_by_changes_of_present_entries) {
  constexpr int keys = 128;
  for (int round = 0; round < support::rounds(40); ++round) {
    typename TestFixture::string_map map;
    for (int i = 0; i < keys; ++i) map.store(std::to_string(i), i);
    support::run_together(3, [&](int id) {
      if (id == 0) {
        map.clear();
        return;
      }
      for (int i = 0; i < keys; ++i) {
        const std::string key = std::to_string(i);
        EXPECT_FALSE(map.compare_and_erase(key, std::numeric_limits<int>::max()));
        map.compare_and_swap(key, i, i + 1);
        map.update(key, [](int now) { return now + 1; });
      }
    });
    for (int i = 0; i < keys; ++i) EXPECT_EQ(map.load(std::to_string(i)), std::nullopt);
    EXPECT_EQ(map.size(), 0U);
  }
}

TYPED_TEST(contract, size_follows_every_operation) {
  typename TestFixture::int_map map;
  EXPECT_EQ(map.size(), 0U);
  EXPECT_TRUE(map.empty());
  const auto expect = [&](std::size_t size) {
    EXPECT_EQ(map.size(), size);
    EXPECT_EQ(map.empty(), size == 0);
  };
  map.store(1, 1), expect(1);
  map.store(1, 2), expect(1);
  map.swap(2, 1), expect(2);
  map.swap(2, 2), expect(2);
  map.load_or_store(3, 1), expect(3);
  map.load_or_store(3, 1), expect(3);
  map.try_emplace(4, 1), expect(4);
  map.try_emplace(4, 1), expect(4);
  map.insert_or_assign(5, 1), expect(5);
  map.insert_or_assign(5, 1), expect(5);
  map.compute(6, [](const int*) { return 1; }), expect(6);
  map.compute(6, [](const int*) { return 2; }), expect(6);
  map.update(6, [](int) { return 3; }), expect(6);
  map.update(7, [](int) { return 3; }), expect(6);
  map.compare_and_swap(6, 3, 4), expect(6);
  map.compare_and_swap(7, 3, 4), expect(6);
  map.compute(6, [](const int*) { return std::nullopt; }), expect(5);
  map.compute(6, [](const int*) { return std::nullopt; }), expect(5);
  map.compare_and_erase(5, 2), expect(5);
  map.compare_and_erase(5, 1), expect(4);
  map.compare_and_erase(5, 1), expect(4);
  map.erase(4), expect(3);
  map.erase(4), expect(3);
  map.load_and_erase(3), expect(2);
  map.load_and_erase(3), expect(2);
  map.erase_if([](int key, int) { return key == 2; }), expect(1);
  map.range([](int, int) {}), expect(1);
  map.clear(), expect(0);
  map.clear(), expect(0);
  map.store(1, 1), expect(1);
}

// Each thread adds one entry and removes it again: size() shows one of each at most, and lacks none but what was
// removed meanwhile, for it may count that and not what was added before.
TYPED_TEST(contract, size_stays_within_what_concurrent_writes_allow) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 10; ++i) map.store(i, i);
  std::atomic<int> running{3};
  std::atomic<std::size_t> begun{0};  // removals
  std::atomic<std::size_t> ended{0};
  support::run_together(4, [&](int id) {
    if (id == 0) {
      while (running.load() != 0) {
        const std::size_t before = ended.load();
        const std::size_t size = map.size();
        EXPECT_GE(size + (begun.load() - before), 10U);
        EXPECT_LE(size, 13U);
      }
      return;
    }
    for (int i = 0; i < support::rounds(8000); ++i) {
      map.store(100 + id, i);
      ++begun;
      EXPECT_TRUE(map.erase(100 + id));
      ++ended;
    }
    --running;
  });
  EXPECT_EQ(map.size(), 10U);
}

}  // namespace
