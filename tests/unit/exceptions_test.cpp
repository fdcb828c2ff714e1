// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// An operation that throws had no effect, leaks nothing, and leaves the map usable (G6). Every
// operation is tried in every state with an exception at the first, second, ... thing in it that
// can throw, user code and allocations, until it meets none any more.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <counts.hpp>
#include <cstddef>
#include <fragile.hpp>
#include <fuse.hpp>
#include <latch>
#include <maps.hpp>
#include <new>
#include <string>
#include <thread>
#include <threads.hpp>
#include <type_traits>
#include <vector>

namespace {

using support::contents;
using support::fragile_key;
using support::fragile_value;
using support::fuse;

using support::each_map;
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

// Runs f with an exception at the n-th occasion. Whether f came to its end.
template <class F>
bool completes(long n, F f) {
  fuse::arm(n);
  bool done = true;
  try {
    f();
  } catch (const fuse::blown&) {
    done = false;
  } catch (const std::bad_alloc&) {
    done = false;
  }
  fuse::disarm();
  return done;
}

template <class Map>
void expect_usable(Map& map, contents expected) {
  for (const int key : {support::the_key, support::others, 500}) {
    map.store(key, key + 1);
    expected[key] = key + 1;
    EXPECT_EQ(support::number(map.load(key).value()), key + 1);
  }
  EXPECT_TRUE(map.erase(500));
  expected.erase(500);
  EXPECT_EQ(support::contents_of(map), expected);
  EXPECT_EQ(map.size(), expected.size());
}

template <class Map>
void expect_all_or_nothing() {
  support::reclaim();
  const long keys = fragile_key::alive();
  const long values = fragile_value::alive();
  for (const auto& operation : support::all_operations<Map>()) {
    long occasions = 0;
    for (int state = 0; state < support::states; ++state) {
      for (long n = 1;; ++n) {
        SCOPED_TRACE(std::string(operation.name) + " in state " + std::to_string(state) +
                     ", exception at occasion " + std::to_string(n));
        bool untouched = false;
        {
          Map map;
          contents expected = arrange(map, state);
          const bool done = completes(n, [&] { operation.run(map); });
          untouched = !fuse::has_blown();
          ASSERT_TRUE(done || !untouched);
          if (done) operation.effect(expected);
          ASSERT_EQ(support::contents_of(map), expected);
          ASSERT_EQ(map.size(), expected.size());
          expect_usable(map, expected);
        }
        ASSERT_EQ(fragile_key::alive(), keys);
        ASSERT_EQ(fragile_value::alive(), values);
        if (untouched) break;
        ++occasions;
      }
    }
    support::count_done("g6", static_cast<std::size_t>(occasions), "exceptions");
    if (std::is_same_v<typename Map::key_type, fragile_key> && operation.has_a_key) {
      EXPECT_GT(occasions, 0) << operation.name;
    }
  }
}

TYPED_TEST(each_map, g6_a07_exceptions_have_no_effect) {
  expect_all_or_nothing<typename TypeParam::template map_with<
      fragile_key, fragile_value, support::fragile_hash, support::fragile_equal>>();
}

// Values that fit in a word.
TYPED_TEST(each_map, g6_a07_exceptions_have_no_effect_on_small_values) {
  expect_all_or_nothing<typename TypeParam::template map_with<
      fragile_key, int, support::fragile_hash, support::fragile_equal>>();
}

// Only allocations fail.
TYPED_TEST(each_map, g6_a07_failed_allocations_have_no_effect) {
  expect_all_or_nothing<typename TypeParam::template map<int, int>>();
}

// What was erased until the exception stays erased, all else is there.
TYPED_TEST(each_map, g6_a07_erase_if_that_throws_keeps_the_rest) {
  using map_type =
      typename TypeParam::template map_with<fragile_key, fragile_value, support::fragile_hash,
                                            support::fragile_equal>;
  bool partly = false;
  bool untouched = false;
  for (long n = 1; !untouched; ++n) {
    map_type map;
    for (int i = 0; i < 10; ++i) map.store(i, i);
    const bool done = completes(n, [&] {
      map.erase_if([](const fragile_key& key, const fragile_value&) {
        fuse::tick();
        return key.id() % 2 == 0;
      });
    });
    untouched = !fuse::has_blown();
    const contents now = support::contents_of(map);
    EXPECT_EQ(map.size(), now.size());
    for (int i = 1; i < 10; i += 2) EXPECT_TRUE(now.contains(i));
    EXPECT_TRUE(!done || now.size() == 5);
    partly |= now.size() > 5 && now.size() < 10;
    expect_usable(map, now);
  }
  EXPECT_TRUE(partly);
}

// A new thread's first operation may need memory of its own; none is lost if that fails. All
// threads stay until the end, so that in the end none can use what an earlier one has left: of this
// test, or of the same one with another map.
TYPED_TEST(each_map, g6_a07_first_operation_of_a_thread_may_fail) {
  typename TestFixture::int_map map;
  map.store(1, 1);
  std::atomic<bool> ended{false};
  std::vector<std::jthread> threads;
  int failed = 0;
  std::size_t most = 500;
  while (failed < 2 && threads.size() < most) {
    std::latch tried(1);
    threads.emplace_back([&] {  // uses the loop's variables only until `tried`
      int seen = 0;
      const bool done = completes(1 + failed, [&] { seen = map.load(1).value(); });
      EXPECT_EQ(done, !fuse::has_blown());
      EXPECT_EQ(seen, done ? 1 : 0);
      if (!done) ++failed;
      EXPECT_EQ(map.load(1), 1);
      tried.count_down();
      ended.wait(false);
    });
    tried.wait();
    if (failed != 0) most = std::min(most, threads.size() + 20);
  }
  EXPECT_GT(failed, 0);
  ended = true;
  ended.notify_all();
}

// Exceptions in one thread, while others use the same keys: whatever is there was stored by
// somebody, and the counts are right in the end.
TYPED_TEST(each_map, g6_a07_exceptions_beside_other_threads_lose_nothing) {
  using map_type =
      typename TypeParam::template map_with<fragile_key, fragile_value, support::fragile_hash,
                                            support::fragile_equal>;
  support::reclaim();
  const long keys = fragile_key::alive();
  const long values = fragile_value::alive();
  {
    map_type map;
    std::atomic<int> running{2};
    support::run_together(3, [&](int id) {
      if (id == 2) {
        for (int i = 0; running.load() != 0; ++i) {
          map.store(support::the_key, support::the_value);
          map.store(support::others + i % 40, i);
          if (i % 3 == 0) map.erase(support::the_key);
          if (i % 5 == 0) map.erase(support::others + (i * 7) % 40);
        }
        return;
      }
      const auto operations = support::all_operations<map_type>();
      for (int i = 0; i < support::rounds(4000); ++i) {
        const auto& operation = operations[static_cast<std::size_t>(i) % operations.size()];
        completes(1 + i % 23, [&] { operation.run(map); });
      }
      --running;
    });
    const contents now = support::contents_of(map);
    EXPECT_EQ(map.size(), now.size());
    expect_usable(map, now);
  }
  EXPECT_EQ(fragile_key::alive(), keys);
  EXPECT_EQ(fragile_value::alive(), values);
}

}  // namespace
