// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_compute(): one thread makes the value of a key, the others wait for it.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <fuse.hpp>
#include <latch>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <threads.hpp>
#include <tracked.hpp>
#include <vector>

namespace {

using support::contract;
using support::each_map;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

TYPED_TEST(contract, load_or_compute_computes_an_absent_value_once) {
  typename TestFixture::string_map map;
  int calls = 0;
  const auto make = [&] { return ++calls; };
  const auto first = map.load_or_compute("a", make);
  EXPECT_FALSE(first.loaded);
  EXPECT_EQ(first.value, 1);
  const auto second = map.load_or_compute("a", make);
  EXPECT_TRUE(second.loaded);
  EXPECT_EQ(second.value, 1);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(map.load("a"), 1);
  map.erase("a");
  EXPECT_EQ(map.load_or_compute("a", make).value, 2);
}

TYPED_TEST(contract, load_or_compute_that_throws_leaves_no_trace) {
  typename TestFixture::int_map map;
  struct no_luck {};
  EXPECT_THROW(map.load_or_compute(1, []() -> int { throw no_luck(); }), no_luck);
  EXPECT_FALSE(map.contains(1));
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.load_or_compute(1, [] { return 5; }).value, 5);
}

TYPED_TEST(contract, load_or_compute_runs_one_factory_for_concurrent_callers) {
  for (int round = 0; round < support::rounds(64); ++round) {
    typename TestFixture::int_map map;
    std::atomic<int> calls{0};
    std::atomic<int> stored{0};
    support::run_together(4, [&](int) {
      for (int key = 0; key < 8; ++key) {
        const auto result = map.load_or_compute(key, [&] {
          ++calls;
          std::this_thread::yield();
          return key * 10;
        });
        EXPECT_EQ(result.value, key * 10);
        if (!result.loaded) ++stored;
      }
    });
    EXPECT_EQ(calls, 8);
    EXPECT_EQ(stored, 8);
  }
}

// While a value is made, the key is absent for everything else, and nothing else waits.
TYPED_TEST(each_map, load_or_compute_is_invisible_until_its_value_is_stored) {
  typename TestFixture::int_map map;
  map.store(2, 2);
  std::latch begun(1);
  std::latch finish(1);
  std::jthread leader([&] {
    map.load_or_compute(1, [&] {
      begun.count_down();
      finish.wait();
      return 1;
    });
  });
  begun.wait();
  EXPECT_FALSE(map.contains(1));
  EXPECT_EQ(map.load(1), std::nullopt);
  EXPECT_FALSE(map.find(1));
  EXPECT_FALSE(map.erase(1));
  EXPECT_EQ(map.size(), 1U);
  int shown = 0;
  map.range([&](int, int) { ++shown; });
  EXPECT_EQ(shown, 1);
  EXPECT_FALSE(map.compare_and_swap(1, 0, 5));
  EXPECT_EQ(map.load_or_compute(3, [] { return 3; }).value, 3) << "another key waits for nobody";
  finish.count_down();
  leader.join();
  EXPECT_EQ(map.load(1), 1);
}

TYPED_TEST(each_map, a_store_beside_load_or_compute_wins) {
  typename TestFixture::int_map map;
  const auto result = map.load_or_compute(1, [&] {
    map.store(1, 7);
    return 8;
  });
  EXPECT_TRUE(result.loaded);
  EXPECT_EQ(result.value, 7);
  EXPECT_EQ(map.load(1), 7);
}

TYPED_TEST(each_map, a_clear_beside_load_or_compute_does_not_remove_what_comes_after_it) {
  typename TestFixture::string_map map;
  EXPECT_EQ(map.load_or_compute("a",
                                [&] {
                                  map.store("b", 1);
                                  map.clear();
                                  return 8;
                                })
                .value,
            8);
  EXPECT_EQ(map.size(), 1U);
}

// Who waits takes over from a factory that throws, one after the other.
TYPED_TEST(each_map, waiters_take_over_from_a_factory_that_throws) {
  constexpr int threads = 4;
  struct no_luck {};
  for (int round = 0; round < support::rounds(40); ++round) {
    typename TestFixture::int_map map;
    std::atomic<int> calls{0};
    std::atomic<int> thrown{0};
    support::run_together(threads, [&](int) {
      try {
        const auto result = map.load_or_compute(1, [&]() -> int {
          const int call = ++calls;
          std::this_thread::yield();
          if (call < threads) throw no_luck();
          return call;
        });
        EXPECT_EQ(result.value, threads);
      } catch (const no_luck&) {
        ++thrown;
      }
    });
    EXPECT_EQ(calls, threads) << "each caller either threw, or was the one that stored";
    EXPECT_EQ(thrown, threads - 1);
    EXPECT_EQ(map.load(1), threads);
  }
}

