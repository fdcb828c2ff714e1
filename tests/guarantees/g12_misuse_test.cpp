// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// G12: what a program does wrong at run time is told it by an exception that says what to do, and the
// map is as it was. (What it does wrong at compile time: tests/compile.)

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <latch>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <type_traits>
#include <typeinfo>

namespace {

template <class X>
X made(int i) {
  if constexpr (std::is_integral_v<X>) {
    return static_cast<X>(i);
  } else {
    return "a string that is too long to be a small one " + std::to_string(i);
  }
}

template <class Map>
class g12_misuse : public testing::Test {
 public:
  using map_type = Map;
  static auto key(int i) { return made<typename Map::key_type>(i); }
  static auto value(int i) { return made<typename Map::mapped_type>(i); }

  // Every kind of access still does what it should, and leaves nothing of keys from 100 on.
  static void expect_usable(Map& map) {
    const std::size_t before = map.size();
    for (int i = 100; i < 200; ++i) map.store(key(i), value(i));
    EXPECT_EQ(map.size(), before + 100);
    for (int i = 100; i < 200; ++i) EXPECT_EQ(map.load(key(i)), value(i));
    for (int i = 100; i < 200; ++i) EXPECT_TRUE(map.erase(key(i)));
    EXPECT_EQ(map.load_or_compute(key(100), [] { return value(7); }).value, value(7));
    EXPECT_TRUE(map.load_or_compute(key(100), [] { return value(8); }).loaded);
    EXPECT_TRUE(map.erase(key(100)));
    EXPECT_EQ(map.size(), before);
  }
};

using maps = testing::Types<syncmap::map<std::uint64_t, std::uint64_t>,
                            syncmap::map<std::string, std::string>,
                            syncmap::read_dirty_map<std::uint64_t, std::uint64_t>,
                            syncmap::read_dirty_map<std::string, std::string>>;
struct names {
  template <class Map>
  static std::string GetName(int i) {
    return std::string(i < 2 ? "map" : "read_dirty_map") + (i % 2 == 0 ? "_inline" : "_nodes");
  }
};
TYPED_TEST_SUITE(g12_misuse, maps, names);

// What an error of this very type says; "" if there was none.
template <class Error, class F>
std::string said_by(F&& f) {
  try {
    std::invoke(f);
  } catch (const Error& error) {
    EXPECT_EQ(typeid(error), typeid(Error));
    return error.what();
  }
  return "";
}
void expect_says(const std::string& message, std::initializer_list<const char*> words) {
  EXPECT_EQ(message.substr(0, 9), "syncmap: ") << message;
  for (const char* each : words) EXPECT_NE(message.find(each), std::string::npos) << message;
}
// The operation, the two ways to get there, and two ways out.
void expect_says_circle(const std::string& message) {
  expect_says(message, {"load_or_compute()", "inside the factory for that key", "circle",
                        "compute the inner value first", "store()"});
}

TYPED_TEST(g12_misuse, load_or_compute_of_its_own_key_throws) {
  typename TestFixture::map_type map;
  const auto key = TestFixture::key(1);
  int inner = 0;
  const auto misuse = [&] {
    map.load_or_compute(key, [&] {
      return map.load_or_compute(key, [&] { return ++inner, TestFixture::value(2); }).value;
    });
  };
  expect_says_circle(said_by<std::logic_error>(misuse));
  expect_says_circle(said_by<std::logic_error>(misuse));  // not only the first time
  EXPECT_EQ(inner, 0);
  EXPECT_TRUE(map.empty());
  TestFixture::expect_usable(map);
  EXPECT_FALSE(map.load_or_compute(key, [] { return TestFixture::value(3); }).loaded);
  misuse();  // there is nothing to compute
  EXPECT_EQ(map.load(key), TestFixture::value(3));
}

TYPED_TEST(g12_misuse, a_factory_that_catches_it_goes_on) {
  typename TestFixture::map_type map;
  const auto key = TestFixture::key(1);
  std::string message;
  const auto result = map.load_or_compute(key, [&] {
    message = said_by<std::logic_error>(
        [&] { map.load_or_compute(key, [] { return TestFixture::value(2); }); });
    return TestFixture::value(3);
  });
  expect_says_circle(message);
  EXPECT_FALSE(result.loaded);
  EXPECT_EQ(map.load(key), TestFixture::value(3));
  TestFixture::expect_usable(map);
}

// The message says: or store() it.
TYPED_TEST(g12_misuse, a_factory_may_store_its_own_key) {
  typename TestFixture::map_type map;
  const auto key = TestFixture::key(1);
  const auto result = map.load_or_compute(key, [&] {
    map.store(key, TestFixture::value(2));
    return map.load_or_compute(key, [] { return TestFixture::value(3); }).value;
  });
  EXPECT_TRUE(result.loaded);  // what was stored meanwhile wins
  EXPECT_EQ(result.value, TestFixture::value(2));
  TestFixture::expect_usable(map);
}

TYPED_TEST(g12_misuse, load_or_compute_of_its_own_key_throws_through_other_keys_and_maps) {
  typename TestFixture::map_type map;
  typename TestFixture::map_type same_kind;
  syncmap::map<int, int> other_kind;
  const auto key = TestFixture::key(1);
  const auto misuse = [&] {
    map.load_or_compute(key, [&] {
      map.load_or_compute(TestFixture::key(2), [&] {
        same_kind.load_or_compute(key, [&] {
          other_kind.load_or_compute(1, [&] {
            map.load_or_compute(key, [] { return TestFixture::value(1); });
            return 1;
          });
          return TestFixture::value(1);
        });
        return TestFixture::value(1);
      });
      return TestFixture::value(1);
    });
  };
  expect_says_circle(said_by<std::logic_error>(misuse));
  EXPECT_TRUE(map.empty() && same_kind.empty() && other_kind.empty());
  TestFixture::expect_usable(map);
  TestFixture::expect_usable(same_kind);
  EXPECT_FALSE(other_kind.load_or_compute(1, [] { return 1; }).loaded);
}

// Two threads each compute one key, and then want the other's. One of them is told, and gives up its key;
// then the other computes both.
template <class Fixture, class One, class Two>
void expect_circle_is_refused(One& one, Two& two) {
  std::latch both_lead(2);
  std::atomic<int> refused{0};
  std::atomic<int> inner_calls{0};
  const auto work = [&](auto& mine, int my_key, auto& others, int others_key) {
    const std::string message = said_by<std::logic_error>([&] {
      mine.load_or_compute(Fixture::key(my_key), [&] {
        both_lead.arrive_and_wait();
        return others
            .load_or_compute(
                Fixture::key(others_key), [&] { return ++inner_calls, Fixture::value(others_key); })
            .value;
      });
    });
    if (message.empty()) return;
    ++refused;
    expect_says_circle(message);
  };
  std::thread other([&] { work(two, 2, one, 1); });
  work(one, 1, two, 2);
  other.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(inner_calls, 1);
  EXPECT_TRUE(one.contains(Fixture::key(1)));
  EXPECT_TRUE(two.contains(Fixture::key(2)));
  EXPECT_EQ(one.load(Fixture::key(1)), two.load(Fixture::key(2)));
  one.clear();
  two.clear();
}

TYPED_TEST(g12_misuse, a_circle_of_two_threads_throws_in_one_of_them) {
  typename TestFixture::map_type map;
  for (int round = 0; round < 20; ++round) expect_circle_is_refused<TestFixture>(map, map);
  TestFixture::expect_usable(map);
}

TYPED_TEST(g12_misuse, a_circle_of_two_threads_throws_also_through_another_map) {
  using map = typename TestFixture::map_type;
  map one;
  map same_kind;
  syncmap::map<typename map::key_type, typename map::mapped_type> other_kind;
  for (int round = 0; round < 20; ++round) {
    expect_circle_is_refused<TestFixture>(one, same_kind);
    expect_circle_is_refused<TestFixture>(one, other_kind);
  }
  TestFixture::expect_usable(one);
  TestFixture::expect_usable(same_kind);
}

// The one that is told catches it, and computes without the other's value; the other gets what it made.
TYPED_TEST(g12_misuse, a_circle_of_two_threads_is_left_by_catching) {
  typename TestFixture::map_type map;
  for (int round = 0; round < 20; ++round) {
    std::latch both_lead(2);
    std::atomic<int> refused{0};
    const auto work = [&](int mine, int others) {
      return map
          .load_or_compute(TestFixture::key(mine),
                           [&] {
                             both_lead.arrive_and_wait();
                             auto value = TestFixture::value(mine);
                             const auto ask = [&] {
                               value = map.load_or_compute(TestFixture::key(others),
                                                           [&] { return TestFixture::value(99); })
                                           .value;
                             };
                             if (!said_by<std::logic_error>(ask).empty()) ++refused;
                             return value;
                           })
          .value;
    };
    std::optional<typename TestFixture::map_type::mapped_type> of_other;
    std::thread other([&] { of_other = work(2, 1); });
    const auto of_this = work(1, 2);
    other.join();
    EXPECT_EQ(refused, 1);
    EXPECT_EQ(of_this, of_other);  // one asked the other
    EXPECT_TRUE(of_this == TestFixture::value(1) || of_this == TestFixture::value(2));
    EXPECT_EQ(map.size(), 2U);
    map.clear();
  }
  TestFixture::expect_usable(map);
}

TYPED_TEST(g12_misuse, reserve_beyond_max_size_throws) {
  using Map = typename TestFixture::map_type;
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const int count : {0, 50}) {
    Map map;
    for (int i = 0; i < count; ++i) map.store(TestFixture::key(i), TestFixture::value(i));
    const std::size_t capacity = map.capacity();
    for (const std::size_t wanted : {Map::max_size() + 1, most / 2 + 1, most}) {
      ASSERT_GT(wanted, Map::max_size());
      expect_says(
          said_by<std::length_error>([&] { map.reserve(wanted); }), {"reserve()", "max_size()"});
    }
    EXPECT_EQ(map.capacity(), capacity);
    EXPECT_EQ(map.size(), static_cast<std::size_t>(count));
    TestFixture::expect_usable(map);
    map.reserve(1000);
    EXPECT_GE(map.capacity(), 1000U);
    TestFixture::expect_usable(map);
  }
}

}  // namespace
