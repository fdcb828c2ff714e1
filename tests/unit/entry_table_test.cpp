// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The table: against a model, with hashes of every quality.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <syncmap/detail/entry.hpp>
#include <syncmap/detail/entry_table.hpp>
#include <test_platform.hpp>
#include <utility>
#include <vector>

namespace syncmap::test {
namespace {

using platform = tiny_platform;
using entry_type = detail::entry<int, int, platform>;
using table = detail::entry_table<entry_type>;
using detail::bucket_tags;

using hash_function = std::size_t (*)(int);
const std::vector<std::pair<const char*, hash_function>>& hashes() {
  static const std::vector<std::pair<const char*, hash_function>> all = {
      {"identity", [](int key) { return static_cast<std::size_t>(key); }},
      {"constant", [](int) -> std::size_t { return 0; }},
      {"four bits", [](int key) { return static_cast<std::size_t>(key) & 15; }},
      {"high bits", [](int key) { return static_cast<std::size_t>(key) << 48; }}};
  return all;
}

// A table with what it owns, and the same in a std::map.
class modelled {
 public:
  explicit modelled(hash_function hash, std::size_t capacity = 1, std::uint64_t seed = 0x1234567)
      : hash_(hash), table_(table::make({}, capacity, seed)) {}
  modelled(const modelled&) = delete;
  modelled& operator=(const modelled&) = delete;
  ~modelled() {
    table_->drop_entries([](entry_type* last) { detail::destroy<platform>(last); });
  }

  void insert(int key) {
    auto* const one = detail::make<platform, entry_type>(platform(), table_->hash(hash_(key)), key);
    table_->insert(one);
    model_[key] = one;
  }
  void remove(int key) {
    entry_type* const one = model_.at(key);
    model_.erase(key);
    table_->remove(one);
    if (one->drop()) detail::destroy<platform>(one);
  }
  [[nodiscard]] bool contains(int key) const { return model_.contains(key); }
  [[nodiscard]] entry_type* find(int key) const {
    return table_->find(hash_(key), key, std::equal_to<>());
  }
  [[nodiscard]] table& get() { return *table_; }
  [[nodiscard]] std::size_t size() const { return model_.size(); }
  void grow_to(std::size_t capacity) {
    auto larger = table::make({}, capacity, 0x1234567);
    larger->move_from(*table_);
    EXPECT_EQ(table_->size(), 0U);
    table_ = std::move(larger);
  }

  // entry_table:I2, I3; and that walking shows what finding does.
  void check(int keys) const {
    ASSERT_EQ(table_->size(), model_.size());
    for (int key = 0; key < keys; ++key) {
      const auto at = model_.find(key);
      ASSERT_EQ(find(key), at == model_.end() ? nullptr : at->second) << key;
    }
    std::vector<const entry_type*> walked;
    for (std::size_t slot = 0; slot < table_->slot_count(); ++slot) {
      if (table_->at(slot) != nullptr) walked.push_back(table_->at(slot));
    }
    ASSERT_EQ(walked.size(), model_.size());
    std::sort(walked.begin(), walked.end());
    ASSERT_EQ(std::adjacent_find(walked.begin(), walked.end()), walked.end());
  }

