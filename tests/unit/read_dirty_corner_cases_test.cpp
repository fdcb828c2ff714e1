// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// What an implementation of the two tables gets wrong if it is not careful.

#include <gtest/gtest.h>

#include <functional>
#include <key_states.hpp>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace syncmap::test {
namespace {

using inspect = read_dirty_inspector;

template <class Map>
std::map<int, int> contents(const Map& map) {
  std::map<int, int> result;
  map.range([&](const auto& key, int value) { result[int{key}] = value; });
  return result;
}

class read_dirty_corner_cases : public ::testing::Test {
 protected:
  void SetUp() override { script::reset(); }
  void TearDown() override {
    script::reset();
    EXPECT_EQ(validate(map), "");
  }
  scripted_map map;
};

// Everything that does not insert.
const std::vector<std::function<void(scripted_map&, int)>>& non_inserting() {
  static const std::vector<std::function<void(scripted_map&, int)>> all = {
      [](auto& m, int k) { static_cast<void>(m.load(k)); },
      [](auto& m, int k) { static_cast<void>(m.contains(k)); },
      [](auto& m, int k) { m.visit(k, [](int) {}); },
      [](auto& m, int k) { m.erase(k); },
      [](auto& m, int k) { m.load_and_erase(k); },
      [](auto& m, int k) { m.compare_and_erase(k, 12345); },
      [](auto& m, int k) { m.compare_and_swap(k, 12345, 1); },
      [](auto& m, int k) { m.compute(k, [](const auto*) { return std::optional<int>(); }); },
      [](auto& m, int) { m.range([](int, int) {}); },
      [](auto& m, int) { static_cast<void>(m.size()); }};
  return all;
}

// --- first use

TEST_F(read_dirty_corner_cases, an_unused_map_answers_without_lock_and_memory) {
  for (const auto& run : non_inserting()) run(map, 1);  // the thread's own slots
  script::reset();
  for (const auto& run : non_inserting()) run(map, 1);
  map.clear();
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(script::allocations, 0U);
  EXPECT_EQ(inspect::read_table(engine_of(map)), nullptr);
}
TEST_F(read_dirty_corner_cases, every_inserting_operation_may_be_the_first) {
  const std::vector<std::function<void(scripted_map&)>> first = {
      [](auto& m) { m.store(1, 10); }, [](auto& m) { EXPECT_EQ(m.swap(1, 10), std::nullopt); },
      [](auto& m) { EXPECT_FALSE(m.load_or_store(1, 10).loaded); },
      [](auto& m) { EXPECT_TRUE(m.try_emplace(1, 10)); },
      [](auto& m) { m.compute(1, [](const auto* now) { return std::optional(now ? 11 : 10); }); }};
  for (const auto& run : first) {
    scripted_map fresh;
    run(fresh);
    EXPECT_TRUE(amended(fresh));
    EXPECT_EQ(inspect::read_table(engine_of(fresh)), nullptr);  // null, and amended
    EXPECT_EQ(fresh.load(1), 10);
    EXPECT_EQ(fresh.size(), 1U);
    EXPECT_EQ(validate(fresh), "");
  }
}

// --- what needs neither lock nor memory

TEST_F(read_dirty_corner_cases, lookups_that_read_can_answer_take_no_lock_and_no_memory) {
  static_cast<void>(map.contains(the_key));  // a thread's first operation allocates its record
  for (const key_state state : all_key_states) {
    if (state == key_state::absent_dirty || read_presence(state) != dirty_presence(state)) {
      // Dirty alone knows, unless the key is in read or read is not amended.
      if (is_amended(state) && read_presence(state) == presence::absent) continue;
    }
    scripted_map fresh;
    arrange(fresh, state);
    script::reset();
    EXPECT_EQ(fresh.load(the_key).has_value(), is_present(state));
    EXPECT_EQ(fresh.contains(the_key), is_present(state));
    EXPECT_EQ(fresh.visit(the_key, [](int) {}), is_present(state));
    static_cast<void>(fresh.size());
    EXPECT_EQ(script::locks, 0U) << state;
    EXPECT_EQ(script::allocations, 0U) << state;
  }
}
TEST_F(read_dirty_corner_cases, range_over_a_map_that_is_not_amended_takes_no_lock_and_no_memory) {
  arrange(map, key_state::live_clean);
  script::reset();
  EXPECT_EQ(contents(map).size(), 3U);
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(script::allocations, 0U);
}
TEST_F(read_dirty_corner_cases, range_over_an_amended_map_locks_once_and_walks_what_it_promoted) {
  arrange(map, key_state::live_in_dirty);
  script::reset();
  std::set<int> seen;
  map.range([&](int key, int) {
    seen.insert(key);
    map.store(1000 + key, 0);  // not seen: another table
  });
  EXPECT_EQ(seen.size(), 6U);
  for (const int key : seen) EXPECT_LT(key, 1000);
}
TEST_F(read_dirty_corner_cases, a_replacement_allocates_the_value_and_nothing_else) {
  arrange(map, key_state::live_both);
  script::reset();
  map.store(the_key, 1);
  EXPECT_EQ(script::allocations, 1U);
  script::reset();
  EXPECT_FALSE(map.compare_and_swap(the_key, 2, 3));  // compares first
  EXPECT_TRUE(map.load_or_store(the_key, 4).loaded);
  EXPECT_TRUE(map.erase(the_key));
  EXPECT_EQ(script::allocations, 0U);
}

// --- building dirty

// Misses and hits alike: read is not amended until the copy is complete.
TEST_F(read_dirty_corner_cases, lookups_go_on_without_the_lock_while_dirty_is_built) {
  for (int i = 0; i < 100; ++i) map.store(i, i);
  for (int i = 0; i < 100; i += 3) map.erase(i);
  promote(map);
  script::reset();
  bool waited = false;
  bool wrong = false;
  int answered = 0;
  script::observe([&] {
    if (script::locks != 1 || amended(map)) return;
    try {
      wrong |= map.load(500).has_value() || map.load(1) != 1 || map.load(3).has_value();
      wrong |= map.compare_and_swap(500, 0, 1) || map.erase(500);
      ++answered;
    } catch (const blocked&) {
      waited = true;
    }
  });
  map.store(200, 200);
  script::reset();
  EXPECT_FALSE(waited);
  EXPECT_FALSE(wrong);
  EXPECT_GT(answered, 100);  // at least once for each entry
  EXPECT_TRUE(amended(map));
  EXPECT_EQ(dirty_keys(map).size(), 67U);
}
// A read that is amended before dirty has everything would send lookups where they find nothing.
TEST_F(read_dirty_corner_cases, once_amended_is_published_dirty_is_complete) {
  for (int i = 0; i < 20; ++i) map.store(i, i);
  promote(map);
  script::reset();
  bool wrong = false;
  script::observe([&] {
    if (amended(map)) wrong |= dirty_keys(map).size() < 20;
  });
  map.store(200, 200);
  script::reset();
  EXPECT_FALSE(wrong);
}
TEST_F(read_dirty_corner_cases, dirty_grows_without_touching_read_and_keeps_every_entry) {
  arrange(map, key_state::nil_both, 5, 1);
  const auto* const read = inspect::read_table(engine_of(map));
  std::size_t grown = 0;
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = inspect::dirty_capacity(engine_of(map));
    map.store(1000 + i, i);
    if (inspect::dirty_capacity(engine_of(map)) != before) {
      ++grown;
      ASSERT_EQ(validate(map), "");
    }
  }
  EXPECT_GE(grown, 4U);
  EXPECT_EQ(inspect::read_table(engine_of(map)), read);
  EXPECT_EQ(in_dirty(map, the_key), presence::nil);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(map.load(1000 + i), i);
  EXPECT_EQ(map.size(), 306U);
}

