// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A thread that is stopped for good, at any of its atomic operations, stops no reader (G4), and a
// stopped reader stops nobody. Each test stops a thread before its first atomic operation, its
// second one, and so on to the last, and has another thread do its work meanwhile. A reader that
// waits is a test that does not end.

#include <gtest/gtest.h>

#include <atomic>
#include <counts.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <kinds.hpp>
#include <maps.hpp>
#include <optional>
#include <semaphore>
#include <set>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <utility>

namespace {

using support::number_of;
using support::numbered;

struct parking {
  // Of the thread that is to be stopped.
  static inline thread_local bool is_armed = false;
  static inline thread_local std::size_t steps_left = 0;
  // Of both.
  static inline std::binary_semaphore stopped{0};
  static inline std::binary_semaphore goes_on{0};

  static void step() noexcept {
    if (!is_armed || steps_left-- != 0) return;
    is_armed = false;
    stopped.release();
    goes_on.acquire();
  }
  static bool fails_spuriously() noexcept { return false; }
};

struct parking_platform : syncmap::test::growing_platform {
  static inline std::uint64_t seed = 1;

  template <class T>
  using atomic = syncmap::test::hooked_atomic<T, parking>;

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    parking::step();
    syncmap::detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    parking::step();
    syncmap::detail::announce_lightly(slot.real(), value);
  }
  // The same for all maps of a test, so that the n-th operation is the same one in each.
  static std::uint64_t random() noexcept { return seed; }
};

template <class Key, class T>
using parking_map = syncmap::basic_map<
    syncmap::detail::group_map<Key, T, syncmap::hash<Key>, std::equal_to<Key>, parking_platform>>;

syncmap::test::random_source& chance() {
  static syncmap::test::random_source source(0);
  return source;
}

// Stops a thread that calls `run(map)` before its n-th atomic operation, for every n, or one in
// `stride` of them, others in each run; this one calls `meanwhile(map)` then. Returns how many n
// there were.
template <class Map>
std::size_t at_every_step(std::size_t stride, const std::function<void(Map&)>& prepare,
                          const std::function<void(Map&)>& run,
                          const std::function<void(Map&)>& meanwhile,
                          const std::function<void(Map&)>& afterwards) {
  for (std::size_t step = chance().below(stride);; step += stride) {
    SCOPED_TRACE("stopped at step " + std::to_string(step));
    Map map;
    prepare(map);
    bool was_stopped = true;
    std::thread other([&] {
      parking::steps_left = step;
      parking::is_armed = true;
      run(map);
      if (!std::exchange(parking::is_armed, false)) return;
      was_stopped = false;
      parking::stopped.release();
    });
    parking::stopped.acquire();
    meanwhile(map);
    // `was_stopped` is written before the release, if at all.
    const bool goes_on = was_stopped;
    if (goes_on) parking::goes_on.release();
    other.join();
    afterwards(map);
    if (!goes_on || ::testing::Test::HasFatalFailure()) {
      support::count_done("g4", step / stride, "stop points");
      return step;
    }
  }
}

constexpr int staying = 20;
constexpr int later = 100;

// One write, and what readers may see of each key while it is under way.
struct change {
  const char* name;
  std::function<bool(int key)> stays;
  std::function<bool(int key, int value)> may_have;
};

bool was_there(int key, int value) { return key < staying && value == key; }

template <class Map>
struct writes {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;

  static void prepare(Map& map) {
    for (int i = 0; i < staying; ++i) map.store(numbered<key>(i), numbered<value>(i));
  }
  static void insert(Map& map) {
    for (int i = later; i < later + 30; ++i) map.store(numbered<key>(i), numbered<value>(i));
  }
  static void update(Map& map) {
    for (int i = 0; i < staying; i += 3) map.store(numbered<key>(i), numbered<value>(i + 1000));
    map.update(
        numbered<key>(1), [](const value& now) { return numbered<value>(number_of(now) + 1000); });
  }
  static void erase(Map& map) {
    for (int i = 1; i < staying; i += 2) map.erase(numbered<key>(i));
  }
  static void erase_and_insert(Map& map) {
    erase(map);
    for (int i = 1; i < staying; i += 2) map.store(numbered<key>(i), numbered<value>(i));
    for (int i = later; i < later + 8; ++i) map.store(numbered<key>(i), numbered<value>(i));
  }
  static void resize(Map& map) {
    map.reserve(400);
    map.shrink_to_fit();
  }
  static void clear(Map& map) { map.clear(); }

  // All that the reads tell, which must come to an end.
  static void read(const Map& map, const change& what) {
    const auto check = [&](int number, std::optional<int> seen) {
      if (!seen) {
        EXPECT_FALSE(what.stays(number)) << number << " was not found during " << what.name;
      } else {
        EXPECT_TRUE(what.may_have(number, *seen)) << number << " has " << *seen;
      }
    };
    for (int i = 0; i < later + 40; i = i == staying ? later : i + 1) {
      const auto found = map.load(numbered<key>(i));
      check(i, found ? std::optional(number_of(*found)) : std::nullopt);
      if (!map.contains(numbered<key>(i))) check(i, std::nullopt);
      std::optional<int> visited;
      map.visit(numbered<key>(i), [&](const value& now) { visited = number_of(now); });
      check(i, visited);
      const auto kept = map.find(numbered<key>(i));
      check(i, kept ? std::optional(number_of(*kept)) : std::nullopt);
    }
    const key many[] = {numbered<key>(1), numbered<key>(2), numbered<key>(3)};
    std::optional<value> out[3];
    map.load_many(many, out);
    for (int i = 0; i < 3; ++i) {
      check(i + 1, out[i] ? std::optional(number_of(*out[i])) : std::nullopt);
    }
    std::set<int> seen;
    map.range([&](const key& each, const value& now) {
      EXPECT_TRUE(seen.insert(number_of(each)).second) << "twice";
      check(number_of(each), number_of(now));
    });
    for (const auto& [each, now] : map) check(number_of(each), number_of(now));
    for (int i = 0; i < staying; ++i) {
      if (!seen.contains(i)) check(i, std::nullopt);
    }
    EXPECT_LE(map.size(), 64U);
    EXPECT_GE(map.stats().groups, map.capacity() == 0 ? 0U : 1U);
  }
};

