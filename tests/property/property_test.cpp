// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Properties, with rapidcheck: whatever a list of commands does to a map, it does to a std::unordered_map;
// a command that throws, in user code or in an allocation, does nothing (G6). What fails is told as the
// shortest list that rapidcheck could make of it.
//
// RC_PARAMS sets how many lists there are, and their seed, which is printed: RC_PARAMS="seed=1 max_success=9".

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <commands.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fragile.hpp>
#include <functional>
#include <fuse.hpp>
#include <map>
#include <maps.hpp>
#include <optional>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <test_platform.hpp>
#include <utility>
#include <vector>

namespace property {
namespace {

// Allocations fail when it is their turn.
template <class Base>
struct failing : Base {
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    support::fuse::tick_allocation();
    return Base::allocate(bytes, alignment);
  }
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    support::fuse::tick_allocation();
    return Base::allocate_table(bytes, alignment);
  }
};
struct usual : failing<syncmap::detail::platform> {};
struct tiny : failing<syncmap::test::tiny_platform> {};
struct growing : failing<syncmap::test::growing_platform> {};

// Few hashes; all of them throw when it is their turn, as the equality does.
struct weak_hash {
  std::size_t operator()(const auto& key) const {
    support::fuse::tick();
    return static_cast<std::size_t>(number_of(key)) % 5;
  }
};
struct equal {
  bool operator()(const auto& a, const auto& b) const {
    support::fuse::tick();
    return number_of(a) == number_of(b);
  }
};
using support::fragile_key;
using support::fragile_value;
using text = std::string;
template <class Key, class T, class P>
using map_on = syncmap::basic_map<
    syncmap::detail::group_map<Key, T, syncmap::hash<Key>, std::equal_to<Key>, P>>;
template <class Key, class T, class P>
using weak_map_on = syncmap::basic_map<syncmap::detail::group_map<Key, T, weak_hash, equal, P>>;
template <class Key, class T, class P>
using read_dirty_on = syncmap::basic_map<syncmap::detail::read_dirty<Key, T, weak_hash, equal, P>>;

template <class Map>
void runs_as_the_model(const std::vector<command>& all) {
  {
    subject<Map> one;
    for (const command& each : all) one.run(each);
  }
  support::reclaim();
  syncmap::detail::hazard_domain<usual>::global().reclaim();
  syncmap::detail::hazard_domain<tiny>::global().reclaim();
  syncmap::detail::hazard_domain<growing>::global().reclaim();
  require(fragile_key::alive() == 0 && fragile_value::alive() == 0);
}

// More lists than rapidcheck makes by itself.
const bool has_defaults = [] { return ::setenv("RC_PARAMS", "max_success=500", 0) == 0; }();

template <class Map>
class property : public ::testing::Test {};
using maps = ::testing::Types<map_on<int, int, usual>, map_on<text, text, usual>,
                              weak_map_on<int, int, growing>, weak_map_on<text, int, growing>,
                              weak_map_on<fragile_key, fragile_value, growing>,
                              read_dirty_on<int, int, usual>, read_dirty_on<text, text, tiny>,
                              read_dirty_on<fragile_key, fragile_value, tiny>>;
TYPED_TEST_SUITE(property, maps);

TYPED_TEST(property, commands_do_to_a_map_what_they_do_to_an_unordered_map) {
  ASSERT_TRUE(has_defaults);
  rc::detail::checkGTest(
      [](const std::vector<command>& all) { runs_as_the_model<TypeParam>(all); });
}

// --- and would rapidcheck notice?

// What a broken map has done wrong, it does only after other things have happened.
enum class defect { forgets_an_update, lets_a_failure_through, counts_twice };

template <defect Which>
class broken : public weak_map_on<int, int, growing> {
  using base = weak_map_on<int, int, growing>;

 public:
  // Of a key that was erased before and came back.
  template <class F>
  std::optional<int> update(int key, const F& f) {
    if (Which == defect::forgets_an_update && returned_[key] >= 2) {
      const std::optional<int> now = base::load(key);
      return now ? std::optional(f(*now)) : now;
    }
    return base::update(key, f);
  }
  bool erase(int key) {
    const bool was_there = base::erase(key);
    if (was_there) ++returned_[key];
    return was_there;
  }
  // Stores although the factory throws.
  template <class F>
  auto load_or_compute(int key, const F& f) {
    try {
      return base::load_or_compute(key, f);
    } catch (...) {
      if (Which == defect::lets_a_failure_through) base::store(key, 0);
      throw;
    }
  }
  void store(int key, int value) {
    base::store(key, value);
    if (returned_[key] == 0) returned_[key] = 1;
  }
  std::size_t size() const {
    return base::size() + (Which == defect::counts_twice && base::size() > 20 ? 1 : 0);
  }

 private:
  std::map<int, int> returned_;
};

// The length of the shortest list of commands that shows it.
template <defect Which>
std::size_t shortest_list_that_shows(std::uint64_t seed = syncmap::test::test_seed()) {
  std::size_t shortest = 0;
  rc::detail::TestParams params;
  params.seed = seed;
  params.maxSuccess = 50000;  // ends with the first: of 2,000, one time in 1,200 none shows it
  rc::detail::TestMetadata metadata;
  const auto result = rc::detail::checkTestable(
      [&](std::vector<command> all) {
        // What throws when would make commands matter that only move it.
        if (Which != defect::lets_a_failure_through) {
          for (command& each : all) each.fails = 0;
        }
        try {
          runs_as_the_model<broken<Which>>(all);
        } catch (...) {
          shortest = shortest == 0 ? all.size() : std::min(shortest, all.size());
          throw;
        }
      },
      metadata, params);
  EXPECT_TRUE(result.template is<rc::detail::FailureResult>());
  if (result.template is<rc::detail::FailureResult>()) {
    for (const auto& [type, shown] :
         result.template get<rc::detail::FailureResult>().counterExample) {
      std::printf("found: %s\n", shown.c_str());
    }
  }
  return shortest;
}

TEST(property_checker, finds_an_update_that_is_forgotten_and_makes_it_short) {
  const std::size_t commands = shortest_list_that_shows<defect::forgets_an_update>();
  EXPECT_GE(commands, 4U);  // store, erase, store, update
  EXPECT_LE(commands, 6U);
}
TEST(property_checker, finds_an_exception_that_has_an_effect_and_makes_it_short) {
  EXPECT_EQ(shortest_list_that_shows<defect::lets_a_failure_through>(), 1U);
}
TEST(property_checker, finds_a_count_that_is_wrong_in_large_maps_and_makes_it_short) {
  constexpr std::uint64_t makes_seven = 351710472;  // commands; the bound was six
  for (const std::uint64_t seed : {syncmap::test::test_seed(), makes_seven}) {
    const std::size_t commands = shortest_list_that_shows<defect::counts_twice>(seed);
    EXPECT_GE(commands, 1U);   // one that fills it, or some that do together
    EXPECT_LE(commands, 21U);  // none can be left out: each adds to the 21 keys that show it
  }
}

}  // namespace
}  // namespace property
