// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Maps of each kind of key and value that syncmap::map keeps in a way of its own, with keys and
// values that are made from numbers.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <maps.hpp>
#include <string>

namespace support {

// The number of an object, and an object with that number. Texts do not fit into a std::string.
inline int number_of(int object) { return object; }
inline int number_of(const std::string& object) {
  return std::stoi(object.substr(object.find('#') + 1));
}

template <class X>
X numbered(int number) {
  return X(number);
}
template <>
inline std::string numbered<std::string>(int number) {
  return "a text of some length, which is that of number #" + std::to_string(number);
}

template <class Key, class T>
struct kind {
  using key = Key;
  using value = T;
};
struct words : kind<int, int> {
  static std::string name() { return "words"; }
};
struct text_to_word : kind<std::string, int> {
  static std::string name() { return "text_to_word"; }
};
struct word_to_text : kind<int, std::string> {
  static std::string name() { return "word_to_text"; }
};
struct texts : kind<std::string, std::string> {
  static std::string name() { return "texts"; }
};

template <class Family, class Kind>
struct kind_setup {
  using key = typename Kind::key;
  using value = typename Kind::value;
  using map = typename Family::template map<key, value>;
  static std::string name() { return Family::name() + "_" + Kind::name(); }
};

// Those that move while they are tested; and one as users have it.
using growing_kinds =
    ::testing::Types<kind_setup<growing_map_family, words>,
                     kind_setup<growing_map_family, text_to_word>,
                     kind_setup<growing_map_family, word_to_text>, kind_setup<map_family, texts>>;

template <class Setup>
class growing : public ::testing::Test {
 public:
  using map_type = typename Setup::map;
  using key_type = typename Setup::key;
  using value_type = typename Setup::value;
  static key_type key(int number) { return numbered<key_type>(number); }
  static value_type value(int number) { return numbered<value_type>(number); }
};

using numbers = std::map<int, int>;

// What range shows. Fails if a key is shown twice.
template <class Map>
numbers numbers_of(const Map& map) {
  numbers result;
  map.range([&](const auto& key, const auto& value) {
    EXPECT_TRUE(result.emplace(number_of(key), number_of(value)).second)
        << number_of(key) << " was shown twice";
  });
  return result;
}

// All that can be asked tells the same.
template <class Map>
void expect_contents(const Map& map, const numbers& expected) {
  using key = typename Map::key_type;
  EXPECT_EQ(map.size(), expected.size());
  EXPECT_EQ(numbers_of(map), expected);
  for (const auto& [number, value] : expected) {
    const auto found = map.load(numbered<key>(number));
    ASSERT_TRUE(found.has_value()) << number;
    EXPECT_EQ(number_of(*found), value) << number;
  }
}

}  // namespace support
