// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Every transition of an entry, by every operation that makes it, and those that must not happen.

#include <gtest/gtest.h>

#include <key_states.hpp>
#include <optional>
#include <string>
#include <vector>

namespace syncmap::test {
namespace {

class read_dirty_transitions : public ::testing::Test {
 protected:
  void SetUp() override { script::reset(); }
  void TearDown() override { EXPECT_EQ(validate(map), ""); }

  void begin(key_state state) {
    arrange(map, state);
    ASSERT_EQ(in_read(map, the_key), read_presence(state));
    ASSERT_EQ(in_dirty(map, the_key), dirty_presence(state));
    ASSERT_EQ(amended(map), is_amended(state));
    ASSERT_EQ(validate(map), "");
    entry = entry_of(map);
    script::reset();
  }
  static const void* entry_of(const scripted_map& in) {
    const void* const found = read_dirty_inspector::read_entry(engine_of(in), the_key);
    return found != nullptr ? found : read_dirty_inspector::dirty_entry(engine_of(in), the_key);
  }
  void expect_states(presence read, presence dirty) {
    EXPECT_EQ(in_read(map, the_key), read);
    EXPECT_EQ(in_dirty(map, the_key), dirty);
  }

  scripted_map map;
  const void* entry = nullptr;
};

// --- live -> live', entry in read: no lock

TEST_F(read_dirty_transitions, store_replaces_a_live_value_of_read_without_the_lock) {
  begin(key_state::live_clean);
  map.store(the_key, 1);
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(map.load(the_key), 1);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, store_through_read_is_seen_through_dirty) {
  begin(key_state::live_both);
  map.store(the_key, 1);
  EXPECT_EQ(script::locks, 0U);
  promote(map);
  EXPECT_EQ(map.load(the_key), 1);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, swap_replaces_a_live_value_of_read_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_EQ(map.swap(the_key, 1), the_value);
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(map.load(the_key), 1);
}
TEST_F(read_dirty_transitions, compare_and_swap_replaces_a_live_value_of_read_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_FALSE(map.compare_and_swap(the_key, 1, 2));
  EXPECT_TRUE(map.compare_and_swap(the_key, the_value, 1));
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(map.load(the_key), 1);
}
TEST_F(read_dirty_transitions, update_and_compute_replace_a_live_value_of_read_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_EQ(map.update(the_key, [](int now) { return now + 1; }), the_value + 1);
  EXPECT_EQ(
      map.compute(the_key, [](const auto* now) { return std::optional(*now + 1); }), the_value + 2);
  EXPECT_EQ(script::locks, 0U);
}
TEST_F(read_dirty_transitions, load_or_store_keeps_a_live_value_of_read_without_the_lock) {
  begin(key_state::live_both);
  const auto result = map.load_or_store(the_key, 1);
  EXPECT_TRUE(result.loaded);
  EXPECT_EQ(result.value, the_value);
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(map.load(the_key), the_value);
}

// --- live -> live', entry in dirty only: under the lock

TEST_F(read_dirty_transitions, store_replaces_a_live_value_of_dirty_under_the_lock) {
  begin(key_state::live_in_dirty);
  map.store(the_key, 1);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
  EXPECT_EQ(map.load(the_key), 1);
}
TEST_F(read_dirty_transitions, swap_replaces_a_live_value_of_dirty_under_the_lock) {
  begin(key_state::live_in_dirty);
  EXPECT_EQ(map.swap(the_key, 1), the_value);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, compare_and_swap_replaces_a_live_value_of_dirty_under_the_lock) {
  begin(key_state::live_in_dirty);
  EXPECT_FALSE(map.compare_and_swap(the_key, 1, 2));
  EXPECT_TRUE(map.compare_and_swap(the_key, the_value, 1));
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, update_and_compute_replace_a_live_value_of_dirty_under_the_lock) {
  begin(key_state::live_in_dirty);
  EXPECT_EQ(map.update(the_key, [](int now) { return now + 1; }), the_value + 1);
  EXPECT_EQ(
      map.compute(the_key, [](const auto* now) { return std::optional(*now + 1); }), the_value + 2);
  EXPECT_GE(script::locks, 2U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}

// --- nil -> live

TEST_F(read_dirty_transitions, store_revives_a_nil_entry_of_read_without_the_lock) {
  for (const key_state state : {key_state::nil_clean, key_state::nil_both}) {
    scripted_map fresh;
    arrange(fresh, state);
    const void* const before = entry_of(fresh);
    script::reset();
    fresh.store(the_key, 1);
    EXPECT_EQ(script::locks, 0U) << state;
    EXPECT_EQ(in_read(fresh, the_key), presence::live) << state;
    EXPECT_EQ(entry_of(fresh), before) << state;
    EXPECT_EQ(validate(fresh), "") << state;
  }
}
TEST_F(read_dirty_transitions, swap_revives_a_nil_entry_of_read_without_the_lock) {
  begin(key_state::nil_both);
  EXPECT_EQ(map.swap(the_key, 1), std::nullopt);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::live, presence::live);
}
TEST_F(read_dirty_transitions, load_or_store_revives_a_nil_entry_of_read_without_the_lock) {
  begin(key_state::nil_both);
  EXPECT_FALSE(map.load_or_store(the_key, 1).loaded);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::live, presence::live);
}
TEST_F(read_dirty_transitions, compute_revives_a_nil_entry_of_read_without_the_lock) {
  begin(key_state::nil_both);
  EXPECT_EQ(map.compute(the_key, [](const auto* now) { return std::optional(now ? 2 : 1); }), 1);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::live, presence::live);
}
TEST_F(read_dirty_transitions, store_and_swap_revive_a_nil_entry_of_dirty_under_the_lock) {
  begin(key_state::nil_in_dirty);
  map.store(the_key, 1);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
  EXPECT_TRUE(map.compare_and_erase(the_key, 1));
  expect_states(presence::absent, presence::nil);
  EXPECT_EQ(map.swap(the_key, 2), std::nullopt);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, load_or_store_revives_a_nil_entry_of_dirty_under_the_lock) {
  begin(key_state::nil_in_dirty);
  EXPECT_FALSE(map.load_or_store(the_key, 1).loaded);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, compute_revives_a_nil_entry_of_dirty_under_the_lock) {
  begin(key_state::nil_in_dirty);
  EXPECT_EQ(map.compute(the_key, [](const auto* now) { return std::optional(now ? 2 : 1); }), 1);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::absent, presence::live);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, a_nil_entry_of_dirty_is_absent_for_everything_else) {
  begin(key_state::nil_in_dirty);
  EXPECT_EQ(map.load(the_key), std::nullopt);
  EXPECT_FALSE(map.compare_and_swap(the_key, the_value, 1));
  EXPECT_FALSE(map.compare_and_erase(the_key, the_value));
  expect_states(presence::absent, presence::nil);
  EXPECT_EQ(map.compute(the_key, [](const auto*) { return std::optional<int>(); }), std::nullopt);
  EXPECT_EQ(in_read(map, the_key), presence::absent);
}

