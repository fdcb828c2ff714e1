// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys and values that are a few bytes, alone and with larger ones; and types that contain a map of
// themselves.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

enum class colour : std::uint8_t { red, green, blue };
enum plain { first, second, third };

// All of its eight bytes count, and equality is its own.
struct point {
  int x = 0;
  int y = 0;
  bool operator==(const point&) const = default;
};
// A byte of these eight is padding, which no comparison may look at.
struct padded {
  int number = 0;
  char letter = 0;
  bool operator==(const padded&) const = default;
};
struct member_hash {
  std::size_t operator()(const point& key) const {
    return std::hash<int>()(key.x) * 31 + std::hash<int>()(key.y);
  }
  std::size_t operator()(const padded& key) const { return std::hash<int>()(key.number); }
  template <class Key>
  std::size_t operator()(const Key& key) const {
    return std::hash<Key>()(key);
  }
};

using support::each_map;
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

// Two keys and three values that differ. Of one map: compiling takes long, and none has to do with
// growing.
template <class Key, class T>
void expect_operations_to_work(const Key& a, const Key& b, const T& one, const T& two,
                               const T& three) {
  syncmap::map<Key, T, member_hash> map;
  EXPECT_FALSE(map.contains(a));
  map.store(a, one);
  EXPECT_EQ(map.load(a), std::optional<T>(one));
  EXPECT_FALSE(map.load(b).has_value());
  EXPECT_EQ(map.swap(a, two), std::optional<T>(one));
  EXPECT_FALSE(map.compare_and_swap(a, one, three));
  EXPECT_TRUE(map.compare_and_swap(a, two, three));
  EXPECT_FALSE(map.load_or_store(b, two).loaded);
  EXPECT_TRUE(map.load_or_store(b, one).value == two);
  EXPECT_EQ(map.update(b, [&](const T&) { return one; }), std::optional<T>(one));
  EXPECT_TRUE(map.visit(b, [&](const T& seen) { EXPECT_TRUE(seen == one); }));
  std::size_t count = 0;
  map.range([&](const Key& key, const T& value) {
    EXPECT_TRUE(key == a ? value == three : key == b && value == one);
    ++count;
  });
  EXPECT_EQ(count, 2U);
  EXPECT_FALSE(map.compare_and_erase(a, two));
  EXPECT_TRUE(map.compare_and_erase(a, three));
  EXPECT_EQ(map.load_and_erase(b), std::optional<T>(one));
  EXPECT_TRUE(map.empty());
}

TEST(small_types, numbers_of_every_size_are_keys_and_values) {
  expect_operations_to_work<bool, double>(false, true, 0.5, -1e300, 3.0);
  expect_operations_to_work<float, char>(0.1F, -0.1F, 'x', 'y', 'z');
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  expect_operations_to_work<std::int64_t, std::uint64_t>(
      -1, least, 0, ~std::uint64_t{0}, std::uint64_t{1} << 63);
}

TEST(small_types, enumerations_and_pointers_are_keys_and_values) {
  static const int numbers[3] = {};
  const char* const texts[] = {"a", "b"};
  expect_operations_to_work<colour, plain>(colour::red, colour::blue, first, second, third);
  expect_operations_to_work<const char*, const int*>(
      texts[0], nullptr, &numbers[0], &numbers[1], nullptr);
}

// Can be made from anything, itself included, and not be copied but by name.
struct greedy {
  std::uint64_t number = 0;
  greedy() = default;
  template <class Other>
  greedy(Other&& other)  // NOLINT: what it is here for
      : number(static_cast<std::uint64_t>(other)) {}
  explicit operator std::uint64_t() const { return number; }
  bool operator==(const greedy&) const = default;
};
struct copied_by_name {
  int number = 0;
  copied_by_name() = default;
  explicit copied_by_name(int from) : number(from) {}
  explicit copied_by_name(const copied_by_name&) = default;
  copied_by_name& operator=(const copied_by_name&) = default;
};

TEST(small_types, values_with_odd_constructors_are_stored) {
  syncmap::map<int, greedy> of_greedy;
  of_greedy.store(1, 6);
  of_greedy.try_emplace(2, 7L);
  EXPECT_TRUE(of_greedy.visit(1, [](const greedy& seen) { EXPECT_EQ(seen.number, 6U); }));
  EXPECT_TRUE(of_greedy.visit(2, [](const greedy& seen) { EXPECT_EQ(seen.number, 7U); }));

  syncmap::map<int, copied_by_name> by_name;
  by_name.store(1, 5);
  EXPECT_TRUE(by_name.visit(1, [](const copied_by_name& seen) { EXPECT_EQ(seen.number, 5); }));

#if defined(__cpp_aggregate_paren_init)
  syncmap::map<int, point> of_points;
  EXPECT_TRUE(of_points.try_emplace(1, 7, 8));
  EXPECT_TRUE(of_points.try_emplace(2, 9));
  EXPECT_EQ(of_points.load(1), (point{7, 8}));
  EXPECT_EQ(of_points.load(2), (point{9, 0}));
#endif
}

