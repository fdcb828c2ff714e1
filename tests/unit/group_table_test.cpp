// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The parts of the group map, each for itself: states, tags, tables, moves between them, and what a
// walk holds.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <group_states.hpp>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/group_migration.hpp>
#include <syncmap/detail/group_table.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/inline_slot.hpp>
#include <syncmap/detail/node_slot.hpp>
#include <syncmap/detail/small_buffer.hpp>
#include <test_platform.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncmap::test::groups {
namespace {

using detail::group_state;

// --- group_state

TEST(group_state, begins_unlocked_and_empty) {
  constexpr group_state fresh;
  EXPECT_FALSE(fresh.is_locked());
  EXPECT_FALSE(fresh.is_forwarded());
  EXPECT_FALSE(fresh.overflows());
  EXPECT_EQ(fresh.bits(), 0U);
}
TEST(group_state, the_lock_alone_does_not_change_the_version) {
  const group_state some = group_state().changed().with_overflow(0x300);
  EXPECT_TRUE(some.locked().is_locked());
  EXPECT_TRUE(some.locked().is_same_version(some));
  EXPECT_TRUE(some.is_same_version(some.locked()));
  EXPECT_FALSE(some.changed().is_locked());
}
TEST(group_state, every_change_is_another_version) {
  const group_state some = group_state().changed().with_overflow(0x300);
  EXPECT_FALSE(some.is_same_version(some.changed()));
  EXPECT_FALSE(some.is_same_version(some.changed().changed()));
  EXPECT_FALSE(some.is_same_version(some.forwarded()));
  EXPECT_FALSE(some.is_same_version(some.changed().locked()));
  // A forwarding and a change that were undone would not be seen as one.
  EXPECT_FALSE(some.changed().is_same_version(some.forwarded()));
  EXPECT_TRUE(some.forwarded().is_forwarded());
  EXPECT_FALSE(some.forwarded().is_locked());
}
TEST(group_state, a10_version_wraps_without_touching_the_rest) {
  const group_state last(0xffffffffffff0000U | 0x2400U);
  EXPECT_EQ(last.changed().bits(), 0x2400U);
  EXPECT_FALSE(last.changed().is_same_version(last));
  EXPECT_TRUE(last.forwarded().is_forwarded());
  EXPECT_TRUE(last.forwarded().overflows());
}
TEST(group_state, the_filter_has_eight_bits_of_the_hash_that_the_tag_does_not_use) {
  for (std::uint64_t bit = 0; bit < 8; ++bit) {
    const group_state one = group_state().changed().with_overflow(bit << 8);
    EXPECT_TRUE(one.overflows());
    EXPECT_FALSE(one.is_locked());
    EXPECT_FALSE(one.is_forwarded());
    for (std::uint64_t hash = 0; hash < 0x1000; ++hash) {
      ASSERT_EQ(one.may_overflow(hash), (hash >> 8 & 7) == bit) << hash;
    }
    EXPECT_EQ(one.without_overflow().bits(), group_state().changed().bits());
    EXPECT_EQ(one.changed().without_overflow().bits(), group_state().changed().changed().bits());
    EXPECT_EQ(one.with_overflow(bit << 8).bits(), one.bits());
  }
  group_state all;
  for (std::uint64_t bit = 0; bit < 8; ++bit) all = all.with_overflow(bit << 8);
  EXPECT_EQ(all.bits(), 0xff00U);
}
TEST(group_state, no_tag_is_that_of_an_empty_slot) {
  std::set<unsigned> seen;
  for (std::uint64_t hash = 0; hash < 0x300; ++hash) {
    const std::uint8_t tag = detail::tag_of(hash);
    EXPECT_NE(tag, 0U);
    EXPECT_EQ(tag, detail::tag_of(hash + 0xabcdef00U));
    seen.insert(tag);
  }
  EXPECT_EQ(seen.size(), 255U);
}

// --- group

// All sixteen slots; with a script between any two steps, and without one.
struct scripted_sixteen : one_slot_platform {
  static constexpr std::uint32_t usable_slots = 0xffff;
  static constexpr std::size_t groups_per_overflow = 8;
};
struct plain_sixteen : tiny_platform {};

template <class P>
class group_of_platform : public ::testing::Test {
 protected:
  using slot = typename detail::inline_layout<int, int, P>::slot;
  using group_type = detail::group<slot, P>;
  void SetUp() override { script::reset(); }
};
struct platform_names {
  template <class P>
  static std::string GetName(int) {
    return std::is_same_v<P, plain_sixteen> ? "plain" : "scripted";
  }
};
using platforms = ::testing::Types<plain_sixteen, scripted_sixteen>;
TYPED_TEST_SUITE(group_of_platform, platforms, platform_names);

TYPED_TEST(group_of_platform, match_finds_every_tag_in_every_slot) {
  for (unsigned tag = 1; tag < 256; ++tag) {
    script::reset();
    for (std::size_t index = 0; index < detail::group_slots; ++index) {
      typename TestFixture::group_type one;
      const auto wanted = static_cast<std::uint8_t>(tag);
      ASSERT_EQ(one.match(wanted), 0U);
      ASSERT_EQ(one.match(0), 0xffffU);
      one.set_tag(index, wanted);
      ASSERT_EQ(one.match(wanted), 1U << index) << tag;
      ASSERT_EQ(one.match(0), 0xffffU & ~(1U << index)) << tag;
      ASSERT_EQ(one.taken(), 1U << index) << tag;
      ASSERT_EQ(one.tag(index), wanted);
      for (unsigned other = 1; other < 256; ++other) {
        const unsigned expected = other == tag ? 1U << index : 0;
        ASSERT_EQ(one.match(static_cast<std::uint8_t>(other)), expected);
      }
      one.set_tag(index, 0);
      ASSERT_EQ(one.taken(), 0U);
    }
  }
}
TYPED_TEST(group_of_platform, match_finds_the_tags_that_were_set_last) {
  random_source random(21);
  typename TestFixture::group_type one;
  std::uint8_t tags[detail::group_slots] = {};
  for (int round = 0; round < 20000; ++round) {
    script::reset();
    const std::size_t index = random.below(detail::group_slots);
    tags[index] = static_cast<std::uint8_t>(random.below(3) == 0 ? 0 : random.below(4) + 126);
    if (random.below(2) == 0) {
      one.set_tag(index, tags[index]);
    } else {
      one.start_tag(index, tags[index]);
    }
    for (const unsigned tag : {0U, 126U, 127U, 128U, 129U, 130U}) {
      unsigned expected = 0;
      for (unsigned i = 0; i < detail::group_slots; ++i) {
        if (tags[i] == tag) expected |= 1U << i;
      }
      ASSERT_EQ(one.match(static_cast<std::uint8_t>(tag)), expected) << round;
    }
  }
}
TYPED_TEST(group_of_platform, the_lock_is_taken_only_from_the_very_state_that_was_seen) {
  typename TestFixture::group_type one;
  const group_state seen = one.state();
  EXPECT_TRUE(one.is_still(seen));
  ASSERT_TRUE(one.try_lock(seen));
  EXPECT_TRUE(one.state().is_locked());
  EXPECT_TRUE(one.is_still(seen)) << "nothing has changed yet";
  EXPECT_FALSE(one.try_lock(seen));
  one.unlock(seen);
  ASSERT_TRUE(one.try_lock(seen)) << "it was unlocked as it was";
  one.unlock(seen.changed());
  EXPECT_FALSE(one.is_still(seen));
  EXPECT_FALSE(one.try_lock(seen));
  ASSERT_TRUE(one.try_lock(seen.changed()));
  one.publish(seen.changed().with_overflow(0x100).locked());
  EXPECT_FALSE(one.is_still(seen.changed())) << "a filter bit is new";
  EXPECT_TRUE(one.state().may_overflow(0x100));
  one.publish(one.state().forwarded());
  EXPECT_TRUE(one.state().is_forwarded());
}

TEST(match_bytes, this_processor_finds_what_each_byte_is) {
  random_source random(22);
  for (int round = 0; round < 100000; ++round) {
    std::uint64_t halves[2] = {random.next(), random.next()};
    const auto byte = static_cast<std::uint8_t>(halves[0] >> 8 * random.below(8));
    for (std::size_t i = random.below(8); i != 0; --i) {
      const std::size_t shift = 8 * random.below(8);
      std::uint64_t& half = halves[random.below(2)];
      half = (half & ~(std::uint64_t{0xff} << shift)) | std::uint64_t{byte} << shift;
    }
    std::uint32_t expected = 0;
    for (unsigned i = 0; i < 16; ++i) {
      if (static_cast<std::uint8_t>(halves[i / 8] >> (i % 8 * 8)) == byte) expected |= 1U << i;
    }
    ASSERT_EQ(detail::match_bytes(halves[0], halves[1], byte), expected);
    if constexpr (detail::has_wide_load) {
      ASSERT_EQ(detail::match_bytes_at(halves, byte), expected);
    }
  }
}

// --- the table

using layout = detail::inline_layout<int, int, scripted_sixteen>;
using table = detail::group_table<layout>;

class group_table_test : public ::testing::Test {
 protected:
  void SetUp() override {
    script::reset();
    what_is_left();
  }
  void TearDown() override {
    EXPECT_EQ(what_is_left(), "");
    script::reset();
    one_slot_platform::groups_per_overflow = 1;
  }

