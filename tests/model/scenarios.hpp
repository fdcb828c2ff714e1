// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// scenarios.hpp -- what the checker runs with every kind of entry, and with both engines unless it says
// which: a few operations before, and one to three threads of operations. Adding one is a line.
//
// A group has two slots. `the` and `near` are in one group, `twin` is another key with the hash of
// `the`, `far` is in the other half of all hashes. A table begins with one group; the third key makes
// it overflow, and grow.

#pragma once

#include <cstddef>
#include <cstdint>
#include <history.hpp>
#include <ostream>
#include <set>
#include <vector>

namespace syncmap::model {

enum class engine : std::uint8_t { both, group, read_dirty };

struct scenario {
  const char* name;
  std::vector<step> before;
  std::vector<std::vector<step>> threads;
  bool is_cold = false;      // a thread's first operation is part of it, and not done before
  engine of = engine::both;  // the other one does nothing in it that it does not do in others

  friend std::ostream& operator<<(std::ostream& out, const scenario& one) {
    return out << one.name;
  }
};

inline constexpr int the = 1;
inline constexpr int near = 2;
inline constexpr int twin = 1001;
inline constexpr int far = 801;
inline constexpr int all_keys[] = {the, near, twin, far};

constexpr step load(int key) { return {call::load, key}; }
constexpr step contains(int key) { return {call::contains, key}; }
constexpr step store(int key, int value) { return {call::store, key, value}; }
constexpr step swap(int key, int value) { return {call::swap, key, value}; }
constexpr step load_or_store(int key, int value) { return {call::load_or_store, key, value}; }
constexpr step load_or_compute(int key, int value) { return {call::load_or_compute, key, value}; }
constexpr step load_or_throw(int key) { return {call::load_or_throw, key}; }
constexpr step erase(int key) { return {call::erase, key}; }
constexpr step load_and_erase(int key) { return {call::load_and_erase, key}; }
constexpr step compare_and_swap(int key, int expected, int value) {
  return {call::compare_and_swap, key, value, expected};
}
constexpr step compare_and_erase(int key, int expected) {
  return {call::compare_and_erase, key, 0, expected};
}
constexpr step update(int key, int by) { return {call::update, key, by}; }
constexpr step compute(int key, int value) { return {call::compute, key, value}; }
constexpr step clear() { return {call::clear}; }
constexpr step range() { return {call::range}; }
constexpr step size() { return {call::size}; }
constexpr step reserve(int entries) { return {call::reserve, 0, entries}; }
constexpr step shrink() { return {call::shrink}; }
constexpr step reclaim() { return {call::reclaim}; }
constexpr step find(int key) { return {call::find, key}; }
constexpr step look() { return {call::look}; }
constexpr step load_many() { return {call::load_many}; }
constexpr step stats() { return {call::stats}; }

inline scenario of_group(scenario one) {
  one.of = engine::group;
  return one;
}
inline scenario of_read_dirty(scenario one) {
  one.of = engine::read_dirty;
  return one;
}

inline std::vector<scenario> all_scenarios() {
  const std::vector<step> empty;
  const std::vector<step> one = {store(the, 10)};
  // The third key is in an overflow group, and the table has a next one, to which nothing has moved.
  const std::vector<step> growing = {store(the, 10), store(near, 20), store(twin, 30)};
  // Of the read/dirty map: `the` is in read, `near` in dirty.
  const std::vector<step> amended = {store(the, 10), range(), store(near, 20)};
  // `the` is in read, alone.
  const std::vector<step> promoted = {store(the, 10), range()};
  // `the` is in read and has no value.
  const std::vector<step> erased = {store(the, 10), range(), erase(the)};
  // It is expunged: dirty has `near` alone.
  const std::vector<step> expunged = {store(the, 10), range(), erase(the), store(near, 20)};
  return {
      // One key.
      {"load_store", one, {{load(the)}, {store(the, 11)}}},
      {"load_store_absent", empty, {{load(the), load(the)}, {store(the, 11)}}},
      {"load_erase", one, {{load(the), load(the)}, {erase(the)}}},
      {"load_erase_store", one, {{load(the), load(the)}, {erase(the), store(the, 11)}}},
      {"contains_compute", one, {{contains(the), contains(the)}, {compute(the, 11)}}},
      {"store_store", one, {{store(the, 11), load(the)}, {store(the, 12), load(the)}}},
      {"swap_swap", one, {{swap(the, 11)}, {swap(the, 12)}}},
      {"swap_swap_absent", empty, {{swap(the, 11)}, {swap(the, 12)}}},
      {"swap_erase", one, {{swap(the, 11)}, {load_and_erase(the)}}},
      {"erase_erase", one, {{load_and_erase(the)}, {load_and_erase(the)}}},
      {"load_or_store_twice", empty, {{load_or_store(the, 11)}, {load_or_store(the, 12)}}},
      {"load_or_store_erase", one, {{load_or_store(the, 11), load(the)}, {load_and_erase(the)}}},
      {"compare_and_swap_twice",
       one,
       {{compare_and_swap(the, 10, 11)}, {compare_and_swap(the, 10, 12)}}},
      {"compare_and_swap_back",
       one,
       {{compare_and_swap(the, 10, 11)}, {swap(the, 12), swap(the, 10)}}},
      {"compare_and_erase_store", one, {{compare_and_erase(the, 10)}, {swap(the, 11)}}},
      {"compare_and_erase_revival",
       one,
       {{compare_and_erase(the, 10)}, {erase(the), store(the, 10)}}},
      {"update_update", one, {{update(the, 1)}, {update(the, 2)}}},
      {"compute_compute", one, {{compute(the, 11)}, {compute(the, 12)}}},
      {"compare_and_swap_erase", one, {{compare_and_swap(the, 10, 11)}, {load_and_erase(the)}}},
      {"update_erase", one, {{update(the, 1)}, {load_and_erase(the)}}},
      {"compute_erase", one, {{compute(the, 11)}, {load_and_erase(the)}}},
      // Two keys.
      {"each_stores_and_loads_the_other",
       empty,
       {{store(the, 11), load(near)}, {store(near, 12), load(the)}}},
      {"each_swaps_and_loads_the_other",
       {store(the, 10), store(near, 20)},
       {{store(the, 11), load(near)}, {store(near, 21), load(the)}}},
      {"each_erases_and_loads_the_other",
       {store(the, 10), store(near, 20)},
       {{erase(the), load(near)}, {erase(near), load(the)}}},
      {"one_order_of_two_stores",
       one,
       {{store(the, 11), store(near, 21)}, {load(near), load(the)}}},
      {"another_key_takes_the_slot",
       {store(the, 10), store(near, 20)},
       {{load(the)}, {erase(the), store(twin, 31)}}},
      {"find_what_takes_the_slot",
       {store(the, 10), store(near, 20)},
       {{find(twin), look()}, {erase(the), store(twin, 31)}}},
      {"find_what_leaves_the_slot",
       {store(the, 10), store(near, 20)},
       {{find(the), look()}, {erase(the), store(twin, 31)}}},
      {"load_what_takes_the_slot",
       {store(the, 10), store(near, 20)},
       {{load(twin)}, {erase(the), store(twin, 31)}}},
      {"range_what_takes_the_slot",
       {store(the, 10), store(near, 20)},
       {{range()}, {erase(the), store(twin, 31)}}},
      {"twins", empty, {{load_or_store(the, 11)}, {load_or_store(twin, 12), load(the)}}},
      {"insert_insert", one, {{store(near, 21)}, {store(twin, 31), load(near)}}},
      {"overflow_erased",
       {store(the, 10), store(near, 20), store(twin, 30), reserve(40)},
       {{load(twin), load(the)}, {erase(twin), store(the, 11)}}},
      // Growth.
      {"load_while_moved", growing, {{load(the), load(twin)}, {store(far, 41)}}},
      {"store_while_moved", growing, {{store(the, 11), load(the)}, {store(the, 12)}}},
      {"erase_while_moved", growing, {{load_and_erase(the)}, {swap(the, 12), load(twin)}}},
      {"two_move", growing, {{swap(near, 21)}, {swap(twin, 31)}}},
      {"range_while_moved", growing, {{range()}, {store(far, 41)}}},
      {"clear_while_moved", growing, {{clear()}, {store(the, 11), load(near)}}},
      {"find_while_moved", growing, {{find(the), look()}, {erase(the), store(far, 41), look()}}},
      {"third_key", {store(the, 10), store(near, 20)}, {{store(twin, 31)}, {swap(the, 11)}}},
      {"two_third_keys",
       {store(the, 10), store(near, 20)},
       {{store(twin, 31), load(far)}, {store(far, 41), load(twin)}}},
      {"reserve_store", one, {{reserve(40)}, {swap(the, 11), load(the)}}},
      {"shrink_store", {store(the, 10), reserve(40)}, {{shrink()}, {swap(the, 11), load(the)}}},
      {"shrink_away", {store(the, 10), erase(the)}, {{shrink()}, {swap(the, 11), load(the)}}},
      // `far` moves what is left, and its table becomes the map's: which is cleared, and freed.
      of_group({"load_while_moved_and_cleared",
                growing,
                {{load(the)}, {store(far, 41), clear(), reclaim()}}}),
      of_group({"swap_while_moved_and_cleared",
                growing,
                {{swap(the, 11)}, {store(far, 41), clear(), reclaim()}}}),
      of_group({"reserve_while_moved_and_cleared",
                growing,
                {{reserve(40)}, {store(far, 41), clear(), reclaim()}}}),
      of_group({"stats_while_moved_and_cleared",
                growing,
                {{stats()}, {store(far, 41), clear(), reclaim()}}}),
      // The whole map.
      {"clear_load", one, {{clear()}, {load(the), load(the)}}},
      {"clear_store", one, {{clear()}, {swap(the, 11), load(the)}}},
      {"clear_insert", one, {{clear()}, {store(near, 21), load(the)}}},
      {"clear_store_again", one, {{clear(), store(the, 11)}, {compare_and_swap(the, 10, 12)}}},
      {"clear_clear", one, {{clear(), load(the)}, {clear(), store(the, 11)}}},
      {"clear_and_reclaim_twice", promoted, {{clear()}, {clear(), reclaim()}}},
      {"clear_first_store", empty, {{swap(the, 11)}, {clear(), reclaim()}}},
      {"clear_load_many", promoted, {{load_many()}, {clear(), reclaim()}}},
      of_read_dirty({"clear_range", promoted, {{range()}, {clear(), reclaim()}}}),
      of_read_dirty({"clear_stats", promoted, {{stats()}, {clear(), reclaim()}}}),
      {"range_store", one, {{range()}, {store(the, 11), store(near, 21)}}},
      {"range_swap", {store(the, 10), store(near, 20)}, {{range()}, {swap(the, 11)}}},
      {"each_swaps_and_walks",
       {store(the, 10), store(near, 20)},
       {{swap(the, 11), range()}, {swap(near, 21), range()}}},
      {"range_erase", {store(the, 10), store(near, 20)}, {{range()}, {erase(the), erase(near)}}},
      {"range_clear", {store(the, 10), store(near, 20)}, {{range()}, {clear(), store(the, 11)}}},
      {"size_store", one, {{size()}, {store(near, 21), swap(the, 11)}}},
      {"size_erase", {store(the, 10), store(near, 20)}, {{size()}, {erase(the), erase(near)}}},
      {"size_store_erase", one, {{size()}, {store(near, 21), erase(near)}}},
      {"size_clear", {store(the, 10), store(near, 20)}, {{size()}, {store(twin, 31), clear()}}},
      {"size_clear_store",
       {store(the, 10), store(near, 20)},
       {{size()}, {store(twin, 31), clear(), store(twin, 32)}}},
      // Promotion, expunging and revival (read/dirty); the same operations in the other engine.
      {"miss_store", amended, {{load(near), load(near)}, {store(near, 21)}}},
      {"miss_erase", amended, {{load(near), load(the)}, {load_and_erase(near)}}},
      {"miss_insert", amended, {{load(near)}, {store(twin, 31), load(the)}}},
      {"promote_erase", amended, {{range()}, {load_and_erase(near), load(the)}}},
      {"expunge_store", erased, {{store(near, 21)}, {store(the, 11), load(the)}}},
      {"expunge_load_or_store", erased, {{store(near, 21)}, {load_or_store(the, 11)}}},
      {"revive_twice", expunged, {{swap(the, 11)}, {load_or_store(the, 12)}}},
      {"revive_promote", expunged, {{store(the, 11), load(the)}, {range()}}},
      {"revive_clear", expunged, {{store(the, 11), load(the)}, {clear()}}},
      // Two keys stay in dirty, so that the erase promotes nothing.
      of_read_dirty({"miss_swap_erase",
                     {store(the, 10), range(), store(near, 20), store(twin, 30)},
                     {{swap(near, 21)}, {erase(near)}}}),
      of_read_dirty({"miss_swap_compare_and_erase",
                     amended,
                     {{swap(near, 21)}, {compare_and_erase(near, 20), reclaim()}}}),
      of_read_dirty({"miss_erase_clear", amended, {{erase(near)}, {clear(), store(near, 20)}}}),
      of_read_dirty({"promote_insert", amended, {{load_or_store(twin, 31)}, {range()}}}),
      {"entry_of_two_tables", amended, {{load(the), range()}, {clear(), reclaim()}}},
      {"entry_of_two_dropped_tables",
       amended,
       {{load(the), range(), reclaim()}, {load(the), clear(), reclaim()}}},
      {"amend_twice", one, {{store(near, 21)}, {store(twin, 31), load(near)}}},
      // Handles, reclamation, and the ends of threads.
      {"handle_outlives_entry", one, {{find(the), look()}, {erase(the), reclaim()}}},
      {"handle_outlives_value", one, {{find(the), look()}, {store(the, 11), store(the, 12)}}},
      {"handle_outlives_map", one, {{find(the), look()}, {clear(), reclaim()}}},
      of_read_dirty(
          {"handle_outlives_dropped_table", promoted, {{find(the), look()}, {clear(), reclaim()}}}),
      of_read_dirty(
          {"reclaim_load_promoted", promoted, {{load(the)}, {store(the, 11), reclaim()}}}),
      {"reclaim_load", one, {{load(the)}, {store(the, 11), reclaim()}}},
      {"reclaim_twice", one, {{swap(the, 11), reclaim()}, {swap(the, 12), reclaim()}}},
      {"first_use", empty, {{store(the, 11)}, {store(near, 21), load(the)}}, true},
      {"end_of_a_thread", one, {{swap(the, 11)}, {swap(the, 12), swap(the, 13)}}, true},
      {"reclaim_what_a_thread_left", one, {{load(the), swap(the, 11)}, {reclaim()}}, true},
      // Values that are computed.
      {"compute_once", empty, {{load_or_compute(the, 11)}, {load_or_compute(the, 12)}}},
      {"compute_or_store", empty, {{load_or_compute(the, 11)}, {store(the, 12), load(the)}}},
      {"compute_again", one, {{load_or_compute(the, 11)}, {erase(the), load_or_compute(the, 12)}}},
      // A factory throws, and who waits computes it.
      {"compute_throws", empty, {{load_or_throw(the)}, {load_or_compute(the, 12)}}},
      {"compute_throws_twice", empty, {{load_or_throw(the), load(the)}, {load_or_throw(the)}}},
      {"compute_throws_load",
       empty,
       {{load_or_throw(the)}, {load_or_compute(the, 12)}, {load(the)}}},
      // Three threads.
      {"load_swap_erase", one, {{load(the)}, {swap(the, 12)}, {load_and_erase(the)}}},
      {"load_swap_swap", one, {{load(the)}, {swap(the, 12)}, {swap(the, 13)}}},
      {"load_or_store_thrice",
       empty,
       {{load_or_store(the, 11)}, {load_or_store(the, 12)}, {load(the)}}},
      {"two_stores_one_reader",
       one,
       {{store(the, 11)}, {store(near, 21)}, {load(near), load(the)}}},
      {"move_load_erase", growing, {{load(the)}, {store(far, 41)}, {erase(the)}}},
      {"clear_store_load", one, {{clear()}, {swap(the, 11)}, {load(the)}}},
      {"handle_erase_store", one, {{find(the), look()}, {erase(the)}, {store(the, 11)}}},
      {"miss_promote_store", amended, {{load(near)}, {range()}, {store(near, 21)}}},
      {"expunge_revive_load", erased, {{store(near, 21)}, {store(the, 11)}, {load(the)}}},
      {"three_compute",
       empty,
       {{load_or_compute(the, 11)}, {load_or_compute(the, 12)}, {load_or_compute(the, 13)}}},
  };
}

inline std::vector<scenario> scenarios(engine with) {
  std::vector<scenario> some = all_scenarios();
  std::erase_if(
      some, [with](const scenario& each) { return each.of != engine::both && each.of != with; });
  return some;
}

// Those in which operations on different keys must be in one order that all threads agree on.
inline std::vector<scenario> scenarios_of_several_keys(engine with) {
  std::vector<scenario> some;
  for (const scenario& each : scenarios(with)) {
    std::set<int> keys;
    for (const auto& thread : each.threads) {
      for (const step& one : thread) keys.insert(one.key);  // 0: of a walk, which is of all keys
    }
    if (keys.size() > 1) some.push_back(each);
  }
  return some;
}

}  // namespace syncmap::model