// --- live -> nil

TEST_F(read_dirty_transitions, erase_makes_a_live_entry_of_read_nil_without_the_lock) {
  begin(key_state::live_clean);
  EXPECT_TRUE(map.erase(the_key));
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::nil, presence::absent);
  EXPECT_FALSE(map.erase(the_key));
  EXPECT_EQ(script::locks, 0U);
}
TEST_F(read_dirty_transitions, load_and_erase_makes_a_live_entry_of_read_nil_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_EQ(map.load_and_erase(the_key), the_value);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::nil, presence::nil);
  EXPECT_EQ(map.load_and_erase(the_key), std::nullopt);
}
TEST_F(read_dirty_transitions, compare_and_erase_makes_a_live_entry_of_read_nil_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_FALSE(map.compare_and_erase(the_key, 1));
  expect_states(presence::live, presence::live);
  EXPECT_TRUE(map.compare_and_erase(the_key, the_value));
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::nil, presence::nil);
}
TEST_F(read_dirty_transitions, compute_makes_a_live_entry_of_read_nil_without_the_lock) {
  begin(key_state::live_both);
  EXPECT_EQ(map.compute(the_key, [](const auto*) { return std::optional<int>(); }), std::nullopt);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::nil, presence::nil);
}
TEST_F(read_dirty_transitions, compare_and_erase_leaves_a_nil_entry_in_dirty) {
  begin(key_state::live_in_dirty);
  EXPECT_FALSE(map.compare_and_erase(the_key, 1));
  expect_states(presence::absent, presence::live);
  EXPECT_TRUE(map.compare_and_erase(the_key, the_value));
  expect_states(presence::absent, presence::nil);
  EXPECT_EQ(entry_of(map), entry);
}
TEST_F(read_dirty_transitions, compute_takes_a_key_of_dirty_out_at_once) {
  begin(key_state::live_in_dirty);
  EXPECT_EQ(map.compute(the_key, [](const auto*) { return std::optional<int>(); }), std::nullopt);
  expect_states(presence::absent, presence::absent);
}
TEST_F(read_dirty_transitions, erase_takes_a_key_of_dirty_out_at_once) {
  begin(key_state::live_in_dirty);
  EXPECT_TRUE(map.erase(the_key));
  expect_states(presence::absent, presence::absent);
  EXPECT_FALSE(map.contains(the_key));
}
TEST_F(read_dirty_transitions, load_and_erase_takes_a_key_of_dirty_out_at_once) {
  begin(key_state::live_in_dirty);
  EXPECT_EQ(map.load_and_erase(the_key), the_value);
  expect_states(presence::absent, presence::absent);
}
TEST_F(read_dirty_transitions, erase_takes_a_nil_entry_out_of_dirty_too) {
  begin(key_state::nil_in_dirty);
  EXPECT_FALSE(map.erase(the_key));
  expect_states(presence::absent, presence::absent);
}

