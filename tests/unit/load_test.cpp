// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load, contains, visit.

#include <gtest/gtest.h>

#include <maps.hpp>
#include <memory>
#include <optional>
#include <string>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, load_returns_nothing_from_an_empty_map) {
  const typename TestFixture::string_map map;
  EXPECT_EQ(map.load(""), std::nullopt);
  EXPECT_EQ(map.load("a"), std::nullopt);
  EXPECT_FALSE(map.contains("a"));
  EXPECT_FALSE(map.visit("a", [](const int&) { FAIL() << "called for an absent key"; }));
}

TYPED_TEST(contract, load_returns_what_was_stored_last) {
  typename TestFixture::string_map map;
  for (int value : {1, 2, 2, 3}) {
    map.store("a", value);
    EXPECT_EQ(map.load("a"), value);
  }
}

TYPED_TEST(contract, load_tells_keys_apart) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 200; ++i) map.store(i, -i);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) EXPECT_EQ(map.load(i), -i);
    for (int i = 200; i < 400; ++i) EXPECT_EQ(map.load(i), std::nullopt);
  }
}

TYPED_TEST(contract, load_returns_nothing_after_erase) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  map.erase("a");
  EXPECT_EQ(map.load("a"), std::nullopt);
  EXPECT_FALSE(map.contains("a"));
  map.store("a", 2);
  EXPECT_EQ(map.load("a"), 2);
}

// The value that a default-constructed T has is a value like any other.
TYPED_TEST(contract, load_distinguishes_absence_from_the_zero_value) {
  typename TestFixture::string_map map;
  map.store("zero", 0);
  EXPECT_EQ(map.load("zero"), std::optional<int>(0));
  EXPECT_EQ(map.load("none"), std::nullopt);
}

TYPED_TEST(contract, load_of_optional_values_keeps_both_levels) {
  typename TypeParam::template map<int, std::optional<int>> map;
  map.store(1, std::optional<int>());
  map.store(2, std::optional<int>(5));
  ASSERT_TRUE(map.load(1).has_value());
  EXPECT_FALSE(map.load(1)->has_value());
  EXPECT_EQ(map.load(2), std::optional<std::optional<int>>(std::optional<int>(5)));
  EXPECT_FALSE(map.load(3).has_value());
  // Absence is not equal to the empty optional either.
  EXPECT_FALSE(map.compare_and_swap(3, std::nullopt, 1));
  EXPECT_FALSE(map.compare_and_erase(3, std::nullopt));
  EXPECT_TRUE(map.compare_and_erase(1, std::nullopt));
}

TYPED_TEST(contract, contains_follows_store_and_erase) {
  typename TestFixture::int_map map;
  EXPECT_FALSE(map.contains(1));
  map.store(1, 10);
  EXPECT_TRUE(map.contains(1));
  EXPECT_FALSE(map.contains(2));
  EXPECT_TRUE(map.compare_and_erase(1, 10));
  EXPECT_FALSE(map.contains(1));
}

TYPED_TEST(contract, visit_sees_the_value_once_without_a_copy) {
  typename TypeParam::template map<int, std::unique_ptr<int>> map;
  auto value = std::make_unique<int>(5);
  const int* const address = value.get();
  map.store(1, std::move(value));
  int calls = 0;
  EXPECT_TRUE(map.visit(1, [&](const std::unique_ptr<int>& seen) {
    ++calls;
    EXPECT_EQ(seen.get(), address);
  }));
  EXPECT_EQ(calls, 1);
}

// The reference stays good until the callback returns, whatever happens to the entry.
TYPED_TEST(contract, visit_keeps_the_value_while_it_is_erased_and_replaced) {
  typename TypeParam::template map<int, std::string> map;
  const std::string text(100, 'x');
  map.store(1, text);
  EXPECT_TRUE(map.visit(1, [&](const std::string& seen) {
    map.store(1, "other");
    support::reclaim();
    EXPECT_EQ(seen, text);
    map.erase(1);
    support::reclaim();
    EXPECT_EQ(seen, text);
    map.clear();
    support::reclaim();
    EXPECT_EQ(seen, text);
  }));
  EXPECT_FALSE(map.contains(1));
}

// What a callback gets can be an argument of the call that replaces it.
TYPED_TEST(contract, visit_value_may_be_stored_into_the_same_map) {
  typename TypeParam::template map<int, std::string> map;
  const std::string text(100, 'x');
  map.store(1, text);
  map.visit(1, [&](const std::string& seen) {
    map.store(1, seen);
    map.store(2, seen);
    EXPECT_TRUE(map.compare_and_swap(2, seen, seen));
  });
  EXPECT_EQ(map.load(1), text);
  EXPECT_EQ(map.load(2), text);
}

}  // namespace