  static table::pointer make(std::size_t groups) {
    auto made = table::make({}, groups, 3);
    made->start(0, groups);
    return made;
  }
  // Puts an entry into a table that nobody else uses.
  static void put(table& in, std::uint64_t hash, std::uint64_t key = 0, std::uint64_t value = 0) {
    const auto main = in.group_of(hash);
    table::part last;
    auto empty = table::find_empty(main, last);
    if (!empty) {
      auto* const more = detail::make<scripted_sixteen, table::overflow>();
      last.head->link(more);
      in.own(more);
      empty = {{&more->head, more->slots}, 0, true};
    }
    empty.slot().key.store(key, std::memory_order_relaxed);
    empty.slot().value.store(value, std::memory_order_relaxed);
    empty.part.head->set_tag(empty.index, detail::tag_of(hash));
    if (!empty.in_overflow) return;
    if (!main.head->state().overflows()) in.count_overflowing(1);
    main.head->start(main.head->state().with_overflow(hash));
  }
};

TEST_F(group_table_test, groups_are_a_power_of_two_with_at_most_twelve_entries_each) {
  EXPECT_LE(table::groups_for(0), 1U);
  EXPECT_EQ(table::groups_for(1), 1U);
  std::size_t last = 1;
  for (std::size_t entries = 1; entries < 20000; ++entries) {
    const std::size_t count = table::groups_for(entries);
    ASSERT_TRUE(std::has_single_bit(count)) << entries;
    ASSERT_GE(count * 12, entries);
    ASSERT_LE(count, entries / 4 + 1) << "no more than four times what they need";
    ASSERT_GE(count, last) << entries;
    last = count;
  }
  EXPECT_TRUE(std::has_single_bit(table::max_groups()));
  EXPECT_EQ(table::groups_for(table::max_entries()), table::max_groups());
  EXPECT_GT(table::groups_for(table::max_entries() + 1), table::max_groups());
}

TEST_F(group_table_test, groups_are_intervals_of_hashes) {
  random_source random(23);
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{2}, std::size_t{16}, std::size_t{1024}}) {
    const auto one = make(count);
    EXPECT_EQ(one->group_count(), count);
    EXPECT_EQ(one->generation(), 3U);
    EXPECT_EQ(one->first_of(0), 0U);
    EXPECT_EQ(one->last_of(count - 1), ~std::uint64_t{0});
    for (std::size_t index = 0; index < count; ++index) {
      const std::uint64_t first = one->first_of(index);
      const std::uint64_t last = one->last_of(index);
      ASSERT_EQ(last - first, ~std::uint64_t{0} / count) << index;
      for (const std::uint64_t hash : {first, last, first + random.next() % (last - first)}) {
        ASSERT_EQ(one->index_of(hash), index) << hash;
        ASSERT_EQ(one->group_of(hash).head, one->at(index).head);
        ASSERT_EQ(one->group_of(hash).slots, one->at(index).slots);
      }
      ASSERT_EQ(index == 0 ? 0 : one->last_of(index - 1) + 1, first);
    }
  }
}
TEST_F(group_table_test, groups_and_slots_do_not_overlap_and_end_with_the_table) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{1024}}) {
    const auto one = make(count);
    const auto address = [](const void* object) {
      return reinterpret_cast<std::uintptr_t>(object);
    };
    EXPECT_EQ(address(one.get()) % detail::cache_line, 0U);
    EXPECT_EQ(address(one->at(0).slots) % detail::cache_line, 0U);
    EXPECT_GE(address(one->at(0).head), address(one.get() + 1));
    for (std::size_t index = 1; index < count; ++index) {
      ASSERT_EQ(one->at(index).head, one->at(index - 1).head + 1);
      ASSERT_EQ(one->at(index).slots, one->at(index - 1).slots + detail::group_slots);
    }
    EXPECT_GE(address(one->at(0).slots), address(one->at(count - 1).head + 1));
    EXPECT_EQ(
        address(one->at(count - 1).slots + detail::group_slots), address(one.get()) + one->bytes());
  }
}