TEST(small_types, structures_are_keys_and_values) {
  expect_operations_to_work<point, point>({1, 2}, {2, 1}, {0, 0}, {0, 1}, {1, 0});
  expect_operations_to_work<std::string, point>("a", "b", {0, 0}, {0, 1}, {1, 0});
  expect_operations_to_work<padded, padded>({1, 'a'}, {1, 'b'}, {0, 'x'}, {0, 'y'}, {1, 'x'});
}

TYPED_TEST(each_map, many_small_structures_are_told_apart) {
  typename TypeParam::template map_with<point, point, member_hash, std::equal_to<point>> map;
  for (int x = 0; x < 40; ++x) {
    for (int y = 0; y < 40; ++y) map.store({x, y}, {y, x});
  }
  EXPECT_EQ(map.size(), 1600U);
  for (int x = -1; x <= 40; ++x) {
    for (int y = -1; y <= 40; ++y) {
      const bool inside = x >= 0 && x < 40 && y >= 0 && y < 40;
      const auto found = map.load({x, y});
      ASSERT_EQ(found.has_value(), inside);
      if (inside) {
        ASSERT_EQ(*found, (point{y, x}));
      }
    }
  }
}

// Values are compared as == does, not as bits are.
TYPED_TEST(each_map, floating_values_compare_as_numbers) {
  typename TypeParam::template map<int, double> map;
  map.store(1, -0.0);
  EXPECT_TRUE(map.compare_and_swap(1, +0.0, 1.5));
  map.store(1, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(map.load(1).value()));
  EXPECT_FALSE(map.compare_and_swap(1, std::numeric_limits<double>::quiet_NaN(), 1.5));
  EXPECT_FALSE(map.compare_and_erase(1, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(std::isnan(map.swap(1, -0.0).value()));
  EXPECT_TRUE(std::signbit(map.load(1).value())) << "the value is kept bit for bit";
  typename TypeParam::template map<float, int> keys;
  keys.store(-0.0F, 1);
  EXPECT_EQ(keys.swap(+0.0F, 2), 1);
  keys.range([](float key, int) { EXPECT_TRUE(std::signbit(key)) << "the first key stays"; });
}

// What is replaced has one key for all its values, which cannot be copied.
TYPED_TEST(each_map, move_only_keys_have_values_of_any_size) {
  typename TypeParam::template map<std::unique_ptr<int>, std::string> map;
  std::vector<const int*> keys;
  for (int i = 0; i < 100; ++i) {
    auto key = std::make_unique<int>(i);
    keys.push_back(key.get());
    EXPECT_TRUE(map.try_emplace(std::move(key), std::to_string(i)));
  }
  std::set<const int*> seen;
  map.range([&](const std::unique_ptr<int>& key, const std::string& value) {
    EXPECT_EQ(std::to_string(*key), value);
    EXPECT_TRUE(seen.insert(key.get()).second);
    EXPECT_TRUE(map.compare_and_swap(key, value, value + "!"));
    EXPECT_EQ(map.update(key, [](const std::string& now) { return now + "?"; }), value + "!?");
    EXPECT_TRUE(map.visit(key, [](const std::string&) {}));
    support::reclaim();
    EXPECT_EQ(std::to_string(*key) + "!?", map.load(key));
    if (*key % 2 == 0) {
      EXPECT_TRUE(map.erase(key));
    }
  });
  EXPECT_EQ(seen, std::set<const int*>(keys.begin(), keys.end()));
  EXPECT_EQ(map.size(), 50U);
  EXPECT_EQ(map.erase_if([](const auto& key, const auto&) { return *key % 4 == 1; }), 25U);
  for (const auto& [key, value] : map) EXPECT_EQ(value, std::to_string(*key) + "!?");
}

// A directory has directories.
template <class Setup>
struct directory {
  explicit directory(int n) : number(n) {}
  typename Setup::template map_with<std::string, directory, member_hash, std::equal_to<std::string>>
      children;
  int number;
};

TYPED_TEST(each_map, types_may_contain_a_map_of_themselves) {
  directory<TypeParam> root(0);
  EXPECT_TRUE(root.children.try_emplace("a", 1));
  EXPECT_TRUE(root.children.try_emplace("b", 2));
  EXPECT_TRUE(root.children.visit("a", [](const directory<TypeParam>& a) {
    auto& writable = const_cast<directory<TypeParam>&>(a);  // NOLINT: made as a non-const object
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(writable.children.try_emplace(std::to_string(i), i));
  }));
  int sum = 0;
  root.children.range([&](const std::string&, const directory<TypeParam>& child) {
    sum += child.number;
    child.children.range(
        [&](const std::string&, const directory<TypeParam>& inner) { sum += inner.number; });
  });
  EXPECT_EQ(sum, 3 + 49 * 50 / 2);
  EXPECT_TRUE(root.children.erase("a"));
  support::reclaim();
  EXPECT_EQ(root.children.size(), 1U);
}

}  // namespace
