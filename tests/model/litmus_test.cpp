// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: what small programs may see in the checker is what they may see by the rules of C++20: the
// search finds every allowed outcome that is named here, and no forbidden one; and so does the reduced one.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <model_platform.hpp>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::model {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

// Two atomic objects, a plain one, and what the threads have seen.
struct place {
  atomic<int> x{0};
  atomic<int> y{0};
  var<int> plain{0};
  int seen[4] = {};
};
using thread = std::function<void(place&)>;
using outcomes = std::set<std::vector<int>>;

outcomes explore(const std::vector<thread>& threads, bool reduced) {
  checker& all = the_checker();
  outcomes found;
  std::vector<int> seen;
  const std::function<void()> body = [&] {
    auto& shared = *::new (model_platform::allocate(sizeof(place), alignof(place))) place();
    all.run_threads(threads.size(), true, [&](std::size_t me) { threads[me - 1](shared); });
    seen.assign(std::begin(shared.seen), std::end(shared.seen));
    seen.push_back(shared.x.load(relaxed));
    seen.push_back(shared.y.load(relaxed));
  };
  all.search({4, 4}, reduced, body, [&](const std::string& wrong) {
    found.insert(wrong.empty() ? seen : std::vector<int>{-1});
    return true;
  });
  return found;
}
// All that `seen` can be; {-1} stands for an execution that goes wrong.
outcomes explore(const std::vector<thread>& threads) {
  const outcomes all = explore(threads, false);
  EXPECT_EQ(all, explore(threads, true));
  return all;
}
// Is there an outcome that begins like this?
bool has(const outcomes& all, const std::vector<int>& begin) {
  for (const auto& each : all) {
    if (each.size() >= begin.size() && std::equal(begin.begin(), begin.end(), each.begin())) {
      return true;
    }
  }
  return false;
}
bool is_wrong(const outcomes& all) { return all.contains({-1}); }

outcomes store_buffering(std::memory_order stores, std::memory_order loads) {
  return explore({[=](place& p) {
                    p.x.store(1, stores);
                    p.seen[0] = p.y.load(loads);
                  },
                  [=](place& p) {
                    p.y.store(1, stores);
                    p.seen[1] = p.x.load(loads);
                  }});
}

TEST(litmus, both_threads_may_miss_the_store_of_the_other_unless_all_is_sequential) {
  EXPECT_TRUE(has(store_buffering(relaxed, relaxed), {0, 0}));
  EXPECT_TRUE(has(store_buffering(release, acquire), {0, 0}));
  EXPECT_TRUE(has(store_buffering(seq_cst, acquire), {0, 0}));
  EXPECT_TRUE(has(store_buffering(release, seq_cst), {0, 0}));
  const outcomes sequential = store_buffering(seq_cst, seq_cst);
  EXPECT_FALSE(has(sequential, {0, 0}));
  EXPECT_TRUE(has(sequential, {0, 1}));
  EXPECT_TRUE(has(sequential, {1, 0}));
  EXPECT_TRUE(has(sequential, {1, 1}));
}

TEST(litmus, a_light_fence_orders_against_a_heavy_one_and_not_against_another_light_one) {
  const thread light = [](place& p) {
    model_platform::announce(p.x, 1);
    p.seen[0] = p.y.load(relaxed);
  };
  EXPECT_FALSE(has(explore({light,
                            [](place& p) {
                              p.y.store(1, relaxed);
                              model_platform::fence_heavy();
                              p.seen[1] = p.x.load(relaxed);
                            }}),
                   {0, 0}));
  EXPECT_TRUE(has(explore({light,
                           [](place& p) {
                             model_platform::announce(p.y, 1);
                             p.seen[1] = p.x.load(relaxed);
                           }}),
                  {0, 0}));
}

outcomes message(std::memory_order store, std::memory_order load) {
  return explore({[=](place& p) {
                    p.x.store(1, relaxed);
                    p.y.store(1, store);
                  },
                  [=](place& p) {
                    p.seen[0] = p.y.load(load);
                    p.seen[1] = p.x.load(relaxed);
                  }});
}

