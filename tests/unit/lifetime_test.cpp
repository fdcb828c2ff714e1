// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// When keys and values are destroyed (G8, G9).

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <threads.hpp>
#include <tracked.hpp>
#include <vector>

namespace {

using support::contract;
using support::run_together;
using support::tracked_key;
using support::tracked_value;

// Counts what a test adds to the instances there were.
class since_now {
 public:
  since_now() { support::reclaim(); }
  long keys() const { return tracked_key::alive() - keys_; }
  long values() const { return tracked_value::alive() - values_; }

 private:
  long keys_ = (support::reclaim(), tracked_key::alive());
  long values_ = tracked_value::alive();
};

// What one thread may have retired and not yet destroyed, all of the map's own kinds together.
constexpr long garbage = 2048;

TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

template <class Setup>
using tracked_map = typename Setup::template map<tracked_key, tracked_value>;

TYPED_TEST(contract, g9_erased_values_are_destroyed_after_reclaim) {
  const since_now alive;
  tracked_map<TypeParam> map;
  for (int i = 0; i < 100; ++i) map.store(i, i);
  map.range([](const auto&, const auto&) {});
  for (int i = 100; i < 150; ++i) map.store(i, i);
  EXPECT_EQ(alive.values(), 150);
  for (int i = 0; i < 150; i += 2) map.erase(i);
  support::reclaim();
  EXPECT_EQ(alive.values(), 75);
  for (int i = 1; i < 150; i += 2) map.compare_and_erase(i, i);
  support::reclaim();
  EXPECT_EQ(alive.values(), 0);
}

TYPED_TEST(contract, g9_replaced_values_are_destroyed_after_reclaim) {
  const since_now alive;
  tracked_map<TypeParam> map;
  for (int i = 0; i < 100; ++i) {
    map.store(i % 10, i);
    map.swap(i % 10, i + 1);
    map.compare_and_swap(i % 10, i + 1, i + 2);
    map.update(i % 10, [](const tracked_value& now) { return tracked_value(now.id() + 1); });
    map.compute(i % 10, [](const tracked_value*) { return std::optional<tracked_value>(5); });
  }
  support::reclaim();
  EXPECT_EQ(alive.values(), 10);
}

TYPED_TEST(contract, g9_clear_lets_keys_and_values_go) {
  const since_now alive;
  tracked_map<TypeParam> map;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) map.store(i, i);
    if (round != 1) map.range([](const auto&, const auto&) {});
    for (int i = 100; i < 150; ++i) map.store(i, i);
    for (int i = 0; i < 20; ++i) map.erase(i);
    map.clear();
    support::reclaim();
    EXPECT_EQ(alive.values(), 0);
    EXPECT_EQ(alive.keys(), 0);
  }
}

// No call but the two, and no reclaim(): the keys that were erased do not stay.
template <class Map, class Erase>
void expect_erased_keys_go(Map& map, bool with_another, Erase erase) {
  const since_now alive;
  if (with_another) map.store(-1, -1);
  const long most = alive.keys() + garbage;
  for (int i = 0; i < 20000; ++i) {
    map.store(i, i);
    erase(i);
    ASSERT_LE(alive.keys(), most) << "after " << i;
    ASSERT_LE(alive.values(), most) << "after " << i;
  }
}

TYPED_TEST(contract, g9_erased_keys_are_not_retained) {
  for (const bool with_another : {false, true}) {
    tracked_map<TypeParam> map;
    expect_erased_keys_go(map, with_another, [&](int key) { EXPECT_TRUE(map.erase(key)); });
  }
  for (const bool with_another : {false, true}) {
    tracked_map<TypeParam> map;
    expect_erased_keys_go(
        map, with_another, [&](int key) { EXPECT_TRUE(map.load_and_erase(key).has_value()); });
  }
}

TYPED_TEST(contract, g9_keys_erased_by_compute_are_not_retained) {
  for (const bool with_another : {false, true}) {
    tracked_map<TypeParam> map;
    expect_erased_keys_go(map, with_another, [&](int key) {
      map.compute(key, [](const tracked_value*) { return std::nullopt; });
    });
  }
}

TYPED_TEST(contract, g9_keys_erased_by_erase_if_are_not_retained) {
  tracked_map<TypeParam> map;
  expect_erased_keys_go(map, true, [&](int key) {
    if (key % 100 == 99)
      map.erase_if([](const tracked_key& k, const auto&) { return k.id() >= 0; });
  });
}

// Garbage that nobody asks to reclaim is bounded, in keys and in values.
TYPED_TEST(contract, g8_garbage_of_a_thread_is_bounded) {
  const since_now alive;
  tracked_map<TypeParam> map;
  for (int i = 0; i < 10; ++i) map.store(i, i);
  for (int i = 0; i < 20000; ++i) {
    map.store(i % 10, i);
    ASSERT_LE(alive.values(), 10 + garbage);
  }
}