TEST_F(group_table_test, an_empty_slot_is_found_in_the_group_and_then_in_what_overflows) {
  const auto one = make(1);
  table::part last;
  for (std::uint64_t key = 0; key < 40; ++key) {
    const auto empty = table::find_empty(one->at(0), last);
    ASSERT_EQ(static_cast<bool>(empty), key % 16 != 0 || key == 0) << key;
    if (empty) {
      EXPECT_EQ(empty.index, key % 16);
      EXPECT_EQ(empty.in_overflow, key >= 16);
    } else {
      EXPECT_EQ(last.head->more(), nullptr);
    }
    put(*one, key);
    EXPECT_EQ(table::is_overflow_empty(one->at(0)), key < 16);
  }
  // One that is free again is found before one further behind.
  const auto second = one->at(0).next();
  second.head->set_tag(5, 0);
  const auto empty = table::find_empty(one->at(0), last);
  EXPECT_EQ(empty.part.head, second.head);
  EXPECT_EQ(empty.index, 5U);
  EXPECT_TRUE(empty.in_overflow);
}

TEST_F(group_table_test, it_asks_to_grow_when_more_than_one_group_in_eight_overflows) {
  const auto one = make(16);
  EXPECT_FALSE(one->is_too_full());
  one->count_overflowing(2);
  EXPECT_FALSE(one->is_too_full());
  one->count_overflowing(1);
  EXPECT_TRUE(one->is_too_full());
  one->count_not_overflowing();
  EXPECT_FALSE(one->is_too_full());
  EXPECT_EQ(one->overflowing(), 2U);
}

