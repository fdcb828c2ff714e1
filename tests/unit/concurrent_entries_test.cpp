// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Each operation by several threads, on 128 keys that are each thread's own or shared by all.

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <maps.hpp>
#include <numbered_keys.hpp>
#include <string>
#include <threads.hpp>
#include <vector>

namespace {

using support::contract;
using support::expect_missing;
using support::for_numbered_keys;
using support::numbered_keys;
using support::run_together;
using support::store_numbered;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

constexpr int never = std::numeric_limits<int>::max();
constexpr int threads = 4;

// f(key, number) in each thread, with keys that only it uses.
template <class F>
void with_unshared_keys(F f) {
  run_together(threads, [&](int id) {
    for_numbered_keys(
        [&](const std::string& key, int number) { f(key + "-" + std::to_string(id), number); });
  });
}

// f(key, number) in each thread, with the same keys.
template <class F>
void with_shared_keys(F f) {
  run_together(threads, [&](int) { for_numbered_keys(f); });
}

TYPED_TEST(contract, load_or_store_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    expect_missing(map, key);
    EXPECT_FALSE(map.load_or_store(key, number).loaded);
    EXPECT_EQ(map.load(key), number);
    EXPECT_TRUE(map.load_or_store(key, never).loaded);
    EXPECT_EQ(map.load(key), number);
  });
  EXPECT_EQ(map.size(), threads * numbered_keys().size());
}

TYPED_TEST(contract, load_or_store_of_shared_keys) {
  for (int round = 0; round < support::rounds(16); ++round) {
    typename TestFixture::string_map map;
    std::atomic<int> stored{0};
    with_shared_keys([&](const std::string& key, int number) {
      const auto result = map.load_or_store(key, number);
      if (!result.loaded) ++stored;
      EXPECT_EQ(result.value, number);
      EXPECT_EQ(map.load(key), number);
    });
    EXPECT_EQ(stored.load(), 128);
    EXPECT_EQ(map.size(), 128U);
  }
}

TYPED_TEST(contract, compare_and_erase_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    expect_missing(map, key);
    map.store(key, number);
    EXPECT_FALSE(map.compare_and_erase(key, never));
    EXPECT_EQ(map.load(key), number);
    EXPECT_TRUE(map.compare_and_erase(key, number));
    EXPECT_FALSE(map.compare_and_erase(key, number));
    expect_missing(map, key);
  });
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, compare_and_erase_of_shared_keys) {
  for (int round = 0; round < support::rounds(16); ++round) {
    typename TestFixture::string_map map;
    store_numbered(map);
    std::atomic<int> erased{0};
    with_shared_keys([&](const std::string& key, int number) {
      EXPECT_FALSE(map.compare_and_erase(key, never));
      if (map.compare_and_erase(key, number)) ++erased;
      expect_missing(map, key);
    });
    EXPECT_EQ(erased.load(), 128);
    EXPECT_TRUE(map.empty());
  }
}

TYPED_TEST(contract, compare_and_swap_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    map.store(key, number);
    for (int i = number; i < number + 3; ++i) {
      EXPECT_FALSE(map.compare_and_swap(key, never, 0));
      EXPECT_TRUE(map.compare_and_swap(key, i, i + 1));
      EXPECT_FALSE(map.compare_and_swap(key, i, i + 1));
      EXPECT_EQ(map.load(key), i + 1);
    }
  });
}

TYPED_TEST(contract, compare_and_swap_and_erase_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    map.store(key, number);
    EXPECT_TRUE(map.compare_and_swap(key, number, number + 1));
    EXPECT_TRUE(map.compare_and_erase(key, number + 1));
    EXPECT_FALSE(map.compare_and_swap(key, number + 1, number + 2));
    EXPECT_FALSE(map.compare_and_erase(key, number + 1));
    expect_missing(map, key);
  });
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, compare_and_swap_of_shared_keys) {
  for (int round = 0; round < support::rounds(16); ++round) {
    typename TestFixture::string_map map;
    store_numbered(map);
    std::atomic<int> swapped{0};
    with_shared_keys([&](const std::string& key, int number) {
      EXPECT_FALSE(map.compare_and_swap(key, never, 0));
      if (map.compare_and_swap(key, number, number + 1)) ++swapped;
      EXPECT_EQ(map.load(key), number + 1);
    });
    EXPECT_EQ(swapped.load(), 128);
  }
}

TYPED_TEST(contract, swap_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    EXPECT_EQ(map.swap(key, number), std::nullopt);
    EXPECT_EQ(map.swap(key, number + 1), number);
    EXPECT_EQ(map.load(key), number + 1);
    EXPECT_TRUE(map.compare_and_erase(key, number + 1));
    EXPECT_EQ(map.swap(key, number + 2), std::nullopt);
    EXPECT_EQ(map.load(key), number + 2);
  });
}

TYPED_TEST(contract, swap_of_shared_keys) {
  for (int round = 0; round < support::rounds(16); ++round) {
    typename TestFixture::string_map map;
    store_numbered(map);
    std::atomic<int> first{0};
    with_shared_keys([&](const std::string& key, int number) {
      const auto previous = map.swap(key, number + 1);
      if (previous == number) {
        ++first;
      } else {
        EXPECT_EQ(previous, number + 1);
      }
      EXPECT_EQ(map.load(key), number + 1);
    });
    EXPECT_EQ(first.load(), 128);
  }
}

TYPED_TEST(contract, load_and_erase_of_unshared_keys) {
  typename TestFixture::string_map map;
  with_unshared_keys([&](const std::string& key, int number) {
    expect_missing(map, key);
    map.store(key, number);
    EXPECT_EQ(map.load_and_erase(key), number);
    expect_missing(map, key);
    EXPECT_FALSE(map.load_or_store(key, number).loaded);
    EXPECT_EQ(map.load_and_erase(key), number);
  });
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, load_and_erase_of_shared_keys) {
  for (int round = 0; round < support::rounds(16); ++round) {
    typename TestFixture::string_map map;
    store_numbered(map);
    std::atomic<int> erased{0};
    with_shared_keys([&](const std::string& key, int number) {
      if (const auto value = map.load_and_erase(key)) {
        ++erased;
        EXPECT_EQ(value, number);
      }
      expect_missing(map, key);
    });
    EXPECT_EQ(erased.load(), 128);
    EXPECT_TRUE(map.empty());
  }
}

}  // namespace
