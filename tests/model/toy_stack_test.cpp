// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: the checker finds every wrong memory order and every missing step of hazard pointers in a
// stack of a few lines (Treiber's), and nothing in the right one. This is the acceptance test of the
// checker itself: what it says of the maps is worth what it says here.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <model_platform.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <test_platform.hpp>
#include <vector>

namespace syncmap::model {
namespace {

using order = std::memory_order;
constexpr order relaxed = std::memory_order_relaxed;
constexpr order acquire = std::memory_order_acquire;
constexpr order release = std::memory_order_release;
constexpr order acq_rel = std::memory_order_acq_rel;
constexpr order seq_cst = std::memory_order_seq_cst;

// The right one, unless something is changed.
struct variant {
  const char* name;
  order first = acquire;    // pop: the first look at the head
  order publish = seq_cst;  // pop: the announcement of a node
  order recheck = seq_cst;  // pop: the second look at the head
  order pop = seq_cst;      // pop: the exchange of the head
  order clear = release;    // pop: the end of the announcement
  order push = release;     // push: the exchange of the head
  order scan = seq_cst;     // reclamation: the look at the announcements
  bool publishes = true;
  bool rechecks = true;
  bool scans = true;
  bool scans_all = true;
  bool clears = true;
  bool reads_next_early = false;

  friend std::ostream& operator<<(std::ostream& out, const variant& one) { return out << one.name; }
};

struct node {
  explicit node(int of) : value(of) {}
  var<int> value;
  var<node*> next{nullptr};
};

class stack {
 public:
  explicit stack(const variant& how) : how_(how) {}
  ~stack() {
    while (pop(0)) {
    }
    reclaim(0);
  }

  void push(int value) {
    node* const fresh = ::new (model_platform::allocate(sizeof(node), alignof(node))) node(value);
    node* seen = head_.load(relaxed);
    do {
      fresh->next = seen;
    } while (!head_.compare_exchange_weak(seen, fresh, how_.push, relaxed));
  }

  std::optional<int> pop(std::size_t me) {
    for (;;) {
      node* const seen = head_.load(how_.first);
      if (seen == nullptr) {
        clear(me);
        return std::nullopt;
      }
      node* next = nullptr;
      if (how_.reads_next_early) next = seen->next;
      if (how_.publishes) slots_[me].store(seen, how_.publish);
      if (how_.rechecks && head_.load(how_.recheck) != seen) continue;
      if (!how_.reads_next_early) next = seen->next;
      node* expected = seen;
      if (!head_.compare_exchange_strong(expected, next, how_.pop, relaxed)) continue;
      const int value = seen->value;
      clear(me);
      retired_[me].push_back(seen);
      scan(me);
      return value;
    }
  }

  // Waits until nobody reads what this thread has retired.
  void reclaim(std::size_t me) {
    while (!retired_[me].empty()) {
      scan(me);
      if (!retired_[me].empty()) the_checker().yield();
      if (!retired_[me].empty()) the_checker().step();
    }
  }

 private:
  void clear(std::size_t me) {
    if (how_.clears) slots_[me].store(nullptr, how_.clear);
  }
  bool is_announced(const node* one) {
    if (!how_.scans) return false;
    const std::size_t end = how_.scans_all ? max_threads : 2;
    for (std::size_t i = 0; i < end; ++i) {
      if (slots_[i].load(how_.scan) == one) return true;
    }
    return false;
  }
  void scan(std::size_t me) {
    std::vector<node*> kept;
    for (node* const one : retired_[me]) {
      if (is_announced(one)) {
        kept.push_back(one);
        continue;
      }
      one->~node();
      model_platform::deallocate(one, sizeof(node), alignof(node));
    }
    retired_[me] = kept;
  }