TEST_F(group_table_test, it_gets_one_next_at_most) {
  const auto first = table::make({}, 2, 3);  // not owned by `one` here, so it goes after it
  const auto second = table::make({}, 2, 3);
  const auto one = make(1);
  EXPECT_EQ(one->next(), nullptr);
  EXPECT_FALSE(one->is_closed());
  EXPECT_TRUE(one->try_set_next(first.get()));
  EXPECT_FALSE(one->try_set_next(second.get()));
  EXPECT_EQ(one->next(), first.get());
  EXPECT_FALSE(one->is_closed());
}

TEST_F(group_table_test, units_have_one_source_or_one_target) {
  const auto of_two = table::make({}, 2, 3);
  const auto of_eight = table::make({}, 8, 3);
  EXPECT_EQ(of_two->sources_per_unit(*of_eight), 1U);
  EXPECT_EQ(of_two->targets_per_unit(*of_eight), 4U);
  EXPECT_EQ(of_two->unit_count(*of_eight), 2U);
  EXPECT_EQ(of_eight->sources_per_unit(*of_two), 4U);
  EXPECT_EQ(of_eight->targets_per_unit(*of_two), 1U);
  EXPECT_EQ(of_eight->unit_count(*of_two), 2U);
  EXPECT_EQ(of_two->claim(3), 0U);
  EXPECT_EQ(of_two->claim(3), 3U);
  EXPECT_EQ(of_two->moved(), 0U);
  of_two->count_moved();
  EXPECT_EQ(of_two->moved(), 1U);
}

// --- closing

TEST_F(group_table_test, an_empty_table_of_one_group_closes_once) {
  const auto one = make(1);
  ASSERT_TRUE(one->try_close());
  EXPECT_TRUE(one->is_closed());
  EXPECT_TRUE(one->at(0).head->state().is_forwarded());
  EXPECT_FALSE(one->at(0).head->state().is_locked());
  EXPECT_FALSE(one->try_close());
}
TEST_F(group_table_test, a_table_that_was_used_and_is_empty_closes) {
  const auto one = make(1);
  for (std::uint64_t key = 0; key < 20; ++key) put(*one, key);
  for (auto here = one->at(0); here; here = here.next()) {
    for (std::size_t i = 0; i < detail::group_slots; ++i) here.head->set_tag(i, 0);
  }
  EXPECT_FALSE(one->try_close()) << "the filter says that something overflows";
  one->at(0).head->start(one->at(0).head->state().without_overflow());
  EXPECT_TRUE(one->try_close());
}
TEST_F(group_table_test, a_table_that_has_an_entry_or_two_groups_or_a_lock_does_not_close) {
  const auto two = make(2);
  EXPECT_FALSE(two->try_close());
  for (const std::uint64_t entries : {1U, 17U}) {
    const auto full = make(1);
    for (std::uint64_t key = 0; key < entries; ++key) put(*full, key);
    const group_state before = full->at(0).head->state();
    EXPECT_FALSE(full->try_close());
    EXPECT_EQ(full->at(0).head->state().bits(), before.bits());
    EXPECT_EQ(full->next(), nullptr);
  }
  const auto locked = make(1);
  ASSERT_TRUE(locked->at(0).head->try_lock(group_state()));
  EXPECT_FALSE(locked->try_close());
  EXPECT_TRUE(locked->at(0).head->state().is_locked());
  EXPECT_EQ(locked->next(), nullptr);
}
TEST_F(group_table_test, a_table_that_has_a_next_does_not_close_and_is_unlocked) {
  const auto next = table::make({}, 2, 3);  // not owned by `one` here, so it goes after it
  const auto one = make(1);
  ASSERT_TRUE(one->try_set_next(next.get()));
  const group_state before = one->at(0).head->state();
  EXPECT_FALSE(one->try_close());
  EXPECT_EQ(one->at(0).head->state().bits(), before.bits());
  EXPECT_EQ(one->next(), next.get());
}

// --- moves

class group_migration_test : public group_table_test {
 protected:
  using migration = detail::group_migration<layout>;

