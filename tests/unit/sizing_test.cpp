// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// reserve, shrink_to_fit, capacity, max_size, stats.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <fuse.hpp>
#include <kinds.hpp>
#include <limits>
#include <maps.hpp>
#include <new>
#include <stdexcept>
#include <string>
#include <test_platform.hpp>
#include <threads.hpp>
#include <tracked.hpp>

namespace {

using support::expect_contents;
using support::fuse;
using support::growing;
using support::numbers;

TYPED_TEST_SUITE(growing, support::growing_kinds, support::setup_names);

template <class Map>
numbers fill(Map& map, int from, int to) {
  numbers added;
  for (int i = from; i < to; ++i) {
    map.store(support::numbered<typename Map::key_type>(i),
              support::numbered<typename Map::mapped_type>(i));
    added[i] = i;
  }
  return added;
}
template <class Map>
void erase(Map& map, numbers& from, int first, int last) {
  for (int i = first; i < last; ++i) {
    EXPECT_TRUE(map.erase(support::numbered<typename Map::key_type>(i))) << i;
    from.erase(i);
  }
}

TYPED_TEST(growing, empty_map_has_no_capacity_and_stays_without) {
  typename TestFixture::map_type map;
  const auto ask = [&] {
    map.reserve(0);
    map.shrink_to_fit();
    EXPECT_EQ(map.capacity(), 0U);
    EXPECT_EQ(map.stats().entries, 0U);
    EXPECT_EQ(map.stats().groups, 0U);
  };
  ask();  // a thread's first operation may allocate
  const std::size_t before = support::allocations;
  for (int i = 0; i < 10; ++i) ask();
  EXPECT_EQ(support::allocations, before);
}

TYPED_TEST(growing, stats_count_entries_and_growths) {
  typename TestFixture::map_type map;
  EXPECT_EQ(map.stats().growths, 0U);
  numbers all = fill(map, 0, 1000);
  const auto now = map.stats();
  EXPECT_EQ(now.entries, 1000U);
  EXPECT_EQ(now.capacity, map.capacity());
  EXPECT_GT(now.growths, 2U);
  EXPECT_GT(now.groups, 1U);
  EXPECT_LE(now.overflowing_groups, now.groups);
  erase(map, all, 0, 1000);
  EXPECT_EQ(map.stats().entries, 0U);
  map.shrink_to_fit();
  EXPECT_EQ(map.stats().groups, 0U);
  EXPECT_EQ(map.stats().overflowing_groups, 0U);
}

TYPED_TEST(growing, reserve_beyond_max_size_throws_and_changes_nothing) {
  using map = typename TestFixture::map_type;
  static_assert(map::max_size() > std::numeric_limits<std::size_t>::max() / 1024);
  for (const int count : {0, 50}) {
    map one;
    const numbers all = fill(one, 0, count);
    const std::size_t capacity = one.capacity();
    EXPECT_THROW(one.reserve(map::max_size() + 1), std::length_error);
    EXPECT_THROW(one.reserve(std::numeric_limits<std::size_t>::max()), std::length_error);
    EXPECT_EQ(one.capacity(), capacity);
    expect_contents(one, all);
    if (!syncmap::test::sanitized) {  // there it is an error to ask for that much
      EXPECT_THROW(one.reserve(map::max_size()), std::bad_alloc);
      EXPECT_GE(one.capacity(), capacity);  // it may have ended a growth that was under way
      expect_contents(one, all);
    }
  }
}

TYPED_TEST(growing, reserve_makes_the_capacity_at_least_as_large) {
  for (const std::size_t wanted : {1U, 12U, 13U, 100U, 1000U, 12345U}) {
    typename TestFixture::map_type map;
    map.reserve(wanted);
    EXPECT_GE(map.capacity(), wanted);
    EXPECT_LE(map.capacity(), 2 * wanted + 16);
    EXPECT_TRUE(map.empty());
    const std::size_t before = map.capacity();
    map.reserve(wanted / 2);
    EXPECT_EQ(map.capacity(), before);
    expect_contents(map, fill(map, 0, 30));
  }
}

TYPED_TEST(growing, reserve_moves_what_is_there) {
  typename TestFixture::map_type map;
  numbers all;
  for (int i = 0; i < 12; ++i) {
    all.merge(fill(map, i * 20, i * 20 + 20));  // may leave a growth halfway
    map.reserve(std::size_t{50} << i);
    EXPECT_GE(map.capacity(), std::size_t{50} << i);
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, all)) << i;
  }
}

