// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Counting by stripes and generations.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <syncmap/detail/striped_counter.hpp>
#include <test_platform.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace syncmap::test {
namespace {

using detail::generation_bits;
using counter = detail::striped_counter<scripted_platform>;

constexpr std::uint32_t generations = 1U << generation_bits;

TEST(striped_counter, an_unused_counter_has_no_memory_and_counts_nothing) {
  script::reset();
  counter one;
  EXPECT_EQ(one.total(0), 0U);
  one.restart(1);
  EXPECT_EQ(one.total(1), 0U);
  EXPECT_EQ(script::allocations, 0U);
  one.prepare();
  one.prepare();
  EXPECT_EQ(script::allocations, 1U);
}
TEST(striped_counter, each_thread_counts_on_its_own_stripe_and_all_are_added_up) {
  counter one;
  one.prepare();
  for (std::size_t thread = 0; thread < 40; ++thread) {
    for (std::size_t i = 0; i <= thread; ++i) one.add(0, thread);
  }
  EXPECT_EQ(one.total(0), 820U);
  for (std::size_t i = 0; i < 820; ++i) one.remove(0, 3 * i);
  EXPECT_EQ(one.total(0), 0U);
}
TEST(striped_counter, a_new_generation_starts_at_nothing) {
  counter one;
  one.prepare();
  for (std::size_t i = 0; i < 10; ++i) one.add(0, i);
  one.restart(1);
  EXPECT_EQ(one.total(1), 0U);
  one.add(1, 5);
  EXPECT_EQ(one.total(1), 1U);
}
TEST(striped_counter, what_is_counted_for_an_older_generation_is_ignored) {
  counter one;
  one.prepare();
  one.add(0, 1);
  one.restart(1);
  one.restart(2);
  one.add(2, 1);
  one.add(2, 1);
  for (std::size_t thread = 0; thread < 8; ++thread) {
    one.add(0, thread);
    one.remove(0, thread);
    one.add(1, thread);
    one.remove(1, thread);
  }
  EXPECT_EQ(one.total(2), 2U);
}
// A count may arrive for a generation whose restart has not reached its stripe yet.
TEST(striped_counter, what_is_counted_for_a_newer_generation_starts_it) {
  counter one;
  one.prepare();
  one.add(0, 1);
  one.add(1, 1);
  EXPECT_EQ(one.total(1), 1U);
  one.restart(1);
  EXPECT_EQ(one.total(1), 1U);
}
TEST(striped_counter, a10_generation_numbers_wrap) {
  counter one;
  one.prepare();
  // Every step is far less than half of all numbers, as with clears, which all restart.
  for (const std::uint32_t start : {generations / 4, generations / 2, generations / 4 * 3,
                                    generations - 3, generations - 2, generations - 1}) {
    one.restart(start);
    one.add(start, 1);
    EXPECT_EQ(one.total(start), 1U) << start;
  }
  one.restart(0);
  EXPECT_EQ(one.total(0), 0U);
  one.add(0, 1);
  one.add(generations - 1, 1);  // late
  one.remove(generations - 2, 1);
  EXPECT_EQ(one.total(0), 1U);
  one.restart(1);
  one.add(0, 1);
  one.add(1, 2);
  EXPECT_EQ(one.total(1), 1U);
}

// Between two adds and removes the true number is 10, 11 or 12, never anything else; a sum over
// stripes read one after the other could be 8.
TEST(striped_counter, a_total_is_one_that_there_was) {
  for (std::size_t step = 0;; ++step) {
    counter one;
    one.prepare();
    for (std::size_t i = 0; i < 10; ++i) one.add(0, i);
    script::reset();
    bool ran = false;
    script::at_step(step, [&] {
      ran = true;
      one.add(0, 0);
      one.add(0, 0);
      one.remove(0, 7);
      one.remove(0, 7);
    });
    EXPECT_EQ(one.total(0), 10U) << step;
    script::reset();
    if (!ran) break;
  }
}
// Also while it never comes to rest; only then within what changed meanwhile.
TEST(striped_counter, a_total_ends_whatever_others_do) {
  counter one;
  one.prepare();
  for (std::size_t i = 0; i < 10; ++i) one.add(0, i);
  script::reset();
  std::size_t moved = 0;
  script::observe([&] {
    one.add(0, moved);
    one.remove(0, moved + 3);
    ++moved;
  });
  const std::size_t total = one.total(0);
  script::reset();
  EXPECT_LE(total, 10 + moved);
  EXPECT_GT(moved, 16U);
}
// A thread that has a stripe of its own, and one that shares its stripe with others.
TEST(striped_counter, a_restart_between_any_two_steps_of_a_count_is_not_undone) {
  constexpr std::size_t own = 1;
  constexpr std::size_t shared = 100;
  for (const auto& [first, second] : {std::pair(own, own + 1), std::pair(shared, shared)}) {
    for (std::size_t step = 0;; ++step) {
      counter one;
      one.prepare();
      one.add(0, first);
      script::reset();
      bool ran = false;
      script::at_step(step, [&, by = second] {
        ran = true;
        one.restart(1);
        one.add(1, by);
      });
      one.add(0, first);
      script::reset();
      if (!ran) break;
      EXPECT_EQ(one.total(1), 1U) << first << ", step " << step;
      one.add(1, first);
      EXPECT_EQ(one.total(1), 2U) << first << ", step " << step;
    }
  }
}

TEST(striped_counter, totals_of_concurrent_counts_are_exact_at_rest) {
  detail::striped_counter<yield_platform> one;
  constexpr std::size_t thread_count = 4;
  constexpr int rounds = 600;
  std::atomic<bool> wrong{false};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      one.prepare();  // at once
      for (int i = 0; i < rounds; ++i) {
        one.add(0, 2 * t);
        if (one.total(0) > thread_count * rounds) wrong = true;
        if (i % 3 != 0) one.remove(0, t);
      }
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_FALSE(wrong);
  EXPECT_EQ(one.total(0), thread_count * rounds / 3);
}

}  // namespace
}  // namespace syncmap::test
