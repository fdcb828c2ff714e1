// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The checker of histories, which the other tests of G1 rely on, can fail: histories made by hand, and
// those of maps with one operation that is not atomic.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <linearizability.hpp>
#include <maps.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using support::lin::add_walk;
using support::lin::check_histories;
using support::lin::clock;
using support::lin::contents;
using support::lin::event;
using support::lin::is_linearizable;
using support::lin::none;
using support::lin::operation;
using support::lin::outcome;
using support::lin::shown;

// --- histories made by hand; nobody else is there at the times of an event but those that overlap it

bool explained(contents before, std::vector<event> events) {
  return is_linearizable({before, std::move(events)});
}

// A store that nobody waits for, from 1 to 4.
constexpr event store_seven{
    .what = operation::store, .key = 0, .given = 7, .thread = 0, .start = 1, .end = 4};

TEST(g1_checker, explains_what_overlaps_in_either_order) {
  event load{.what = operation::load, .thread = 1, .start = 2, .end = 3};
  for (const int result : {none, 7}) {
    load.result = result;
    EXPECT_TRUE(explained({}, {store_seven, load})) << result;
  }
  load.result = 8;
  EXPECT_FALSE(explained({}, {store_seven, load}));
}

TEST(g1_checker, finds_a_stale_load) {
  event load{.what = operation::load, .result = none, .thread = 1, .start = 5, .end = 6};
  EXPECT_FALSE(explained({}, {store_seven, load}));
  load.result = 7;
  EXPECT_TRUE(explained({}, {store_seven, load}));
}

TEST(g1_checker, finds_a_load_that_goes_back) {
  const event news{.what = operation::load, .result = 7, .thread = 1, .start = 2, .end = 2};
  event later{.what = operation::load, .result = none, .thread = 2, .start = 3, .end = 3};
  EXPECT_FALSE(explained({}, {store_seven, news, later}));
  later.start = 2;
  EXPECT_TRUE(explained({}, {store_seven, news, later}));
}

TEST(g1_checker, finds_a_lost_update) {
  const event one{.what = operation::update,
                  .given = 5,
                  .result = 5,
                  .seen = 1,
                  .thread = 0,
                  .start = 1,
                  .end = 4};
  event two{.what = operation::update,
            .given = 6,
            .result = 6,
            .seen = 1,
            .thread = 1,
            .start = 2,
            .end = 3};
  EXPECT_FALSE(explained({1}, {one, two}));
  two.seen = 5;
  EXPECT_TRUE(explained({1}, {one, two}));
}

TEST(g1_checker, finds_two_winners) {
  const auto pair = [](operation what, bool first, bool second, int result) {
    const event one{
        .what = what, .given = 5, .result = 5, .yes = first, .thread = 0, .start = 1, .end = 4};
    const event two{.what = what,
                    .given = 6,
                    .result = result,
                    .yes = second,
                    .thread = 1,
                    .start = 2,
                    .end = 3};
    return std::vector{one, two};
  };
  for (const operation what : {operation::load_or_store, operation::load_or_compute}) {
    EXPECT_FALSE(explained({}, pair(what, false, false, 6)));
    EXPECT_FALSE(explained({}, pair(what, false, true, 6)));
    EXPECT_TRUE(explained({}, pair(what, false, true, 5)));
  }
  EXPECT_FALSE(explained({}, pair(operation::try_emplace, true, true, none)));
  EXPECT_FALSE(explained({}, pair(operation::insert_or_assign, true, true, none)));
  EXPECT_TRUE(explained({}, pair(operation::insert_or_assign, true, false, none)));
  EXPECT_FALSE(explained({1}, pair(operation::erase, true, true, none)));
  EXPECT_FALSE(explained({1}, pair(operation::erase, false, false, none)));
  EXPECT_TRUE(explained({1}, pair(operation::erase, false, true, none)));
}

TEST(g1_checker, finds_a_value_that_is_taken_twice) {
  for (const operation what : {operation::load_and_erase, operation::swap}) {
    const event one{.what = what, .given = 5, .result = 1, .thread = 0, .start = 1, .end = 4};
    const event two{.what = what, .given = 6, .result = 1, .thread = 1, .start = 2, .end = 3};
    EXPECT_FALSE(explained({1}, {one, two}));
  }
  const auto pair = [](operation what, bool both) {
    const event one{
        .what = what, .given = 5, .expected = 1, .yes = true, .thread = 0, .start = 1, .end = 4};
    const event two{
        .what = what, .given = 6, .expected = 1, .yes = both, .thread = 1, .start = 2, .end = 3};
    return std::vector{one, two};
  };
  for (const operation what : {operation::compare_and_swap, operation::compare_and_erase}) {
    EXPECT_FALSE(explained({1}, pair(what, true)));
    EXPECT_TRUE(explained({1}, pair(what, false)));
  }
}

