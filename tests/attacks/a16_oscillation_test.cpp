// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Entries that come and go right where a table grows, growths and shrinks that meet, and a reader that stands
// in each of them. Property: no key is lost, few tables are alive at once, and the work goes with the
// number of operations: it is counted in bytes of tables and in calls of the hash.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <figures.hpp>
#include <functional>
#include <maps.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <test_platform.hpp>
#include <threads.hpp>

namespace {

// Counts the tables of the maps on it.
template <class Base, class Tag>
struct counting : Base {
  static inline std::atomic<std::size_t> alive{0};
  static inline support::maximum most;
  static inline std::atomic<std::size_t> bytes{0};  // of all tables ever
  static inline std::atomic<std::size_t> bytes_alive{0};
  static inline support::maximum largest;  // in bytes

  static void* allocate_table(std::size_t size, std::size_t alignment) {
    void* const table = Base::allocate_table(size, alignment);
    largest.tell(size);
    bytes += size;
    bytes_alive += size;
    most.tell(++alive);
    return table;
  }
  static void deallocate_table(void* table, std::size_t size, std::size_t alignment) noexcept {
    --alive;
    bytes_alive -= size;
    Base::deallocate_table(table, size, alignment);
  }
};
struct usual : counting<syncmap::detail::platform, struct usual_tag> {};
struct tiny : counting<syncmap::test::growing_platform, struct tiny_tag> {};

std::atomic<std::uint64_t> hashes{0};
struct counted_hash {
  std::size_t operator()(int key) const {
    hashes.fetch_add(1, std::memory_order_relaxed);
    return static_cast<std::size_t>(key);
  }
};

template <class P>
using map_on =
    syncmap::basic_map<syncmap::detail::group_map<int, int, counted_hash, std::equal_to<int>, P>>;

template <class P>
void reclaim() {
  syncmap::detail::hazard_domain<P>::global().reclaim();
}

// A map never shrinks by itself: who inserts and erases at the edge makes it grow once.
TEST(a16_oscillation, at_the_edge_of_a_growth_moves_entries_once) {
  map_on<usual> map;
  int count = 0;
  for (const std::size_t growths = map.stats().growths; map.stats().growths < growths + 6;) {
    map.store(count, count);
    ++count;
  }
  const std::size_t growths = map.stats().growths;
  const std::size_t bytes = usual::bytes;
  const std::uint64_t before = hashes;
  const int turns = support::rounds(200'000);
  for (int i = 0; i < turns; ++i) {
    map.store(count + i % 3, i);
    ASSERT_TRUE(map.erase(count + i % 3));
  }
  EXPECT_LE(map.stats().growths, growths + 1);
  EXPECT_LE(usual::bytes - bytes, 8 * map.stats().bytes + 4096);
  EXPECT_LE(
      hashes - before, 2 * static_cast<std::uint64_t>(turns) + 8 * map.stats().entries + 4096);
  EXPECT_EQ(map.size(), static_cast<std::size_t>(count));
}

// With shrinking in between each cycle moves what there is, and nothing piles up.
template <class P>
void expect_cycles_cost_what_they_move(const char* name) {
  reclaim<P>();
  ASSERT_EQ(P::alive, 0U);
  {
    map_on<P> map;
    for (int key = 0; key < 40; ++key) map.store(key, key);
    auto standing = map.begin();  // in the middle of it all
    const std::uint64_t before = hashes;
    const int cycles = support::rounds(400);
    constexpr int keys = 500;
    for (int cycle = 0; cycle < cycles; ++cycle) {
      for (int key = 40; key < keys; ++key) map.store(key, cycle);
      for (int key = 40; key < keys; ++key) ASSERT_TRUE(map.erase(key)) << cycle;
      map.shrink_to_fit();
      ASSERT_EQ(map.size(), 40U);
      // The table, the one that the reader is in, and what that leads to.
      ASSERT_LE(P::alive, 4U) << cycle;
    }
    const double each = static_cast<double>(hashes - before) / cycles / keys;
    std::printf("%s: %.1f hashes for each key and cycle, at most %zu tables at once\n", name, each,
                P::most.get());
    EXPECT_LE(each, 12);
    for (int key = 0; key < 40; ++key) EXPECT_EQ(map.load(key), key);
    static_cast<void>(standing);
  }
  reclaim<P>();
  EXPECT_EQ(P::alive, 0U);
}

TEST(a16_oscillation, of_the_usual_tables_costs_what_it_moves) {
  expect_cycles_cost_what_they_move<usual>("usual");
}
TEST(a16_oscillation, of_tiny_tables_costs_what_it_moves) {
  expect_cycles_cost_what_they_move<tiny>("tiny");
}

// Three threads grow, shrink, reserve and clear against each other; each has keys of its own.
template <class P>
void expect_few_tables() {
  reclaim<P>();
  constexpr int threads = 3;
  // The table and its next; and each thread may be leaving such two, have made such two that another was quicker
  // to make, and hold one back beyond the weight at which it frees what it has retired.
  constexpr std::size_t in_use = 2 + 5 * threads;
  constexpr std::size_t retired = threads * P::reclaim_batch * P::reclaim_bytes;
  {
    map_on<P> map;
    support::maximum seen;
    const int cycles = support::rounds(80);
    support::run_together(threads, [&](int id) {
      syncmap::test::random_source random(static_cast<std::uint64_t>(id));
      for (int cycle = 0; cycle < cycles; ++cycle) {
        const int count = static_cast<int>(1 + random.below(300));
        for (int i = 0; i < count; ++i) map.store(i * threads + id, cycle);
        if (random.below(4) == 0) map.reserve(random.below(2000));
        for (int i = 0; i < count; ++i) {
          if (map.load(i * threads + id) != cycle) {
            ADD_FAILURE() << "a key was lost";
            return;
          }
        }
        for (int i = 0; i < count; ++i) map.erase(i * threads + id);
        if (random.below(2) == 0) map.shrink_to_fit();
        const std::size_t now = P::bytes_alive;
        seen.tell(now);
        if (now > P::largest.get() * in_use + retired) ADD_FAILURE() << now << " bytes of tables";
        // Each weighs one at least: a bound of the tiny ones.
        if (P::alive > in_use + threads * P::reclaim_batch) ADD_FAILURE() << P::alive << " tables";
      }
    });
    EXPECT_TRUE(map.empty());
    map.shrink_to_fit();
    EXPECT_EQ(map.capacity(), 0U);
    std::printf("%zu bytes of tables at most, the largest %zu, %zu in all\n", seen.get(),
                P::largest.get(), P::bytes.load());
  }
  reclaim<P>();
  EXPECT_EQ(P::alive, 0U);
}

TEST(a16_oscillation, by_several_threads_leaves_few_of_the_usual_tables) {
  expect_few_tables<usual>();
}
TEST(a16_oscillation, by_several_threads_leaves_few_tiny_tables) { expect_few_tables<tiny>(); }

}  // namespace