// --- nil -> expunged: only when dirty is built

TEST_F(read_dirty_transitions, building_dirty_expunges_nil_entries_and_copies_live_ones) {
  begin(key_state::nil_clean);
  map.store(young_key, 1);
  expect_states(presence::expunged, presence::absent);
  EXPECT_EQ(in_read(map, old_key), presence::live);
  EXPECT_EQ(in_dirty(map, old_key), presence::live);
  EXPECT_EQ(read_keys(map), (std::vector<int>{the_key, old_key, old_key + 1}));
  EXPECT_EQ(dirty_keys(map), (std::vector<int>{old_key, old_key + 1, young_key}));
}
TEST_F(read_dirty_transitions, a_new_key_in_an_existing_dirty_expunges_nothing) {
  begin(key_state::nil_both);
  for (int i = 0; i < 50; ++i) map.store(1000 + i, i);  // dirty grows, too
  expect_states(presence::nil, presence::nil);
}
TEST_F(read_dirty_transitions, erasing_promoting_and_loading_expunge_nothing) {
  begin(key_state::live_both);
  map.erase(the_key);
  expect_states(presence::nil, presence::nil);
  promote(map);
  expect_states(presence::nil, presence::absent);
  EXPECT_EQ(map.load(the_key), std::nullopt);
  map.erase(old_key);
  expect_states(presence::nil, presence::absent);
}

// --- expunged -> nil -> live: under the lock, with dirty taking the entry back

TEST_F(read_dirty_transitions, store_takes_an_expunged_entry_back_into_dirty) {
  begin(key_state::expunged);
  map.store(the_key, 1);
  EXPECT_GE(script::locks, 1U);
  expect_states(presence::live, presence::live);
  EXPECT_EQ(entry_of(map), entry);
  EXPECT_EQ(read_dirty_inspector::dirty_entry(engine_of(map), the_key), entry);
  promote(map);
  EXPECT_EQ(map.load(the_key), 1);
}
TEST_F(read_dirty_transitions, swap_takes_an_expunged_entry_back_into_dirty) {
  begin(key_state::expunged);
  EXPECT_EQ(map.swap(the_key, 1), std::nullopt);
  expect_states(presence::live, presence::live);
  EXPECT_EQ(read_dirty_inspector::dirty_entry(engine_of(map), the_key), entry);
}
TEST_F(read_dirty_transitions, load_or_store_takes_an_expunged_entry_back_into_dirty) {
  begin(key_state::expunged);
  EXPECT_FALSE(map.load_or_store(the_key, 1).loaded);
  expect_states(presence::live, presence::live);
  EXPECT_EQ(read_dirty_inspector::dirty_entry(engine_of(map), the_key), entry);
}
TEST_F(read_dirty_transitions, compute_takes_an_expunged_entry_back_into_dirty) {
  begin(key_state::expunged);
  EXPECT_EQ(map.compute(the_key, [](const auto* now) { return std::optional(now ? 2 : 1); }), 1);
  expect_states(presence::live, presence::live);
  EXPECT_EQ(read_dirty_inspector::dirty_entry(engine_of(map), the_key), entry);
}
TEST_F(read_dirty_transitions, a_full_dirty_grows_to_take_an_expunged_entry_back) {
  for (int young = 1; young < 20; ++young) {
    scripted_map fresh;
    arrange(fresh, key_state::expunged, 2, young);
    fresh.store(the_key, 1);
    EXPECT_EQ(in_dirty(fresh, the_key), presence::live) << young;
    EXPECT_EQ(validate(fresh), "") << young;
  }
}
TEST_F(read_dirty_transitions, an_expunged_entry_is_absent_without_the_lock) {
  begin(key_state::expunged);
  EXPECT_EQ(map.load(the_key), std::nullopt);
  EXPECT_FALSE(map.contains(the_key));
  EXPECT_FALSE(map.erase(the_key));
  EXPECT_EQ(map.load_and_erase(the_key), std::nullopt);
  EXPECT_FALSE(map.compare_and_swap(the_key, the_value, 1));
  EXPECT_FALSE(map.compare_and_erase(the_key, the_value));
  EXPECT_EQ(map.update(the_key, [](int now) { return now; }), std::nullopt);
  EXPECT_EQ(script::locks, 0U);
  expect_states(presence::expunged, presence::absent);
  // compute may store, so it looks under the lock; it changes nothing if it wants nothing.
  EXPECT_EQ(map.compute(the_key, [](const auto*) { return std::optional<int>(); }), std::nullopt);
  expect_states(presence::expunged, presence::absent);
}
TEST_F(read_dirty_transitions, promotion_drops_expunged_entries) {
  begin(key_state::expunged);
  promote(map);
  expect_states(presence::absent, presence::absent);
  map.store(the_key, 1);
  expect_states(presence::absent, presence::live);
}

