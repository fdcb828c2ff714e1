// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the other tests rely on.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fuse.hpp>
#include <latch>
#include <map>
#include <maps.hpp>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <threads.hpp>
#include <tracked.hpp>
#include <type_traits>

namespace {

using support::contract;

// Called as functions: the compiler may leave out what new-expressions allocate.
TEST(support, operator_new_counts) {
  constexpr std::align_val_t alignment{128};
  const std::size_t before = support::allocations;
  void* const narrow = ::operator new(10);
  void* const wide = ::operator new(100, alignment);
  EXPECT_EQ(support::allocations, before + 2);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide) % 128, 0U);
  ::operator delete(narrow);
  ::operator delete(wide, alignment);
}

TEST(support, fuse_blows_at_the_nth_tick_and_only_there) {
  support::fuse::arm(3);
  support::fuse::tick();
  support::fuse::tick();
  EXPECT_FALSE(support::fuse::has_blown());
  EXPECT_THROW(support::fuse::tick(), support::fuse::blown);
  EXPECT_TRUE(support::fuse::has_blown());
  support::fuse::tick();
  support::fuse::arm(1);
  bool thrown = false;
  try {
    ::operator delete(::operator new(1));
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  support::fuse::disarm();
  EXPECT_TRUE(thrown);
}

TEST(support, tracked_objects_are_counted) {
  using support::tracked_value;
  const long before = tracked_value::alive();
  {
    const tracked_value one(1);
    const tracked_value two = one;  // NOLINT: a copy is what is counted
    EXPECT_EQ(tracked_value::alive(), before + 2);
    EXPECT_EQ(two, one);
  }
  EXPECT_EQ(tracked_value::alive(), before);
}

TEST(support, threads_run_together) {
  std::atomic<int> sum{0};
  std::latch all_here(4);  // passes only if all run at once
  support::run_together(4, [&](int id) {
    all_here.arrive_and_wait();
    sum += id;
  });
  EXPECT_EQ(sum.load(), 6);
}

TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

// The hash of the setup is the one that the map calls, once for each call of an operation.
TYPED_TEST(contract, hash_of_the_setup_is_the_one_in_use) {
  const auto check = [](auto& map, auto key) {
    using key_type = decltype(key);
    using hash = typename TypeParam::template hash<key_type>;
    static_assert(std::is_same_v<typename std::remove_reference_t<decltype(map)>::hasher, hash>);
    const auto before = hash::calls.load();
    map.store(key, 1);
    EXPECT_EQ(hash::calls.load(), before + 1);
    EXPECT_EQ(map.load(key), 1);
    EXPECT_EQ(hash::calls.load(), before + 2);
    EXPECT_TRUE(map.erase(key));
    EXPECT_EQ(hash::calls.load(), before + 3);
  };
  typename TestFixture::int_map ints;
  check(ints, 7);
  typename TestFixture::string_map strings;
  check(strings, std::string("seven"));
}

TYPED_TEST(contract, hash_spreads_as_its_name_says) {
  const typename TestFixture::string_map map;
  const auto hash = map.hash_function();
  std::set<std::size_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(hash(std::to_string(i)));
  const std::map<std::string_view, std::size_t> expected = {
      {"good", 1000}, {"constant", 1}, {"four_bit", 16}};
  EXPECT_EQ(seen.size(), expected.at(support::chosen_hash().name));
}

}  // namespace