// --- keys that go

struct counted_key {
  static inline int living = 0;
  int number;
  counted_key(int n) : number(n) { ++living; }
  counted_key(const counted_key& other) : number(other.number) { ++living; }
  ~counted_key() { --living; }
  explicit operator int() const { return number; }
  bool operator==(const counted_key&) const = default;
  auto operator<=>(const counted_key&) const = default;
};
struct counted_key_hash {
  std::size_t operator()(const counted_key& key) const {
    return static_cast<std::size_t>(key.number);
  }
};
using counting_map = basic_map<detail::read_dirty<counted_key, int, counted_key_hash,
                                                  std::equal_to<counted_key>, scripted_platform>>;

// An operation may be the last to protect what it retires; so a reclamation comes first.
int living_keys() {
  detail::hazard_domain<scripted_platform>::global().reclaim();
  return counted_key::living;
}

TEST_F(read_dirty_corner_cases, a_key_erased_from_dirty_is_retired_at_once) {
  counting_map keys;
  for (int i = 0; i < 10; ++i) keys.store(i, i);  // so many that no miss promotes
  for (int i = 100; i < 105; ++i) {
    keys.store(i, i);
    EXPECT_EQ(living_keys(), 11);
    EXPECT_TRUE(keys.erase(i));
    EXPECT_EQ(living_keys(), 10);
    EXPECT_TRUE(amended(keys));
  }
}
TEST_F(read_dirty_corner_cases, keys_that_come_and_go_do_not_pile_up) {
  counting_map keys;
  keys.store(-1, 0);
  int most = 0;
  for (int i = 0; i < 2000; ++i) {
    keys.store(i, i);
    keys.erase(i);
    most = std::max(most, counted_key::living);
  }
  EXPECT_LE(most, 8);
  EXPECT_EQ(keys.size(), 1U);
}
TEST_F(read_dirty_corner_cases, a_promotion_destroys_expunged_keys) {
  counting_map keys;
  keys.store(1, 1);
  keys.store(2, 2);
  promote(keys);
  keys.erase(1);
  EXPECT_EQ(living_keys(), 2);  // nil in read
  keys.store(3, 3);
  EXPECT_EQ(in_read(keys, 1), presence::expunged);
  EXPECT_EQ(living_keys(), 3);
  promote(keys);
  EXPECT_EQ(living_keys(), 2);
  EXPECT_EQ(in_read(keys, 1), presence::absent);
}
TEST_F(read_dirty_corner_cases, what_compare_and_erase_leaves_in_dirty_goes_one_promotion_later) {
  counting_map keys;
  for (int i = 0; i < 4; ++i) keys.store(i, i);
  EXPECT_TRUE(keys.compare_and_erase(0, 0));
  EXPECT_EQ(in_dirty(keys, 0), presence::nil);
  promote(keys);
  EXPECT_EQ(in_read(keys, 0), presence::nil);
  keys.store(5, 5);
  EXPECT_EQ(in_read(keys, 0), presence::expunged);
  promote(keys);
  EXPECT_EQ(in_read(keys, 0), presence::absent);
  EXPECT_EQ(living_keys(), 4);
}
TEST_F(read_dirty_corner_cases, the_destructor_destroys_keys_of_all_tables) {
  {
    counting_map keys;
    for (int i = 0; i < 4; ++i) keys.store(i, i);
    promote(keys);
    keys.erase(0);
    keys.store(5, 5);
    keys.erase(1);
    EXPECT_GT(counted_key::living, 0);
  }
  EXPECT_EQ(counted_key::living, 0);
}