// --- what must not happen

// Whatever happens between two steps of building dirty: a value that is stored in read then stays.
TEST_F(read_dirty_transitions, expunging_loses_against_a_concurrent_revival) {
  std::size_t revived = 0;
  std::size_t expunged = 0;
  for (std::size_t step = 0;; ++step) {
    scripted_map fresh;
    arrange(fresh, key_state::nil_clean);
    script::reset();
    bool locked = false;
    bool waits = false;  // a store to an expunged entry has to
    script::at_step(
        step,
        [&] {
          const std::size_t locks = script::locks;
          fresh.store(the_key, 1);
          locked = script::locks != locks;
        },
        &waits);
    fresh.store(young_key, 2);
    const bool is_over = script::steps() <= step;
    script::reset();  // or the destructor of the map may come to that step
    if (is_over) break;
    if (waits) {
      ++expunged;
      EXPECT_EQ(in_read(fresh, the_key), presence::expunged) << step;
      fresh.store(the_key, 1);
    } else if (!locked) {
      ++revived;
    }
    EXPECT_EQ(fresh.load(the_key), 1) << step;
    EXPECT_EQ(in_dirty(fresh, the_key), presence::live) << step;
    promote(fresh);
    EXPECT_EQ(fresh.load(the_key), 1) << step;
    EXPECT_EQ(fresh.load(young_key), 2) << step;
    EXPECT_EQ(validate(fresh), "") << step;
  }
  EXPECT_GT(revived, 0U);
  EXPECT_GT(expunged, 0U);
}

// At no step of any revival is an expunged entry live before dirty has it.
TEST_F(read_dirty_transitions, expunged_never_becomes_live_without_being_nil_in_dirty_first) {
  const std::vector<std::function<void(scripted_map&)>> revivals = {
      [](scripted_map& m) { m.store(the_key, 1); }, [](scripted_map& m) { m.swap(the_key, 1); },
      [](scripted_map& m) { m.load_or_store(the_key, 1); },
      [](scripted_map& m) { m.compute(the_key, [](const auto*) { return std::optional(1); }); }};
  for (const auto& revive : revivals) {
    scripted_map fresh;
    arrange(fresh, key_state::expunged);
    script::reset();
    std::vector<presence> seen;
    bool live_alone = false;
    script::observe([&] {
      const presence now = in_read(fresh, the_key);
      if (seen.empty() || seen.back() != now) seen.push_back(now);
      if (now == presence::live && in_dirty(fresh, the_key) != presence::live) live_alone = true;
    });
    revive(fresh);
    script::reset();
    EXPECT_EQ(seen, (std::vector{presence::expunged, presence::nil, presence::live}));
    EXPECT_FALSE(live_alone);
  }
}

// At no step of any operation does a live entry become expunged, nor an entry of dirty at all.
TEST_F(read_dirty_transitions, live_never_becomes_expunged) {
  const std::vector<std::function<void(scripted_map&)>> operations = {
      [](scripted_map& m) { m.store(young_key + 50, 1); },
      [](scripted_map& m) { m.erase(the_key); },
      [](scripted_map& m) { m.compare_and_erase(the_key, the_value); },
      [](scripted_map& m) { m.store(the_key, 1); },
      [](scripted_map& m) { promote(m); },
      [](scripted_map& m) {
        m.erase(the_key);
        m.store(young_key + 50, 1);
        m.store(the_key, 2);
      }};
  for (const key_state state : all_key_states) {
    for (const auto& run : operations) {
      scripted_map fresh;
      arrange(fresh, state);
      script::reset();
      std::optional<presence> last;
      bool wrong = false;
      script::observe([&] {
        const presence now = in_read(fresh, the_key);
        if (last == presence::live && now == presence::expunged) wrong = true;
        if (in_dirty(fresh, the_key) == presence::expunged) wrong = true;
        last = now;
      });
      run(fresh);
      script::reset();
      EXPECT_FALSE(wrong) << state;
      EXPECT_EQ(validate(fresh), "") << state;
    }
  }
}

}  // namespace
}  // namespace syncmap::test
