// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Maps while they grow: every operation at every moment of a growth, and without memory for it.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <fuse.hpp>
#include <kinds.hpp>
#include <maps.hpp>
#include <new>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <threads.hpp>
#include <tracked.hpp>

namespace {

using support::expect_contents;
using support::fuse;
using support::growing;
using support::number_of;
using support::numbers;
using support::numbers_of;
using syncmap::test::random_source;

TYPED_TEST_SUITE(growing, support::growing_kinds, support::setup_names);

TYPED_TEST(growing, every_key_is_found_at_every_moment) {
  typename TestFixture::map_type map;
  const int keys = support::rounds(400);
  for (int last = 0; last < keys; ++last) {
    ASSERT_TRUE(map.try_emplace(this->key(last), this->value(last)));
    ASSERT_EQ(map.size(), static_cast<std::size_t>(last + 1));
    for (int i = 0; i <= last; ++i) {
      const auto found = map.load(this->key(i));
      ASSERT_TRUE(found.has_value()) << i << " of " << last;
      ASSERT_EQ(number_of(*found), i);
    }
    ASSERT_FALSE(map.contains(this->key(last + 1)));
    ASSERT_EQ(numbers_of(map).size(), map.size());
  }
  EXPECT_GT(map.stats().growths, 0U);
}

// One change after each number of inserts, and all of them on one map.
TYPED_TEST(growing, keys_are_replaced_and_erased_at_every_moment) {
  typename TestFixture::map_type map;
  numbers expected;
  const int keys = support::rounds(1200);
  for (int i = 0; i < keys; ++i) {
    map.store(this->key(i), this->value(i));
    expected[i] = i;
    const int other = i * 7 % (i + 1);
    switch (i % 5) {
      case 0:
        EXPECT_EQ(map.erase(this->key(other)), expected.erase(other) == 1);
        break;
      case 1:
        if (map.update(this->key(other), [&](const auto&) { return this->value(i + 1); })) {
          ASSERT_TRUE(expected.contains(other));
          expected[other] = i + 1;
        }
        break;
      case 2:
        map.store(this->key(other), this->value(-i));
        expected[other] = -i;
        break;
      case 3: {
        const int now = expected.contains(other) ? expected[other] : 0;
        EXPECT_EQ(map.compare_and_swap(this->key(other), this->value(now), this->value(5)),
                  expected.contains(other));
        if (expected.contains(other)) expected[other] = 5;
        break;
      }
      default:
        map.compute(this->key(other), [](const auto*) { return std::nullopt; });
        expected.erase(other);
        break;
    }
    if (i % 16 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << i;
    }
  }
  expect_contents(map, expected);
}

// As the call lists, with more keys and the operations that change the table.
TYPED_TEST(growing, random_calls_match_a_reference) {
  random_source random(1);
  for (int round = 0; round < support::rounds(24); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) +
                 ", SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
    typename TestFixture::map_type map;
    numbers expected;
    const std::size_t keys = std::size_t{1} << (4 + random.below(6));
    for (int i = 0; i < 1500; ++i) {
      const int key = static_cast<int>(random.below(keys));
      switch (random.below(i % 300 < 200 ? 10 : 24)) {
        default:
          map.store(this->key(key), this->value(i));
          expected[key] = i;
          break;
        case 7:
        case 8: {
          const auto result = map.load_or_store(this->key(key), this->value(i));
          EXPECT_EQ(result.loaded, !expected.emplace(key, i).second);
          EXPECT_EQ(number_of(result.value), expected[key]);
          break;
        }
        case 9:
        case 10:
        case 11:
        case 12:
        case 13:
        case 14:
          EXPECT_EQ(map.erase(this->key(key)), expected.erase(key) == 1);
          break;
        case 15:
          if (random.below(8) == 0) map.clear(), expected.clear();
          break;
        case 16:
          if (random.below(4) == 0) map.shrink_to_fit();
          break;
        case 17:
          if (random.below(4) == 0) map.reserve(random.below(1000));
          break;
        case 18: {
          const auto odd = [&](const auto& k, const auto&) { return number_of(k) % 8 == key % 8; };
          const auto erased = map.erase_if(odd);
          EXPECT_EQ(erased, std::erase_if(expected, [&](const auto& entry) {
                      return entry.first % 8 == key % 8;
                    }));
          break;
        }
        case 19:
          ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << i;
          break;
      }
      ASSERT_EQ(map.size(), expected.size()) << i;
    }
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected));
    map.shrink_to_fit();
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected));
  }
}