// --- clear

TEST_F(read_dirty_corner_cases, clear_of_a_clear_map_takes_no_lock_and_no_memory) {
  arrange(map, key_state::live_both);
  map.clear();
  script::reset();
  map.clear();
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(script::allocations, 0U);
  EXPECT_EQ(inspect::generation(engine_of(map)), 1U);
}
TEST_F(read_dirty_corner_cases, clear_from_every_state_leaves_nothing) {
  for (const key_state state : all_key_states) {
    scripted_map fresh;
    arrange(fresh, state);
    fresh.clear();
    EXPECT_FALSE(amended(fresh)) << state;
    EXPECT_TRUE(read_keys(fresh).empty()) << state;
    EXPECT_TRUE(dirty_keys(fresh).empty()) << state;
    EXPECT_EQ(fresh.size(), 0U) << state;
    EXPECT_EQ(validate(fresh), "") << state;
    script::reset();
    EXPECT_EQ(fresh.load(the_key), std::nullopt);
    EXPECT_EQ(script::locks, 0U) << state;
    fresh.store(the_key, 1);
    EXPECT_EQ(fresh.size(), 1U) << state;
    EXPECT_EQ(validate(fresh), "") << state;
  }
}
TEST_F(read_dirty_corner_cases, a_map_of_erased_entries_is_not_clear) {
  arrange(map, key_state::nil_clean, 0);
  script::reset();
  map.clear();
  EXPECT_EQ(script::locks, 1U);
  EXPECT_TRUE(read_keys(map).empty());
}
TEST_F(read_dirty_corner_cases, clear_forgets_misses_so_that_the_next_one_promotes_nothing) {
  for (int i = 0; i < 4; ++i) map.store(i, i);
  for (int i = 0; i < 3; ++i) static_cast<void>(map.load(-1));
  EXPECT_EQ(misses_since(map), 3U);
  map.clear();
  EXPECT_EQ(misses_since(map), 0U);
  for (int i = 0; i < 4; ++i) map.store(i, i);
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(map.load(-1));
    EXPECT_TRUE(amended(map));
  }
  EXPECT_EQ(map.stats().promotions, 0U);
  static_cast<void>(map.load(-1));
  EXPECT_EQ(map.stats().promotions, 1U);
}