  const variant& how_;
  atomic<node*> head_{nullptr};
  atomic<node*> slots_[max_threads] = {};
  std::vector<node*> retired_[max_threads];
};

// Two threads pop and push; each value is popped once.
void play(const variant& how) {
  checker& all = the_checker();
  stack& one = *::new (model_platform::allocate(sizeof(stack), alignof(stack))) stack(how);
  one.push(1);
  one.push(2);
  int popped[8] = {};
  all.run_threads(2, true, [&](std::size_t me) {
    const auto take = [&] {
      if (const auto got = one.pop(me)) ++popped[*got];
    };
    take();
    one.push(2 + static_cast<int>(me));
    take();
    one.reclaim(me);
  });
  while (const auto got = one.pop(0)) ++popped[*got];
  for (int value = 1; value <= 4; ++value) {
    if (popped[value] != 1)
      fail("value " + std::to_string(value) + " was popped " + std::to_string(popped[value]) +
           " times");
  }
  one.~stack();
  model_platform::deallocate(&one, sizeof(stack), alignof(stack));
  all.objects().blocks().for_each_block([](const block& each) {
    if (!each.is_freed) fail("a leak");
  });
}

const variant right = {.name = "M0_right"};
const variant equivalent = {.name = "M14_first_look_relaxed", .first = relaxed};
const variant wrong[] = {
    {.name = "M1_publish_release", .publish = release},
    {.name = "M2_recheck_acquire", .recheck = acquire},
    {.name = "M3_pop_acq_rel", .pop = acq_rel},
    {.name = "M4_scan_acquire", .scan = acquire},
    {.name = "M5_push_relaxed", .push = relaxed},
    {.name = "M6_clear_relaxed", .clear = relaxed},
    {.name = "M7_scan_relaxed", .scan = relaxed},
    {.name = "M8_no_recheck", .rechecks = false},
    {.name = "M9_no_publish", .publishes = false},
    {.name = "M10_no_scan", .scans = false},
    {.name = "M11_scans_some", .scans_all = false},
    {.name = "M12_never_clears", .clears = false},
    {.name = "M13_next_before_publish", .reads_next_early = true},
    {.name = "M15_pop_release", .pop = release},
};

// At which execution something goes wrong; 0 if never.
std::size_t found_by_random(const variant& how, std::uint64_t seed, std::size_t most) {
  checker& all = the_checker();
  all.choices().randomize(seed);
  for (std::size_t i = 1; i <= most; ++i) {
    all.choices().begin();
    if (!all.execute([&] { play(how); }).empty()) return i;
  }
  return 0;
}
std::size_t found_by_search(const variant& how, bounds within, std::size_t most) {
  checker& all = the_checker();
  bool is_wrong = false;
  all.forget_figures();
  all.search(
      within, true, [&] { play(how); },
      [&](const std::string& what) {
        is_wrong = !what.empty();
        return !is_wrong && all.executions() < most;
      });
  return is_wrong ? all.executions() : 0;
}

class toy_stack : public ::testing::TestWithParam<variant> {};

TEST_P(toy_stack, is_found_wrong_by_random_executions) {
  const std::size_t at = found_by_random(GetParam(), test::test_seed(), 200000);
  std::printf("%s: found at execution %zu\n", GetParam().name, at);
  EXPECT_NE(at, 0U);
}

TEST_P(toy_stack, is_found_wrong_by_search) {
  for (const bounds within : {bounds{1, 1}, bounds{2, 1}, bounds{3, 1}}) {
    const std::size_t at = found_by_search(GetParam(), within, 3000000);
    if (at == 0) continue;
    std::printf(
        "%s: found at execution %zu of %u preemptions\n", GetParam().name, at, within.preemptions);
    return;
  }
  FAIL() << "not found";
}

TEST_P(toy_stack, tells_the_same_when_repeated) {
  ASSERT_NE(found_by_random(GetParam(), 1, 200000), 0U);
  const std::string story = the_checker().retell([&] { play(GetParam()); });
  EXPECT_EQ(story.find("nothing wrong"), std::string::npos) << story;
  const std::string described = story.substr(story.rfind('=') + 1);
  the_checker().choices().repeat(described);
  the_checker().choices().begin();
  EXPECT_NE(the_checker().execute([&] { play(GetParam()); }), "");
}

INSTANTIATE_TEST_SUITE_P(model, toy_stack, ::testing::ValuesIn(wrong),
                         [](const auto& one) { return std::string(one.param.name); });

class right_toy_stack : public ::testing::TestWithParam<variant> {};

TEST_P(right_toy_stack, is_not_found_wrong) {
  EXPECT_EQ(found_by_random(GetParam(), test::test_seed(), 150000), 0U)
      << the_checker().retell([&] { play(GetParam()); });
  EXPECT_EQ(found_by_search(GetParam(), {2, 1}, 100000), 0U)
      << the_checker().retell([&] { play(GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(model, right_toy_stack, ::testing::Values(right, equivalent),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
