// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// find() is linearizable (G1), whatever happens between two of its steps: it has the value that the key
// had, or nothing. Never that of another key, to which the slot has come meanwhile.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <guaranteed_maps.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/hash.hpp>
#include <test_platform.hpp>

namespace {

using support::number_of;
using support::numbered;
using syncmap::test::script;
using syncmap::test::scripted_platform;

struct scripted_read_dirty_family {
  template <class K, class T>
  using map = syncmap::basic_map<
      syncmap::detail::read_dirty<K, T, syncmap::hash<K>, std::equal_to<K>, scripted_platform>>;
  static std::string name() { return "read_dirty_map"; }
};
struct scripted_map_family {
  template <class K, class T>
  using map = syncmap::basic_map<
      syncmap::detail::group_map<K, T, syncmap::hash<K>, std::equal_to<K>, scripted_platform>>;
  static std::string name() { return "map"; }
};

template <class Setup>
class g1_find : public ::testing::Test {};
using setups =
    decltype(support::kinds_of(support::list<scripted_read_dirty_family, scripted_map_family>()));
TYPED_TEST_SUITE(g1_find, setups, support::setup_names);

// How many steps find() takes with `meanwhile` just before the given one, from 0.
template <class Map, class Meanwhile, class Check>
std::size_t find_with(std::size_t step, Meanwhile meanwhile, Check check) {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;
  Map map;
  map.store(numbered<key_type>(1), numbered<value_type>(10));
  map.range([](const auto&, const auto&) {});
  script::reset();
  script::at_step(step, [&] { meanwhile(map); });
  const auto found = map.find(numbered<key_type>(1));
  const std::size_t steps = script::steps();
  script::reset();
  check(found);
  return steps;
}

TYPED_TEST(g1_find, has_no_value_of_the_key_that_came_to_the_slot) {
  using map_type = typename TypeParam::map;
  using key_type = typename TypeParam::key;
  using value_type = typename TypeParam::value;
  const auto other_key = [](map_type& map) {
    map.erase(numbered<key_type>(1));
    map.store(numbered<key_type>(2), numbered<value_type>(20));
  };
  std::size_t steps = 1;
  for (std::size_t step = 0; step < steps; ++step) {
    SCOPED_TRACE("before step " + std::to_string(step));
    steps = find_with<map_type>(step, other_key, [](const auto& found) {
      if (!found) return;
      EXPECT_EQ(number_of(found.key()), 1);
      EXPECT_EQ(number_of(*found), 10);
    });
  }
  EXPECT_GT(steps, 1U);
}

}  // namespace