// The number of a generation wraps; a count of one long ago, on a stripe that nobody used since, is
// not taken for one of a generation to come.
TEST_F(read_dirty_corner_cases, a10_a_map_can_be_cleared_more_often_than_generations_have_numbers) {
  const std::uint32_t quarter = 1U << (detail::generation_bits - 2);
  const auto store_on_another_thread = [&] {
    script::reset();
    script::at_step(0, [&] { map.store(1, 1); });
    static_cast<void>(map.size());
  };
  for (int step = 0; step < 9; ++step) {
    if (step % 3 == 0) store_on_another_thread();
    map.store(2, 2);
    EXPECT_EQ(map.size(), step % 3 == 0 ? 2U : 1U) << step;
    map.clear();
    EXPECT_EQ(map.size(), 0U) << step;
    // As if it had been cleared so often in between.
    inspect::skip_generations(basic_map_inspector::engine(map), quarter - 1);
  }
}

// --- operations that a clear overtakes

TEST_F(read_dirty_corner_cases, a_change_of_a_dropped_entry_does_not_reach_the_size) {
  for (const key_state state : all_key_states) {
    for (const int clears : {1, 2, 3}) {
      scripted_map fresh;
      arrange(fresh, state);
      // A second map state between the clears, so that each of them has something to do.
      const auto clear_all = [&] {
        for (int i = 0; i < clears; ++i) {
          fresh.store(900 + i, 0);
          fresh.clear();
        }
      };
      int calls = 0;
      fresh.compute(the_key, [&](const auto* now) {
        if (calls++ == 0) clear_all();
        return std::optional(now != nullptr ? 2 : 1);
      });
      EXPECT_EQ(fresh.size(), contents(fresh).size()) << state << ' ' << clears;
      EXPECT_EQ(validate(fresh), "") << state << ' ' << clears;
      fresh.store(the_key, 3);
      EXPECT_EQ(fresh.size(), contents(fresh).size()) << state << ' ' << clears;

      fresh.clear();
      arrange(fresh, state);
      calls = 0;
      fresh.compute(the_key, [&](const auto*) {
        if (calls++ == 0) clear_all();
        return std::optional<int>();
      });
      EXPECT_EQ(fresh.size(), 0U) << state << ' ' << clears;
      EXPECT_EQ(validate(fresh), "") << state << ' ' << clears;
      fresh.store(the_key, 3);
      EXPECT_EQ(fresh.size(), 1U) << state << ' ' << clears;
    }
  }
}
TEST_F(read_dirty_corner_cases, erase_if_that_clears_counts_nothing_twice) {
  arrange(map, key_state::live_both);
  map.erase_if([&](int, int) {
    map.clear();
    return true;
  });
  EXPECT_EQ(map.size(), 0U);
  map.store(1, 1);
  EXPECT_EQ(map.size(), 1U);
}