  static std::uint64_t hash_of_int(int key) {
    return detail::mix(static_cast<std::size_t>(key), 12345);
  }
  // By which it is tagged in an overflow group.
  static std::uint64_t hash_again(std::uint64_t hash, int key) noexcept {
    return hash + static_cast<std::uint64_t>(key) + 1;
  }
  static void put_int(table& in, int key) {
    put(in, hash_of_int(key), detail::to_word(key), detail::to_word(2 * key));
  }
  // Of the groups [first, last).
  static std::map<int, int> ints_of(const table& in, std::size_t first, std::size_t last,
                                    bool is_target = false) {
    std::map<int, int> result;
    for (std::size_t index = first; index < last; ++index) {
      const auto main = in.at(index);
      EXPECT_FALSE(main.head->state().is_locked());
      bool any = false;
      for (auto here = main; here; here = here.next()) {
        detail::for_each_slot(here.head->taken(), [&](std::size_t slot) {
          const auto entry = layout::capture(here.slots[slot]);
          const std::uint64_t hash = hash_of_int(entry.key);
          EXPECT_EQ(in.index_of(hash), index);
          const bool is_over = here.head != main.head && is_target;
          EXPECT_EQ(
              here.head->tag(slot), detail::tag_of(is_over ? hash_again(hash, entry.key) : hash));
          if (here.head != main.head) {
            any = true;
            EXPECT_TRUE(main.head->state().may_overflow(hash));
          }
          EXPECT_TRUE(result.emplace(entry.key, entry.value).second) << entry.key;
        });
      }
      EXPECT_EQ(main.head->state().overflows(), any);
    }
    return result;
  }
  static std::size_t overflowing_in(const table& in, std::size_t first, std::size_t last) {
    std::size_t count = 0;
    for (; first < last; ++first) count += in.at(first).head->state().overflows() ? 1U : 0U;
    return count;
  }
  static std::map<int, int> doubles(int count) {
    std::map<int, int> result;
    for (int key = 0; key < count; ++key) result.emplace(key, 2 * key);
    return result;
  }
};

TEST_F(group_migration_test, moves_any_number_of_entries_to_tables_of_any_size) {
  for (const std::size_t from_groups : {1U, 2U, 4U, 16U, 32U}) {
    for (const std::size_t to_groups : {1U, 2U, 4U, 8U, 32U, 64U}) {
      if (from_groups == to_groups || from_groups > 16 * to_groups) continue;
      for (const int count : {0, 1, 15, 16, 17, 33, 60, 200, 700}) {
        script::reset();
        const auto from = make(from_groups);
        const auto to = table::make({}, to_groups, 3);
        for (int key = 0; key < count; ++key) put_int(*from, key);
        const std::size_t units = from->unit_count(*to);
        for (std::size_t unit = 0; unit < units; ++unit) {
          migration one(*from, *to, unit);
          ASSERT_TRUE(one.run(&hash_of_int, &hash_again));
          migration again(*from, *to, unit);
          ASSERT_FALSE(again.run(&hash_of_int, &hash_again));
        }
        ASSERT_EQ(ints_of(*to, 0, to_groups, true), doubles(count))
            << count << " from " << from_groups << " to " << to_groups;
        ASSERT_EQ(to->overflowing(), overflowing_in(*to, 0, to_groups));
        for (std::size_t index = 0; index < from_groups; ++index) {
          ASSERT_TRUE(from->at(index).head->state().is_forwarded());
          ASSERT_FALSE(from->at(index).head->state().is_locked());
        }
        // An old group stays as it was, for those that still look at it (group:I3).
        ASSERT_EQ(ints_of(*from, 0, from_groups), doubles(count));
      }
    }
  }
}

TEST_F(group_migration_test,
       asks_for_memory_only_if_something_overflows_and_for_no_more_than_that) {
  for (const auto& [count, most] :
       {std::pair(0, 0), {16, 0}, {17, 1}, {32, 2}, {33, 2}, {100, 6}}) {
    const auto from = make(16);
    const auto to = table::make({}, 1, 3);
    for (int key = 0; key < count; ++key) put_int(*from, key);
    script::reset();
    const long before = one_slot_platform::alive;
    migration one(*from, *to, 0);
    ASSERT_TRUE(one.run(&hash_of_int, &hash_again));
    // A buffer for more than 32 hashes goes with the move.
    std::size_t hashes = 0;
    for (int size = 32; size < count; size *= 2) ++hashes;
    EXPECT_EQ(script::allocations - hashes, static_cast<std::size_t>(most)) << count;
    EXPECT_GE(one_slot_platform::alive - before, count / 17);
  }
}

TEST_F(group_migration_test, without_memory_nothing_has_changed) {
  for (const auto& [from_groups, to_groups] :
       {std::pair<std::size_t, std::size_t>{1, 2}, {2, 1}, {1, 8}, {16, 1}}) {
    const int count = 150;
    for (std::size_t n = 1;; ++n) {
      const auto from = make(from_groups);
      const auto to = table::make({}, to_groups, 3);
      for (int key = 0; key < count; ++key) put_int(*from, key);
      std::vector<std::uint64_t> before;
      for (std::size_t index = 0; index < from_groups; ++index) {
        before.push_back(from->at(index).head->state().bits());
      }
      const long alive = one_slot_platform::alive;
      bool failed = false;
      {
        migration one(*from, *to, 0);
        script::fail_allocation(n);
        try {
          ASSERT_TRUE(one.run(&hash_of_int, &hash_again));
        } catch (const std::bad_alloc&) {
          failed = true;
        }
        script::reset();
      }
      if (!failed) break;
      ASSERT_LT(n, 30U);
      ASSERT_EQ(one_slot_platform::alive, alive);
      ASSERT_EQ(to->overflowing(), 0U);
      ASSERT_EQ(group_inspector::owned(*to), nullptr);
      for (std::size_t index = 0; index < from_groups; ++index) {
        ASSERT_EQ(from->at(index).head->state().bits(), before[index]);
      }
      ASSERT_EQ(ints_of(*from, 0, from_groups), doubles(count));
      migration again(*from, *to, 0);
      ASSERT_TRUE(again.run(&hash_of_int, &hash_again));
    }
  }
}

