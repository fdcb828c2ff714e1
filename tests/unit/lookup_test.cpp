// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys of other types, load_many(), and construction from other containers.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <fuse.hpp>
#include <iterator>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <syncmap/concurrent_map.hpp>
#include <syncmap/pmr.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using support::contract;
using support::each_map;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

static_assert(syncmap::concurrent_map<syncmap::map<int, int>>);
static_assert(syncmap::concurrent_map<syncmap::map<std::string, std::string>>);
static_assert(syncmap::concurrent_map<syncmap::read_dirty_map<int, int>>);
static_assert(syncmap::concurrent_map<syncmap::read_dirty_map<std::string, std::string>>);
static_assert(syncmap::concurrent_map<syncmap::pmr::map<std::string, int>>);
static_assert(syncmap::concurrent_map<syncmap::pmr::read_dirty_map<std::string, int>>);
static_assert(!syncmap::concurrent_map<std::unordered_map<int, int>>);

// --- keys of other types

template <class Family, class T = int>
using string_map = typename Family::template map_with<std::string, T, syncmap::hash<std::string>,
                                                      std::equal_to<std::string>>;

constexpr const char* long_text = "a text that is too long for the room inside a std::string";

// Every operation, with a view: nothing is made for it, unless it is inserted.
TYPED_TEST(each_map, strings_are_looked_up_by_views_without_an_allocation) {
  string_map<TypeParam> map;
  map.store(long_text, 1);
  for (int i = 0; i < 20; ++i) static_cast<void>(map.load(long_text));  // read_dirty_map promotes
  const std::string_view view = long_text;
  const std::size_t before = support::allocations;
  EXPECT_EQ(map.load(view), 1);
  EXPECT_EQ(map.load(long_text), 1);
  EXPECT_TRUE(map.contains(view));
  EXPECT_TRUE(map.visit(view, [](int value) { EXPECT_EQ(value, 1); }));
  EXPECT_TRUE(map.compare_and_swap(view, 1, 2));
  EXPECT_FALSE(map.compare_and_erase(view, 1));
  EXPECT_EQ(map.update(view, [](int now) { return now + 1; }), 3);
  EXPECT_EQ(map.load_or_store(view, 9).value, 3);
  EXPECT_FALSE(map.try_emplace(view, 9));
  EXPECT_EQ(map.load_or_compute(view, [] { return 9; }).value, 3);
  EXPECT_EQ(map.swap(view, 4), 3);
  map.store(view, 5);
  EXPECT_FALSE(map.insert_or_assign(view, 6));
  EXPECT_EQ(map.compute(view, [](const int* now) { return std::optional<int>(*now + 1); }), 7);
  EXPECT_EQ(support::allocations, before);
  const auto found = map.find(view);  // may take a record of its own
  EXPECT_EQ(*found, 7);
  EXPECT_EQ(map.load_and_erase(view), 7);
  EXPECT_FALSE(map.erase(view));
}

TYPED_TEST(each_map, strings_are_inserted_from_views) {
  string_map<TypeParam, std::string> map;
  map.store(std::string_view("store"), "1");
  EXPECT_FALSE(map.load_or_store(std::string_view("load_or_store"), "2").loaded);
  EXPECT_EQ(map.swap(std::string_view("swap"), "3"), std::nullopt);
  EXPECT_TRUE(map.try_emplace(std::string_view("try_emplace"), "4"));
  EXPECT_TRUE(map.insert_or_assign(std::string_view("insert_or_assign"), "5"));
  map.compute(std::string_view("compute"),
              [](const std::string*) { return std::optional<std::string>("6"); });
  map.load_or_compute(std::string_view("load_or_compute"), [] { return std::string("7"); });
  EXPECT_EQ(map.size(), 7U);
  EXPECT_EQ(map.load("store"), "1");
  EXPECT_EQ(map.load(std::string("load_or_compute")), "7");
}

// A hash and an equality of the user's that take other types.
struct person {
  std::uint64_t id;
  std::string name;
};
struct by_id {
  using is_transparent = void;
  std::size_t operator()(const person& one) const { return (*this)(one.id); }
  std::size_t operator()(std::uint64_t id) const { return static_cast<std::size_t>(id % 16); }
};
struct same_id {
  using is_transparent = void;
  bool operator()(const person& a, const person& b) const { return a.id == b.id; }
  bool operator()(const person& a, std::uint64_t id) const { return a.id == id; }
};

