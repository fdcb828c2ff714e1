// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Which operations count a miss, and what misses lead to.

#include <gtest/gtest.h>

#include <functional>
#include <key_states.hpp>
#include <optional>
#include <string>
#include <vector>

namespace syncmap::test {
namespace {

struct named_operation {
  const char* name;
  std::function<void(scripted_map&, int key)> run;
  bool counts_found;   ///< a key that only dirty has
  bool counts_absent;  ///< a key that nothing has, if amended
};

const std::vector<named_operation>& operations() {
  static const std::vector<named_operation> all = {
      {"load", [](auto& m, int k) { static_cast<void>(m.load(k)); }, true, true},
      {"contains", [](auto& m, int k) { static_cast<void>(m.contains(k)); }, true, true},
      {"visit", [](auto& m, int k) { m.visit(k, [](int) {}); }, true, true},
      {"erase", [](auto& m, int k) { m.erase(k); }, true, true},
      {"load_and_erase", [](auto& m, int k) { m.load_and_erase(k); }, true, true},
      {"compare_and_erase", [](auto& m, int k) { m.compare_and_erase(k, the_value); }, true, true},
      {"compare_and_erase_unequal", [](auto& m, int k) { m.compare_and_erase(k, 1); }, true, true},
      {"load_or_store", [](auto& m, int k) { m.load_or_store(k, 1); }, true, false},
      {"try_emplace", [](auto& m, int k) { m.try_emplace(k, 1); }, true, false},
      {"compare_and_swap", [](auto& m, int k) { m.compare_and_swap(k, the_value, 1); }, true,
       false},
      {"compare_and_swap_unequal", [](auto& m, int k) { m.compare_and_swap(k, 1, 2); }, true,
       false},
      {"update", [](auto& m, int k) { m.update(k, [](int now) { return now; }); }, true, false},
      {"compute",
       [](auto& m, int k) { m.compute(k, [](const auto*) { return std::optional(1); }); }, true,
       false},
      {"store", [](auto& m, int k) { m.store(k, 1); }, false, false},
      {"swap", [](auto& m, int k) { m.swap(k, 1); }, false, false},
      {"insert_or_assign", [](auto& m, int k) { m.insert_or_assign(k, 1); }, false, false},
  };
  return all;
}

class read_dirty_misses : public ::testing::Test {
 protected:
  void SetUp() override { script::reset(); }
};

// Runs `operation` on a key in `state` and returns how many misses that counted.
std::size_t misses_of(const named_operation& operation, key_state state) {
  scripted_map map;
  arrange(map, state, 4, 4);
  const std::size_t before = map.stats().misses;
  const std::size_t since = misses_since(map);
  operation.run(map, the_key);
  EXPECT_EQ(validate(map), "") << operation.name;
  const std::size_t counted = map.stats().misses - before;
  EXPECT_EQ(misses_since(map) - since, counted) << operation.name << " in " << state;
  return counted;
}

TEST_F(read_dirty_misses, a_key_that_only_dirty_has_counts_except_for_stores) {
  for (const auto& operation : operations()) {
    EXPECT_EQ(misses_of(operation, key_state::live_in_dirty), operation.counts_found ? 1U : 0U)
        << operation.name;
  }
}
TEST_F(read_dirty_misses, a_nil_entry_that_only_dirty_has_counts_as_found) {
  for (const auto& operation : operations()) {
    EXPECT_EQ(misses_of(operation, key_state::nil_in_dirty), operation.counts_found ? 1U : 0U)
        << operation.name;
  }
}
TEST_F(read_dirty_misses, an_absent_key_counts_for_loads_and_erases_if_amended) {
  for (const auto& operation : operations()) {
    EXPECT_EQ(misses_of(operation, key_state::absent_dirty), operation.counts_absent ? 1U : 0U)
        << operation.name;
  }
}
TEST_F(read_dirty_misses, nothing_counts_if_not_amended) {
  for (const auto& operation : operations()) {
    for (const key_state state : {key_state::first_use, key_state::absent_clean,
                                  key_state::live_clean, key_state::nil_clean}) {
      EXPECT_EQ(misses_of(operation, state), 0U) << operation.name << " in " << state;
    }
  }
}
TEST_F(read_dirty_misses, a_key_of_read_never_counts) {
  for (const auto& operation : operations()) {
    for (const key_state state : {key_state::live_both, key_state::nil_both, key_state::expunged}) {
      EXPECT_EQ(misses_of(operation, state), 0U) << operation.name << " in " << state;
    }
  }
}
TEST_F(read_dirty_misses, the_first_store_of_a_key_does_not_count_by_any_operation) {
  scripted_map map;
  arrange(map, key_state::absent_dirty);
  map.store(1, 1);
  map.swap(2, 1);
  map.load_or_store(3, 1);
  map.compute(4, [](const auto*) { return std::optional(1); });
  EXPECT_EQ(map.stats().misses, 0U);
}
TEST_F(read_dirty_misses, range_and_iteration_promote_without_counting) {
  scripted_map map;
  arrange(map, key_state::live_in_dirty);
  const auto before = map.stats();
  promote(map);
  EXPECT_FALSE(amended(map));
  EXPECT_EQ(map.stats().misses, before.misses);
  EXPECT_EQ(map.stats().promotions, before.promotions + 1);
  promote(map);
  EXPECT_EQ(map.stats().promotions, before.promotions + 1);
}

// The other thread promotes after the first look in read and before the lock is taken.
TEST_F(read_dirty_misses, what_the_second_look_finds_in_read_does_not_count) {
  for (const auto& operation : operations()) {
    scripted_map map;
    arrange(map, key_state::live_in_dirty, 4, 4);
    script::reset();
    bool promoted = false;
    script::before_next_lock([&] {
      promote(map);
      promoted = true;
    });
    operation.run(map, the_key);
    EXPECT_TRUE(promoted) << operation.name;
    EXPECT_EQ(map.stats().misses, 0U) << operation.name;
    EXPECT_EQ(validate(map), "") << operation.name;
  }
}
TEST_F(read_dirty_misses, what_the_second_look_finds_absent_from_a_clean_map_does_not_count) {
  for (const auto& operation : operations()) {
    scripted_map map;
    arrange(map, key_state::absent_dirty, 4, 4);
    script::reset();
    script::before_next_lock([&] { promote(map); });
    operation.run(map, the_key);
    EXPECT_EQ(map.stats().misses, 0U) << operation.name;
    EXPECT_EQ(validate(map), "") << operation.name;
  }
}
TEST_F(read_dirty_misses, a_load_finds_what_was_promoted_before_its_second_look) {
  scripted_map map;
  arrange(map, key_state::live_in_dirty);
  script::reset();
  script::before_next_lock([&] { promote(map); });
  EXPECT_EQ(map.load(the_key), the_value);
}
TEST_F(read_dirty_misses, a_load_finds_nothing_that_was_cleared_before_its_second_look) {
  scripted_map map;
  arrange(map, key_state::live_in_dirty);
  script::reset();
  script::before_next_lock([&] { map.clear(); });
  EXPECT_EQ(map.load(the_key), std::nullopt);
  EXPECT_EQ(map.stats().misses, 0U);
}

// --- promotion

TEST_F(read_dirty_misses, dirty_is_promoted_when_the_misses_reach_its_size) {
  for (int size = 1; size <= 40; ++size) {
    scripted_map map;
    for (int i = 0; i < size; ++i) map.store(i, i);
    for (int miss = 1; miss < size; ++miss) {
      static_cast<void>(map.load(-1));
      ASSERT_TRUE(amended(map)) << miss << " of " << size;
      ASSERT_EQ(misses_since(map), static_cast<std::size_t>(miss));
    }
    static_cast<void>(map.load(-1));
    ASSERT_FALSE(amended(map)) << size;
    EXPECT_EQ(misses_since(map), 0U);
    EXPECT_EQ(map.stats().promotions, 1U);
    EXPECT_EQ(map.stats().misses, static_cast<std::size_t>(size));
    EXPECT_EQ(read_keys(map).size(), static_cast<std::size_t>(size));
  }
}
TEST_F(read_dirty_misses, misses_before_a_promotion_do_not_count_after_it) {
  scripted_map map;
  for (int i = 0; i < 4; ++i) map.store(i, i);
  for (int i = 0; i < 3; ++i) static_cast<void>(map.load(-1));
  EXPECT_EQ(misses_since(map), 3U);
  promote(map);
  map.store(4, 4);
  EXPECT_EQ(misses_since(map), 0U);
  for (int i = 0; i < 4; ++i) static_cast<void>(map.load(-1));
  EXPECT_TRUE(amended(map));
  static_cast<void>(map.load(-1));
  EXPECT_FALSE(amended(map));
}
TEST_F(read_dirty_misses, stores_alone_never_promote) {
  scripted_map map;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) map.store(i, round);
  }
  EXPECT_EQ(map.stats().promotions, 0U);
  EXPECT_EQ(map.stats().misses, 0U);
  EXPECT_TRUE(read_keys(map).empty());
  EXPECT_EQ(dirty_keys(map).size(), 500U);
}
TEST_F(read_dirty_misses, storing_a_key_and_loading_it_once_in_turn_promotes_only_once) {
  scripted_map map;
  for (int i = 0; i < 200; ++i) {
    map.store(i, i);
    EXPECT_EQ(map.load(i), i);
    EXPECT_EQ(map.stats().promotions, 1U);
  }
  EXPECT_EQ(misses_since(map), dirty_keys(map).size() - 1);
  EXPECT_EQ(map.stats().misses, 200U);
}
TEST_F(read_dirty_misses, two_loads_for_each_store_promote_at_each_doubling) {
  scripted_map map;
  std::vector<int> promoted_at;
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = map.stats().promotions;
    map.store(i, i);
    static_cast<void>(map.load(i));
    static_cast<void>(map.load(i));
    if (map.stats().promotions != before) promoted_at.push_back(i + 1);
  }
  EXPECT_EQ(promoted_at, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 256}));
}
TEST_F(read_dirty_misses, loads_of_absent_keys_promote_after_as_many_as_dirty_has_keys) {
  scripted_map map;
  for (int round = 1; round <= 30; ++round) {
    map.store(round, round);
    script::reset();
    for (int miss = 0; miss < round; ++miss) {
      EXPECT_TRUE(amended(map));
      static_cast<void>(map.load(-1));
    }
    EXPECT_EQ(script::locks, static_cast<std::size_t>(round));  // each of them takes the lock
    EXPECT_FALSE(amended(map));
    EXPECT_EQ(map.stats().promotions, static_cast<std::size_t>(round));
    static_cast<void>(map.load(-1));
    EXPECT_EQ(script::locks, static_cast<std::size_t>(round));  // not amended any more: none
  }
}
TEST_F(read_dirty_misses, the_new_key_after_each_promotion_copies_all_entries) {
  scripted_map map;
  for (int i = 0; i < 64; ++i) map.store(i, i);
  for (int round = 0; round < 3; ++round) {
    promote(map);
    EXPECT_TRUE(dirty_keys(map).empty());
    map.store(1000 + round, 0);
    EXPECT_EQ(dirty_keys(map).size(), static_cast<std::size_t>(65 + round));
  }
}

// The size that counts is that without the key which the operation itself took out.
TEST_F(read_dirty_misses, erasing_the_last_key_of_dirty_promotes_the_empty_table) {
  scripted_map map;
  map.store(1, 1);
  EXPECT_TRUE(map.erase(1));
  EXPECT_FALSE(amended(map));
  EXPECT_EQ(map.stats().promotions, 1U);
  EXPECT_EQ(map.stats().misses, 1U);
  EXPECT_EQ(in_read(map, 1), presence::absent);
}
TEST_F(read_dirty_misses, erasing_a_key_of_dirty_counts_against_the_size_without_it) {
  scripted_map map;
  map.store(1, 1);
  map.store(2, 2);
  EXPECT_EQ(map.load_and_erase(1), 1);
  EXPECT_FALSE(amended(map));
  EXPECT_EQ(read_keys(map), std::vector<int>{2});
}

}  // namespace
}  // namespace syncmap::test