// --- what others may have done in between

// Of an erase and a compare_and_erase of one value in dirty, one has it, wherever they meet.
TEST_F(read_dirty_corner_cases, one_value_of_dirty_is_erased_by_one_operation) {
  bool first_won = false;
  bool second_won = false;
  for (std::size_t step = 0;; ++step) {
    scripted_map fresh;
    arrange(fresh, key_state::live_in_dirty, 4, 4);
    script::reset();
    bool ran = false;
    bool waits = false;
    bool compared = false;
    script::at_step(
        step,
        [&] {
          ran = true;
          compared = fresh.compare_and_erase(the_key, the_value);
        },
        &waits);
    const bool erased = fresh.load_and_erase(the_key).has_value();
    script::reset();
    if (!ran) break;
    if (waits) compared = fresh.compare_and_erase(the_key, the_value);
    EXPECT_NE(erased, compared) << step;
    (erased ? first_won : second_won) = true;
    EXPECT_EQ(in_dirty(fresh, the_key), presence::absent) << step;
    EXPECT_EQ(validate(fresh), "") << step;
  }
  EXPECT_TRUE(first_won);
  EXPECT_TRUE(second_won);
}
// Values are compared, cells are exchanged: an equal value that was stored meanwhile is another.
TEST_F(read_dirty_corner_cases, an_equal_value_stored_meanwhile_is_looked_at_again) {
  for (const key_state state :
       {key_state::live_clean, key_state::live_both, key_state::live_in_dirty}) {
    scripted_map fresh;
    arrange(fresh, state);
    int calls = 0;
    fresh.update(the_key, [&](int now) {
      if (calls++ == 0) fresh.store(the_key, now);
      return now + 1;
    });
    EXPECT_EQ(calls, 2) << state;
    EXPECT_EQ(fresh.load(the_key), the_value + 1) << state;
  }
}
TEST_F(read_dirty_corner_cases, a_swap_for_the_same_value_is_a_write) {
  arrange(map, key_state::live_both);
  const boxed_int* before = nullptr;
  map.visit(the_key, [&](const boxed_int& value) {
    before = &value;
    EXPECT_TRUE(map.compare_and_swap(the_key, the_value, the_value));
    map.visit(the_key, [&](const boxed_int& now) { EXPECT_NE(&now, before); });
    EXPECT_EQ(value, the_value);
  });
}
TEST_F(read_dirty_corner_cases, a_value_stays_while_it_is_visited_whatever_happens) {
  const std::vector<std::function<void(scripted_map&)>> fates = {
      [](auto& m) { m.store(the_key, 1); }, [](auto& m) { m.erase(the_key); },
      [](auto& m) { m.clear(); },
      [](auto& m) {
        m.erase(the_key);
        m.store(900, 0);
        promote(m);
        m.store(901, 0);
        promote(m);
        m.store(902, 0);
      }};
  for (const key_state state :
       {key_state::live_clean, key_state::live_both, key_state::live_in_dirty}) {
    for (const auto& run : fates) {
      scripted_map fresh;
      arrange(fresh, state);
      EXPECT_TRUE(fresh.visit(the_key, [&](const boxed_int& value) {
        run(fresh);
        detail::hazard_domain<scripted_platform>::global().reclaim();
        EXPECT_EQ(value, the_value) << state;  // not poison
      }));
      EXPECT_EQ(validate(fresh), "") << state;
    }
  }
}
TEST_F(read_dirty_corner_cases, a_walk_goes_on_over_its_table_whatever_happens) {
  arrange(map, key_state::live_both, 5, 5);
  std::set<int> seen;
  map.range([&](int key, const boxed_int& value) {
    EXPECT_EQ(value, 10 * key);
    EXPECT_TRUE(seen.insert(key).second);
    map.store(key, 0);
    map.clear();
    for (int i = 0; i < 30; ++i) map.store(1000 + i, 0);
    promote(map);
    detail::hazard_domain<scripted_platform>::global().reclaim();
    EXPECT_EQ(value, 10 * key);  // not poison
  });
  EXPECT_EQ(seen.size(), 11U);  // all come before the first clear
}
TEST_F(read_dirty_corner_cases, walks_nest_and_their_bodies_may_do_anything) {
  for (const int key : {0, 1, 2}) map.store(key, key);
  map.range([&](int outer, int) {
    map.range([&](int inner, int value) {
      EXPECT_NE(inner, 42);
      EXPECT_EQ(map.load(inner), value);
      EXPECT_FALSE(map.load_or_store(42, 1).loaded);
      map.store(42, 2);
      EXPECT_EQ(map.load_and_erase(42), 2);
    });
    map.erase(outer);
  });
  EXPECT_EQ(map.size(), 0U);
  EXPECT_TRUE(contents(map).empty());
}

