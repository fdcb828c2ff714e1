// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// compare_and_swap, compare_and_erase.

#include <gtest/gtest.h>

#include <limits>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, compare_and_swap_of_an_absent_key_is_false) {
  typename TestFixture::string_map map;
  EXPECT_FALSE(map.compare_and_swap("a", 0, 42));
  EXPECT_FALSE(map.contains("a"));
  map.store("b", 0);
  EXPECT_FALSE(map.compare_and_swap("a", 0, 42));
  map.store("a", 0);
  map.erase("a");
  EXPECT_FALSE(map.compare_and_swap("a", 0, 42));
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(contract, compare_and_swap_replaces_an_equal_value_only) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  EXPECT_FALSE(map.compare_and_swap("a", 2, 3));
  EXPECT_EQ(map.load("a"), 1);
  EXPECT_TRUE(map.compare_and_swap("a", 1, 3));
  EXPECT_EQ(map.load("a"), 3);
  EXPECT_FALSE(map.compare_and_swap("a", 1, 4));
  EXPECT_EQ(map.load("a"), 3);
  EXPECT_EQ(map.size(), 1U);
}

// Equal values can be told apart by their address here: the desired one is really stored.
TYPED_TEST(contract, compare_and_swap_of_equal_values_is_a_write) {
  struct loose {
    int group;
    int number;
    bool operator==(const loose& other) const { return group == other.group; }
  };
  typename TypeParam::template map<int, loose> map;
  map.store(1, {5, 1});
  EXPECT_TRUE(map.compare_and_swap(1, {5, 0}, {5, 2}));
  ASSERT_TRUE(map.load(1).has_value());
  EXPECT_EQ(map.load(1)->number, 2);
  EXPECT_FALSE(map.compare_and_swap(1, {6, 2}, {6, 3}));
  EXPECT_EQ(map.load(1)->number, 2);
}

TYPED_TEST(contract, compare_and_swap_consumes_the_desired_value_only_if_it_stores_it) {
  typename TypeParam::template map<int, std::string> map;
  std::string desired(100, 'd');
  EXPECT_FALSE(map.compare_and_swap(1, "a", std::move(desired)));
  EXPECT_EQ(desired, std::string(100, 'd'));  // NOLINT: that is the question
  map.store(1, "a");
  EXPECT_FALSE(map.compare_and_swap(1, "b", std::move(desired)));
  EXPECT_EQ(desired, std::string(100, 'd'));  // NOLINT
  EXPECT_TRUE(map.compare_and_swap(1, "a", std::move(desired)));
  EXPECT_TRUE(desired.empty());  // NOLINT
  EXPECT_EQ(map.load(1), std::string(100, 'd'));
}

TYPED_TEST(contract, compare_and_erase_of_an_absent_key_is_false) {
  typename TestFixture::string_map map;
  EXPECT_FALSE(map.compare_and_erase("a", 0));
  map.store("b", 0);
  EXPECT_FALSE(map.compare_and_erase("a", 0));
  map.store("a", 0);
  map.erase("a");
  EXPECT_FALSE(map.compare_and_erase("a", 0));
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(contract, compare_and_erase_removes_an_equal_value_only) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  EXPECT_FALSE(map.compare_and_erase("a", 2));
  EXPECT_EQ(map.load("a"), 1);
  EXPECT_TRUE(map.compare_and_erase("a", 1));
  EXPECT_FALSE(map.compare_and_erase("a", 1));
  EXPECT_EQ(map.load("a"), std::nullopt);
  EXPECT_TRUE(map.empty());
}

// NaN values are equal to nothing, so neither call can ever match one.
TYPED_TEST(contract, compare_uses_the_equality_of_the_value_type) {
  typename TypeParam::template map<int, double> map;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  map.store(1, nan);
  EXPECT_FALSE(map.compare_and_swap(1, nan, 1.0));
  EXPECT_FALSE(map.compare_and_erase(1, nan));
  map.store(1, -0.0);
  EXPECT_TRUE(map.compare_and_swap(1, +0.0, 1.0));
  EXPECT_EQ(map.load(1), 1.0);
}

// Comparing needs no copy.
TYPED_TEST(contract, compare_works_on_move_only_values) {
  typename TypeParam::template map<int, std::unique_ptr<int>> map;
  auto value = std::make_unique<int>(1);
  map.store(1, nullptr);
  EXPECT_FALSE(map.compare_and_swap(1, value, nullptr));
  EXPECT_TRUE(map.compare_and_swap(1, nullptr, std::move(value)));
  EXPECT_FALSE(map.compare_and_erase(1, nullptr));
  EXPECT_TRUE(map.visit(1, [](const std::unique_ptr<int>& seen) { EXPECT_EQ(*seen, 1); }));
}

// The other thread's step is made by == itself: the comparison was of a value that is gone.
TYPED_TEST(contract, compare_asks_again_about_a_value_that_changed_meanwhile) {
  static thread_local int left = 0;
  struct meddling {
    int number;
    typename TypeParam::template map<int, meddling>* map;
    bool operator==(const meddling& other) const {
      const bool same = number == other.number;
      if (left > 0 && --left == 0) map->store(1, meddling{number + 100, map});
      return same;
    }
  };
  typename TypeParam::template map<int, meddling> map;
  const auto value = [&](int number) { return meddling{number, &map}; };
  const auto now = [&] { return map.load(1).value_or(value(-1)).number; };
  map.store(1, value(5));
  left = 1;
  EXPECT_FALSE(map.compare_and_swap(1, value(5), value(6)));
  EXPECT_EQ(now(), 105);
  left = 1;
  EXPECT_FALSE(map.compare_and_erase(1, value(105)));
  EXPECT_EQ(now(), 205);
  EXPECT_TRUE(map.compare_and_erase(1, value(205)));
}

}  // namespace
