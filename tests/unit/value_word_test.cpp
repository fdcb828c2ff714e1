// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Values in the entry itself, and values in cells of their own.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <key_states.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <syncmap/detail/value_word.hpp>
#include <test_platform.hpp>
#include <type_traits>

namespace syncmap::test {
namespace {

template <class T>
using word_of = detail::value_word<T, scripted_platform>;

// A value goes through its word unchanged, and its word is neither nil nor expunged.
template <class T>
void expect_kept(const T& value) {
  using word = word_of<T>;
  static_assert(detail::fits_in_word<T>());
  typename word::draft draft{scripted_platform()};
  EXPECT_FALSE(draft);
  EXPECT_EQ(std::memcmp(&draft.emplace(value), &value, sizeof(T)), 0);
  EXPECT_TRUE(draft);
  const word live = draft.word();
  EXPECT_TRUE(live.is_live());
  EXPECT_FALSE(live.is_expunged());
  EXPECT_NE(live.bits(), word::nil().bits());
  EXPECT_NE(live.bits(), word::expunged().bits());
  const word again(live.bits());
  ASSERT_NE(again.value(), nullptr);
  EXPECT_EQ(std::memcmp(again.value(), &value, sizeof(T)), 0);
}

struct with_padding {
  char c;
  std::int16_t s;
};
enum class colour : std::uint8_t { red, green = 255 };

TEST(value_word, nil_and_expunged_are_neither_live_nor_each_other) {
  const auto check = [](auto nil, auto expunged) {
    EXPECT_FALSE(nil.is_live());
    EXPECT_FALSE(nil.is_expunged());
    EXPECT_EQ(nil.value(), nullptr);
    EXPECT_EQ(nil.cell(), nullptr);
    EXPECT_FALSE(expunged.is_live());
    EXPECT_TRUE(expunged.is_expunged());
    EXPECT_EQ(expunged.value(), nullptr);
    EXPECT_EQ(expunged.cell(), nullptr);
    EXPECT_NE(nil.bits(), expunged.bits());
  };
  check(word_of<int>::nil(), word_of<int>::expunged());
  check(word_of<std::string>::nil(), word_of<std::string>::expunged());
}
TEST(value_word, small_values_of_every_bit_pattern_are_kept) {
  for (int i = -300; i < 300; ++i) expect_kept(i);
  for (int bit = 0; bit < 32; ++bit) expect_kept(std::uint32_t{1} << bit);
  expect_kept(std::numeric_limits<int>::min());
  expect_kept(~std::uint32_t{0});
  expect_kept(true);
  expect_kept(false);
  for (int c = 0; c < 256; ++c) expect_kept(static_cast<unsigned char>(c));
  expect_kept(0.0F);
  expect_kept(-0.0F);
  expect_kept(std::numeric_limits<float>::quiet_NaN());
  expect_kept(colour::red);
  expect_kept(colour::green);
}
TEST(value_word, what_does_not_fit_or_is_not_trivial_has_a_cell) {
  static_assert(!detail::fits_in_word<std::uint64_t>());
  static_assert(!detail::fits_in_word<double>());
  static_assert(!detail::fits_in_word<void*>());
  static_assert(!detail::fits_in_word<std::string>());
  static_assert(!detail::fits_in_word<with_padding>());
  static_assert(!detail::fits_in_word<boxed_int>());
  static_assert(!detail::fits_in_word<std::unique_ptr<int>>());
  using word = word_of<std::string>;
  script::reset();
  {
    word::draft draft{scripted_platform()};
    draft.emplace("first");
    draft.emplace("second");  // frees the first
    EXPECT_EQ(*draft.word().value(), "second");
    EXPECT_EQ(draft.word().address(), draft.word().cell());
    EXPECT_EQ(script::allocations, 2U);
  }
  const std::size_t blocks = script::blocks;
  word::draft draft{scripted_platform()};
  draft.emplace("third");
  auto* const cell = draft.word().cell();
  draft.release();
  EXPECT_FALSE(draft);
  EXPECT_EQ(cell->value, "third");
  detail::destroy<scripted_platform>(cell);
  EXPECT_EQ(script::blocks, blocks);
}

using inlined_map = map_over<scripted_platform, int>;

TEST(value_word, changes_of_a_value_in_the_entry_allocate_nothing) {
  inlined_map map;
  arrange(map, key_state::live_both);
  script::reset();
  map.store(the_key, 1);
  EXPECT_EQ(map.swap(the_key, 2), 1);
  EXPECT_TRUE(map.compare_and_swap(the_key, 2, 3));
  EXPECT_TRUE(map.erase(the_key));
  EXPECT_FALSE(map.load_or_store(the_key, 0).loaded);
  EXPECT_EQ(map.load(the_key), 0);
  EXPECT_EQ(script::allocations, 0U);
  EXPECT_EQ(script::locks, 0U);
  EXPECT_EQ(validate(map), "");
}
// What was decided about a value holds for an equal one that came back.
TEST(value_word, a_value_in_the_entry_that_came_back_is_the_same_value) {
  inlined_map map;
  arrange(map, key_state::live_both);
  int calls = 0;
  map.update(the_key, [&](int now) {
    if (calls++ == 0) {
      map.erase(the_key);
      map.store(the_key, now);
    }
    return now + 1;
  });
  EXPECT_EQ(map.load(the_key), the_value + 1);
  EXPECT_EQ(map.size(), 6U);
  EXPECT_EQ(validate(map), "");
}
TEST(value_word, a_visited_value_of_the_entry_does_not_change_under_the_visitor) {
  inlined_map map;
  arrange(map, key_state::live_both);
  map.visit(the_key, [&](const int& value) {
    map.store(the_key, 1);
    EXPECT_EQ(value, the_value);
    map.clear();
    EXPECT_EQ(value, the_value);
  });
  map.store(5, 50);
  for (const auto& [key, value] : map) {
    map.store(5, 51);
    EXPECT_EQ(value, 50);
  }
}

}  // namespace
}  // namespace syncmap::test
