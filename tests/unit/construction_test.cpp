// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Construction, destruction, size of a map.

#include <gtest/gtest.h>

#include <cstddef>
#include <fuse.hpp>
#include <maps.hpp>
#include <new>
#include <string>
#include <syncmap/reclaim.hpp>
#include <tracked.hpp>
#include <type_traits>
#include <utility>

namespace {

using support::each_map;
using support::tracked_key;
using support::tracked_value;
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

template <class Setup>
struct globals {
  using map = typename Setup::template map<std::string, int>;
  static constinit map in_place;
  static bool used_early;
};
template <class Setup>
constinit typename globals<Setup>::map globals<Setup>::in_place;
// Dynamic initialisation, in whatever order, finds it ready.
template <class Setup>
bool globals<Setup>::used_early = (in_place.store("early", 1), true);

TYPED_TEST(each_map, constinit_map_is_ready_before_dynamic_initialisation) {
  EXPECT_TRUE(globals<TypeParam>::used_early);
  EXPECT_EQ(globals<TypeParam>::in_place.load("early"), 1);
}

TYPED_TEST(each_map, construction_allocates_nothing) {
  using map = typename TestFixture::string_map;
  const std::size_t before = support::allocations;
  {
    const map one;
    const map two(typename map::hasher{});
    const map three(typename map::hasher{}, typename map::key_equal{});
    EXPECT_EQ(one.size() + two.size() + three.size(), 0U);
  }
  EXPECT_EQ(support::allocations, before);
}

TYPED_TEST(each_map, reading_an_empty_map_allocates_nothing) {
  const typename TestFixture::int_map map;
  const auto read = [&] {
    EXPECT_EQ(map.load(1), std::nullopt);
    EXPECT_FALSE(map.contains(1));
    EXPECT_FALSE(map.visit(1, [](int) {}));
    for (const auto& [key, value] : map) EXPECT_EQ(key, value);
  };
  read();  // a thread's first operations may
  const std::size_t before = support::allocations;
  for (int i = 0; i < 10; ++i) read();
  EXPECT_EQ(support::allocations, before);
}

TYPED_TEST(each_map, load_allocates_nothing) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 100; ++i) map.store(i, i);
  for (int i = 0; i < 200; ++i) static_cast<void>(map.load(i));
  const std::size_t before = support::allocations;
  for (int i = 0; i < 200; ++i) EXPECT_EQ(map.load(i).has_value(), i < 100);
  EXPECT_EQ(support::allocations, before);
}

TYPED_TEST(each_map, empty_map_is_small) {
  EXPECT_LE(sizeof(typename TestFixture::int_map), 128U);
  EXPECT_LE(sizeof(typename TestFixture::string_map), 128U);
}

TYPED_TEST(each_map, map_stays_where_it_is) {
  using map = typename TestFixture::int_map;
  static_assert(std::is_nothrow_default_constructible_v<map>);
  static_assert(!std::is_copy_constructible_v<map> && !std::is_copy_assignable_v<map>);
  static_assert(!std::is_move_constructible_v<map> && !std::is_move_assignable_v<map>);
}

TYPED_TEST(each_map, types_are_named_as_in_the_standard) {
  using map = typename TypeParam::template map<std::string, int>;
  static_assert(std::is_same_v<typename map::key_type, std::string>);
  static_assert(std::is_same_v<typename map::mapped_type, int>);
  static_assert(std::is_same_v<typename map::value_type, std::pair<const std::string, int>>);
  static_assert(std::is_same_v<typename map::size_type, std::size_t>);
  static_assert(
      std::is_same_v<typename map::hasher, typename TypeParam::template hash<std::string>>);
  static_assert(std::is_same_v<typename map::key_equal, std::equal_to<std::string>>);
}

TYPED_TEST(each_map, destruction_destroys_keys_and_values) {
  const long keys = tracked_key::alive();
  const long values = tracked_value::alive();
  {
    typename TypeParam::template map<tracked_key, tracked_value> map;
    for (int i = 0; i < 100; ++i) map.store(i, i);
    map.range([](const auto&, const auto&) {});
    for (int i = 50; i < 150; ++i) map.store(i, -i);
    for (int i = 0; i < 150; i += 3) map.erase(i);
    for (int i = 1; i < 150; i += 3) map.swap(i, 5);
    EXPECT_GE(tracked_key::alive(), keys + 100);
    EXPECT_GE(tracked_value::alive(), values + 100);
  }
  EXPECT_EQ(tracked_key::alive(), keys);
  EXPECT_EQ(tracked_value::alive(), values);
}

// Memory of one map at the address of another: nothing of the first is left.
TYPED_TEST(each_map, map_can_be_rebuilt_in_the_same_place) {
  using map_type = typename TestFixture::int_map;
  alignas(map_type) std::byte place[sizeof(map_type)];
  for (int round = 0; round < 5; ++round) {
    auto* const map = ::new (static_cast<void*>(place)) map_type;
    EXPECT_TRUE(map->empty());
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(map->insert_or_assign(i + round, i));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(map->load(i + round), i);
    map->~map_type();
  }
}

}  // namespace