TEST(g1_checker, finds_a_callback_that_saw_what_was_not_replaced) {
  for (const operation what :
       {operation::compute_value, operation::compute_none, operation::compute_other}) {
    event compute{
        .what = what, .given = 5, .result = none, .seen = 1, .thread = 1, .start = 5, .end = 6};
    if (what == operation::compute_value) compute.result = 5;
    EXPECT_TRUE(explained({1}, {compute}));
    EXPECT_FALSE(explained({}, {compute}));
    EXPECT_FALSE(explained({1}, {store_seven, compute}));
    compute.seen = 7;
    EXPECT_TRUE(explained({1}, {store_seven, compute}));
    compute.result = 9;
    EXPECT_FALSE(explained({1}, {store_seven, compute}));
  }
}

TEST(g1_checker, finds_a_clear_that_is_seen_halfway) {
  const event clear{.what = operation::clear, .thread = 0, .start = 1, .end = 10};
  event first{.what = operation::load, .key = 0, .result = none, .thread = 1, .start = 2, .end = 3};
  event second{.what = operation::load, .key = 1, .result = 2, .thread = 1, .start = 4, .end = 5};
  EXPECT_FALSE(explained({1, 2}, {clear, first, second}));
  first.result = 1;
  EXPECT_TRUE(explained({1, 2}, {clear, first, second}));
  second.result = none;
  EXPECT_TRUE(explained({1, 2}, {clear, first, second}));
}

TEST(g1_checker, does_not_take_a_clear_for_earlier_than_it_is) {
  const event clear{.what = operation::clear, .thread = 1, .start = 1, .end = 10};
  const event load{.what = operation::load, .result = none, .thread = 0, .start = 5, .end = 6};
  EXPECT_TRUE(explained({}, {clear, store_seven, load}));
}

// Over two keys, which had 1 and 2, from 5 to 15.
bool walk_is_explained(std::vector<event> others, const std::vector<shown>& entries) {
  const event call{.what = operation::range, .thread = 1, .start = 5, .end = 15};
  add_walk(others, call, 2, entries);
  return explained({1, 2}, others);
}

TEST(g1_checker, finds_what_a_walk_must_not_show) {
  EXPECT_TRUE(walk_is_explained({}, {{0, 1, 6}, {1, 2, 7}}));
  EXPECT_TRUE(walk_is_explained({}, {{1, 2, 6}, {0, 1, 7}}));
  EXPECT_FALSE(walk_is_explained({}, {{0, 1, 6}, {1, 2, 7}, {0, 1, 8}})) << "a key twice";
  EXPECT_FALSE(walk_is_explained({}, {{0, 1, 6}, {1, 2, 7}, {9, 1, 8}, {9, 1, 9}}))
      << "another key twice";
  EXPECT_FALSE(walk_is_explained({}, {{1, 2, 7}})) << "a key is missing";
  EXPECT_FALSE(walk_is_explained({store_seven}, {{0, 1, 6}, {1, 2, 7}})) << "an old value";

  const event meanwhile{
      .what = operation::store, .key = 0, .given = 7, .thread = 0, .start = 8, .end = 9};
  EXPECT_TRUE(walk_is_explained({meanwhile}, {{1, 2, 7}, {0, 1, 12}}));
  EXPECT_TRUE(walk_is_explained({meanwhile}, {{1, 2, 7}, {0, 7, 12}}));
  EXPECT_FALSE(walk_is_explained({meanwhile}, {{0, 7, 7}, {1, 2, 12}})) << "from the future";
  EXPECT_FALSE(walk_is_explained({meanwhile}, {{1, 2, 7}})) << "a key that is replaced is missing";

  const event gone{.what = operation::erase, .key = 0, .yes = true, .start = 8, .end = 9};
  EXPECT_TRUE(walk_is_explained({gone}, {{1, 2, 7}}));
  EXPECT_TRUE(walk_is_explained({gone}, {{0, 1, 7}, {1, 2, 12}}));
}

// --- maps with one operation that is not atomic

