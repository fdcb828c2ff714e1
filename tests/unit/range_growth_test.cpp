// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// range and iteration (G3) while the map grows, shrinks and is cleared: no key is shown twice, and
// those that are there all the time are shown.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <kinds.hpp>
#include <maps.hpp>
#include <set>
#include <string>
#include <test_platform.hpp>
#include <threads.hpp>

namespace {

using support::growing;
using support::number_of;
using syncmap::test::random_source;

TYPED_TEST_SUITE(growing, support::growing_kinds, support::setup_names);

// Keys below this stay.
constexpr int staying = 60;
// Others are below this.
constexpr int end_of_others = 20000;

// What a range has shown: adds to it, and is asked at the end.
class sight {
 public:
  template <class Key, class T>
  void operator()(const Key& key, const T& value) {
    const int number = number_of(key);
    EXPECT_TRUE(seen_.insert(number).second) << number << " was shown twice";
    if (number < staying) {
      EXPECT_EQ(number_of(value), number);
    } else {
      EXPECT_LT(number, end_of_others);
    }
  }
  void expect_staying() const {
    for (int i = 0; i < staying; ++i) EXPECT_TRUE(seen_.contains(i)) << i << " was not shown";
  }
  [[nodiscard]] std::size_t count() const { return seen_.size(); }

 private:
  std::set<int> seen_;
};

// Does something to keys that do not stay, and to the table.
template <class Map>
class disturbance {
 public:
  disturbance(Map& map, std::uint64_t stream) : map_(map), random_(stream) {}

  void operator()() {
    switch (random_.below(8)) {
      case 0:
      case 1:  // up to several growths
        for (std::size_t i = random_.below(300); i != 0; --i) store();
        break;
      case 2:
        map_.erase_if([](const auto& key, const auto&) {
          return number_of(key) >= staying && number_of(key) % 3 != 0;
        });
        break;
      case 3:
        map_.shrink_to_fit();
        break;
      case 4:
        map_.reserve(random_.below(2000));
        break;
      default:
        store();
        erase_and_store_again();
        break;
    }
  }

 private:
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  int other() { return staying + static_cast<int>(random_.below(end_of_others - staying)); }
  void store() {
    const int number = other();
    map_.store(support::numbered<key_type>(number), support::numbered<value_type>(number));
  }
  // It may get another slot, which the range has not seen yet, or has.
  void erase_and_store_again() {
    for (int i = staying; i < staying + 40; ++i) {
      map_.erase(support::numbered<key_type>(i));
      map_.store(support::numbered<key_type>(i), support::numbered<value_type>(i));
    }
  }