// With the hashes that users have, and the load that the map is made for. What is stored is drawn
// anew in each run, since each map has its own seed.
TEST(sizing, nothing_grows_while_the_reserved_number_is_stored) {
  int grown = 0;
  constexpr int maps = 400;
  for (int i = 0; i < maps; ++i) {
    syncmap::map<int, int> map;
    const int count = 1 + i * 5;
    map.reserve(static_cast<std::size_t>(count));
    const auto before = map.stats();
    for (int key = 0; key < count; ++key) map.store(key, key);
    const auto after = map.stats();
    if (after.growths != before.growths || after.capacity != before.capacity) ++grown;
  }
  EXPECT_EQ(grown, 0) << "of " << maps;
}

TYPED_TEST(growing, shrink_to_fit_leaves_nothing_of_an_emptied_map) {
  for (const int count : {1, 2, 16, 17, 40, 200, 1000}) {
    typename TestFixture::map_type map;
    for (const bool by_clear : {false, true}) {
      numbers all = fill(map, 0, count);
      if (by_clear) {
        map.clear();
      } else {
        erase(map, all, 0, count);
      }
      map.shrink_to_fit();
      EXPECT_EQ(map.capacity(), 0U) << count;
      EXPECT_TRUE(map.empty());
      expect_contents(map, {});
      expect_contents(map, fill(map, 0, 5));
      map.clear();
    }
  }
}

TYPED_TEST(growing, shrink_to_fit_leaves_room_for_what_is_there) {
  for (const int left : {1, 5, 12, 30, 100, 700}) {
    typename TestFixture::map_type map;
    numbers all = fill(map, 0, 5000);
    const std::size_t before = map.capacity();
    erase(map, all, left, 5000);
    map.shrink_to_fit();
    EXPECT_LT(map.capacity(), before) << left;
    EXPECT_GE(map.capacity(), static_cast<std::size_t>(left));
    EXPECT_LE(map.capacity(), static_cast<std::size_t>(2 * left + 16));
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, all)) << left;
    const std::size_t now = map.capacity();
    map.shrink_to_fit();
    EXPECT_EQ(map.capacity(), now);
    all.merge(fill(map, 10000, 10100));
    expect_contents(map, all);
  }
}

// Halfway through a growth, or not: after any number of inserts and erases.
TYPED_TEST(growing, shrink_to_fit_works_at_every_moment) {
  for (int count = 1; count < support::rounds(150); ++count) {
    typename TestFixture::map_type map;
    numbers all = fill(map, 0, count);
    map.shrink_to_fit();
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, all)) << count;
    erase(map, all, 0, count / 2);
    map.shrink_to_fit();
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, all)) << count;
    erase(map, all, count / 2, count);
    map.shrink_to_fit();
    ASSERT_EQ(map.capacity(), 0U) << count;
  }
}

TYPED_TEST(growing, sizing_without_memory_has_no_effect) {
  const auto resize = [](auto& map, int way) {
    if (way == 0) map.reserve(2000);
    if (way == 1) map.reserve(100);
    if (way == 2) map.shrink_to_fit();
  };
  for (int way = 0; way < 3; ++way) {
    for (int left = 0; left <= 120; left += 40) {
      for (long n = 1;; ++n) {
        SCOPED_TRACE("allocation " + std::to_string(n) + ", " + std::to_string(left) + " left");
        typename TestFixture::map_type map;
        numbers all = fill(map, 0, 150);
        erase(map, all, left, 150);
        fuse::arm(n);
        try {
          resize(map, way);
        } catch (const std::bad_alloc&) {
        }
        fuse::disarm();
        ASSERT_NO_FATAL_FAILURE(expect_contents(map, all));
        if (!fuse::has_blown()) break;
        all.merge(fill(map, 1000, 1030));
        resize(map, way);
        ASSERT_NO_FATAL_FAILURE(expect_contents(map, all));
        erase(map, all, 1000, 1030);
        ASSERT_NO_FATAL_FAILURE(expect_contents(map, all));
      }
    }
  }
}