// --- what throws

const std::vector<std::function<void(scripted_map&)>>& all_operations() {
  static const std::vector<std::function<void(scripted_map&)>> all = {
      [](auto& m) { static_cast<void>(m.load(the_key)); },
      [](auto& m) { m.store(the_key, 1); },
      [](auto& m) { m.swap(the_key, 1); },
      [](auto& m) { m.load_or_store(the_key, 1); },
      [](auto& m) { m.erase(the_key); },
      [](auto& m) { m.load_and_erase(the_key); },
      [](auto& m) { m.compare_and_swap(the_key, the_value, 1); },
      [](auto& m) { m.compare_and_erase(the_key, the_value); },
      [](auto& m) { m.update(the_key, [](int now) { return now + 1; }); },
      [](auto& m) { m.compute(the_key, [](const auto*) { return std::optional(1); }); },
      [](auto& m) { m.compute(the_key, [](const auto*) { return std::optional<int>(); }); },
      [](auto& m) { m.clear(); },
      [](auto& m) { promote(m); }};
  return all;
}

TEST_F(read_dirty_corner_cases, an_allocation_that_fails_anywhere_changes_nothing) {
  std::size_t thrown = 0;
  for (const key_state state : all_key_states) {
    for (std::size_t which = 0; which < all_operations().size(); ++which) {
      for (std::size_t n = 1;; ++n) {
        scripted_map fresh;
        arrange(fresh, state, 1, 4);
        scripted_map twin;  // range promotes, so `before` comes from a map in the same state
        arrange(twin, state, 1, 4);
        const auto before = contents(twin);
        script::reset();
        script::fail_allocation(n);
        bool failed = false;
        try {
          all_operations()[which](fresh);
        } catch (const std::bad_alloc&) {
          failed = true;
        }
        script::reset();
        ASSERT_EQ(validate(fresh), "") << state << " operation " << which << " allocation " << n;
        if (!failed) break;
        ++thrown;
        ASSERT_EQ(in_read(fresh, the_key), read_presence(state)) << which;
        ASSERT_EQ(contents(fresh), before) << state << " operation " << which;
        all_operations()[which](fresh);
        ASSERT_EQ(validate(fresh), "") << state << " operation " << which;
      }
    }
  }
  EXPECT_GT(thrown, 50U);
}
TEST_F(read_dirty_corner_cases, memory_that_was_allocated_is_freed_after_each_failure) {
  const auto run_all = [] {
    for (const key_state state : all_key_states) {
      for (const auto& run : all_operations()) {
        for (std::size_t n = 1; n < 6; ++n) {
          scripted_map fresh;
          arrange(fresh, state, 1, 4);
          script::reset();
          script::fail_allocation(n);
          try {
            run(fresh);
          } catch (const std::bad_alloc&) {
          }
          script::reset();
        }
      }
    }
  };
  run_all();
  const std::size_t blocks = script::blocks;
  run_all();
  EXPECT_EQ(script::blocks, blocks);
}