TEST_F(group_migration_test, a_hash_that_throws_has_changed_nothing) {
  const auto from = make(2);
  const auto to = table::make({}, 1, 3);
  for (int key = 0; key < 40; ++key) put_int(*from, key);
  for (int calls = 1; calls <= 40; ++calls) {
    int left = calls;
    migration one(*from, *to, 0);
    const auto fragile = [&](int key) {
      if (--left == 0) throw std::runtime_error("hash");
      return hash_of_int(key);
    };
    ASSERT_THROW(one.run(fragile, &hash_again), std::runtime_error);
    ASSERT_EQ(ints_of(*from, 0, 2), doubles(40));
    ASSERT_FALSE(from->at(0).head->state().is_forwarded());
  }
  migration one(*from, *to, 0);
  ASSERT_TRUE(one.run(&hash_of_int, &hash_again));
  EXPECT_EQ(ints_of(*to, 0, 1, true), doubles(40));
}

TEST_F(group_migration_test, a_lock_or_a_change_of_any_source_leaves_everything_as_it_was) {
  for (std::size_t which = 0; which < 4; ++which) {
    const auto from = make(4);
    const auto to = table::make({}, 1, 3);
    for (int key = 0; key < 20; ++key) put_int(*from, key);
    auto* const head = from->at(which).head;
    const group_state seen = head->state();
    ASSERT_TRUE(head->try_lock(seen));
    {
      migration one(*from, *to, 0);
      EXPECT_FALSE(one.run(&hash_of_int, &hash_again));
    }
    EXPECT_TRUE(head->state().is_locked());
    head->unlock(seen);
    EXPECT_EQ(ints_of(*from, 0, 4), doubles(20));
    // It changes between the look and the lock.
    {
      int calls = 0;
      migration one(*from, *to, 0);
      EXPECT_FALSE(one.run(
          [&](int key) {
            if (++calls == 20) head->unlock(seen.changed());
            return hash_of_int(key);
          },
          &hash_again));
    }
    EXPECT_EQ(ints_of(*from, 0, 4), doubles(20));
    migration one(*from, *to, 0);
    EXPECT_TRUE(one.run(&hash_of_int, &hash_again));
  }
}

TEST_F(group_migration_test, units_next_to_each_other_do_not_touch_each_other) {
  const auto from = make(4);
  const auto to = table::make({}, 8, 3);
  for (int key = 0; key < 200; ++key) put_int(*from, key);
  migration one(*from, *to, 2);
  ASSERT_TRUE(one.run(&hash_of_int, &hash_again));
  EXPECT_EQ(ints_of(*to, 4, 6, true), ints_of(*from, 2, 3));
  EXPECT_EQ(to->overflowing(), overflowing_in(*to, 4, 6));
  for (const std::size_t index : {0U, 1U, 3U}) {
    EXPECT_FALSE(from->at(index).head->state().is_forwarded());
  }
}

// --- nodes of a table that goes

TEST(group_table_nodes, are_dropped_unit_by_unit_wherever_they_are) {
  using map_type = small_map<nodes>;
  for (std::size_t i = 0; i < state_count; ++i) {
    const state which = static_cast<state>(i);
    script::reset();
    {
      map_type map;
      arrange(map, which);
      const auto entries = static_cast<long>(map.size());
      auto* const one = group_inspector::table(map.engine());
      if (one == nullptr) continue;
      what_is_left();
      long dropped = 0;
      std::set<const void*> nodes_seen;
      const auto f = [&](auto* node) noexcept {
        ++dropped;
        nodes_seen.insert(node);
        std::remove_pointer_t<decltype(node)>::reclaimed(node);
      };
      auto* const next = one->next();
      const std::size_t units =
          next == nullptr || next == one ? one->group_count() : one->unit_count(*next);
      std::size_t calls = 1;
      while (!group_inspector::drop_nodes(*one, 1, f)) ++calls;
      EXPECT_EQ(calls, units) << which;
      EXPECT_EQ(dropped, entries) << which;
      EXPECT_EQ(nodes_seen.size(), static_cast<std::size_t>(entries)) << which;
      EXPECT_TRUE(group_inspector::drop_nodes(*one, 1, f)) << which;
      EXPECT_EQ(dropped, entries) << which;
    }
    what_is_left();
  }
}
TEST(group_table_nodes, go_when_a_table_is_cleared_or_destroyed) {
  for (std::size_t i = 0; i < state_count; ++i) {
    for (const bool clears : {false, true}) {
      script::reset();
      what_is_left();
      small_map<nodes> map;
      arrange(map, static_cast<state>(i));
      if (!clears) continue;
      map.clear();
      EXPECT_EQ(what_is_left(), "") << static_cast<state>(i);
    }
    EXPECT_EQ(what_is_left(), "") << static_cast<state>(i);
  }
}

