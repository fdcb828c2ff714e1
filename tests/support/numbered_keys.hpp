// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The entries of the tests that take a map through many entries, and what they expect of one.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace support {

// The numbers 0 to 127 in binary: keys with long common prefixes.
inline const std::vector<std::string>& numbered_keys() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> keys;
    for (int number = 0; number < 128; ++number) {
      std::string digits;
      for (int rest = number; rest > 0; rest /= 2) {
        digits.insert(digits.begin(), rest % 2 == 0 ? '0' : '1');
      }
      keys.push_back(digits.empty() ? "0" : digits);
    }
    return keys;
  }();
  return all;
}

template <class F>
void for_numbered_keys(F f) {
  int number = 0;
  for (const std::string& key : numbered_keys()) f(key, number++);
}

// Fills the map: each key gets its number.
template <class Map>
void store_numbered(Map& map) {
  for_numbered_keys([&](const std::string& key, int number) {
    EXPECT_EQ(map.load(key), std::nullopt);
    const auto result = map.load_or_store(key, number);
    EXPECT_FALSE(result.loaded);
    EXPECT_EQ(result.value, number);
  });
}

template <class Map>
void expect_missing(Map& map, const std::string& key) {
  EXPECT_EQ(map.load(key), std::nullopt) << key;
  EXPECT_FALSE(map.contains(key)) << key;
  EXPECT_FALSE(map.compare_and_swap(key, 0, 1)) << key;
  EXPECT_FALSE(map.compare_and_erase(key, 0)) << key;
  EXPECT_EQ(map.load_and_erase(key), std::nullopt) << key;
}

}  // namespace support
