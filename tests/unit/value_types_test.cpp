// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys and values of unusual types.

#include <gtest/gtest.h>

#include <any>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace {

// Identity by address, as a file or a lock has.
struct non_movable {
  explicit non_movable(int n) : number(n) {}
  non_movable(int a, int b) : number(a + b) {}
  non_movable(const non_movable&) = delete;
  non_movable& operator=(const non_movable&) = delete;
  int number;
};

struct alignas(128) over_aligned {
  over_aligned(int n = 0) : number(n) {}  // NOLINT: converts
  bool aligned() const { return reinterpret_cast<std::uintptr_t>(this) % 128 == 0; }
  bool operator==(const over_aligned& other) const { return number == other.number; }
  int number;
};

struct nothing {
  bool operator==(const nothing&) const = default;
};

struct number_hash {
  std::size_t operator()(const auto& key) const { return std::hash<int>()(key.number); }
};

using support::each_map;
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

TYPED_TEST(each_map, a21_move_only_values_work_where_no_copy_is_asked_for) {
  typename TypeParam::template map<int, std::unique_ptr<int>> map;
  map.store(1, std::make_unique<int>(1));
  EXPECT_TRUE(map.try_emplace(2, new int(2)));
  EXPECT_FALSE(map.try_emplace(2, nullptr));
  EXPECT_TRUE(map.insert_or_assign(3, std::make_unique<int>(3)));
  EXPECT_FALSE(map.insert_or_assign(1, std::make_unique<int>(4)));
  int sum = 0;
  map.range([&](int, const std::unique_ptr<int>& value) { sum += *value; });
  EXPECT_EQ(sum, 9);
  for (const auto& [key, value] : map) sum += *value + key;
  EXPECT_EQ(sum, 24);
  EXPECT_TRUE(map.contains(3));
  EXPECT_EQ(map.erase_if([](int, const auto& value) { return *value == 2; }), 1U);
  EXPECT_TRUE(map.erase(1));
  EXPECT_EQ(map.size(), 1U);
  map.clear();
  EXPECT_FALSE(map.visit(3, [](const auto&) {}));
}

TYPED_TEST(each_map, a21_non_movable_values_are_made_in_place) {
  typename TypeParam::template map<std::string, non_movable> map;
  EXPECT_TRUE(map.try_emplace("a", 1));
  EXPECT_TRUE(map.try_emplace("b", 2, 3));
  EXPECT_FALSE(map.try_emplace("a", 7));
  map.store("c", 4);
  EXPECT_FALSE(map.insert_or_assign("c", 5));
  const non_movable* first = nullptr;
  map.visit("a", [&](const non_movable& value) { first = &value; });
  map.visit("a", [&](const non_movable& value) { EXPECT_EQ(&value, first); });
  int sum = 0;
  map.range([&](const std::string&, const non_movable& value) { sum += value.number; });
  EXPECT_EQ(sum, 11);
  EXPECT_TRUE(map.erase("b"));
  EXPECT_EQ(map.erase_if([](const std::string&, const non_movable&) { return true; }), 2U);
}

// Values are constant, but what they say is mutable may change.
TYPED_TEST(each_map, atomics_are_values) {
  struct counter {
    mutable std::atomic<int> count{0};
  };
  typename TypeParam::template map<int, counter> map;
  map.try_emplace(1);
  map.visit(1, [](const counter& value) { ++value.count; });
  map.visit(1, [](const counter& value) { EXPECT_EQ(++value.count, 2); });
}