TYPED_TEST(growing, sizing_beside_other_operations_loses_nothing) {
  typename TestFixture::map_type map;
  constexpr int staying = 30;
  fill(map, 0, staying);
  std::atomic<int> running{2};
  support::run_together(4, [&](int id) {
    if (id < 2) {
      for (int i = 0; running.load() != 0; ++i) {
        if ((i + id) % 2 == 0) {
          map.shrink_to_fit();
        } else {
          map.reserve(std::size_t{1} << (i % 11));
        }
      }
      return;
    }
    const int first = id * 10000;
    for (int round = 0; round < support::rounds(40); ++round) {
      numbers mine = fill(map, first, first + 50);
      for (int i = 0; i < staying; ++i) {
        EXPECT_TRUE(map.contains(this->key(i))) << i;
        EXPECT_TRUE(map.contains(this->key(first + i))) << i;
      }
      erase(map, mine, first, first + 50);
    }
    --running;
  });
  map.shrink_to_fit();
  numbers expected;
  for (int i = 0; i < staying; ++i) expected[i] = i;
  expect_contents(map, expected);
}

// --- bytes

struct counting_platform : syncmap::test::growing_platform {
  static inline std::atomic<long> bytes{0};

  static void* allocate(std::size_t size, std::size_t alignment) {
    void* const memory = growing_platform::allocate(size, alignment);
    bytes += static_cast<long>(size);
    return memory;
  }
  static void deallocate(void* memory, std::size_t size, std::size_t alignment) noexcept {
    bytes -= static_cast<long>(size);
    growing_platform::deallocate(memory, size, alignment);
  }
  static void* allocate_table(std::size_t size, std::size_t alignment) {
    void* const memory = growing_platform::allocate_table(size, alignment);
    bytes += static_cast<long>(size);
    return memory;
  }
  static void deallocate_table(void* memory, std::size_t size, std::size_t alignment) noexcept {
    bytes -= static_cast<long>(size);
    growing_platform::deallocate_table(memory, size, alignment);
  }
};

// Emptied and shrunk, a map holds what an empty one holds, but for the cells in which its threads
// count its entries. What a thread keeps for its operations has been allocated in the first round.
template <class Key, class T>
void expect_memory_to_return() {
  using map_type =
      syncmap::basic_map<syncmap::detail::group_map<Key, T, syncmap::hash<Key>, std::equal_to<Key>,
                                                    counting_platform>>;
  constexpr long cells = 1024;
  long kept = 0;
  for (int round = 0; round < 3; ++round) {
    const long before = counting_platform::bytes.load();
    {
      map_type map;
      for (int i = 0; i < 4; ++i) {
        numbers all = fill(map, 0, 1000 + 37 * i);
        EXPECT_GT(counting_platform::bytes.load(), before + 16000);
        if (i % 2 == 0) {
          map.clear();
        } else {
          erase(map, all, 0, 1000 + 37 * i);
        }
        map.shrink_to_fit();
        if (i == 0) kept = counting_platform::bytes.load();
        EXPECT_EQ(counting_platform::bytes.load(), kept) << round;
        if (round != 0) {
          EXPECT_LE(kept, before + cells);
        }
      }
      fill(map, 0, 100 + 37 * round);
      map.clear();
      fill(map, 0, 50);
    }
    syncmap::detail::hazard_domain<counting_platform>::global().reclaim();
    if (round != 0) {
      EXPECT_EQ(counting_platform::bytes.load(), before);
    }
  }
}

TEST(sizing, g9_memory_of_an_emptied_map_returns) {
  expect_memory_to_return<int, int>();
  expect_memory_to_return<std::string, int>();
  expect_memory_to_return<std::string, std::string>();
}

TEST(sizing, g9_keys_and_values_of_an_emptied_map_are_destroyed) {
  using support::tracked_key;
  using support::tracked_value;
  support::reclaim();
  const long keys = tracked_key::alive();
  const long values = tracked_value::alive();
  support::growing_map_family::map<tracked_key, tracked_value, std::hash<tracked_key>> map;
  for (int i = 0; i < 500; ++i) map.store(i, i);
  for (int i = 0; i < 500; ++i) map.erase(i);
  map.shrink_to_fit();
  EXPECT_EQ(tracked_key::alive(), keys);
  EXPECT_EQ(tracked_value::alive(), values);
}

}  // namespace
