// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// range, iteration, to.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fuse.hpp>
#include <iterator>
#include <map>
#include <maps.hpp>
#include <random>
#include <ranges>
#include <string>
#include <threads.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, range_of_an_empty_map_calls_nothing) {
  typename TestFixture::int_map map;
  const auto never = [](int, int) { FAIL() << "nothing is there"; };
  map.range(never);
  map.store(1, 1);
  map.erase(1);
  map.range(never);
  map.store(1, 1);
  map.clear();
  map.range(never);
  EXPECT_TRUE(map.begin() == map.end());
}

TYPED_TEST(contract, g3_range_visits_every_entry_once) {
  typename TestFixture::int_map map;
  std::map<int, int> expected;
  for (int i = 0; i < 300; ++i) {
    map.store(i, i * 7);
    expected[i] = i * 7;
  }
  for (int i = 0; i < 300; i += 3) {
    map.erase(i);
    expected.erase(i);
  }
  std::map<int, int> seen;
  map.range([&](int key, int value) { EXPECT_TRUE(seen.emplace(key, value).second) << key; });
  EXPECT_EQ(seen, expected);
}

TYPED_TEST(contract, range_stops_when_the_callback_returns_false) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 10; ++i) map.store(i, i);
  for (int limit = 1; limit <= 10; ++limit) {
    int calls = 0;
    map.range([&](int, int) { return ++calls < limit; });
    EXPECT_EQ(calls, limit);
  }
  int calls = 0;
  map.range([&](int, int) {
    ++calls;
    return true;
  });
  EXPECT_EQ(calls, 10);
}

TYPED_TEST(contract, range_allocates_nothing_on_an_empty_map) {
  const typename TestFixture::string_map map;
  map.range([](const std::string&, int) {});  // a thread's first operation may
  const std::size_t before = support::allocations;
  for (int i = 0; i < 10; ++i) {
    map.range([](const std::string&, int) {});
  }
  EXPECT_EQ(support::allocations, before);
}

// A nested range, in which the entries of the outer one come and go.
TYPED_TEST(contract, g3_range_may_be_nested_and_change_the_map) {
  typename TypeParam::template map<int, std::string> map;
  const std::map<int, std::string> entries{{0, "hello"}, {1, "world"}, {2, "again"}};
  for (const auto& [key, value] : entries) map.store(key, value);
  int outer = 0;
  map.range([&](const int& key, const std::string&) {
    ++outer;
    map.range([&](const int& inner, const std::string& value) {
      ASSERT_TRUE(entries.contains(inner)) << "what comes and goes in one call is not seen";
      EXPECT_EQ(map.load(inner), value);
      EXPECT_EQ(value, entries.at(inner));
      EXPECT_FALSE(map.load_or_store(42, "dummy").loaded);
      map.store(42, "text");
      EXPECT_EQ(map.load_and_erase(42), "text");
    });
    EXPECT_TRUE(map.erase(key));
  });
  EXPECT_EQ(outer, 3);
  map.range([](int, const std::string&) { FAIL() << "all were erased"; });
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, g3_range_shows_an_entry_that_stays_while_others_come_and_go) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 100; ++i) map.store(i, i);
  std::vector<int> seen(100);
  int next = 1000;
  map.range([&](int key, int value) {
    if (key >= 100) return;
    EXPECT_EQ(key, value);
    ++seen[static_cast<std::size_t>(key)];
    if (next < 1200) {
      for (int i = 0; i < 10; ++i) map.store(next++, 0);
      for (int i = 0; i < 10; ++i) map.erase(next - 5 - i);
    }
  });
  EXPECT_EQ(seen, std::vector<int>(100, 1));
}

TYPED_TEST(contract, range_passes_exceptions_on_and_leaves_the_map_usable) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 10; ++i) map.store(i, i);
  struct stop {};
  int calls = 0;
  EXPECT_THROW(map.range([&](int, int) {
    if (++calls == 5) throw stop();
  }),
               stop);
  EXPECT_EQ(calls, 5);
  map.store(10, 10);
  EXPECT_EQ(map.size(), 11U);
}

