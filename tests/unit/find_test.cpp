// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// find() and the handle that it returns.

#include <gtest/gtest.h>

#include <atomic>
#include <maps.hpp>
#include <memory>
#include <string>
#include <thread>
#include <threads.hpp>
#include <tracked.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using support::contract;
using support::each_map;
using support::tracked_key;
using support::tracked_value;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

TYPED_TEST(contract, find_of_an_absent_key_is_an_empty_handle) {
  typename TestFixture::string_map map;
  EXPECT_FALSE(map.find("a"));
  map.store("a", 1);
  EXPECT_FALSE(map.find("b"));
  map.erase("a");
  EXPECT_FALSE(map.find("a"));
}

TYPED_TEST(contract, find_shows_key_and_value) {
  typename TestFixture::int_map ints;
  typename TestFixture::string_map strings;
  for (int i = 0; i < 100; ++i) {
    ints.store(i, -i);
    strings.store(std::to_string(i), i);
  }
  for (int i = 0; i < 100; ++i) {
    const auto number = ints.find(i);
    ASSERT_TRUE(number);
    EXPECT_EQ(number.key(), i);
    EXPECT_EQ(number.value(), -i);
    const auto text = strings.find(std::to_string(i));
    ASSERT_TRUE(text);
    EXPECT_EQ(text.key(), std::to_string(i));
    EXPECT_EQ(*text, i);
  }
}

TYPED_TEST(each_map, find_works_for_values_that_cannot_be_copied) {
  typename TypeParam::template map<int, std::unique_ptr<std::string>> map;
  map.store(1, std::make_unique<std::string>("one"));
  const auto found = map.find(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(**found, "one");
  EXPECT_EQ((*found)->size(), 3U);
  EXPECT_EQ(found->get()->size(), 3U);
}

// Whatever becomes of the mapping, the handle shows what it was.
TYPED_TEST(each_map, a14_handle_keeps_what_it_found) {
  const long keys = tracked_key::alive();
  const long values = tracked_value::alive();
  {
    typename TypeParam::template map<tracked_key, tracked_value> map;
    map.store(1, 10);
    map.store(2, 20);
    const auto replaced = map.find(1);
    const auto erased = map.find(2);
    map.store(1, 11);
    map.erase(2);
    map.store(2, 21);
    map.clear();
    for (int i = 0; i < 100; ++i) map.store(i, i);
    support::reclaim();
    EXPECT_EQ(replaced.key().id(), 1);
    EXPECT_EQ(replaced->id(), 10);
    EXPECT_EQ(erased.key().id(), 2);
    EXPECT_EQ(erased->id(), 20);
  }
  support::reclaim();
  EXPECT_EQ(tracked_key::alive(), keys);
  EXPECT_EQ(tracked_value::alive(), values);
}

TYPED_TEST(each_map, g8_a14_a_handle_delays_the_destruction_of_its_entry_only) {
  typename TypeParam::template map<int, tracked_value> map;
  map.store(0, 0);
  const auto held = map.find(0);
  for (int i = 0; i < 5000; ++i) map.store(i % 7, i);
  map.erase(0);
  map.clear();
  support::reclaim();
  EXPECT_EQ(tracked_value::alive(), 1);
  EXPECT_EQ(held->id(), 0);
}

TYPED_TEST(each_map, handles_move_and_leave_nothing_behind) {
  typename TypeParam::template map<std::string, std::string> map;
  map.store("a", "1");
  map.store("b", "2");
  auto one = map.find("a");
  auto two = std::move(one);
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(*two, "1");
  two = map.find("b");
  EXPECT_EQ(two.key(), "b");
  one = std::move(two);
  EXPECT_EQ(one->size(), 1U);
  one = {};
  EXPECT_FALSE(one);
  static_assert(!std::is_copy_constructible_v<decltype(one)>);
  static_assert(std::is_nothrow_move_constructible_v<decltype(one)>);
  static_assert(std::is_nothrow_move_assignable_v<decltype(one)>);
  static_assert(!std::is_convertible_v<decltype(one), bool>, "only contextually");
}

TYPED_TEST(each_map, handles_of_inline_entries_move_too) {
  typename TypeParam::template map<int, int> map;
  map.store(1, 2);
  auto one = map.find(1);
  const auto two = std::move(one);
  EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): that is what is tested
  ASSERT_TRUE(two);
  EXPECT_EQ(two.key() + *two, 3);
}

TYPED_TEST(each_map, a14_a_handle_may_be_used_and_dropped_by_another_thread) {
  typename TypeParam::template map<int, std::string> map;
  for (int i = 0; i < 50; ++i) {
    map.store(i, std::to_string(i));
    auto found = map.find(i);
    map.erase(i);
    std::jthread([found = std::move(found), i] { EXPECT_EQ(*found, std::to_string(i)); });
  }
  support::reclaim();
}

TYPED_TEST(each_map, a14_many_handles_may_be_held_at_once) {
  typename TypeParam::template map<int, std::string> map;
  std::vector<decltype(map.find(0))> held;
  for (int i = 0; i < 500; ++i) {
    map.store(i, std::to_string(i));
    held.push_back(map.find(i));
  }
  map.clear();
  support::reclaim();
  for (int i = 0; i < 500; ++i) EXPECT_EQ(*held[static_cast<std::size_t>(i)], std::to_string(i));
}

// An entry is found whole while others replace, erase and move it.
TYPED_TEST(each_map, find_beside_writes_shows_a_key_with_a_value_of_its_own) {
  typename TypeParam::template map<std::string, std::string> map;
  constexpr int keys = 8;
  const int rounds = support::rounds(20000);
  std::atomic<bool> done{false};
  support::run_together(3, [&](int id) {
    if (id == 0) {
      for (int i = 0; i < rounds; ++i) {
        const std::string key = std::to_string(i % keys);
        if (i % 5 == 4) {
          map.erase(key);
        } else {
          map.store(key, key + "/" + std::to_string(i));
        }
      }
      done = true;
      return;
    }
    for (int i = 0; !done; ++i) {
      const std::string key = std::to_string(i % keys);
      const auto found = map.find(key);
      if (!found) continue;
      EXPECT_EQ(found.key(), key);
      EXPECT_EQ(found->substr(0, 2), key + "/");
    }
  });
}

// The same of entries that are copied from their slots: one slot, now one key's and then another's.
TYPED_TEST(each_map, find_beside_writes_shows_an_inline_key_with_its_own_value) {
  typename TypeParam::template map<int, int> map;
  const int rounds = support::rounds(40000);
  std::atomic<bool> done{false};
  support::run_together(2, [&](int id) {
    if (id == 0) {
      for (int i = 0; i < rounds; ++i) {
        map.store(i % 3, 1000 * (i % 3) + i % 900);
        map.erase((i + 1) % 3);
      }
      done = true;
      return;
    }
    while (!done) {
      for (int key = 0; key < 3; ++key) {
        const auto found = map.find(key);
        if (!found) continue;
        EXPECT_EQ(found.key(), key);
        EXPECT_EQ(*found / 1000, key);
      }
    }
  });
}

}  // namespace