TEST(litmus, a_message_arrives_with_what_came_before_it_if_it_is_released_and_acquired) {
  EXPECT_TRUE(has(message(relaxed, relaxed), {1, 0}));
  EXPECT_TRUE(has(message(release, relaxed), {1, 0}));
  EXPECT_TRUE(has(message(relaxed, acquire), {1, 0}));
  EXPECT_FALSE(has(message(release, acquire), {1, 0}));
  EXPECT_FALSE(has(message(seq_cst, seq_cst), {1, 0}));
}

outcomes plain_message(std::memory_order store, std::memory_order load) {
  return explore({[=](place& p) {
                    p.plain = 1;
                    p.y.store(1, store);
                  },
                  [=](place& p) {
                    if (p.y.load(load) == 1) p.seen[0] = p.plain;
                  }});
}

TEST(litmus, plain_data_races_unless_it_is_published) {
  EXPECT_TRUE(is_wrong(plain_message(relaxed, acquire)));
  EXPECT_TRUE(is_wrong(plain_message(release, relaxed)));
  EXPECT_FALSE(is_wrong(plain_message(release, acquire)));
}

TEST(litmus, only_modifications_continue_a_release_sequence) {
  const thread reader = [](place& p) {
    p.seen[0] = p.y.load(acquire);
    p.seen[1] = p.x.load(relaxed);
  };
  const thread released = [](place& p) {
    p.x.store(1, relaxed);
    p.y.store(1, release);
  };
  const thread modifies = [](place& p) { p.y.fetch_add(1, relaxed); };
  EXPECT_FALSE(has(explore({released, reader, modifies}), {2, 0}));
  // Not even a store of the same thread.
  const thread stores_again = [](place& p) {
    p.x.store(1, relaxed);
    p.y.store(1, release);
    p.y.store(2, relaxed);
  };
  EXPECT_TRUE(has(explore({stores_again, reader}), {2, 0}));
}

TEST(litmus, a_thread_never_reads_older_than_it_has_read) {
  const thread writer = [](place& p) {
    p.x.store(1, relaxed);
    p.x.store(2, relaxed);
  };
  const outcomes all = explore({writer, [](place& p) {
                                  p.seen[0] = p.x.load(relaxed);
                                  p.seen[1] = p.x.load(relaxed);
                                }});
  EXPECT_TRUE(has(all, {0, 2}));
  EXPECT_TRUE(has(all, {1, 1}));
  EXPECT_FALSE(has(all, {2, 1}));
  EXPECT_FALSE(has(all, {1, 0}));
}

outcomes two_and_two(std::memory_order order) {
  return explore({[=](place& p) {
                    p.x.store(1, order);
                    p.y.store(2, order);
                  },
                  [=](place& p) {
                    p.y.store(1, order);
                    p.x.store(2, order);
                  }});
}

TEST(litmus, stores_of_two_threads_may_be_in_two_orders_unless_they_are_sequential) {
  EXPECT_TRUE(has(two_and_two(relaxed), {0, 0, 0, 0, 1, 1}));
  EXPECT_TRUE(has(two_and_two(release), {0, 0, 0, 0, 1, 1}));
  EXPECT_FALSE(has(two_and_two(seq_cst), {0, 0, 0, 0, 1, 1}));
}

TEST(litmus, two_readers_agree_on_two_stores_to_one_object) {
  const thread reads_twice[] = {[](place& p) {
                                  p.seen[0] = p.x.load(relaxed);
                                  p.seen[1] = p.x.load(relaxed);
                                },
                                [](place& p) {
                                  p.x.store(2, relaxed);
                                  p.seen[2] = p.x.load(relaxed);
                                  p.seen[3] = p.x.load(relaxed);
                                }};
  const outcomes all =
      explore({[](place& p) { p.x.store(1, relaxed); }, reads_twice[0], reads_twice[1]});
  EXPECT_TRUE(has(all, {1, 2, 2, 2}));
  EXPECT_TRUE(has(all, {2, 1, 2, 1}));
  EXPECT_FALSE(has(all, {1, 2, 2, 1}));
}