TYPED_TEST(growing, clear_at_every_moment_leaves_nothing) {
  typename TestFixture::map_type map;
  for (int count = 0; count < support::rounds(160); ++count) {
    for (int i = 0; i < count; ++i) map.store(this->key(i), this->value(i));
    map.clear();
    ASSERT_EQ(map.size(), 0U) << count;
    ASSERT_TRUE(numbers_of(map).empty()) << count;
    for (int i = 0; i < count; ++i) ASSERT_FALSE(map.contains(this->key(i)));
    numbers expected;
    for (int i = 0; i < count / 2; ++i) {
      map.store(this->key(i), this->value(-i));
      expected[i] = -i;
    }
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << count;
    map.clear();
  }
}

TYPED_TEST(growing, visit_keeps_its_value_through_growths) {
  typename TestFixture::map_type map;
  for (int i = 0; i < 10; ++i) map.store(this->key(i), this->value(i));
  const bool found = map.visit(this->key(7), [&](const auto& seen) {
    const auto before = map.stats().growths;
    for (int i = 10; i < 2000; ++i) map.store(this->key(i), this->value(i));
    EXPECT_GE(map.stats().growths, before + 3);
    EXPECT_EQ(number_of(seen), 7);
    map.store(this->key(7), this->value(8));
    support::reclaim();
    EXPECT_EQ(number_of(seen), 7);
    map.erase(this->key(7));
    for (int i = 0; i < 2000; ++i) map.erase(this->key(i));
    map.shrink_to_fit();
    support::reclaim();
    EXPECT_EQ(number_of(seen), 7);
    EXPECT_EQ(map.capacity(), 0U);
  });
  EXPECT_TRUE(found);
}

TYPED_TEST(growing, iterator_keeps_its_entry_through_growths) {
  typename TestFixture::map_type map;
  for (int i = 0; i < 10; ++i) map.store(this->key(i), this->value(i));
  auto at = map.begin();
  const auto& [key, value] = *at;
  const int number = number_of(key);
  for (int i = 10; i < 2000; ++i) map.store(this->key(i), this->value(i));
  map.erase(this->key(number));
  support::reclaim();
  EXPECT_EQ(number_of(key), number);
  EXPECT_EQ(number_of(value), number);
  map.clear();
  map.shrink_to_fit();
  support::reclaim();
  EXPECT_EQ(number_of(key), number);
  EXPECT_EQ(number_of(value), number);
}

// What a reader looks for stays, and is found whatever is done to the others.
TYPED_TEST(growing, readers_find_what_stays_while_others_make_it_grow_and_shrink) {
  typename TestFixture::map_type map;
  constexpr int staying = 40;
  for (int i = 0; i < staying; ++i) map.store(this->key(i), this->value(i));
  std::atomic<int> running{2};
  std::atomic<std::size_t> begun{
      0};  // removals: size() may count one and not the addition before it
  std::atomic<std::size_t> ended{0};
  support::run_together(4, [&](int id) {
    if (id < 2) {
      while (running.load() != 0) {
        for (int i = 0; i < staying; ++i) {
          const auto found = map.load(this->key(i));
          ASSERT_TRUE(found.has_value()) << i;
          ASSERT_EQ(number_of(*found), i);
          ASSERT_FALSE(map.contains(this->key(-1 - i)));
        }
        const std::size_t before = ended.load();
        const std::size_t size = map.size();
        ASSERT_GE(size + (begun.load() - before), static_cast<std::size_t>(staying));
      }
      return;
    }
    const int first = id * 100000;
    for (int round = 0; round < support::rounds(40); ++round) {
      const int count = 1 << (3 + round % 8);
      for (int i = first; i < first + count; ++i) map.store(this->key(i), this->value(i));
      for (int i = first; i < first + count; ++i) {
        ++begun;
        EXPECT_TRUE(map.erase(this->key(i))) << i - first << " of " << count;
        ++ended;
      }
      if (round % 3 == id) map.shrink_to_fit();
    }
    --running;
  });
  EXPECT_EQ(map.size(), static_cast<std::size_t>(staying));
}

TYPED_TEST(growing, threads_that_insert_lose_nothing) {
  for (int round = 0; round < support::rounds(24); ++round) {
    typename TestFixture::map_type map;
    constexpr int each = 300;
    support::run_together(3, [&](int id) {
      for (int i = 0; i < each; ++i) {
        EXPECT_FALSE(map.load_or_store(this->key(id * each + i), this->value(i)).loaded);
        // All want the same key: one gets it.
        map.load_or_store(this->key(-1 - i), this->value(id));
      }
    });
    numbers expected = numbers_of(map);
    EXPECT_EQ(map.size(), 4U * each);
    EXPECT_EQ(expected.size(), 4U * each);
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected));
  }
}