TYPED_TEST(each_map, keys_are_looked_up_by_what_a_transparent_hash_and_equality_take) {
  typename TypeParam::template map_with<person, int, by_id, same_id> map;
  for (std::uint64_t id = 0; id < 200; ++id) map.store(person{id, "someone"}, static_cast<int>(id));
  for (std::uint64_t id = 0; id < 200; ++id) EXPECT_EQ(map.load(id), static_cast<int>(id));
  EXPECT_EQ(map.find(std::uint64_t{7}).key().name, "someone");
  EXPECT_FALSE(map.contains(std::uint64_t{200}));
  EXPECT_TRUE(map.erase(std::uint64_t{3}));
  EXPECT_FALSE(map.contains(std::uint64_t{3}));
}

// What is sought is neither copied nor moved.
struct probe {
  explicit probe(std::uint64_t number) : id(std::make_unique<std::uint64_t>(number)) {}
  std::unique_ptr<std::uint64_t> id;
};
struct probe_hash {
  using is_transparent = void;
  std::size_t operator()(std::uint64_t id) const { return static_cast<std::size_t>(id); }
  std::size_t operator()(const probe& one) const { return (*this)(*one.id); }
};
struct probe_equal {
  using is_transparent = void;
  bool operator()(std::uint64_t a, std::uint64_t b) const { return a == b; }
  bool operator()(std::uint64_t a, const probe& one) const { return a == *one.id; }
};
TYPED_TEST(each_map, what_is_sought_need_not_be_copied) {
  typename TypeParam::template map_with<std::uint64_t, int, probe_hash, probe_equal> map;
  map.store(1U, 10);
  EXPECT_EQ(map.load(probe(1)), 10);
  EXPECT_EQ(*map.find(probe(1)), 10);
  EXPECT_TRUE(map.compare_and_swap(probe(1), 10, 11));
  EXPECT_FALSE(map.contains(probe(2)));
  EXPECT_TRUE(map.erase(probe(1)));
}

// Numbers whose own type is another: more of them than one group has, all with one hash.
struct one_hash {
  using is_transparent = void;
  std::size_t operator()(std::uint64_t) const { return 1; }
};
TYPED_TEST(each_map, numbers_of_another_type_find_equal_keys_in_long_chains) {
  typename TypeParam::template map_with<std::uint32_t, int, one_hash, std::equal_to<>> map;
  for (std::uint32_t i = 0; i < 200; ++i) map.store(i, static_cast<int>(i));
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(map.load(i), static_cast<int>(i));
  EXPECT_FALSE(map.contains((std::uint64_t{1} << 32) + 5));
}

// --- many keys

TYPED_TEST(contract, load_many_is_load_of_each) {
  typename TestFixture::int_map ints;
  typename TestFixture::string_map strings;
  std::vector<int> keys;
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 != 0) ints.store(i, 2 * i);
    if (i % 3 != 0) strings.store(std::to_string(i), i);
    keys.push_back(i * 7 % 1000);
    texts.push_back(std::to_string(i * 7 % 1000));
  }
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16},
                                  std::size_t{17}, std::size_t{1000}}) {
    std::vector<std::optional<int>> out;
    const std::vector<int> some(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count));
    ints.load_many(some, std::back_inserter(out));
    ASSERT_EQ(out.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(out[i], ints.load(keys[i]));
  }
  std::vector<std::optional<int>> out(texts.size() + 1, -1);
  const auto end = strings.load_many(texts, out.begin());
  EXPECT_EQ(end, out.end() - 1);
  EXPECT_EQ(out.back(), -1);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(out[i], strings.load(texts[i]));
}

TYPED_TEST(each_map, load_many_takes_any_range_that_can_be_walked_twice) {
  string_map<TypeParam> map;
  map.store("a", 1);
  map.store("c", 3);
  const std::forward_list<std::string_view> views{"a", "b", "c"};
  const char* const literals[] = {"c", "a"};
  std::vector<std::optional<int>> out;
  map.load_many(views, std::back_inserter(out));
  map.load_many(literals, std::back_inserter(out));
  map.load_many(std::vector<std::string>{"d"}, std::back_inserter(out));
  const std::vector<std::optional<int>> expected{1, std::nullopt, 3, 3, 1, std::nullopt};
  EXPECT_EQ(out, expected);
}

// A range that makes its elements when it is asked for them.
struct numbered_texts {
  struct iterator {
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    int number = 0;
    std::string operator*() const { return long_text + std::to_string(number); }
    iterator& operator++() {
      ++number;
      return *this;
    }
    iterator operator++(int) {
      const iterator before = *this;
      ++number;
      return before;
    }
    bool operator==(const iterator&) const = default;
  };
  [[nodiscard]] static iterator begin() { return {0}; }
  [[nodiscard]] static iterator end() { return {40}; }
};
TYPED_TEST(each_map, load_many_takes_keys_that_are_made_on_the_way) {
  string_map<TypeParam> map;
  for (int i = 0; i < 40; i += 2) map.store(long_text + std::to_string(i), i);
  std::vector<std::optional<int>> out;
  map.load_many(numbered_texts(), std::back_inserter(out));
  ASSERT_EQ(out.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(out[static_cast<std::size_t>(i)], i % 2 == 0 ? std::optional<int>(i) : std::nullopt);
  }
}

