// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_store, try_emplace.

#include <gtest/gtest.h>

#include <maps.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, load_or_store_stores_once) {
  typename TestFixture::string_map map;
  auto [value, loaded] = map.load_or_store("a", 1);
  EXPECT_EQ(value, 1);
  EXPECT_FALSE(loaded);
  for (int again = 0; again < 3; ++again) {
    const auto result = map.load_or_store("a", 2);
    EXPECT_EQ(result.value, 1);
    EXPECT_TRUE(result.loaded);
  }
  EXPECT_EQ(map.load("a"), 1);
}

TYPED_TEST(contract, load_or_store_stores_again_after_each_way_to_erase) {
  typename TestFixture::string_map map;
  const auto stores = [&](int value) {
    const auto result = map.load_or_store("a", value);
    return !result.loaded && result.value == value && map.load("a") == value;
  };
  EXPECT_TRUE(stores(1));
  EXPECT_TRUE(map.erase("a"));
  EXPECT_TRUE(stores(2));
  EXPECT_EQ(map.load_and_erase("a"), 2);
  EXPECT_TRUE(stores(3));
  EXPECT_TRUE(map.compare_and_erase("a", 3));
  EXPECT_TRUE(stores(4));
  EXPECT_EQ(map.compute("a", [](const int*) { return std::optional<int>(); }), std::nullopt);
  EXPECT_TRUE(stores(5));
  EXPECT_EQ(map.erase_if([](const std::string&, int) { return true; }), 1U);
  EXPECT_TRUE(stores(6));
  map.clear();
  EXPECT_TRUE(stores(7));
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(contract, load_or_store_leaves_an_rvalue_value_alone_when_the_key_is_present) {
  typename TypeParam::template map<int, std::string> map;
  std::string value(100, 'v');
  EXPECT_FALSE(map.load_or_store(1, std::move(value)).loaded);
  value = std::string(100, 'w');
  EXPECT_EQ(map.load_or_store(1, std::move(value)).value, std::string(100, 'v'));
  EXPECT_EQ(value, std::string(100, 'w'));  // NOLINT: that is the question
}

TYPED_TEST(contract, try_emplace_inserts_if_absent) {
  typename TypeParam::template map<std::string, std::vector<int>> map;
  EXPECT_TRUE(map.try_emplace("a", 3U, 7));
  EXPECT_FALSE(map.try_emplace("a", 5U, 8));
  EXPECT_EQ(map.load("a"), std::vector<int>(3, 7));
  EXPECT_TRUE(map.try_emplace("empty"));
  EXPECT_EQ(map.load("empty"), std::vector<int>());
  EXPECT_EQ(map.size(), 2U);
}

TYPED_TEST(contract, try_emplace_leaves_its_arguments_alone_when_the_key_is_present) {
  typename TypeParam::template map<int, std::unique_ptr<int>> map;
  EXPECT_TRUE(map.try_emplace(1, std::make_unique<int>(1)));
  auto value = std::make_unique<int>(2);
  EXPECT_FALSE(map.try_emplace(1, std::move(value)));
  ASSERT_NE(value, nullptr);  // NOLINT: that is the question
  EXPECT_EQ(*value, 2);
  EXPECT_TRUE(map.try_emplace(2, std::move(value)));
  EXPECT_EQ(value, nullptr);  // NOLINT
}

}  // namespace
