// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Operations take effect at one instant (G1): nothing is lost, and of several that exclude each
// other one succeeds. A lost update shows in a sum, a double success in a count.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <maps.hpp>
#include <optional>
#include <string>
#include <thread>
#include <threads.hpp>
#include <vector>

namespace {

using support::contract;
using support::run_together;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

constexpr int threads = 4;
constexpr int keys = 5;

// All threads add 1 with `add`, to keys that are created meanwhile, while one more thread keeps
// adding and erasing other keys and visiting all, so that the tables change under them.
template <class Map, class Add>
void expect_no_increment_is_lost(Map& map, Add add) {
  const int times = support::rounds(4000);
  std::atomic<int> running{threads};
  run_together(threads + 1, [&](int id) {
    if (id == threads) {
      for (int i = 0; running.load() != 0; ++i) {
        map.store(1000 + i % 50, {});
        if (i % 7 == 0) map.erase(1000 + (i * 3) % 50);
        if (i % 40 == 0) map.range([](const auto&, const auto&) {});
      }
      return;
    }
    for (int i = 0; i < times; ++i) add(i % keys);
    --running;
  });
  typename Map::mapped_type sum{};
  for (int key = 0; key < keys; ++key) sum += map.load(key).value();
  EXPECT_EQ(sum, threads * times);
}

TYPED_TEST(contract, g1_compute_loses_no_increment) {
  typename TestFixture::int_map map;
  expect_no_increment_is_lost(
      map, [&](int key) { map.compute(key, [](const int* now) { return now ? *now + 1 : 1; }); });
}

// Values too large for a word, with memory of their own.
struct wide {
  long number = 0;
  long copy = 0;
  wide() = default;
  wide(long n) : number(n), copy(n) {}  // NOLINT: converts
  wide& operator+=(const wide& other) {
    EXPECT_EQ(number, copy);
    EXPECT_EQ(other.number, other.copy);
    return *this = wide(number + other.number);
  }
  bool operator==(const wide& other) const { return number == other.number && copy == other.copy; }
};

TYPED_TEST(contract, compute_loses_no_increment_of_a_large_value) {
  typename TypeParam::template map<int, wide> map;
  expect_no_increment_is_lost(map, [&](int key) {
    map.compute(key, [](const wide* now) { return wide(now ? now->number + 1 : 1); });
  });
}

TYPED_TEST(contract, g1_update_loses_no_increment) {
  typename TypeParam::template map<int, wide> map;
  expect_no_increment_is_lost(map, [&](int key) {
    map.try_emplace(key, 0);
    EXPECT_TRUE(map.update(key, [](const wide& now) { return wide(now.number + 1); }));
  });
}

TYPED_TEST(contract, g1_compare_and_swap_loses_no_increment) {
  typename TestFixture::int_map map;
  expect_no_increment_is_lost(map, [&](int key) {
    int now = map.load_or_store(key, 0).value;
    while (!map.compare_and_swap(key, now, now + 1)) now = map.load(key).value();
  });
}

TYPED_TEST(contract, compare_and_swap_loses_no_increment_of_a_large_value) {
  typename TypeParam::template map<int, wide> map;
  expect_no_increment_is_lost(map, [&](int key) {
    wide now = map.load_or_store(key, 0).value;
    while (!map.compare_and_swap(key, now, wide(now.number + 1))) now = map.load(key).value();
  });
}

// A counter that is taken out, and put back increased if nobody put another there.
TYPED_TEST(contract, g1_erase_and_load_or_store_lose_no_token) {
  typename TypeParam::template map<int, std::string> map;
  std::atomic<int> produced{0};
  std::atomic<int> consumed{0};
  run_together(threads, [&](int id) {
    for (int i = 0; i < support::rounds(4000); ++i) {
      if (id % 2 == 0) {
        if (!map.load_or_store(i % keys, "token").loaded) ++produced;
      } else {
        if (map.load_and_erase(i % keys).has_value()) ++consumed;
      }
    }
  });
  EXPECT_EQ(static_cast<std::size_t>(produced.load() - consumed.load()), map.size());
}

// Every value that was ever stored leaves the map exactly once: replaced, erased or left at the
// end.
TYPED_TEST(contract, g1_swap_returns_each_value_once) {
  typename TestFixture::int_map map;
  const int times = support::rounds(4000);
  std::vector<std::vector<int>> left(threads);
  run_together(threads, [&](int id) {
    auto& mine = left[static_cast<std::size_t>(id)];
    for (int i = 0; i < times; ++i) {
      const auto out =
          i % 5 == 0 ? map.load_and_erase(i % keys) : map.swap(i % keys, id * times + i);
      if (out) mine.push_back(*out);
    }
  });
  std::vector<int> all;
  for (const auto& some : left) all.insert(all.end(), some.begin(), some.end());
  map.range([&](int, int value) { all.push_back(value); });
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << "a value left twice";
  EXPECT_EQ(all.size(), static_cast<std::size_t>(threads * (times - times / 5)));
}

// One round for each key: how many of the threads' calls say that they won.
template <class Call>
void expect_one_winner(Call wins) {
  constexpr int rounds = 200;
  std::vector<std::atomic<int>> winners(rounds);
  run_together(threads, [&](int id) {
    for (int key = 0; key < rounds; ++key) {
      if (wins(key, id)) ++winners[static_cast<std::size_t>(key)];
    }
  });
  for (int key = 0; key < rounds; ++key) {
    EXPECT_EQ(winners[static_cast<std::size_t>(key)].load(), 1) << key;
  }
}

TYPED_TEST(contract, g1_one_of_concurrent_load_or_store_calls_stores) {
  for (int round = 0; round < support::rounds(8); ++round) {
    typename TestFixture::int_map map;
    expect_one_winner([&](int key, int id) { return !map.load_or_store(key, id).loaded; });
    typename TestFixture::int_map other;
    expect_one_winner([&](int key, int id) { return other.try_emplace(key, id); });
    typename TestFixture::int_map third;
    expect_one_winner([&](int key, int id) { return third.insert_or_assign(key, id); });
  }
}

template <class Map, class Erase>
void expect_one_erases(Erase erases) {
  for (int round = 0; round < support::rounds(8); ++round) {
    Map map;
    for (int key = 0; key < 200; ++key) {
      map.store(key, 1);
      if (key == 100) map.range([](const auto&, const auto&) {});
    }
    expect_one_winner([&](int key, int) { return erases(map, key); });
    EXPECT_TRUE(map.empty());
  }
}

TYPED_TEST(contract, g1_one_of_concurrent_erasing_calls_erases) {
  using map_type = typename TestFixture::int_map;
  expect_one_erases<map_type>([](auto& map, int key) { return map.erase(key); });
  expect_one_erases<map_type>(
      [](auto& map, int key) { return map.load_and_erase(key).has_value(); });
  expect_one_erases<map_type>([](auto& map, int key) { return map.compare_and_erase(key, 1); });
  expect_one_erases<map_type>(
      [](auto& map, int key) { return map.erase_if([key](int k, int) { return k == key; }) == 1; });
}

// Of a swap and an erase that both compare with one value only one can succeed.
TYPED_TEST(contract, g1_compare_and_swap_excludes_compare_and_erase) {
  for (int round = 0; round < support::rounds(8); ++round) {
    typename TypeParam::template map<int, std::string> map;
    for (int key = 0; key < 200; ++key) map.store(key, "first");
    if (round % 2 == 0) map.range([](const auto&, const auto&) {});
    expect_one_winner([&](int key, int id) {
      return id % 2 == 0 ? map.compare_and_swap(key, "first", std::to_string(id))
                         : map.compare_and_erase(key, "first");
    });
  }
}

// Two threads each store their flag and then look for the other's: not both can miss.
TYPED_TEST(contract, g1_operations_on_different_keys_have_one_order) {
  const int times = support::rounds(4000);
  typename TestFixture::int_map map;
  std::vector<std::atomic<int>> missed(static_cast<std::size_t>(times));
  std::atomic<int> arrived{0};
  map.store(0, -1);
  map.store(1, -1);
  run_together(2, [&](int id) {
    for (int i = 0; i < times; ++i) {
      ++arrived;
      while (arrived.load() < 2 * (i + 1)) std::this_thread::yield();
      map.store(id, i);
      if (map.load(1 - id).value() < i) ++missed[static_cast<std::size_t>(i)];
    }
  });
  for (const auto& each : missed) EXPECT_LT(each.load(), 2);
}

}  // namespace