// --- tables that are left

template <class Map, class F>
void expect_tables_after(state which, long tables, F f) {
  script::reset();
  what_is_left();
  {
    Map map;
    arrange(map, which);
    detail::hazard_domain<one_slot_platform>::global().reclaim();
    f(map);
    EXPECT_EQ(one_slot_platform::tables, tables) << which;
  }
  EXPECT_EQ(what_is_left(), "") << which;
}
template <class Map>
void expect_that_tables_go_at_once() {
  const auto store = [](Map& map) { map.store(far_key, 1); };
  const auto shrink = [](Map& map) { map.shrink(); };
  const auto grow = [](Map& map) { map.reserve_groups(8); };
  expect_tables_after<Map>(state::all_moved, 1, store);
  expect_tables_after<Map>(state::all_merged, 1, store);
  expect_tables_after<Map>(state::half_moved, 1, store);
  expect_tables_after<Map>(state::closed, 1, store);
  expect_tables_after<Map>(state::closed, 0, shrink);
  expect_tables_after<Map>(state::emptied, 0, shrink);
  expect_tables_after<Map>(state::unmerged_sixteen, 1, shrink);
  expect_tables_after<Map>(state::unmoved_in_slot, 1, grow);
  expect_tables_after<Map>(state::single, 1, grow);
}
TEST(group_map_tables, go_with_the_operation_that_leaves_them) {
  expect_that_tables_go_at_once<small_map<words>>();
  expect_that_tables_go_at_once<small_map<nodes>>();
  const auto clear = [](auto& map) { map.clear(); };
  expect_tables_after<small_map<words>>(state::in_slot, 0, clear);
  expect_tables_after<small_map<words>>(state::spread, 0, clear);
}

// --- small_buffer

class small_buffer_test : public ::testing::Test {
 protected:
  using buffer = detail::small_buffer<one_slot_platform, std::size_t, 4>;
  void SetUp() override {
    script::reset();
    what_is_left();
  }
  void TearDown() override { EXPECT_EQ(what_is_left(), ""); }

