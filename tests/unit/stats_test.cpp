// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What stats() says a map takes, and that it can be asked at every moment.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <syncmap/read_dirty_map.hpp>
#include <syncmap/syncmap.hpp>

namespace {

constexpr std::size_t text_bytes = sizeof(std::string);

template <class Map>
void expect_bytes_of_each_entry() {
  constexpr int count = 3000;
  Map map;
  for (int i = 0; i < count; ++i) map.store(std::to_string(i), "");
  EXPECT_GE(map.stats().bytes, count * 2 * text_bytes);
  const std::size_t before = map.stats().bytes;
  for (int i = 0; i < count / 2; ++i) map.erase(std::to_string(i));
  EXPECT_LE(map.stats().bytes, before - count / 2 * 2 * text_bytes);
}
TEST(stats, bytes_are_also_those_of_keys_and_values_outside_of_the_table) {
  expect_bytes_of_each_entry<syncmap::map<std::string, std::string>>();
  expect_bytes_of_each_entry<syncmap::read_dirty_map<std::string, std::string>>();
}

// A growth that is over has given the smaller table back: then there is less than before, not more.
TEST(stats, bytes_are_those_of_both_tables_while_one_grows_into_the_other) {
  syncmap::map<int, int> map;
  int growths = 0;
  int longer_ones = 0;  // than one insert
  for (int i = 0; i < 20000; ++i) {
    const auto before = map.stats();
    map.store(i, i);
    const auto after = map.stats();
    if (after.growths == before.growths) continue;
    ++growths;
    if (after.bytes < before.bytes) ++longer_ones;
  }
  EXPECT_GT(growths, 8);
  EXPECT_GT(longer_ones, growths / 2);
}

TEST(stats, a_promotion_changes_no_memory) {
  syncmap::read_dirty_map<int, int> map;
  map.store(1, 1);
  const auto in_dirty = map.stats();
  map.range([](int, int) {});
  const auto in_read = map.stats();
  EXPECT_EQ(in_read.promotions, in_dirty.promotions + 1);
  EXPECT_EQ(in_read.bytes, in_dirty.bytes);
  EXPECT_EQ(in_read.capacity, in_dirty.capacity);
}

TEST(stats, a_read_dirty_map_that_shrinks_to_nothing_has_no_table) {
  syncmap::read_dirty_map<int, int> map;
  map.shrink_to_fit();  // it has none yet
  EXPECT_EQ(map.stats().bytes, 0U);
  map.store(1, 1);
  EXPECT_GT(map.capacity(), 0U);
  map.erase(1);
  map.shrink_to_fit();
  EXPECT_EQ(map.capacity(), 0U);
  map.shrink_to_fit();
  EXPECT_EQ(map.capacity(), 0U);
  map.store(2, 2);
  EXPECT_EQ(map.load(2), 2);
}

}  // namespace