 private:
  hash_function hash_;
  table::pointer table_;
  std::map<int, entry_type*> model_;
};

TEST(entry_table, finds_exactly_what_was_inserted_and_not_removed) {
  random_source random(11);
  for (const auto& [name, hash] : hashes()) {
    for (const std::size_t capacity : {1U, 2U, 4U, 16U}) {
      modelled one(hash, capacity);
      for (int i = 0; i < 3000; ++i) {
        const int key = static_cast<int>(random.below(100));
        if (one.contains(key)) {
          one.remove(key);
        } else if (one.get().has_room()) {
          one.insert(key);
        }
        if (i % 100 == 0) one.check(100);
      }
      one.check(100);
      if (::testing::Test::HasFatalFailure()) FAIL() << name << ' ' << capacity;
    }
  }
}
TEST(entry_table, a_full_table_can_be_emptied_and_filled_again_any_number_of_times) {
  for (const auto& [name, hash] : hashes()) {
    modelled one(hash, 8);
    for (int round = 0; round < 100; ++round) {
      int keys = 0;
      while (one.get().has_room()) one.insert(keys++);
      if (round % 10 == 0) one.check(keys + 10);
      // In another order each time.
      for (int i = 0; i < keys; ++i) one.remove((i * 7 + round) % keys);
      if (::testing::Test::HasFatalFailure()) FAIL() << name << ' ' << round;
    }
    one.check(50);
  }
}
// The count of a bucket that sent entries on stops at its greatest, and stays there.
TEST(entry_table, an_overflow_of_hundreds_of_entries_is_found_and_removed) {
  modelled one([](int) -> std::size_t { return 5; }, 256);
  for (int key = 0; key < 1000; ++key) {
    one.insert(key);
    if (key > 255 && key < 275) one.check(280);  // around the greatest count
  }
  one.check(1010);
  for (int key = 0; key < 1000; key += 2) one.remove(key);
  one.check(1010);
  for (int key = 0; key < 1000; key += 2) one.insert(key);
  one.check(1010);
  for (int key = 0; key < 1000; ++key) one.remove(key);
  one.check(1010);
}
TEST(entry_table, growing_moves_all_entries) {
  for (const auto& [name, hash] : hashes()) {
    modelled one(hash);
    for (int key = 0; key < 500; ++key) {
      if (!one.get().has_room()) one.grow_to(table::capacity_for(one.size() + 1));
      one.insert(key);
    }
    one.check(510);
    EXPECT_LE(one.get().capacity(), 256U) << name;
  }
}
TEST(entry_table, copying_takes_what_is_wanted_and_both_hold_it) {
  for (const auto& [name, hash] : hashes()) {
    modelled one(hash, 16);
    for (int key = 0; key < 60; ++key) one.insert(key);
    auto copy = table::make({}, 16, 0x1234567);
    copy->copy_from(one.get(), [](const entry_type& each) { return each.key() % 3 != 0; });
    EXPECT_EQ(copy->size(), 40U) << name;
    for (int key = 0; key < 60; ++key) {
      EXPECT_EQ(
          copy->find(hash(key), key, std::equal_to<>()), key % 3 != 0 ? one.find(key) : nullptr);
    }
    int last = 0;
    copy->drop_entries([&](entry_type*) { ++last; });
    EXPECT_EQ(last, 0) << name;
    one.check(70);
  }
}
TEST(entry_table, the_last_table_of_an_entry_is_told) {
  auto first = table::make({}, 4, 1);
  auto second = table::make({}, 4, 1);
  auto* const one = detail::make<platform, entry_type>(platform(), first->hash(1), 1);
  first->insert(one);
  second->copy_from(*first, [](const entry_type&) { return true; });
  int last = 0;
  first->drop_entries([&](entry_type*) { ++last; });
  EXPECT_EQ(last, 0);
  second->drop_entries([&](entry_type* each) {
    ++last;
    detail::destroy<platform>(each);
  });
  EXPECT_EQ(last, 1);
}
TEST(entry_table, a_table_of_the_capacity_for_a_number_has_room_for_it) {
  for (std::size_t entries = 1; entries < 3000; ++entries) {
    const std::size_t capacity = table::capacity_for(entries);
    EXPECT_EQ(capacity & (capacity - 1), 0U);
    if (entries > 200 && entries % 97 != 0) continue;
    modelled one([](int key) { return static_cast<std::size_t>(key); }, capacity);
    for (std::size_t i = 0; i < entries; ++i) {
      ASSERT_TRUE(one.get().has_room()) << entries;
      one.insert(static_cast<int>(i));
    }
  }
}
TEST(entry_table, a_table_that_is_too_large_is_no_memory_and_no_overflow) {
  if (sanitized) GTEST_SKIP() << "sanitizers end the program instead";
  for (unsigned bit = 48; bit < std::numeric_limits<std::size_t>::digits; ++bit) {
    EXPECT_THROW(static_cast<void>(table::make({}, std::size_t{1} << bit, 1)), std::bad_alloc)
        << bit;
  }
}
TEST(entry_table, equality_is_asked_for_few_entries_besides_the_right_one) {
  modelled one([](int key) { return static_cast<std::size_t>(key); }, 1024);
  for (int key = 0; key < 5000; ++key) one.insert(key);
  std::size_t calls = 0;
  const auto counting = [&](int a, int b) {
    ++calls;
    return a == b;
  };
  for (int key = 0; key < 5000; ++key) {
    EXPECT_NE(one.get().find(static_cast<std::size_t>(key), key, counting), nullptr);
  }
  EXPECT_LT(calls, 5000U + 500U);
  calls = 0;
  for (int key = 5000; key < 10000; ++key) {
    EXPECT_EQ(one.get().find(static_cast<std::size_t>(key), key, counting), nullptr);
  }
  EXPECT_LT(calls, 500U);
}

// --- the word of tags, against seven bytes and a number

TEST(bucket_tags, a_tag_is_never_that_of_an_empty_slot) {
  for (std::uint64_t hash = 0; hash < 1024; ++hash) {
    EXPECT_GE(bucket_tags::tag_of(hash), 0x80U);
    EXPECT_LE(bucket_tags::tag_of(hash), 0xffU);
  }
}
TEST(bucket_tags, behaves_like_seven_bytes_and_a_count_that_saturates) {
  random_source random(12);
  for (int run = 0; run < 300; ++run) {
    bucket_tags tags;
    std::array<std::uint64_t, bucket_tags::slots> model{};
    std::uint64_t overflow = 0;
    const std::uint64_t distinct = 1 + random.below(128);
    for (int i = 0; i < 100; ++i) {
      const auto slot = static_cast<unsigned>(random.below(bucket_tags::slots));
      const std::uint64_t tag = random.below(3) == 0 ? 0 : 0x80 + random.below(distinct);
      tags.set(slot, tag);
      model[slot] = tag;
      for (int more = 0; more < 4; ++more) {
        if (random.below(3) != 0) {
          tags.overflow_more();
          if (overflow != 255) ++overflow;
        } else if (overflow != 0) {
          tags.overflow_less();
          if (overflow != 255) --overflow;
        }
      }
      ASSERT_EQ(tags.overflow(), overflow);
      std::uint64_t filled = 0;
      for (unsigned each = 0; each < bucket_tags::slots; ++each) {
        const std::uint64_t bit = std::uint64_t{0x80} << (8 * each);
        if (model[each] != 0) filled |= bit;
        ASSERT_EQ(bucket_tags::slot_of(bit), each);
      }
      ASSERT_EQ(tags.empty(), ~filled & 0x0080808080808080U);
      for (std::uint64_t asked = 0x80; asked <= 0xff; ++asked) {
        const std::uint64_t mask = tags.match(asked);
        ASSERT_EQ(mask & ~filled, 0U) << "an empty slot matches";
        for (unsigned each = 0; each < bucket_tags::slots; ++each) {
          const bool matches = ((mask >> (8 * each)) & 0x80) != 0;
          if (model[each] == asked) {
            ASSERT_TRUE(matches);
          }
          if (matches) {
            ASSERT_EQ(model[each] & ~std::uint64_t{1}, asked & ~std::uint64_t{1});
          }
        }
      }
    }
  }
}

TEST(entry_table, knows_how_many_buckets_a_search_may_have_to_look_at) {
  modelled one([](int) -> std::size_t { return 0; }, 4);
  for (int key = 0; key < 15; ++key) {
    EXPECT_EQ(one.get().longest_probe(), key == 0 ? 1U : static_cast<std::size_t>(key - 1) / 7 + 1);
    one.insert(key);
  }
  EXPECT_EQ(one.get().longest_probe(), 3U);
}

}  // namespace
}  // namespace syncmap::test