  static void fill(buffer& one, std::size_t count) {
    for (std::size_t i = one.size(); i < count; ++i) one.push_back(100 + i);
  }
  static void expect(const buffer& one, std::size_t count) {
    ASSERT_EQ(one.size(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(one[i], 100 + i);
  }
};
TEST_F(small_buffer_test, allocates_only_for_more_than_it_has_inside) {
  buffer one;
  EXPECT_EQ(one.size(), 0U);
  const std::size_t at_first = script::allocations;
  fill(one, 4);
  EXPECT_EQ(script::allocations, at_first);
  fill(one, 8);
  EXPECT_EQ(script::allocations, at_first + 1);
  fill(one, 100);
  expect(one, 100);
  EXPECT_EQ(one_slot_platform::alive, 1);
  one.resize_down(3);
  expect(one, 3);
  one.clear();
  EXPECT_EQ(one.size(), 0U);
  const std::size_t before = script::allocations;
  fill(one, 100);
  expect(one, 100);
  EXPECT_EQ(script::allocations, before) << "what it has, it keeps";
}
TEST_F(small_buffer_test, moves_with_what_it_has_and_leaves_an_empty_one) {
  for (const std::size_t count : {0U, 3U, 4U, 5U, 50U}) {
    for (const std::size_t other : {0U, 3U, 4U, 5U, 50U}) {
      buffer one;
      fill(one, count);
      buffer two(std::move(one));
      expect(two, count);
      EXPECT_EQ(one.size(), 0U);
      fill(one, other);
      expect(one, other);
      one = std::move(two);
      expect(one, count);
      EXPECT_EQ(two.size(), 0U);
      fill(two, 6);
      expect(two, 6);
      buffer& same = one;
      one = std::move(same);
      expect(one, count);
    }
  }
}
TEST_F(small_buffer_test, without_memory_has_not_changed) {
  buffer one;
  fill(one, 4);
  for (const std::size_t full : {4U, 8U, 16U}) {
    script::fail_allocation(1);
    EXPECT_THROW(one.push_back(1), std::bad_alloc);
    expect(one, full);
    fill(one, 2 * full);
  }
}

// --- hazard_row, hazard_leaf

struct row_platform : one_slot_platform {};
struct leaf_platform : one_slot_platform {};

template <class P>
struct retired_object : detail::hazard_pointer_obj_base {
  static inline int destroyed = 0;
  static void reclaimed(retired_object* object) noexcept {
    ++destroyed;
    delete object;
  }
};
template <class P>
void reclaim_all() {
  detail::hazard_domain<P>::global().reclaim();
}

TEST(hazard_row, protects_as_many_objects_as_were_asked_for) {
  using object = retired_object<row_platform>;
  script::reset();
  object::destroyed = 0;
  std::vector<object*> objects;
  {
    detail::hazard_row<row_platform> row;
    for (std::size_t i = 0; i < 50; ++i) {
      row.reserve(i + 1);
      objects.push_back(new object);
      row[i].reset_protection(objects.back());
    }
    detail::hazard_row<row_platform> other(std::move(row));
    for (object* const each : objects) detail::retire<row_platform>(each);
    reclaim_all<row_platform>();
    EXPECT_EQ(object::destroyed, 0);
    other[7].reset_protection();
    reclaim_all<row_platform>();
    EXPECT_EQ(object::destroyed, 1);
    row = std::move(other);
    reclaim_all<row_platform>();
    EXPECT_EQ(object::destroyed, 1);
    row.reset_protection();
    reclaim_all<row_platform>();
    EXPECT_EQ(object::destroyed, 50);
    auto* const last = new object;
    row[49].reset_protection(last);
    detail::retire<row_platform>(last);
    reclaim_all<row_platform>();
    EXPECT_EQ(object::destroyed, 50);
  }
  reclaim_all<row_platform>();
  EXPECT_EQ(object::destroyed, 51) << "one that goes protects nothing";
}
TEST(hazard_row, gives_its_units_back) {
  using row = detail::hazard_row<row_platform>;
  script::reset();
  { row().reserve(18); }
  for (int i = 0; i < 3; ++i) {
    row one;
    one.reserve(18);
    row two;
    const std::size_t before = script::allocations;
    two = std::move(one);
    one = row();
    EXPECT_EQ(script::allocations, before);
  }
  script::reset();
  for (int i = 0; i < 100; ++i) {
    row one;
    one.reserve(18);
    EXPECT_EQ(script::allocations, 0U);
  }
}
TEST(hazard_row, without_memory_keeps_what_it_has_and_loses_no_unit) {
  struct poor_platform : one_slot_platform {};
  using row = detail::hazard_row<poor_platform>;
  using object = retired_object<poor_platform>;
  script::reset();
  object::destroyed = 0;
  { row().reserve(1); }  // the thread's record
  for (std::size_t n = 1;; ++n) {
    row one;
    auto* const kept = new object;
    script::fail_allocation(n);
    bool failed = false;
    std::size_t has = 0;
    try {
      for (; has < 24; ++has) {
        one.reserve(has + 1);
        if (has == 0) one[0].reset_protection(kept);
      }
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    script::reset();
    if (has == 0) {
      delete kept;
    } else {
      detail::retire<poor_platform>(kept);
      reclaim_all<poor_platform>();
      EXPECT_EQ(std::exchange(object::destroyed, 0), 0) << n;
      one.reserve(24);
      reclaim_all<poor_platform>();
      EXPECT_EQ(object::destroyed, 0) << n;
      one.reset_protection();
      reclaim_all<poor_platform>();
      EXPECT_EQ(std::exchange(object::destroyed, 0), 1) << n;
    }
    if (!failed) break;
    ASSERT_LT(n, 20U);
  }
}

TEST(hazard_leaf, is_there_when_the_own_slots_of_the_thread_are_free) {
  using leaf = detail::hazard_leaf<leaf_platform>;
  script::reset();
  EXPECT_FALSE(leaf::can_be_had()) << "a thread without a record";
  { const detail::hazard_scope<leaf_platform, 1> attaches; }
  if (!one_slot_platform::announces_lightly()) GTEST_SKIP() << "announcements are not light here";
  EXPECT_TRUE(leaf::can_be_had());
  {
    const detail::hazard_scope<leaf_platform, 1> busy;
    EXPECT_FALSE(leaf::can_be_had());
  }
  EXPECT_TRUE(leaf::can_be_had());
}
TEST(hazard_leaf, protects_until_it_ends) {
  using object = retired_object<leaf_platform>;
  script::reset();
  object::destroyed = 0;
  { const detail::hazard_scope<leaf_platform, 1> attaches; }
  if (!one_slot_platform::announces_lightly()) GTEST_SKIP() << "announcements are not light here";
  struct word {
    object* at;
    [[nodiscard]] const void* address() const { return at; }
    bool operator==(const word&) const = default;
  };
  object* published = new object;
  {
    // What is published changes while it is announced: the second is protected, the first is not.
    ASSERT_TRUE(detail::hazard_leaf<leaf_platform>::can_be_had());
    const detail::hazard_leaf<leaf_platform> leaf;
    int loads = 0;
    const word seen = leaf.protect([&] {
      if (++loads == 2) detail::retire<leaf_platform>(std::exchange(published, new object));
      return word{published};
    });
    EXPECT_EQ(loads, 3);
    EXPECT_EQ(seen.at, published);
    detail::retire<leaf_platform>(published);
    reclaim_all<leaf_platform>();
    EXPECT_EQ(object::destroyed, 1);
  }
  reclaim_all<leaf_platform>();
  EXPECT_EQ(object::destroyed, 2);
}

}  // namespace
}  // namespace syncmap::test::groups
