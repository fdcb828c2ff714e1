// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Every operation, stopped at its instructions in every state of its key, while another thread does each
// of the scripts. What both say must fit to an order in which the operation takes effect at one instant
// (G1; of a range, one for each entry: G3), and the other thread waits only where docs/guarantees.md says
// so (G4).
//
// SYNCMAP_TEST_STRIDE=1 stops at every instruction; without it, a part of them is chosen by
// SYNCMAP_TEST_SEED so that all tests together take about a minute.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <counts.hpp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <operations.hpp>
#include <optional>
#include <scripts.hpp>
#include <set>
#include <stepper.hpp>
#include <string>
#include <test_platform.hpp>
#include <vector>

namespace stepping {

// Whose locks docs/guarantees.md speaks of.
enum class engine { group, always_growing_group, read_dirty };

// One operation, which was stopped, and what another thread did meanwhile.
struct play {
  model before, after;
  operation stopped;
  outcome said;
  std::vector<operation> others;
  std::vector<outcome> others_said;
  std::size_t latest = 0;  // it was over before this one of the others began
};

inline std::optional<int> value_in(const model& entries, int key) {
  const auto found = entries.find(key);
  std::optional<int> result;
  if (found != entries.end()) result.emplace(found->second);
  return result;
}

// Of one key: may the operation have taken effect just before the others' number `at`?
inline bool fits_at(const play& all, int key, std::size_t at,
                    const std::vector<std::size_t>& concerning) {
  std::optional<int> now = value_in(all.before, key);
  bool is_done = !concerns(all.stopped, key);
  for (const std::size_t i : concerning) {
    std::optional<int> without = now;
    if (!is_done && i >= at) {
      if (!fits(all.stopped, all.said, key, now)) return false;
      is_done = true;
    }
    const operation& other = all.others[i];
    // A range that runs meanwhile may see it or not, of each key.
    const bool unseen = i == at && is_of_many_keys(other.what) && other.what != kind::erase_if &&
                        fits(other, all.others_said[i], key, without);
    if (!unseen && !fits(other, all.others_said[i], key, now)) return false;
  }
  if (!is_done && !fits(all.stopped, all.said, key, now)) return false;
  return now == value_in(all.after, key);
}

// Is there an instant at which the operation may have taken effect? For all keys the same; or, of an
// operation that is one for each key, for each of them.
inline bool is_explained(const play& all) {
  std::set<int> keys;
  for (const auto& [key, value] : all.before) keys.insert(key);
  for (const auto& [key, value] : all.after) keys.insert(key);
  for (const auto& [key, value] : all.said.seen) keys.insert(key);
  for (const operation& each : all.others) keys.insert(each.key);
  for (const outcome& each : all.others_said) {
    for (const auto& [key, value] : each.seen) keys.insert(key);
  }
  keys.insert(all.stopped.key);

  std::vector<bool> possible(all.latest + 1, true);
  for (const int key : keys) {
    std::vector<std::size_t> concerning;
    for (std::size_t i = 0; i < all.others.size(); ++i) {
      if (concerns(all.others[i], key)) concerning.push_back(i);
    }
    bool any = false;
    for (std::size_t at = 0; at <= all.latest; ++at) {
      const bool fitting = fits_at(all, key, at, concerning);
      any |= fitting;
      if (!is_of_many_keys(all.stopped.what)) possible[at] = possible[at] && fitting;
    }
    if (!any) return false;
  }
  return std::find(possible.begin(), possible.end(), true) != possible.end();
}

// Each write that runs meanwhile is counted by `size`, or not.
inline bool size_is_explained(const play& all) {
  if (all.stopped.what != kind::size) return true;
  const int said = all.said.value.value_or(-1);
  const int most = static_cast<int>(all.before.size() + all.others.size());
  const bool only_grows = std::all_of(all.others.begin(), all.others.end(), [](const auto& each) {
    return is_read(each.what) || each.what == kind::store;
  });
  return said <= most && said >= (only_grows ? static_cast<int>(all.before.size()) : 0);
}

inline bool has_shrink_to_fit(const script& other) {
  return std::any_of(other.run.begin(), other.run.end(),
                     [](const operation& each) { return each.what == kind::shrink_to_fit; });
}

// docs/guarantees.md: may the other thread have to wait for the stopped one?
inline bool may_wait(engine of, const operation& stopped, const state& from, const model& before,
                     const script& other) {
  const bool is_of_sizes = stopped.what == kind::reserve || stopped.what == kind::shrink_to_fit;
  const bool changes = may_lock(stopped, value_in(before, stopped.key));
  if (other.has == effect::none_on_settled_keys) return false;
  // It waits for reclamations, and any write may run one.
  if (!is_read(stopped.what) && has_shrink_to_fit(other)) return true;
  if (of != engine::read_dirty) {
    if (is_read(stopped.what)) return false;
    if (stopped.what == kind::clear) return false;
    if (other.has == effect::none_but_clear) return false;
    // While a table grows every write moves a part of it, also one that finds nothing to change.
    if (of == engine::always_growing_group || !from.has_room || is_of_sizes) return true;
    return changes && other.has == effect::some;
  }
  // The mutex is taken for new keys; and for all of them, where there are new ones.
  const bool is_present = before.contains(stopped.key);
  const bool takes_none = is_read(stopped.what) ||
                          (stopped.what != kind::clear && !is_of_sizes && (is_present || !changes));
  return !from.is_settled || !takes_none;
}

struct totals {
  long instructions = 0;  // of the longest
  std::size_t stops = 0;
  std::size_t plays = 0;
  std::size_t waits = 0;
};

template <class Map>
class stepping_test : public ::testing::Test {
 public:
  stepping_test(engine of, int many_entries, const stopped_operation& stopped)
      : of_(of), states_(states(many_entries)), stopped_(stopped) {}