TYPED_TEST(each_map, a21_move_only_keys_work) {
  typename TypeParam::template map<std::unique_ptr<int>, int> map;
  auto key = std::make_unique<int>(1);
  const int* const address = key.get();
  map.store(std::move(key), 10);
  EXPECT_EQ(key, nullptr);  // NOLINT: that is the question
  EXPECT_TRUE(map.try_emplace(std::make_unique<int>(2), 20));
  EXPECT_FALSE(map.load_or_store(std::make_unique<int>(3), 30).loaded);
  EXPECT_EQ(map.load(nullptr), std::nullopt);
  bool found = false;
  for (const auto& [each, value] : map) {
    if (each.get() != address) continue;
    found = true;
    EXPECT_EQ(map.load(each), 10);
    EXPECT_TRUE(map.compare_and_swap(each, 10, 11));
    EXPECT_EQ(map.update(each, [](int now) { return now + 1; }), 12);
    EXPECT_TRUE(map.erase(each));
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(map.size(), 2U);
}

TYPED_TEST(each_map, a21_over_aligned_keys_and_values_are_aligned) {
  typename TypeParam::template map_with<over_aligned, over_aligned, number_hash,
                                        std::equal_to<over_aligned>>
      map;
  for (int i = 0; i < 50; ++i) map.store(i, i);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(map.compare_and_swap(i, i, 2 * i));
  int count = 0;
  map.range([&](const over_aligned& key, const over_aligned& value) {
    EXPECT_TRUE(key.aligned());
    EXPECT_TRUE(value.aligned());
    EXPECT_EQ(value.number, 2 * key.number);
    ++count;
  });
  EXPECT_EQ(count, 50);
  EXPECT_EQ(map.load(7)->number, 14);
}

// A set of strings.
TYPED_TEST(each_map, a21_empty_values_work) {
  typename TypeParam::template map<std::string, nothing> map;
  map.store("a", nothing());
  EXPECT_TRUE(map.load("a").has_value());
  EXPECT_FALSE(map.load("b").has_value());
  EXPECT_TRUE(map.compare_and_swap("a", {}, {}));
  EXPECT_FALSE(map.compare_and_swap("b", {}, {}));
  EXPECT_FALSE(map.compare_and_erase("b", {}));
  EXPECT_TRUE(map.compare_and_erase("a", {}));
  EXPECT_TRUE(map.try_emplace("a"));
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(each_map, large_and_small_values_work) {
  typename TypeParam::template map<int, std::array<char, 5000>> large;
  std::array<char, 5000> value{};
  value.fill('x');
  large.store(1, value);
  EXPECT_EQ(large.load(1), value);
  typename TypeParam::template map<char, bool> small;
  for (int i = 0; i < 256; ++i) small.store(static_cast<char>(i), i % 2 == 0);
  EXPECT_EQ(small.size(), 256U);
  EXPECT_EQ(small.load('a'), false);
}

// A key that is not equal to itself can be stored again and again, never found, and cleared.
TYPED_TEST(each_map, a21_nan_keys_are_stored_but_never_found) {
  typename TypeParam::template map<double, int> map;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 3; ++i) {
    map.store(nan, i);
    EXPECT_EQ(map.load(nan), std::nullopt);
  }
  EXPECT_FALSE(map.load_or_store(nan, 3).loaded);
  EXPECT_FALSE(map.erase(nan));
  EXPECT_FALSE(map.compare_and_erase(nan, 1));
  EXPECT_FALSE(map.compare_and_swap(nan, 1, 1));
  EXPECT_EQ(map.size(), 4U);
  std::multiset<int> seen;
  map.range([&](double, int value) { seen.insert(value); });
  EXPECT_EQ(seen, (std::multiset<int>{0, 1, 2, 3}));
  EXPECT_EQ(map.erase_if([](double, int) { return true; }), 0U);
  map.clear();
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(each_map, a21_zeros_of_both_signs_are_one_key) {
  typename TypeParam::template map<double, int> map;
  map.store(+0.0, 1);
  EXPECT_EQ(map.load(-0.0), 1);
  EXPECT_EQ(map.swap(-0.0, 2), 1);
  EXPECT_EQ(map.size(), 1U);
}

// A hash and an equality that see only a part of the key: equal keys are one key, the first stays.
TYPED_TEST(each_map, equality_is_that_of_the_map) {
  struct modulo {
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key % 10); }
    bool operator()(int a, int b) const { return a % 10 == b % 10; }
  };
  typename TypeParam::template map_with<int, int, modulo, modulo> map;
  map.store(3, 1);
  map.store(13, 2);
  EXPECT_EQ(map.load(23), 2);
  EXPECT_EQ(map.size(), 1U);
  map.range([](int key, int) { EXPECT_EQ(key, 3); });
}

TYPED_TEST(each_map, function_objects_may_have_state) {
  struct seeded {
    explicit seeded(int s) : salt(s) {}
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key ^ salt); }
    bool operator()(int a, int b) const { return a == b; }
    int salt;
  };
  typename TypeParam::template map_with<int, int, seeded, seeded> map(seeded(5), seeded(6));
  EXPECT_EQ(map.hash_function().salt, 5);
  EXPECT_EQ(map.key_eq().salt, 6);
  for (int i = 0; i < 100; ++i) map.store(i, i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(map.load(i), i);
}

TYPED_TEST(each_map, shared_ownership_ends_with_the_entry) {
  typename TypeParam::template map<int, std::shared_ptr<int>> map;
  const auto value = std::make_shared<int>(1);
  map.store(1, value);
  EXPECT_EQ(map.load(1), value);
  EXPECT_EQ(value.use_count(), 2);
  EXPECT_TRUE(map.erase(1));
  support::reclaim();
  EXPECT_EQ(value.use_count(), 1);
}

TYPED_TEST(each_map, a21_values_of_any_type_work) {
  typename TypeParam::template map<std::string, std::any> map;
  map.store("int", 1);
  map.store("string", std::string("text"));
  map.store("any", std::any());
  EXPECT_EQ(std::any_cast<int>(map.load("int").value()), 1);
  EXPECT_EQ(std::any_cast<std::string>(map.load("string").value()), "text");
  EXPECT_FALSE(map.load("any").value().has_value());
  EXPECT_EQ(std::any_cast<int>(map.swap("int", 2.5).value()), 1);
  EXPECT_EQ(std::any_cast<double>(map.load_and_erase("int").value()), 2.5);
}

}  // namespace