TYPED_TEST(contract, g9_destruction_destroys_what_was_replaced_and_erased_before) {
  const since_now alive;
  {
    tracked_map<TypeParam> map;
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 50; ++i) map.store(i + round * 10, i);
      map.range([](const auto&, const auto&) {});
      for (int i = 0; i < 20; ++i) map.erase(i + round * 10);
    }
    EXPECT_GT(alive.values(), 0);
  }
  EXPECT_EQ(alive.values(), 0);
  EXPECT_EQ(alive.keys(), 0);
}

// Threads that retired something and ended, and threads that did and still run.
TYPED_TEST(contract, g9_destruction_destroys_what_other_threads_retired) {
  constexpr int threads = 3;
  const since_now alive;
  auto map = std::make_unique<tracked_map<TypeParam>>();
  const auto work = [&](int id) {
    for (int i = 0; i < 200; ++i) {
      map->store(i % 20, id);
      if (i % 3 == 0) map->erase(i % 20);
      if (i % 50 == 0) map->range([](const auto&, const auto&) {});
    }
  };
  run_together(threads, work);  // these have ended
  std::latch worked(threads + 1);
  std::latch destroyed(threads + 1);
  std::vector<std::jthread> running;
  for (int id = 0; id < threads; ++id) {
    running.emplace_back([&, id] {
      work(id);
      worked.arrive_and_wait();
      destroyed.arrive_and_wait();
    });
  }
  worked.arrive_and_wait();
  map.reset();
  EXPECT_EQ(alive.values(), 0);
  EXPECT_EQ(alive.keys(), 0);
  destroyed.arrive_and_wait();
}

// A value whose destructor lets another thread run a reclamation to its end.
struct interrupted {
  static inline std::atomic<long> alive{0};
  static inline std::atomic<long> asked{0};
  static inline std::atomic<long> done{0};
  static inline bool ask = false;

  explicit interrupted(long n) : number(n) { alive.fetch_add(1); }
  interrupted(const interrupted& other) : interrupted(other.number) {}
  interrupted& operator=(const interrupted&) = delete;
  ~interrupted() {
    alive.fetch_sub(1);
    if (!ask || number % 50 != 0) return;
    const long mine = asked.fetch_add(1) + 1;
    while (done < mine) std::this_thread::yield();
  }

  long number;
  long unused = 0;  // kept in nodes
};
TEST(lifetime, g9_destruction_of_a_large_map_is_complete_though_others_keep_reclaiming) {
  std::atomic<bool> over{false};
  std::thread other([&] {
    syncmap::map<int, std::string> own;
    while (!over) {
      if (interrupted::done == interrupted::asked) {
        std::this_thread::yield();
        continue;
      }
      for (int i = 0; i < 1200; ++i) own.store(i % 8, "a new value");
      interrupted::done.fetch_add(1);
    }
  });
  {
    syncmap::map<long, interrupted> map;
    for (long key = 0; key < 30000; ++key) map.store(key, interrupted(key));
    map.clear();  // each reclamation takes a part of what is left
    interrupted::ask = true;
  }
  EXPECT_EQ(interrupted::alive, 0);
  interrupted::ask = false;
  over = true;
  other.join();
}

TYPED_TEST(contract, g9_reclaim_destroys_what_other_threads_erased) {
  constexpr int threads = 3;
  const since_now alive;
  tracked_map<TypeParam> map;
  std::latch worked(threads + 1);
  std::latch reclaimed(threads + 1);
  std::vector<std::jthread> running;
  for (int id = 0; id < threads; ++id) {
    running.emplace_back([&, id] {
      for (int i = 0; i < 100; ++i) map.store(id * 100 + i, i);
      for (int i = 0; i < 100; ++i) map.erase(id * 100 + i);
      worked.arrive_and_wait();
      reclaimed.arrive_and_wait();
    });
  }
  worked.arrive_and_wait();
  EXPECT_TRUE(map.empty());
  support::reclaim();
  EXPECT_EQ(alive.values(), 0);
  reclaimed.arrive_and_wait();
}

// An iterator keeps what it shows, and nothing more: a store of others goes on being reclaimed.
TYPED_TEST(contract, g8_iterator_protects_only_what_it_shows) {
  const since_now alive;
  tracked_map<TypeParam> map;
  map.store(1, 10);
  {
    auto at = map.begin();
    EXPECT_EQ((*at).second.id(), 10);
    map.erase(1);
    for (int i = 0; i < 20000; ++i) {
      map.store(2, i);
      ASSERT_LE(alive.values(), 2 + garbage);
    }
    support::reclaim();
    EXPECT_EQ(alive.values(), 2);
    EXPECT_EQ((*at).second.id(), 10);
    EXPECT_EQ((*at).first.id(), 1);
    ++at;
  }
  support::reclaim();
  EXPECT_EQ(alive.values(), 1);
}

}  // namespace