  Map& map_;
  random_source random_;
};

template <class Map>
void fill(Map& map, int count) {
  for (int i = 0; i < count; ++i) {
    map.store(support::numbered<typename Map::key_type>(i),
              support::numbered<typename Map::mapped_type>(i));
  }
}

TYPED_TEST(growing, g3_range_is_not_disturbed_by_what_its_callback_does) {
  for (int round = 0; round < support::rounds(16); ++round) {
    SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
    typename TestFixture::map_type map;
    fill(map, staying + round * 10);
    disturbance disturb(map, static_cast<std::uint64_t>(round));
    random_source random(100);
    sight seen;
    int left = 200;  // then it only looks, so that it ends soon
    map.range([&](const auto& key, const auto& value) {
      seen(key, value);
      if (left > 0 && random.below(4) == 0) {
        disturb();
        --left;
      }
    });
    seen.expect_staying();
  }
}

TYPED_TEST(growing, g3_iteration_is_not_disturbed_by_what_happens_between_two_steps) {
  for (int round = 0; round < support::rounds(16); ++round) {
    SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
    typename TestFixture::map_type map;
    fill(map, staying + round * 10);
    disturbance disturb(map, 50 + static_cast<std::uint64_t>(round));
    sight seen;
    int left = 60;
    for (const auto& [key, value] : map) {
      seen(key, value);
      if (left-- > 0) disturb();
      EXPECT_EQ(number_of(key), number_of(value));  // both stay valid
    }
    seen.expect_staying();
  }
}

// After each number of steps, so that it happens in each part of the walk.
TYPED_TEST(growing, g3_range_survives_a_growth_or_a_shrink_at_every_step) {
  for (int step = 0; step < staying; ++step) {
    for (const bool grows : {false, true}) {
      typename TestFixture::map_type map;
      if (!grows) fill(map, 1000);
      fill(map, staying);
      sight seen;
      int steps = 0;
      map.range([&](const auto& key, const auto& value) {
        seen(key, value);
        if (steps++ != step) return;
        if (grows) {
          fill(map, 1000);
        } else {
          map.erase_if([](const auto& each, const auto&) { return number_of(each) >= staying; });
          map.shrink_to_fit();
        }
      });
      seen.expect_staying();
    }
  }
}

TYPED_TEST(growing, g3_clear_during_a_range_shows_no_key_twice) {
  for (int step = 0; step < 100; step += 3) {
    typename TestFixture::map_type map;
    fill(map, 100);
    sight seen;
    int steps = 0;
    map.range([&](const auto& key, const auto& value) {
      seen(key, value);
      if (steps++ != step) return;
      map.clear();
      if (step % 2 == 0) map.shrink_to_fit();
      fill(map, step * 10);
    });
    EXPECT_GT(seen.count(), 0U);
    EXPECT_EQ(map.size(), static_cast<std::size_t>(step * 10));
  }
}

// Each key that the range shows adds two.
TYPED_TEST(growing, g3_range_ends_though_its_callback_keeps_inserting) {
  typename TestFixture::map_type map;
  fill(map, 10);
  std::size_t calls = 0;
  int next = 10;
  map.range([&](const auto&, const auto&) {
    ++calls;
    if (next >= end_of_others) return;
    for (int i = 0; i < 2; ++i, ++next) map.store(this->key(next), this->value(next));
  });
  EXPECT_LE(calls, static_cast<std::size_t>(end_of_others));
  EXPECT_EQ(map.size(), static_cast<std::size_t>(next));
}

TYPED_TEST(growing, g3_ranges_may_be_nested_while_the_map_grows) {
  typename TestFixture::map_type map;
  fill(map, staying);
  sight outer;
  int next = staying;
  map.range([&](const auto& outer_key, const auto& outer_value) {
    outer(outer_key, outer_value);
    sight inner;
    map.range([&](const auto& key, const auto& value) {
      inner(key, value);
      if (next >= 800) return;
      map.store(this->key(next), this->value(next));
      ++next;
    });
    inner.expect_staying();
  });
  outer.expect_staying();
}

template <class Map>
void range_beside_others(Map& map, bool with_clear) {
  fill(map, staying);
  std::atomic<int> running{2};
  support::run_together(4, [&](int id) {
    if (id < 2) {
      disturbance disturb(map, 1000 + static_cast<std::uint64_t>(id));
      for (int i = 0; i < support::rounds(120); ++i) {
        disturb();
        if (with_clear && i % 20 == 0) map.clear();
      }
      --running;
      return;
    }
    do {
      sight seen;
      if (id == 2) {
        map.range([&](const auto& key, const auto& value) { seen(key, value); });
      } else {
        for (const auto& [key, value] : map) seen(key, value);
      }
      if (!with_clear) seen.expect_staying();
    } while (running.load() != 0);
  });
}

TYPED_TEST(growing, g3_range_beside_growth_and_shrinking_shows_what_stays) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  typename TestFixture::map_type map;
  range_beside_others(map, false);
}

TYPED_TEST(growing, g3_range_beside_clear_shows_no_key_twice) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  typename TestFixture::map_type map;
  range_beside_others(map, true);
}

}  // namespace