TYPED_TEST(growing, clear_beside_growth_loses_only_what_came_before) {
  for (int round = 0; round < support::rounds(40); ++round) {
    typename TestFixture::map_type map;
    support::run_together(3, [&](int id) {
      if (id == 0) {
        for (int i = 0; i < 20; ++i) map.clear();
        return;
      }
      for (int i = 0; i < 200; ++i) map.store(this->key(id * 1000 + i), this->value(i));
    });
    const numbers now = numbers_of(map);
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, now));
    // What a thread stored after something that is still there is there too.
    for (const auto& [key, value] : now) {
      if (value < 199) {
        EXPECT_TRUE(now.contains(key + 1)) << key;
      }
    }
  }
}

// --- without memory

// Every allocation of an insert fails, for maps of every size.
TYPED_TEST(growing, failed_allocations_of_inserts_have_no_effect) {
  for (int count = 0; count < support::rounds(120); ++count) {
    for (long n = 1;; ++n) {
      typename TestFixture::map_type map;
      numbers expected;
      for (int i = 0; i < count; ++i) {
        map.store(this->key(i), this->value(i));
        expected[i] = i;
      }
      auto key = this->key(count);
      auto value = this->value(count);
      bool done = true;
      fuse::arm(n);
      try {
        map.try_emplace(std::move(key), std::move(value));
      } catch (const std::bad_alloc&) {
        done = false;
      }
      fuse::disarm();
      if (done) expected[count] = count;
      ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << count << ", allocation " << n;
      if (!fuse::has_blown()) break;
      for (int i = 0; i < 20; ++i) {
        map.store(this->key(1000 + i), this->value(i));
        expected[1000 + i] = i;
      }
      ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << count << ", allocation " << n;
    }
  }
}

// An erase needs no memory, whatever it helps others to do.
TYPED_TEST(growing, erase_does_not_fail_for_want_of_memory) {
  for (int count = 1; count < support::rounds(120); ++count) {
    typename TestFixture::map_type map;
    numbers expected;
    for (int i = 0; i < count; ++i) {
      map.store(this->key(i), this->value(i));
      expected[i] = i;
    }
    for (int i = 0; i < count; i += 3) {
      const auto key = this->key(i);
      fuse::arm(1 + i % 2);
      EXPECT_NO_THROW(EXPECT_TRUE(map.erase(key)));
      fuse::disarm();
      expected.erase(i);
    }
    ASSERT_NO_FATAL_FAILURE(expect_contents(map, expected)) << count;
  }
}

// A platform on which no table can be made for a while.
struct poor_platform : syncmap::test::growing_platform {
  static inline bool is_poor = false;
  static inline long blocks = 0;

  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    if (is_poor) throw std::bad_alloc();
    ++blocks;
    return growing_platform::allocate_table(bytes, alignment);
  }
  static void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    --blocks;
    growing_platform::deallocate_table(memory, bytes, alignment);
  }
};
template <class Key, class T>
using poor_map = syncmap::basic_map<
    syncmap::detail::group_map<Key, T, syncmap::hash<Key>, std::equal_to<Key>, poor_platform>>;

template <class Map>
void expect_growth_to_wait_for_memory() {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  {
    Map map;
    numbers expected;
    const auto store = [&](int from, int to) {
      for (int i = from; i < to; ++i) {
        map.store(support::numbered<key>(i), support::numbered<value>(i));
        expected[i] = i;
      }
    };
    poor_platform::is_poor = true;
    EXPECT_THROW(store(0, 1), std::bad_alloc);
    EXPECT_TRUE(map.empty());
    poor_platform::is_poor = false;
    store(0, 20);
    poor_platform::is_poor = true;
    const auto before = map.stats();
    store(20, 600);
    EXPECT_LE(map.stats().growths, before.growths + 1) << "one may have been under way";
    expect_contents(map, expected);
    EXPECT_THROW(map.reserve(10000), std::bad_alloc);
    expect_contents(map, expected);
    for (int i = 0; i < 600; i += 2) {
      EXPECT_TRUE(map.erase(support::numbered<key>(i)));
      expected.erase(i);
    }
    try {
      map.shrink_to_fit();
    } catch (const std::bad_alloc&) {
    }
    expect_contents(map, expected);
    poor_platform::is_poor = false;
    store(600, 1200);
    EXPECT_GT(map.stats().growths, before.growths + 2);
    expect_contents(map, expected);
    EXPECT_GT(poor_platform::blocks, 0);
  }
  EXPECT_EQ(poor_platform::blocks, 0);
}

TEST(growing, waits_for_memory_and_fails_no_operation) {
  expect_growth_to_wait_for_memory<poor_map<int, int>>();
  expect_growth_to_wait_for_memory<poor_map<std::string, int>>();
  expect_growth_to_wait_for_memory<poor_map<std::string, std::string>>();
}

// --- hashes of the keys that move