// A value may have a map of itself.
template <class Family>
struct folder {
  int files = 0;
  typename Family::template map_with<std::string, folder, syncmap::hash<std::string>,
                                     std::equal_to<std::string>>
      folders;
};
TYPED_TEST(each_map, a_value_may_have_a_map_of_its_own_type) {
  static_assert(!std::is_copy_constructible_v<folder<TypeParam>>);
  static_assert(std::is_default_constructible_v<folder<TypeParam>>);
  folder<TypeParam> root;
  root.folders.try_emplace("a");
  root.folders.visit("a", [](const folder<TypeParam>& inner) { EXPECT_EQ(inner.files, 0); });
  EXPECT_TRUE(root.folders.find("a"));
}

TYPED_TEST(each_map, load_many_of_an_empty_map_finds_nothing) {
  const typename TestFixture::int_map map;
  std::array<std::optional<int>, 3> out{1, 2, 3};
  map.load_many(std::array<int, 3>{1, 2, 3}, out.begin());
  for (const auto& each : out) EXPECT_EQ(each, std::nullopt);
}

// --- construction

using pairs = std::vector<std::pair<std::string, int>>;

TYPED_TEST(each_map, maps_are_made_from_iterators_ranges_and_lists) {
  using map_type = string_map<TypeParam>;
  const pairs entries{{"a", 1}, {"b", 2}, {"a", 3}};
  const map_type from_iterators(entries.begin(), entries.end());
  const map_type from_range(entries);
  const map_type from_list({{"a", 1}, {"b", 2}, {"a", 3}});
  const std::unordered_map<std::string, int> standard(entries.begin(), entries.end());
  const map_type from_map(standard);
  const map_type from_ours(from_map.begin(), from_map.end());
  for (const map_type* map : {&from_iterators, &from_range, &from_list, &from_map, &from_ours}) {
    EXPECT_EQ(map->size(), 2U);
    EXPECT_EQ(map->load("a"), 1) << "of a key that comes twice the first counts";
    EXPECT_EQ(map->load("b"), 2);
  }
}

TYPED_TEST(each_map, maps_made_from_a_range_may_take_a_hash_and_an_equality) {
  typename TypeParam::template map_with<std::uint64_t, int, by_id, std::equal_to<>> map(
      std::vector<std::pair<std::uint64_t, int>>{{1, 2}}, by_id(), std::equal_to<>());
  EXPECT_EQ(map.load(1U), 2);
}

TEST(deduction, finds_the_types_of_keys_and_values) {
  const pairs entries{{"a", 1}, {"b", 2}};
  const syncmap::map from_range(entries);
  const syncmap::map from_iterators(entries.begin(), entries.end());
  const syncmap::map from_list({std::pair(1, 2.0), std::pair(3, 4.0)});
  const syncmap::read_dirty_map of_go(entries);
  const syncmap::read_dirty_map of_go_list({std::pair(1, 2.0)});
  static_assert(std::is_same_v<decltype(from_range), const syncmap::map<std::string, int>>);
  static_assert(std::is_same_v<decltype(from_iterators), const syncmap::map<std::string, int>>);
  static_assert(std::is_same_v<decltype(from_list), const syncmap::map<int, double>>);
  static_assert(std::is_same_v<decltype(of_go), const syncmap::read_dirty_map<std::string, int>>);
  static_assert(std::is_same_v<decltype(of_go_list), const syncmap::read_dirty_map<int, double>>);
  EXPECT_EQ(from_range.size() + from_iterators.size() + from_list.size() + of_go.size(), 8U);
}

// An argument whose construction from a pair throws leaves nothing behind: the sanitizers look.
TYPED_TEST(each_map, construction_that_throws_frees_what_it_has_made) {
  using map_type = string_map<TypeParam, std::string>;
  const std::vector<std::pair<std::string, std::string>> entries(5, {long_text, long_text});
  for (long n = 1;; ++n) {
    support::fuse::arm(n);
    bool done = false;
    try {
      const map_type map(entries);
      done = true;
    } catch (const std::bad_alloc&) {
      done = false;
    }
    support::fuse::disarm();
    if (done) break;
  }
}

}  // namespace