// Ends with a map that holds together.
template <class Map>
void expect_whole(Map& map) {
  const support::numbers now = support::numbers_of(map);
  support::expect_contents(map, now);
}

template <class Map>
class parked : public ::testing::Test {};
using parked_maps = ::testing::Types<parking_map<int, int>, parking_map<std::string, int>,
                                     parking_map<std::string, std::string>>;
struct map_names {
  template <class Map>
  static std::string GetName(int) {
    const bool has_words = std::is_same_v<typename Map::key_type, int>;
    const bool has_texts = std::is_same_v<typename Map::mapped_type, std::string>;
    return has_words ? "words" : has_texts ? "texts" : "text_to_word";
  }
};
TYPED_TEST_SUITE(parked, parked_maps, map_names);

constexpr int seeds = 2;
constexpr std::size_t usual_stride = syncmap::test::sanitized ? 16 : 4;

template <class F>
void for_seeds(F f) {
  for (int i = 0; i < seeds; ++i) {
    parking_platform::seed = chance().next() | 1;
    SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
    f();
  }
}

template <class Map>
void expect_readers_to_finish(const change& what, void (*write)(Map&), std::size_t least,
                              std::size_t stride = usual_stride) {
  for_seeds([&] {
    const std::size_t steps = at_every_step<Map>(
        stride, writes<Map>::prepare, write, [&](Map& map) { writes<Map>::read(map, what); },
        expect_whole<Map>);
    EXPECT_GE(steps, least) << what.name << " was not stopped anywhere of interest";
  });
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_an_insert_and_a_growth) {
  expect_readers_to_finish<TypeParam>(
      {"insert", [](int key) { return key < staying; },
       [](int key, int value) { return key == value && key < later + 30; }},
      writes<TypeParam>::insert, 500, 2 * usual_stride);
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_an_update) {
  expect_readers_to_finish<TypeParam>(
      {"update", [](int key) { return key < staying; },
       [](int key, int value) {
         return was_there(key, value) ||
                (key < staying && (key == 1 || key % 3 == 0) && value == key + 1000);
       }},
      writes<TypeParam>::update, 50);
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_an_erase) {
  expect_readers_to_finish<TypeParam>(
      {"erase", [](int key) { return key < staying && key % 2 == 0; }, was_there},
      writes<TypeParam>::erase, 50);
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_an_erase_and_insert_of_the_same_keys) {
  expect_readers_to_finish<TypeParam>(
      {"erase and insert", [](int key) { return key < staying && key % 2 == 0; },
       [](int key, int value) { return key == value; }},
      writes<TypeParam>::erase_and_insert, 100);
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_a_growth_and_a_shrink) {
  expect_readers_to_finish<TypeParam>({"resize", [](int key) { return key < staying; }, was_there},
                                      writes<TypeParam>::resize, 50, 2 * usual_stride);
}

TYPED_TEST(parked, g4_a04_readers_finish_beside_a_clear) {
  expect_readers_to_finish<TypeParam>(
      {"clear", [](int) { return false; }, was_there}, writes<TypeParam>::clear, 2);
}

// What a stopped writer holds is not in the way of a clear, which leaves nothing of before.
TYPED_TEST(parked, clear_finishes_beside_any_write) {
  using all = writes<TypeParam>;
  for (const auto write : {all::insert, all::update, all::erase_and_insert}) {
    for_seeds([&] {
      at_every_step<TypeParam>(
          3 * usual_stride, all::prepare, write,
          [](TypeParam& map) {
            map.clear();
            // The write goes on in the new table, or is over in the old one.
            EXPECT_EQ(map.size(), 0U);
            EXPECT_TRUE(support::numbers_of(map).empty());
          },
          expect_whole<TypeParam>);
    });
  }
}

// A stopped reader protects what it reads, and nobody waits for it. Then it finds what stays.
TYPED_TEST(parked, writers_finish_beside_any_reader) {
  using all = writes<TypeParam>;
  const change what{"write", [](int key) { return key < staying && key % 2 == 0; },
                    [](int key, int value) { return key == value; }};
  const auto write = [](TypeParam& map) {
    all::erase_and_insert(map);
    all::insert(map);
    all::resize(map);
    all::erase(map);
    map.erase_if([](const auto& key, const auto&) { return number_of(key) >= later; });
    map.shrink_to_fit();
  };
  for_seeds([&] {
    at_every_step<TypeParam>(
        11, all::prepare, [&](TypeParam& map) { all::read(map, what); }, write,
        expect_whole<TypeParam>);
  });
}

}  // namespace