TYPED_TEST(each_map, a_factory_may_use_its_map_and_others) {
  typename TestFixture::int_map fibonacci;
  typename TestFixture::string_map texts;
  struct maker {
    typename TestFixture::int_map& numbers;
    typename TestFixture::string_map& texts;
    int operator()(int n) const {
      if (n < 2) return n;
      texts.store(std::to_string(n), n);
      return numbers.load_or_compute(n, [this, n] { return (*this)(n - 1) + (*this)(n - 2); })
          .value;
    }
  };
  EXPECT_EQ(maker({fibonacci, texts})(25), 75025);
  EXPECT_EQ(fibonacci.size(), 24U);
  EXPECT_EQ(texts.size(), 24U);
}

TYPED_TEST(each_map, load_or_compute_returns_what_was_there_without_a_key_or_flight_being_made) {
  typename TestFixture::string_map map;
  const std::string key = "a long key that a short string has no room for";
  map.store(key, 1);
  map.range([](const auto&, int) {});  // read_dirty_map promotes
  const std::size_t before = support::allocations;
  EXPECT_EQ(map.load_or_compute(key, [] { return 2; }).value, 1);
  EXPECT_EQ(support::allocations, before);
}

TYPED_TEST(each_map, load_or_compute_keeps_no_key_or_value) {
  using support::tracked_key;
  using support::tracked_value;
  const long keys = tracked_key::alive();
  const long values = tracked_value::alive();
  {
    typename TypeParam::template map<tracked_key, tracked_value> map;
    for (int i = 0; i < 100; ++i) {
      map.load_or_compute(i, [&] { return tracked_value(i); });
      if (i % 2 == 0) map.erase(i);
      try {
        map.load_or_compute(1000 + i, []() -> tracked_value { throw 1; });
      } catch (int) {
        continue;
      }
      ADD_FAILURE();
    }
    EXPECT_EQ(map.size(), 50U);
    support::reclaim();
    map.shrink_to_fit();
    EXPECT_EQ(tracked_value::alive() - values, 50);
    EXPECT_EQ(tracked_key::alive() - keys, 50);
  }
  support::reclaim();
  EXPECT_EQ(tracked_key::alive(), keys);
  EXPECT_EQ(tracked_value::alive(), values);
}

// A destructor that a reclamation runs asks for a key whose factory waits for that reclamation. If it waited
// for the factory, this would not end.
TYPED_TEST(each_map, g5_load_or_compute_in_a_reclamation_waits_for_no_factory) {
  struct asks {
    std::function<void()> what;
    ~asks() {
      if (what) what();
    }
  };
  typename TypeParam::template map<int, std::shared_ptr<asks>> garbage;
  typename TestFixture::int_map map;
  std::latch begun(1);
  std::latch reclaiming(1);
  std::jthread leader([&] {
    map.load_or_compute(1, [&] {
      begun.count_down();
      reclaiming.wait();
      support::reclaim();
      return 10;
    });
  });
  begun.wait();
  int got = 0;
  garbage.store(1, std::shared_ptr<asks>(new asks{[&] {
                  reclaiming.count_down();
                  got = map.load_or_compute(1, [] { return 20; }).value;
                }}));
  garbage.erase(1);
  support::reclaim();
  EXPECT_EQ(got, 20) << "of its own factory: the other one has not come to its end";
  leader.join();
  EXPECT_EQ(map.load(1), 20);
}

// Threads that want the values of each other's keys, in every direction, where there is no circle.
TYPED_TEST(each_map, factories_that_wait_for_other_factories_end) {
  for (int round = 0; round < support::rounds(40); ++round) {
    typename TestFixture::int_map map;
    struct maker {
      typename TestFixture::int_map& map;
      int operator()(int n) const {
        return map
            .load_or_compute(n,
                             [this, n] {
                               std::this_thread::yield();
                               return n == 0 ? 0 : (*this)(n - 1) + 1;
                             })
            .value;
      }
    };
    support::run_together(4, [&](int id) { EXPECT_EQ(maker({map})(10 + id), 10 + id); });
  }
}

}  // namespace