TEST(litmus, modifications_lose_nothing) {
  const thread adds = [](place& p) { p.x.fetch_add(1, relaxed); };
  for (const auto& each : explore({adds, adds, adds})) EXPECT_EQ(each[4], 3);
  // One of two exchanges from the same value succeeds, whatever a failed one has read.
  const auto exchanges = [](std::size_t who) {
    return [who](place& p) {
      int expected = 0;
      p.seen[who] = p.x.compare_exchange_strong(expected, 1, acq_rel, relaxed) ? 1 : 0;
    };
  };
  for (const auto& each : explore({exchanges(0), exchanges(1)})) {
    EXPECT_EQ(each[0] + each[1], 1);
  }
}

TEST(litmus, a_mutex_orders_and_a_circle_of_two_is_a_deadlock) {
  static mutex* locks[2];
  const auto with_locks = [](int first, int second) {
    return [=](place& p) {
      locks[first]->lock();
      locks[second]->lock();
      p.plain = p.plain + 1;
      locks[second]->unlock();
      locks[first]->unlock();
    };
  };
  const auto run = [&](bool circular) {
    checker& all = the_checker();
    std::set<std::string> wrong;
    const std::function<void()> body = [&] {
      auto& shared = *::new (model_platform::allocate(sizeof(place), alignof(place))) place();
      mutex own[2];
      for (int i = 0; i < 2; ++i) locks[i] = &own[i];
      const thread threads[] = {with_locks(0, 1), circular ? with_locks(1, 0) : with_locks(0, 1)};
      all.run_threads(2, true, [&](std::size_t me) { threads[me - 1](shared); });
      if (shared.plain != 2) fail("an addition is lost");
    };
    all.choices().search({3, 1});
    do {
      all.choices().begin();
      wrong.insert(all.execute(body));
    } while (all.choices().next());
    return wrong;
  };
  EXPECT_EQ(run(false), std::set<std::string>{""});
  const auto found = run(true);
  EXPECT_EQ(found.size(), 2U + 1U);  // nothing wrong, or a deadlock that either thread completes
}

TEST(litmus, a_waiting_thread_is_woken_or_the_deadlock_is_found) {
  const thread waits = [](place& p) { p.x.wait(0, acquire); };
  const auto changes = [](bool wakes) {
    return [wakes](place& p) {
      p.x.store(1, release);
      if (wakes) p.x.notify_all();
    };
  };
  EXPECT_FALSE(is_wrong(explore({waits, changes(true)})));
  EXPECT_TRUE(is_wrong(explore({waits, changes(false)})));
}

TEST(litmus, what_is_freed_is_not_used) {
  const auto frees = [](std::memory_order order) {
    return [order](place& p) {
      if (p.y.load(order) == 1) model_platform::deallocate(&p, sizeof(place), alignof(place));
    };
  };
  const thread uses = [](place& p) {
    p.seen[0] = p.plain;
    p.y.store(1, release);
  };
  checker& all = the_checker();
  const auto run = [&](std::memory_order order) {
    bool wrong = false;
    const std::function<void()> body = [&] {
      auto& shared = *::new (model_platform::allocate(sizeof(place), alignof(place))) place();
      const thread threads[] = {frees(order), uses};
      all.run_threads(2, true, [&](std::size_t me) { threads[me - 1](shared); });
    };
    all.choices().search({2, 2});
    do {
      all.choices().begin();
      wrong |= !all.execute(body).empty();
    } while (all.choices().next());
    return wrong;
  };
  EXPECT_FALSE(run(acquire));
  EXPECT_TRUE(run(relaxed));
}

}  // namespace
}  // namespace syncmap::model