TYPED_TEST(contract, iteration_shows_the_entries_in_a_range_for) {
  typename TestFixture::string_map map;
  std::map<std::string, int> expected;
  for (int i = 0; i < 50; ++i) {
    map.store(std::to_string(i), i);
    expected[std::to_string(i)] = i;
  }
  std::map<std::string, int> seen;
  for (const auto& [key, value] : map) EXPECT_TRUE(seen.emplace(key, value).second);
  EXPECT_EQ(seen, expected);
  std::size_t count = 0;
  for (auto [key, value] : std::as_const(map)) {
    EXPECT_TRUE(map.erase(key));
    EXPECT_EQ(expected.at(key), value);  // both stay valid until the iterator moves on
    ++count;
  }
  EXPECT_EQ(count, 50U);
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, iteration_is_an_input_range_of_the_standard) {
  using map_type = typename TestFixture::int_map;
  static_assert(std::ranges::input_range<const map_type>);
  static_assert(std::input_iterator<typename map_type::iterator>);
  map_type map;
  for (int i = 0; i < 10; ++i) map.store(i, i);
  EXPECT_EQ(std::ranges::count_if(map, [](const auto& entry) { return entry.second > 6; }), 3);
}

TYPED_TEST(contract, to_copies_into_containers_of_the_standard) {
  typename TestFixture::string_map map;
  std::map<std::string, int> expected;
  for (int i = 0; i < 20; ++i) {
    map.store(std::to_string(i), i);
    expected[std::to_string(i)] = i;
  }
  EXPECT_EQ((map.template to<std::map<std::string, int>>()), expected);
  const auto hashed = map.template to<std::unordered_map<std::string, int>>();
  EXPECT_EQ((std::map<std::string, int>(hashed.begin(), hashed.end())), expected);
  const auto list = map.template to<std::vector<std::pair<std::string, int>>>();
  EXPECT_EQ(list.size(), 20U);
  EXPECT_EQ((std::map<std::string, int>(list.begin(), list.end())), expected);
  map.clear();
  EXPECT_TRUE((map.template to<std::vector<std::pair<std::string, int>>>().empty()));
}

// While writers replace values, all of which are multiples of their key, every range sees each of
// the keys exactly once, and no value that a key never had.
TYPED_TEST(contract, g3_range_sees_all_keys_while_values_are_replaced) {
  constexpr std::int64_t keys = 1024;
  typename TypeParam::template map<std::int64_t, std::int64_t> map;
  for (std::int64_t n = 1; n <= keys; ++n) map.store(n, n);
  std::atomic<bool> done{false};
  support::run_together(3, [&](int id) {
    if (id != 0) {
      std::minstd_rand random(static_cast<unsigned>(id));
      for (std::int64_t i = 0; !done.load(); ++i) {
        for (std::int64_t n = 1; n < keys && !done.load(); ++n) {
          if (random() % keys == 0) {
            map.store(n, n * i * id);
          } else {
            EXPECT_TRUE(map.load(n).has_value());
          }
        }
      }
      return;
    }
    const bool collide = support::chosen_hash().name == support::constant_hash.name;
    const int times = support::rounds(collide ? 64 : 512);
    for (int time = 0; time < times; ++time) {
      std::vector<bool> seen(keys + 1);
      std::int64_t count = 0;
      map.range([&](std::int64_t key, std::int64_t value) {
        EXPECT_EQ(value % key, 0) << key;
        EXPECT_FALSE(seen.at(static_cast<std::size_t>(key))) << key;
        seen.at(static_cast<std::size_t>(key)) = true;
        ++count;
      });
      EXPECT_EQ(count, keys);
    }
    done = true;
  });
}

}  // namespace