  void TestBody() override {
    warm_up();
    if (HasFatalFailure()) return;
    for (const state& from : states_) {
      if (of_ != engine::read_dirty && !from.is_settled) continue;  // no such thing there
      measure(from);
      for (const script& other : scripts()) {
        SCOPED_TRACE(std::string(stopped_.name) + ", " + from.name + ", beside " + other.name +
                     ", SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
        everywhere(from, other);
        if (HasFatalFailure()) return;
      }
    }
    EXPECT_GT(totals_.stops, 0U);
    std::printf("%s: up to %ld instructions; stopped at %zu in %zu plays; waited for at %zu\n",
                stopped_.name, totals_.instructions, totals_.stops, totals_.plays, totals_.waits);
    support::count_done("g4", totals_.stops, "instructions at which a thread stood still");
  }

 private:
  // What the other thread works on, and tells.
  struct meanwhile {
    Map* map;
    const std::vector<operation>* run;
    std::vector<outcome> said;
    std::atomic<std::size_t> begun{0};

    static void work(void* self) {
      auto* const all = static_cast<meanwhile*>(self);
      player<Map> on(*all->map);
      for (const operation& each : *all->run) {
        all->begun.fetch_add(1, std::memory_order_seq_cst);
        all->said.push_back(on.run(each));
      }
    }
  };

  // What happens only once in a thread or process must not be stopped: a lazy symbol, a thread's record.
  void warm_up() {
    Map map;
    const auto all = [&] {
      std::vector<operation> result;
      for (const auto& each : stopped_operations()) result.push_back(each.run);
      for (const auto& each : scripts())
        result.insert(result.end(), each.run.begin(), each.run.end());
      return result;
    }();
    for (int i = 0; i < 2; ++i) {
      meanwhile own{&map, &all, {}};
      meanwhile::work(&own);
    }
    meanwhile others{&map, &all, {}};
    adversary::start(meanwhile::work, &others);
    ASSERT_TRUE(adversary::ends_within(std::chrono::seconds(60)));
  }

  // How long is it, if nothing stops it?
  void measure(const state& from) {
    length_ = once(from, scripts().front(), stepper::nowhere).instructions;
    totals_.instructions = std::max(totals_.instructions, length_);
  }

  // Stops the operation at its instructions, at all or a part. A few more than there are, for each map
  // draws a seed of its own, and the way through it may be longer.
  void everywhere(const state& from, const script& other) {
    ++totals_.plays;
    const long stride = stride_for(length_);
    long at = static_cast<long>(chance().below(static_cast<std::size_t>(stride)));
    for (bool stopped = at < length_; stopped || at < length_; at += stride) {
      const auto report = once(from, other, at);
      if (HasFatalFailure()) {
        ADD_FAILURE() << "stopped at instruction " << at << " of " << length_;
        return;
      }
      stopped = report.was_stopped;
      totals_.stops += stopped ? 1 : 0;
      totals_.waits += report.waited ? 1 : 0;
    }
  }

  // All stops of an operation cost a time that grows with the square of its length. A long one is not
  // stopped in each of its plays.
  static long stride_for(long length) {
    static const char* const given =
        std::getenv("SYNCMAP_TEST_STRIDE");  // NOLINT(concurrency-mt-unsafe)
    if (given != nullptr) return std::max(1L, std::strtol(given, nullptr, 0));
    constexpr long instructions_of_a_play = 200;
    const long affordable = length * length / 2 / instructions_of_a_play;
    return std::clamp(affordable, 1L, 4 * length);
  }

  static syncmap::test::random_source& chance() {
    static syncmap::test::random_source source(0);
    return source;
  }

  static model contents(Map& map) {
    const outcome said = player<Map>(map).run({kind::range});
    model result(said.seen.begin(), said.seen.end());
    EXPECT_EQ(result.size(), said.seen.size()) << "a key was shown twice";
    EXPECT_EQ(result.size(), map.size());
    return result;
  }

  stepper::report once(const state& from, const script& other, long at) {
    Map map;
    player<Map> on(map);
    play all;
    for (const operation& each : from.history) {
      on.run(each);
      if (each.what == kind::store) all.before[each.key] = each.value;
      if (each.what == kind::erase) all.before.erase(each.key);
    }
    all.stopped = stopped_.run;
    all.others = other.run;
    meanwhile others{&map, &all.others, {}};
    others.said.reserve(all.others.size());

    const bool waiting_is_right = may_wait(of_, stopped_.run, from, all.before, other);
    // Whoever must not wait gets the time that it may take on a busy machine.
    const auto patience =
        waiting_is_right ? std::chrono::milliseconds(2) : std::chrono::seconds(10);
    const auto report = stepper::run({at, meanwhile::work, &others, patience}, [&] {
      all.said = on.run(all.stopped);
      all.latest = others.begun.load(std::memory_order_seq_cst);
    });
    if (!report.was_stopped) meanwhile::work(&others);
    all.others_said = std::move(others.said);
    all.after = contents(map);

    check(report, waiting_is_right, all);
    expect_usable(map, all.after);
    return report;
  }

  static void check(const stepper::report& report, bool waiting_is_right, const play& all) {
    EXPECT_TRUE(waiting_is_right || !report.waited)
        << "the other thread waited for one that stood still after " << report.instructions - 1
        << " instructions";
    ASSERT_TRUE(is_explained(all)) << "no order explains what the operations said";
    ASSERT_TRUE(size_is_explained(all)) << "size said " << all.said.value.value_or(-1);
    ASSERT_FALSE(HasNonfatalFailure());
  }

  static void expect_usable(Map& map, model now) {
    player<Map> on(map);
    for (const int key : {the_key, neighbours, nobodys + 7}) {
      on.run({kind::store, key, 5});
      now[key] = 5;
      EXPECT_EQ(on.run({kind::load_and_erase, key}).value, 5);
      now.erase(key);
    }
    ASSERT_EQ(contents(map), now);
  }

  engine of_;
  std::vector<state> states_;
  stopped_operation stopped_;
  long length_ = 0;  // from the present state, in instructions
  totals totals_;
};

// A test for each operation: `name.g4_operation`.
template <class Map>
bool add_tests(const char* name, engine of, int many_entries) {
  for (const stopped_operation& each : stopped_operations()) {
    const std::string test = std::string("g4_") + each.name + "_stopped_at_its_instructions";
    ::testing::RegisterTest(
        name, test.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [=]() -> ::testing::Test* { return new stepping_test<Map>(of, many_entries, each); });
  }
  return true;
}

}  // namespace stepping
