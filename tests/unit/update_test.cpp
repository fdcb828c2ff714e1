// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// update, compute.

#include <gtest/gtest.h>

#include <maps.hpp>
#include <optional>
#include <string>
#include <utility>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, update_replaces_and_returns_the_new_value) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  EXPECT_EQ(map.update("a", [](int now) { return now + 1; }), 2);
  EXPECT_EQ(map.update("a", [](const int& now) { return now * 10; }), 20);
  EXPECT_EQ(map.load("a"), 20);
}

TYPED_TEST(contract, update_of_an_absent_key_does_nothing) {
  typename TestFixture::string_map map;
  const auto never = [](int) -> int {
    ADD_FAILURE() << "called for an absent key";
    return 0;
  };
  EXPECT_EQ(map.update("a", never), std::nullopt);
  map.store("a", 1);
  map.erase("a");
  EXPECT_EQ(map.update("a", never), std::nullopt);
  map.store("b", 1);
  EXPECT_EQ(map.update("a", never), std::nullopt);
  EXPECT_FALSE(map.contains("a"));
}

TYPED_TEST(contract, update_converts_what_the_callback_returns) {
  typename TypeParam::template map<int, std::string> map;
  map.store(1, "a");
  EXPECT_EQ(map.update(1, [](const std::string&) { return "literal"; }), "literal");
}

TYPED_TEST(contract, update_asks_again_if_the_value_changed_meanwhile) {
  typename TestFixture::int_map map;
  map.store(1, 10);
  int calls = 0;
  const auto result = map.update(1, [&](int now) {
    if (++calls == 1) map.store(1, 20);  // as another thread might
    return now + 1;
  });
  EXPECT_EQ(result, 21);
  EXPECT_EQ(map.load(1), 21);
  EXPECT_EQ(calls, 2);
}

TYPED_TEST(contract, update_that_finds_the_key_erased_meanwhile_does_nothing) {
  typename TestFixture::int_map map;
  map.store(1, 10);
  int calls = 0;
  EXPECT_EQ(map.update(1,
                       [&](int now) {
                         ++calls;
                         map.erase(1);
                         return now + 1;
                       }),
            std::nullopt);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(map.contains(1));
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, compute_inserts_replaces_and_erases) {
  typename TestFixture::string_map map;
  EXPECT_EQ(map.compute("a",
                        [](const int* now) {
                          EXPECT_EQ(now, nullptr);
                          return std::optional(1);
                        }),
            1);
  EXPECT_EQ(map.load("a"), 1);
  EXPECT_EQ(map.compute("a",
                        [](const int* now) {
                          EXPECT_EQ(*now, 1);
                          return std::optional(2);
                        }),
            2);
  EXPECT_EQ(map.load("a"), 2);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(map.compute("a", [](const int*) { return std::nullopt; }), std::nullopt);
  EXPECT_FALSE(map.contains("a"));
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(contract, compute_that_returns_nothing_for_an_absent_key_does_nothing) {
  typename TestFixture::string_map map;
  std::string key(100, 'k');
  EXPECT_EQ(map.compute(std::move(key), [](const int*) { return std::nullopt; }), std::nullopt);
  EXPECT_EQ(key, std::string(100, 'k'));  // NOLINT: no entry was made
  map.store("b", 1);
  EXPECT_EQ(map.compute("a", [](const int*) { return std::nullopt; }), std::nullopt);
  EXPECT_EQ(map.size(), 1U);
}

TYPED_TEST(contract, compute_may_return_a_plain_value) {
  typename TestFixture::string_map map;
  const auto count = [](const int* now) { return now == nullptr ? 1 : *now + 1; };
  EXPECT_EQ(map.compute("a", count), 1);
  EXPECT_EQ(map.compute("a", count), 2);
  EXPECT_EQ(map.load("a"), 2);
}

// Whatever the map does inside, it asks once if nobody else changes the entry.
TYPED_TEST(contract, compute_and_update_call_once_when_nobody_interferes) {
  typename TestFixture::int_map map;
  for (int i = 0; i < 40; ++i) {
    for (int key = 0; key <= i; ++key) {
      int calls = 0;
      map.compute(key, [&](const int*) { return ++calls; });
      ASSERT_EQ(calls, 1) << "compute of " << key << " in round " << i;
      calls = 0;
      map.update(key, [&](int) { return ++calls; });
      ASSERT_EQ(calls, 1) << "update of " << key << " in round " << i;
    }
  }
}

TYPED_TEST(contract, compute_asks_again_if_the_entry_changed_meanwhile) {
  typename TestFixture::int_map map;
  const auto add = [&](int key, auto meddle) {
    int calls = 0;
    const auto result = map.compute(key, [&](const int* now) {
      const int base = now == nullptr ? 0 : *now;
      if (++calls == 1) meddle();  // as another thread might
      return std::optional(base + 1);
    });
    EXPECT_GE(calls, 2);
    EXPECT_EQ(map.load(key), result);
    return result;
  };
  EXPECT_EQ(add(1, [&] { map.store(1, 10); }), 11);  // inserted meanwhile
  EXPECT_EQ(add(1, [&] { map.store(1, 20); }), 21);  // replaced
  EXPECT_EQ(add(1, [&] { map.erase(1); }), 1);       // erased
  EXPECT_EQ(map.size(), 1U);
}

// It decided to erase what another value has replaced: it must look at that one first.
TYPED_TEST(contract, compute_erases_only_the_value_it_was_shown) {
  typename TestFixture::int_map map;
  map.store(1, 10);
  int calls = 0;
  const auto result = map.compute(1, [&](const int* now) -> std::optional<int> {
    if (++calls == 1) map.store(1, 20);
    if (*now == 10) return std::nullopt;
    return *now + 1;
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(result, 21);
  EXPECT_EQ(map.load(1), 21);
}

}  // namespace
