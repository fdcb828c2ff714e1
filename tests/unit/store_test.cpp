// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// store, swap, insert_or_assign, and how keys and values are passed.

#include <gtest/gtest.h>

#include <maps.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, store_inserts_and_replaces) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  map.store("b", 2);
  map.store("a", 3);
  EXPECT_EQ(map.load("a"), 3);
  EXPECT_EQ(map.load("b"), 2);
  EXPECT_EQ(map.size(), 2U);
}

TYPED_TEST(contract, swap_returns_the_previous_value_or_nothing) {
  typename TestFixture::string_map map;
  EXPECT_EQ(map.swap("a", 1), std::nullopt);
  EXPECT_EQ(map.swap("a", 2), 1);
  EXPECT_EQ(map.swap("a", 2), 2);
  EXPECT_TRUE(map.erase("a"));
  EXPECT_EQ(map.swap("a", 3), std::nullopt);
  EXPECT_EQ(map.load("a"), 3);
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(contract, insert_or_assign_tells_whether_the_key_was_absent) {
  typename TestFixture::string_map map;
  EXPECT_TRUE(map.insert_or_assign("a", 1));
  EXPECT_FALSE(map.insert_or_assign("a", 2));
  EXPECT_EQ(map.load("a"), 2);
  map.erase("a");
  EXPECT_TRUE(map.insert_or_assign("a", 3));
  EXPECT_EQ(map.load("a"), 3);
}

// A key is built only when it is inserted; the entry that is there keeps its key.
TYPED_TEST(contract, store_leaves_an_rvalue_key_alone_when_it_is_present) {
  typename TestFixture::string_map map;
  const std::string text(100, 'k');
  std::string key = text;
  map.store(std::move(key), 1);
  EXPECT_TRUE(key.empty()) << "a new key is moved in";  // NOLINT: that is the question

  key = text;
  map.store(std::move(key), 2);
  EXPECT_EQ(key, text);                       // NOLINT
  EXPECT_EQ(map.swap(std::move(key), 3), 2);  // NOLINT
  EXPECT_EQ(key, text);                       // NOLINT
  EXPECT_FALSE(map.insert_or_assign(std::move(key), 4));
  EXPECT_EQ(key, text);  // NOLINT
  EXPECT_TRUE(map.load_or_store(std::move(key), 5).loaded);
  EXPECT_EQ(key, text);  // NOLINT
  EXPECT_FALSE(map.try_emplace(std::move(key), 6));
  EXPECT_EQ(key, text);  // NOLINT
  EXPECT_EQ(map.compute(std::move(key), [](const int* now) { return std::optional(*now + 1); }), 5);
  EXPECT_EQ(key, text);  // NOLINT
}

TYPED_TEST(contract, store_copies_lvalues_and_leaves_them_alone) {
  typename TypeParam::template map<std::string, std::string> map;
  const std::string key(100, 'k');
  std::string value(100, 'v');
  map.store(key, value);
  EXPECT_EQ(key, std::string(100, 'k'));
  EXPECT_EQ(value, std::string(100, 'v'));
  value = "changed";
  EXPECT_EQ(map.load(key), std::string(100, 'v'));
}

TYPED_TEST(contract, store_moves_rvalue_values) {
  typename TypeParam::template map<int, std::vector<int>> map;
  std::vector<int> value(100, 1);
  const int* const data = value.data();
  map.store(1, std::move(value));
  map.visit(1, [&](const std::vector<int>& seen) { EXPECT_EQ(seen.data(), data); });
  std::vector<int> other(100, 2);
  const int* const other_data = other.data();
  EXPECT_EQ(map.swap(1, std::move(other)), std::vector<int>(100, 1));
  map.visit(1, [&](const std::vector<int>& seen) { EXPECT_EQ(seen.data(), other_data); });
}

// Keys convert implicitly in every operation, values as their constructors allow.
TYPED_TEST(contract, store_converts_keys_and_values) {
  typename TypeParam::template map<std::string, std::string> map;
  const char* const pointer = "pointer";
  map.store("literal", "value");
  map.store(pointer, std::string_view("view"));
  map.store(std::string("string"), std::string(3, 'x'));
  EXPECT_EQ(map.load("literal"), "value");
  EXPECT_EQ(map.load(pointer), "view");
  EXPECT_EQ(map.load("string"), "xxx");
  EXPECT_EQ(map.swap("literal", "other"), "value");
  EXPECT_EQ(map.load_or_store("new", "first").value, "first");
  EXPECT_TRUE(map.compare_and_swap("new", "first", "second"));
  EXPECT_TRUE(map.compare_and_erase("new", "second"));
  EXPECT_TRUE(map.try_emplace("emplaced", 4U, 'e'));
  EXPECT_EQ(map.load("emplaced"), "eeee");
  EXPECT_TRUE(map.contains(pointer));
  EXPECT_TRUE(map.erase(pointer));
  EXPECT_EQ(map.load_and_erase("string"), "xxx");
}

TYPED_TEST(contract, store_takes_braces_for_keys_and_values) {
  struct point {
    int x = 0;
    int y = 0;
    bool operator==(const point&) const = default;
  };
  typename TypeParam::template map<std::string, point> map;
  map.store({'a', 'b'}, {1, 2});
  EXPECT_EQ(map.load({'a', 'b'}), (point{1, 2}));
  EXPECT_EQ(map.swap("ab", {3, 4}), (point{1, 2}));
  EXPECT_EQ(map.load_or_store("cd", {5, 6}).value, (point{5, 6}));
  EXPECT_TRUE(map.compare_and_swap("cd", {5, 6}, {7, 8}));
  EXPECT_TRUE(map.compare_and_erase("cd", {7, 8}));
  EXPECT_FALSE(map.insert_or_assign("ab", {}));
  EXPECT_EQ(map.load("ab"), point{});
}

TYPED_TEST(contract, store_of_the_maps_own_key_and_value) {
  typename TypeParam::template map<std::string, std::string> map;
  const std::string text(100, 'x');
  map.store(text, text);
  map.range([&](const std::string& key, const std::string& value) {
    map.store(key, value + "!");
    EXPECT_EQ(map.swap(key, value), text + "!");
    EXPECT_TRUE(map.erase(key));
    map.store(value, key);
  });
  EXPECT_EQ(map.load(text), text);
  EXPECT_EQ(map.size(), 1U);
}

}  // namespace
