// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that meet at a map nobody has used yet, or that has just been cleared: the first of them makes
// what the map needs, once, and none loses what it has stored.
//
// SYNCMAP_TEST_FRESH_MAPS says how many maps there are (6,000 if it is not set).

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <maps.hpp>
#include <memory>
#include <string>
#include <syncmap/syncmap.hpp>
#include <test_platform.hpp>
#include <threads.hpp>
#include <vector>

namespace {

constexpr int threads = 3;

int fresh_maps() {
  const char* const given =
      std::getenv("SYNCMAP_TEST_FRESH_MAPS");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? std::atoi(given) : support::rounds(6000);
}

template <class Setup>
class a15_first_use : public ::testing::Test {};
template <class Family, class Key, class T>
struct used_first {
  using map = typename Family::template map<Key, T>;
  static std::string name() {
    return Family::name() + (std::is_same_v<T, int> ? "_words" : "_nodes");
  }
};
using setups = ::testing::Types<used_first<support::map_family, int, int>,
                                used_first<support::map_family, int, std::string>,
                                used_first<support::read_dirty_family, int, int>>;
TYPED_TEST_SUITE(a15_first_use, setups, support::setup_names);

template <class T>
T value(int number) {
  if constexpr (std::is_same_v<T, int>) {
    return number;
  } else {
    return "the value of number " + std::to_string(number);
  }
}

// What each of the threads that meet does first.
template <class Map>
struct meeting_place {
  Map map;
  std::atomic<int> stored{0};    // by load_or_store
  std::atomic<int> computed{0};  // by load_or_compute

  void use(int id, int how) {
    using type = typename Map::mapped_type;
    const auto own = [&](int key) { map.store(key, value<type>(key)); };
    switch (how % 3) {
      case 0:
        if (!map.load_or_store(-1, value<type>(-1)).loaded) ++stored;
        own(id);
        break;
      case 1:
        own(id);
        map.load_or_compute(-2, [&] {
          ++computed;
          return value<type>(-2);
        });
        break;
      default:
        static_cast<void>(map.load(id));
        map.range([](const auto&, const auto&) {});
        own(id);
        if (!map.load_or_store(-1, value<type>(-1)).loaded) ++stored;
    }
  }
  void check(int how) {
    ASSERT_EQ(stored, how % 3 == 1 ? 0 : 1);
    ASSERT_EQ(computed, how % 3 == 1 ? 1 : 0);
    ASSERT_EQ(map.size(), static_cast<std::size_t>(threads + 1));
    for (int id = 0; id < threads; ++id) ASSERT_TRUE(map.contains(id)) << id;
    stored = computed = 0;
  }
};

TYPED_TEST(a15_first_use, by_many_threads_makes_one_map_and_loses_nothing) {
  using place = meeting_place<typename TypeParam::map>;
  constexpr int at_once = 100;
  const int all = fresh_maps();
  for (int done = 0; done < all; done += at_once) {
    std::vector<std::unique_ptr<place>> fresh;
    for (int i = 0; i < at_once; ++i) fresh.push_back(std::make_unique<place>());
    support::meeting start(threads);
    support::run_together(threads, [&](int id) {
      for (int i = 0; i < at_once; ++i) {
        start.wait();
        fresh[static_cast<std::size_t>(i)]->use(id, i);
      }
    });
    for (int i = 0; i < at_once; ++i) {
      ASSERT_NO_FATAL_FAILURE(fresh[static_cast<std::size_t>(i)]->check(i)) << "map " << done + i;
    }
  }
}

TYPED_TEST(a15_first_use, after_a_clear_loses_nothing) {
  meeting_place<typename TypeParam::map> again;
  const int all = fresh_maps() / 2;
  support::meeting start(threads);
  support::run_together(threads, [&](int id) {
    for (int i = 0; i < all && !::testing::Test::HasFailure(); ++i) {
      if (id == 0) again.map.clear();
      start.wait();
      again.use(id, i);
      start.wait();
      if (id == 0) again.check(i);
    }
  });
}

}  // namespace