using support::lin::subject_of;
using good_map = support::map_family::map<int, int>;

struct split_update : subject_of<good_map> {
  static std::string name() { return "update"; }
  void act(event& e, random_source& random) override {
    if (e.what != operation::update) return subject_of::act(e, random);
    const auto now = map().load(e.key);
    std::this_thread::yield();
    if (!now) return;
    e.seen = *now;
    e.result = e.given;
    map().store(e.key, e.given);
  }
};

struct split_load_or_store : subject_of<good_map> {
  static std::string name() { return "load_or_store"; }
  void act(event& e, random_source& random) override {
    if (e.what != operation::load_or_store) return subject_of::act(e, random);
    const auto now = map().load(e.key);
    std::this_thread::yield();
    e.yes = now.has_value();
    e.result = now.value_or(e.given);
    if (!now) map().store(e.key, e.given);
  }
};

struct split_compare_and_swap : subject_of<good_map> {
  static std::string name() { return "compare_and_swap"; }
  void act(event& e, random_source& random) override {
    if (e.what != operation::compare_and_swap) return subject_of::act(e, random);
    e.yes = map().load(e.key) == e.expected;
    std::this_thread::yield();
    if (e.yes) map().store(e.key, e.given);
  }
};

struct split_load_and_erase : subject_of<good_map> {
  static std::string name() { return "load_and_erase"; }
  void act(event& e, random_source& random) override {
    if (e.what != operation::load_and_erase) return subject_of::act(e, random);
    e.result = map().load(e.key).value_or(none);
    std::this_thread::yield();
    map().erase(e.key);
  }
};

struct split_clear : subject_of<good_map> {
  static std::string name() { return "clear"; }
  void act(event& e, random_source& random) override {
    if (e.what != operation::clear) return subject_of::act(e, random);
    map().erase_if([](int, int) {
      std::this_thread::yield();
      return true;
    });
  }
};

// A load that answers what the thread's last one did, if that was of the same key.
struct stale_load : subject_of<good_map> {
  static std::string name() { return "load"; }
  void act(event& e, random_source& random) override {
    thread_local const void* asked = nullptr;
    thread_local event last;
    if (e.what != operation::load) return subject_of::act(e, random);
    if (std::exchange(asked, this) == this && last.key == e.key) {
      e.result = last.result;
    } else {
      subject_of::act(e, random);
    }
    last = e;
  }
};

struct repeating_range : subject_of<good_map> {
  static std::string name() { return "range"; }
  std::vector<shown> walk(operation how, int keys, clock& time, random_source& random) override {
    auto entries = subject_of::walk(how, keys, time, random);
    if (!entries.empty()) entries.push_back(entries.front());
    return entries;
  }
};

// A walk that forgets an entry if something was stored meanwhile.
struct forgetful_range : subject_of<good_map> {
  static std::string name() { return "range_that_forgets"; }
  std::vector<shown> walk(operation how, int keys, clock& time, random_source& random) override {
    const std::size_t before = map().size();
    auto entries = subject_of::walk(how, keys, time, random);
    if (before != map().size() && !entries.empty()) entries.pop_back();
    return entries;
  }
};

// A walk that shows what the last one of the map did.
struct late_range : subject_of<good_map> {
  static std::string name() { return "range_of_the_past"; }
  std::vector<shown> walk(operation how, int keys, clock& time, random_source& random) override {
    static const void* of = nullptr;
    static std::mutex lock;
    static std::vector<shown> last;
    const std::lock_guard hold(lock);
    if (std::exchange(of, this) != this) last = subject_of::walk(how, keys, time, random);
    for (shown& each : last) each.when = time.tick();
    return last;
  }
};

template <class Broken>
class g1_broken_map : public ::testing::Test {};
using broken_maps = ::testing::Types<split_update, split_load_or_store, split_compare_and_swap,
                                     split_load_and_erase, split_clear, stale_load, repeating_range,
                                     forgetful_range, late_range>;
struct broken_names {
  template <class Broken>
  static std::string GetName(int) {
    return Broken::name();
  }
};
TYPED_TEST_SUITE(g1_broken_map, broken_maps, broken_names);

TYPED_TEST(g1_broken_map, is_found) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  const outcome all = check_histories<TypeParam>(20000);
  EXPECT_FALSE(all.flaw.empty()) << "not found in " << all.histories << " histories";
  this->RecordProperty("histories", all.histories);
  std::printf("g1: found in %d histories\n", all.histories);
}

}  // namespace
