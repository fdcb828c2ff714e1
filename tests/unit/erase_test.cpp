// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// erase, load_and_erase, erase_if.

#include <gtest/gtest.h>

#include <maps.hpp>
#include <optional>
#include <string>
#include <utility>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, erase_tells_whether_the_key_was_present) {
  typename TestFixture::string_map map;
  EXPECT_FALSE(map.erase("a"));
  map.store("a", 1);
  EXPECT_FALSE(map.erase("b"));
  EXPECT_TRUE(map.erase("a"));
  EXPECT_FALSE(map.erase("a"));
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, load_and_erase_returns_what_it_removed) {
  typename TestFixture::string_map map;
  EXPECT_EQ(map.load_and_erase("a"), std::nullopt);
  map.store("a", 1);
  map.store("b", 2);
  EXPECT_EQ(map.load_and_erase("a"), 1);
  EXPECT_EQ(map.load_and_erase("a"), std::nullopt);
  EXPECT_EQ(map.load("b"), 2);
}

// In every state that earlier calls can leave a key in.
TYPED_TEST(contract, erase_works_whatever_happened_to_the_key_before) {
  typename TestFixture::int_map map;
  const auto look = [&] {  // makes new keys part of what reads find without help
    map.range([](int, int) {});
  };
  for (int i = 0; i < 20; ++i) map.store(i, i);
  EXPECT_TRUE(map.erase(0));
  look();
  EXPECT_TRUE(map.erase(1));
  EXPECT_FALSE(map.erase(1));
  map.store(20, 20);
  EXPECT_FALSE(map.erase(1));
  EXPECT_FALSE(map.erase(0));
  map.store(1, 11);
  EXPECT_TRUE(map.erase(1));
  EXPECT_TRUE(map.erase(20));
  map.store(20, 21);
  EXPECT_TRUE(map.compare_and_erase(20, 21));
  EXPECT_FALSE(map.erase(20));
  EXPECT_FALSE(map.contains(20));
  look();
  EXPECT_FALSE(map.erase(20));
  EXPECT_EQ(map.size(), 18U);
}

TYPED_TEST(contract, erase_if_removes_exactly_the_matching_entries) {
  typename TestFixture::int_map map;
  EXPECT_EQ(map.erase_if([](int, int) { return true; }), 0U);
  for (int i = 0; i < 100; ++i) map.store(i, i * i);
  EXPECT_EQ(map.erase_if([](int key, int) { return key % 3 == 0; }), 34U);
  EXPECT_EQ(map.size(), 66U);
  EXPECT_EQ(map.erase_if([](int, int value) { return value < 100; }), 6U);
  EXPECT_EQ(map.erase_if([](int, int) { return false; }), 0U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(map.contains(i), i % 3 != 0 && i >= 10) << i;
  }
  EXPECT_EQ(map.erase_if([](int, int) { return true; }), 60U);
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, erase_if_takes_any_predicate) {
  typename TestFixture::int_map map;
  map.store(1, 1);
  map.store(2, 2);
  struct counting {
    int* calls;
    bool operator()(const int& key, const int&) {  // not const
      ++*calls;
      return key == 1;
    }
  };
  int calls = 0;
  EXPECT_EQ(map.erase_if(counting{&calls}), 1U);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(map.load(2), 2);
}

// An entry that the predicate was not asked about with its present value stays.
TYPED_TEST(contract, erase_if_asks_again_about_a_value_that_changed_meanwhile) {
  typename TestFixture::int_map map;
  map.store(1, 10);
  int calls = 0;
  const auto erased = map.erase_if([&](int key, int value) {
    ++calls;
    if (calls == 1) map.store(key, 11);  // as another thread might
    return value == 10;
  });
  EXPECT_EQ(erased, 0U);
  EXPECT_EQ(map.load(1), 11);
  EXPECT_EQ(calls, 2);
}

}  // namespace