// Runs `action` at its n-th call in this thread.
struct acting_hash {
  static inline thread_local int calls_left = 0;
  static inline thread_local std::function<void()> action;
  std::size_t operator()(int key) const {
    if (calls_left != 0 && --calls_left == 0) action();
    return std::hash<int>()(key);
  }
};
using acting_map = support::growing_map_family::map<int, int, acting_hash>;

// Moves every entry at least once, on top of `keys` of them.
void move_all(acting_map& map, int keys) {
  map.reserve(static_cast<std::size_t>(4 * keys));
  map.shrink_to_fit();
}

TEST(growing, the_hash_of_a_key_that_moves_may_change_the_size_of_the_map) {
  static constexpr int keys = 40;
  const std::function<void(acting_map&)> actions[] = {
      [](acting_map& map) { map.reserve(1); },
      [](acting_map& map) { map.reserve(16 * keys); },
      [](acting_map& map) { map.shrink_to_fit(); },
      [](acting_map& map) { map.store(keys, keys), map.erase(keys); },
  };
  for (const auto& act : actions) {
    bool acted = true;
    for (int n = 1; acted; ++n) {
      acting_map map;
      numbers expected;
      for (int i = 0; i < keys; ++i) {
        map.store(i, i);
        expected[i] = i;
      }
      acted = false;
      acting_hash::action = [&] {
        acted = true;
        act(map);
      };
      acting_hash::calls_left = n;
      move_all(map, keys);
      acting_hash::calls_left = 0;
      expect_contents(map, expected);
    }
  }
  acting_hash::action = nullptr;
}

// What moves entries at its caller's wish tells it why that was not done.
TEST(growing, reserve_and_shrink_to_fit_throw_what_the_hash_of_a_key_that_moves_throws) {
  const std::function<void(acting_map&)> sizings[] = {
      [](acting_map& map) { map.reserve(1000); }, [](acting_map& map) { map.shrink_to_fit(); }};
  for (const auto& size : sizings) {
    acting_map map;
    numbers expected;
    map.reserve(200);
    for (int i = 0; i < 20; ++i) {
      map.store(i, i);
      expected[i] = i;
    }
    acting_hash::action = [] { throw std::runtime_error("a hash"); };
    acting_hash::calls_left = 1;
    EXPECT_THROW(size(map), std::runtime_error);
    expect_contents(map, expected);
    size(map);
    expect_contents(map, expected);
  }
  acting_hash::action = nullptr;
}

TEST(growing, a_thread_that_is_stopped_in_a_hash_delays_no_growth_of_others) {
  constexpr int keys = 40;
  bool stopped = true;
  for (int n = 1; stopped; ++n) {
    acting_map map;
    for (int i = 0; i < keys; ++i) map.store(i, i);
    stopped = false;
    std::binary_semaphore waits(0);
    std::binary_semaphore go_on(0);
    std::thread mover([&] {
      acting_hash::action = [&] {
        stopped = true;
        waits.release();
        go_on.acquire();
      };
      acting_hash::calls_left = n;
      move_all(map, keys);
      acting_hash::calls_left = 0;
      if (!stopped) waits.release();
    });
    waits.acquire();
    const std::size_t before = map.stats().growths;
    for (int i = keys; i < 20 * keys; ++i) map.store(i, i);
    EXPECT_GE(map.stats().growths, before + 3) << n;
    go_on.release();
    mover.join();
    EXPECT_EQ(map.size(), static_cast<std::size_t>(20 * keys));
  }
}

// --- lifetime

TEST(growing, moves_entries_without_copying_or_destroying_them) {
  using support::tracked_key;
  using support::tracked_value;
  support::reclaim();
  const long keys = tracked_key::alive();
  const long values = tracked_value::alive();
  {
    support::growing_map_family::map<tracked_key, tracked_value, std::hash<tracked_key>> map;
    for (int i = 0; i < 500; ++i) {
      map.try_emplace(i, i);
      ASSERT_EQ(tracked_key::alive() - keys, i + 1);
      ASSERT_EQ(tracked_value::alive() - values, i + 1);
    }
    const tracked_value* before = nullptr;
    map.visit(3, [&](const tracked_value& value) { before = &value; });
    map.reserve(10000);
    map.shrink_to_fit();
    map.visit(3, [&](const tracked_value& value) { EXPECT_EQ(&value, before); });
    // Halfway through a growth: both tables are dropped.
    for (int i = 500; i < 600; ++i) {
      map.try_emplace(i, i);
      if (i % 7 == 0) map.clear();
    }
    support::reclaim();
    EXPECT_EQ(tracked_value::alive() - values, static_cast<long>(map.size()));
    EXPECT_EQ(tracked_key::alive() - keys, static_cast<long>(map.size()));
  }
  EXPECT_EQ(tracked_key::alive(), keys);
  EXPECT_EQ(tracked_value::alive(), values);
}

}  // namespace
