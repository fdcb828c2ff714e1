// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Single-threaded: each operation through all of 128 entries, through some, and while visiting.

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <maps.hpp>
#include <numbered_keys.hpp>
#include <set>
#include <string>

namespace {

using support::contract;
using support::expect_missing;
using support::for_numbered_keys;
using support::numbered_keys;
using support::store_numbered;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

constexpr int never = std::numeric_limits<int>::max();

// All keys but those of `numbers` have their numbers still.
template <class Map>
void expect_others_untouched(Map& map, std::initializer_list<int> numbers) {
  const std::set<int> touched(numbers);
  for_numbered_keys([&](const std::string& key, int number) {
    EXPECT_TRUE(touched.contains(number) || map.load(key) == number) << key;
  });
}

TYPED_TEST(contract, load_of_many_from_an_empty_map) {
  typename TestFixture::string_map map;
  for_numbered_keys([&](const std::string& key, int) { expect_missing(map, key); });
}

TYPED_TEST(contract, load_or_store_all) {
  typename TestFixture::string_map map;
  for_numbered_keys([&](const std::string& key, int number) {
    expect_missing(map, key);
    EXPECT_FALSE(map.load_or_store(key, number).loaded);
    EXPECT_EQ(map.load(key), number);
    EXPECT_TRUE(map.load_or_store(key, never).loaded);
  });
  for_numbered_keys([&](const std::string& key, int number) {
    const auto result = map.load_or_store(key, never);
    EXPECT_TRUE(result.loaded);
    EXPECT_EQ(result.value, number);
  });
}

TYPED_TEST(contract, range_visits_all) {
  typename TestFixture::string_map map;
  store_numbered(map);
  std::set<int> seen;
  map.range([&](const std::string& key, int number) {
    EXPECT_EQ(key, numbered_keys().at(static_cast<std::size_t>(number)));
    EXPECT_TRUE(seen.insert(number).second);
  });
  EXPECT_EQ(seen.size(), numbered_keys().size());
}

TYPED_TEST(contract, clear_all) {
  typename TestFixture::string_map map;
  store_numbered(map);
  map.clear();
  for_numbered_keys([&](const std::string& key, int) { expect_missing(map, key); });
  store_numbered(map);
  EXPECT_EQ(map.size(), numbered_keys().size());
}

TYPED_TEST(contract, compare_and_erase_all) {
  typename TestFixture::string_map map;
  for (int round = 0; round < 3; ++round) {
    store_numbered(map);
    for_numbered_keys([&](const std::string& key, int number) {
      EXPECT_FALSE(map.compare_and_erase(key, never));
      EXPECT_EQ(map.load(key), number);
      EXPECT_TRUE(map.compare_and_erase(key, number));
      EXPECT_FALSE(map.compare_and_erase(key, number));
      expect_missing(map, key);
    });
    for_numbered_keys([&](const std::string& key, int) { expect_missing(map, key); });
  }
}

TYPED_TEST(contract, compare_and_erase_one_or_some) {
  for (const auto numbers : {std::initializer_list<int>{15}, {1, 105, 6, 85}}) {
    typename TestFixture::string_map map;
    store_numbered(map);
    for (const int number : numbers) {
      const std::string& key = numbered_keys().at(static_cast<std::size_t>(number));
      EXPECT_FALSE(map.compare_and_erase(key, never));
      EXPECT_TRUE(map.compare_and_erase(key, number));
      EXPECT_FALSE(map.compare_and_erase(key, number));
      expect_missing(map, key);
    }
    expect_others_untouched(map, numbers);
  }
}

TYPED_TEST(contract, compare_and_erase_while_visiting) {
  typename TestFixture::string_map map;
  store_numbered(map);
  map.range([&](const std::string& key, int number) {
    EXPECT_FALSE(map.compare_and_erase(key, never));
    EXPECT_TRUE(map.compare_and_erase(key, number));
    EXPECT_FALSE(map.compare_and_erase(key, number));
    expect_missing(map, key);
  });
  for_numbered_keys([&](const std::string& key, int) { expect_missing(map, key); });
}

TYPED_TEST(contract, compare_and_swap_all) {
  typename TestFixture::string_map map;
  store_numbered(map);
  for (int round = 0; round < 3; ++round) {
    for_numbered_keys([&](const std::string& key, int number) {
      EXPECT_FALSE(map.compare_and_swap(key, never, 0));
      EXPECT_TRUE(map.compare_and_swap(key, number + round, number + round + 1));
      EXPECT_FALSE(map.compare_and_swap(key, number + round, number + round + 1));
      EXPECT_EQ(map.load(key), number + round + 1);
    });
  }
  for_numbered_keys(
      [&](const std::string& key, int number) { EXPECT_EQ(map.load(key), number + 3); });
}

TYPED_TEST(contract, compare_and_swap_one_or_some) {
  for (const auto numbers : {std::initializer_list<int>{15}, {1, 105, 6, 85}}) {
    typename TestFixture::string_map map;
    store_numbered(map);
    for (const int number : numbers) {
      const std::string& key = numbered_keys().at(static_cast<std::size_t>(number));
      EXPECT_FALSE(map.compare_and_swap(key, never, 0));
      EXPECT_TRUE(map.compare_and_swap(key, number, number + 1));
      EXPECT_FALSE(map.compare_and_swap(key, number, number + 1));
      EXPECT_EQ(map.load(key), number + 1);
    }
    expect_others_untouched(map, numbers);
  }
}

TYPED_TEST(contract, swap_all) {
  typename TestFixture::string_map map;
  for (int round = 0; round < 3; ++round) {
    for_numbered_keys([&](const std::string& key, int number) {
      const auto previous = map.swap(key, number + round);
      if (round == 0) {
        EXPECT_EQ(previous, std::nullopt);
      } else {
        EXPECT_EQ(previous, number + round - 1);
      }
      EXPECT_EQ(map.swap(key, number + round), number + round);
      EXPECT_EQ(map.load(key), number + round);
    });
  }
}

TYPED_TEST(contract, swap_one_or_some) {
  for (const auto numbers : {std::initializer_list<int>{15}, {1, 105, 6, 85}}) {
    typename TestFixture::string_map map;
    store_numbered(map);
    for (const int number : numbers) {
      const std::string& key = numbered_keys().at(static_cast<std::size_t>(number));
      EXPECT_EQ(map.swap(key, never), number);
      EXPECT_EQ(map.swap(key, number), never);
      EXPECT_TRUE(map.compare_and_erase(key, number));
      EXPECT_EQ(map.swap(key, number + 1), std::nullopt);
      EXPECT_EQ(map.load(key), number + 1);
    }
    expect_others_untouched(map, numbers);
  }
}

TYPED_TEST(contract, load_and_erase_all) {
  typename TestFixture::string_map map;
  for (int round = 0; round < 3; ++round) {
    store_numbered(map);
    for_numbered_keys([&](const std::string& key, int number) {
      EXPECT_EQ(map.load_and_erase(key), number);
      expect_missing(map, key);
    });
    EXPECT_TRUE(map.empty());
  }
}

TYPED_TEST(contract, load_and_erase_one_or_some) {
  for (const auto numbers : {std::initializer_list<int>{15}, {1, 105, 6, 85}}) {
    typename TestFixture::string_map map;
    store_numbered(map);
    for (const int number : numbers) {
      const std::string& key = numbered_keys().at(static_cast<std::size_t>(number));
      EXPECT_EQ(map.load_and_erase(key), number);
      expect_missing(map, key);
    }
    expect_others_untouched(map, numbers);
  }
}

TYPED_TEST(contract, load_and_erase_while_visiting) {
  typename TestFixture::string_map map;
  store_numbered(map);
  map.range([&](const std::string& key, int number) {
    EXPECT_EQ(map.load_and_erase(key), number);
    expect_missing(map, key);
  });
  for_numbered_keys([&](const std::string& key, int) { expect_missing(map, key); });
}

}  // namespace
