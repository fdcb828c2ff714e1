// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A key that is moved into a new entry is moved once, however often the insert starts again.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <syncmap/read_dirty_map.hpp>
#include <utility>

namespace {

// Whoever moves it runs `on_move`, once.
struct name {
  static inline std::function<void()> on_move;
  std::string text;

  explicit name(const char* from) : text(from) {}
  name(const name&) = default;
  name(name&& other) noexcept : text(std::move(other.text)) {
    if (on_move) std::exchange(on_move, nullptr)();
  }
  name& operator=(const name&) = default;
  bool operator==(const name& other) const { return text == other.text; }
};
struct hash_of_name {
  std::size_t operator()(const name& one) const { return std::hash<std::string>()(one.text); }
};
using map_type = syncmap::read_dirty_map<name, int, hash_of_name>;

// The dirty table in which there was room is promoted while the key is moved: now one must be made.
TEST(read_dirty_moved_keys, an_insert_that_needs_a_table_after_all_has_its_key) {
  const std::function<void(map_type&, name&)> inserts[] = {
      [](map_type& map, name& key) { map.store(std::move(key), 3); },
      [](map_type& map, name& key) { map.swap(std::move(key), 3); },
      [](map_type& map, name& key) { map.load_or_store(std::move(key), 3); },
      [](map_type& map, name& key) {
        map.compute(std::move(key), [](const int*) { return std::optional(3); });
      }};
  for (const auto& insert : inserts) {
    map_type map;
    map.store(name("first"), 1);
    map.range([](const name&, int) {});
    map.store(name("second"), 2);
    name key("third");
    bool promoted = false;
    name::on_move = [&] {
      promoted = true;
      map.range([](const name&, int) {});
    };
    insert(map, key);
    EXPECT_TRUE(promoted);
    EXPECT_EQ(map.load(name("third")), 3);
    EXPECT_EQ(map.size(), 3U);
  }
}

}  // namespace