struct fragile_equal {
  static inline std::size_t calls_left = 0;  // 0: never throws
  bool operator()(int a, int b) const {
    if (calls_left != 0 && --calls_left == 0) throw std::runtime_error("equality");
    return a == b;
  }
};
struct one_hash {
  std::size_t operator()(int) const { return 1; }  // every comparison happens
};
using fragile_map =
    basic_map<detail::read_dirty<int, int, one_hash, fragile_equal, scripted_platform>>;

TEST_F(read_dirty_corner_cases, equality_that_throws_anywhere_changes_nothing) {
  const std::vector<std::function<void(fragile_map&)>> operations = {
      [](auto& m) { static_cast<void>(m.load(the_key)); },
      [](auto& m) { m.store(the_key, 1); },
      [](auto& m) { m.swap(the_key, 1); },
      [](auto& m) { m.load_or_store(the_key, 1); },
      [](auto& m) { m.load_and_erase(the_key); },
      [](auto& m) { m.compare_and_swap(the_key, the_value, 1); },
      [](auto& m) { m.compare_and_erase(the_key, the_value); },
      [](auto& m) { m.compute(the_key, [](const auto*) { return std::optional(1); }); }};
  std::size_t under_lock = 0;
  for (const key_state state : all_key_states) {
    for (const auto& run : operations) {
      for (std::size_t n = 1;; ++n) {
        fragile_map fresh;
        arrange(fresh, state, 1, 4);
        const std::size_t misses = fresh.stats().misses;
        const auto keys = dirty_keys(fresh);
        script::reset();
        fragile_equal::calls_left = n;
        bool failed = false;
        try {
          run(fresh);
        } catch (const std::runtime_error&) {
          failed = true;
        }
        fragile_equal::calls_left = 0;
        ASSERT_EQ(validate(fresh), "") << state << " call " << n;
        if (!failed) break;
        if (script::locks != 0) ++under_lock;
        ASSERT_EQ(in_read(fresh, the_key), read_presence(state)) << n;
        // A miss may have been counted; then it may have promoted. Nothing else.
        if (fresh.stats().misses == misses) {
          ASSERT_EQ(in_dirty(fresh, the_key), dirty_presence(state)) << n;
          ASSERT_EQ(dirty_keys(fresh), keys) << n;
        }
        ASSERT_EQ(fresh.load(the_key), is_present(state) ? std::optional(the_value) : std::nullopt);
        run(fresh);  // the lock is free
        ASSERT_EQ(validate(fresh), "") << state << " call " << n;
      }
    }
  }
  EXPECT_GT(under_lock, 50U);
}
TEST_F(read_dirty_corner_cases, a_callback_that_throws_changes_nothing) {
  for (const key_state state : all_key_states) {
    scripted_map fresh;
    arrange(fresh, state);
    EXPECT_THROW(
        fresh.compute(
            the_key, [](const auto*) -> std::optional<int> { throw std::logic_error("f"); }),
        std::logic_error);
    EXPECT_EQ(in_read(fresh, the_key), read_presence(state));
    EXPECT_EQ(validate(fresh), "") << state;
    EXPECT_EQ(fresh.load(the_key), is_present(state) ? std::optional(the_value) : std::nullopt);
  }
}

}  // namespace
}  // namespace syncmap::test
