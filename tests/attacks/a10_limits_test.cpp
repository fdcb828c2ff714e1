// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Numbers at their ends: sizes that no memory holds, asked for by reserve(), and counters that wrap because
// a map is cleared more often than they count. (Versions of groups, which wrap too, are wound forward in
// unit/group_table_test.cpp, generations of the counter in unit/striped_counter_test.cpp.)

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <maps.hpp>
#include <new>
#include <stdexcept>
#include <string>
#include <syncmap/syncmap.hpp>
#include <test_platform.hpp>

namespace {

template <class Map>
class a10_limits : public ::testing::Test {
 public:
  using key_type = typename Map::key_type;
  static key_type key(int number) {
    if constexpr (std::is_same_v<key_type, int>) {
      return number;
    } else {
      return std::to_string(number);
    }
  }
  static void expect_usable(Map& map) {
    const std::size_t before = map.size();
    for (int i = 1000; i < 1200; ++i) map.store(key(i), i);
    for (int i = 1000; i < 1200; ++i) ASSERT_EQ(map.load(key(i)), i);
    for (int i = 1000; i < 1200; ++i) ASSERT_TRUE(map.erase(key(i)));
    ASSERT_EQ(map.size(), before);
  }
};
using maps = ::testing::Types<syncmap::map<int, int>, syncmap::map<std::string, int>,
                              syncmap::read_dirty_map<int, int>>;
TYPED_TEST_SUITE(a10_limits, maps);

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

TYPED_TEST(a10_limits, sizes_that_cannot_be_are_refused_and_change_nothing) {
  for (const int count : {0, 20}) {
    TypeParam map;
    for (int i = 0; i < count; ++i) map.store(this->key(i), i);
    const std::size_t capacity = map.capacity();
    for (const std::size_t wanted :
         {most, most - 1, most / 2 + 1, std::size_t{1} << (sizeof(std::size_t) * 8 - 1),
          TypeParam::max_size() + 1}) {
      EXPECT_THROW(map.reserve(wanted), std::length_error) << wanted;
    }
    if (!syncmap::test::sanitized) {  // there it is an error to ask for so much
      // Every power of two that can be written down and not be had.
      for (std::size_t wanted = TypeParam::max_size(); wanted > std::size_t{1} << 44; wanted /= 2) {
        EXPECT_THROW(map.reserve(wanted), std::bad_alloc) << wanted;
      }
    }
    map.reserve(0);
    EXPECT_EQ(map.size(), static_cast<std::size_t>(count));
    EXPECT_GE(map.capacity(), capacity);
    ASSERT_NO_FATAL_FAILURE(this->expect_usable(map));
  }
}

TYPED_TEST(a10_limits, a_map_may_be_cleared_more_often_than_sixteen_bits_count) {
  TypeParam map;
  for (int i = 0; i < 70000; ++i) {
    map.store(this->key(i % 3), i);
    map.store(this->key(3), i);
    ASSERT_EQ(map.size(), 2U) << i;
    map.clear();
    ASSERT_EQ(map.size(), 0U) << i;
    ASSERT_FALSE(map.contains(this->key(3))) << i;
  }
  ASSERT_NO_FATAL_FAILURE(this->expect_usable(map));
}

}  // namespace
