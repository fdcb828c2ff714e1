// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A write synchronizes with every operation that observes it (G2): what a thread wrote to ordinary
// memory before it, another reads after it. The thread sanitizer sees a missing edge as a data race
// on `payload`; without it a stale value would show.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <maps.hpp>
#include <optional>
#include <string>
#include <thread>
#include <threads.hpp>
#include <vector>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

// `write` changes key 1 from what `prepare` made of it, `observes` waits to see the change. Key 2
// is there to keep new keys out of reach of the fast path in half of the rounds.
template <class Map, class Prepare, class Write, class Observes>
void expect_order(Prepare prepare, Write write, Observes observes) {
  for (int round = 0; round < support::rounds(64); ++round) {
    Map map;
    prepare(map);
    if (round % 2 == 0) map.range([](const auto&, const auto&) {});
    if (round % 4 < 2) map.store(2, 0);
    int payload = 0;
    support::run_together(2, [&](int id) {
      if (id == 0) {
        payload = round + 1;
        write(map);
      } else {
        while (!observes(map)) std::this_thread::yield();
        EXPECT_EQ(payload, round + 1);
      }
    });
  }
}

// Value 0 before, 1 after; absent is nothing.
template <class Map>
struct scenarios {
  using action = std::function<void(Map&)>;
  using question = std::function<bool(Map&)>;

  static inline const action absent = [](Map&) {};
  static inline const action present = [](Map& map) { map.store(1, 0); };

  // To 1, from absent or 0.
  static inline const std::map<std::string, action> stores{
      {"store", [](Map& map) { map.store(1, 1); }},
      {"swap", [](Map& map) { map.swap(1, 1); }},
      {"insert_or_assign", [](Map& map) { map.insert_or_assign(1, 1); }},
      {"compute", [](Map& map) { map.compute(1, [](const int*) { return 1; }); }},
  };
  static inline const std::map<std::string, action> inserts{
      {"load_or_store", [](Map& map) { map.load_or_store(1, 1); }},
      {"try_emplace", [](Map& map) { map.try_emplace(1, 1); }},
  };
  static inline const std::map<std::string, action> replaces{
      {"compare_and_swap", [](Map& map) { map.compare_and_swap(1, 0, 1); }},
      {"update", [](Map& map) { map.update(1, [](int) { return 1; }); }},
  };
  static inline const std::map<std::string, action> erases{
      {"erase", [](Map& map) { map.erase(1); }},
      {"load_and_erase", [](Map& map) { map.load_and_erase(1); }},
      {"compare_and_erase", [](Map& map) { map.compare_and_erase(1, 0); }},
      {"compute", [](Map& map) { map.compute(1, [](const int*) { return std::nullopt; }); }},
      {"erase_if", [](Map& map) { map.erase_if([](int key, int) { return key == 1; }); }},
      {"clear", [](Map& map) { map.clear(); }},
  };
  static inline const std::map<std::string, question> see_one{
      {"load", [](Map& map) { return map.load(1) == 1; }},
      {"visit",
       [](Map& map) {
         int seen = 0;
         map.visit(1, [&](int value) { seen = value; });
         return seen == 1;
       }},
      {"range",
       [](Map& map) {
         bool seen = false;
         map.range([&](int key, int value) { seen |= key == 1 && value == 1; });
         return seen;
       }},
      {"compare_and_swap", [](Map& map) { return map.compare_and_swap(1, 1, 2); }},
      {"compare_and_erase", [](Map& map) { return map.compare_and_erase(1, 1); }},
  };
  static inline const std::map<std::string, question> see_presence{
      {"contains", [](Map& map) { return map.contains(1); }},
      {"erase", [](Map& map) { return map.erase(1); }},
      {"load_and_erase", [](Map& map) { return map.load_and_erase(1).has_value(); }},
      {"update", [](Map& map) { return map.update(1, [](int now) { return now; }).has_value(); }},
      {"compute",
       [](Map& map) {
         const auto same = [](const int* now) { return now ? std::optional(*now) : std::nullopt; };
         return map.compute(1, same).has_value();
       }},
  };
  static inline const std::map<std::string, question> see_absence{
      {"load", [](Map& map) { return !map.load(1).has_value(); }},
      {"contains", [](Map& map) { return !map.contains(1); }},
      {"load_or_store", [](Map& map) { return !map.load_or_store(1, 0).loaded; }},
      {"try_emplace", [](Map& map) { return map.try_emplace(1, 0); }},
      {"compare_and_swap", [](Map& map) { return !map.compare_and_swap(1, 0, 0); }},
      {"range",
       [](Map& map) {
         bool seen = false;
         map.range([&](int key, int) { seen |= key == 1; });
         return !seen;
       }},
  };

  static void run(const action& prepare, const std::map<std::string, action>& writes,
                  const std::map<std::string, question>& observers) {
    for (const auto& [write_name, write] : writes) {
      for (const auto& [observer_name, observes] : observers) {
        SCOPED_TRACE(write_name + ", seen by " + observer_name);
        expect_order<Map>(prepare, write, observes);
      }
    }
  }
};

TYPED_TEST(contract, g2_stores_are_ordered_before_what_observes_them) {
  using all = scenarios<typename TestFixture::int_map>;
  for (const auto& prepare : {all::absent, all::present})
    all::run(prepare, all::stores, all::see_one);
  all::run(all::absent, all::stores, all::see_presence);
  all::run(all::absent, all::inserts, all::see_one);
  all::run(all::absent, all::inserts, all::see_presence);
  all::run(all::present, all::replaces, all::see_one);
}

TYPED_TEST(contract, g2_erasures_are_ordered_before_what_observes_the_absence) {
  using all = scenarios<typename TestFixture::int_map>;
  all::run(all::present, all::erases, all::see_absence);
}

// The value itself: its memory is written before it can be read.
TYPED_TEST(contract, g2_values_are_whole_when_they_are_seen) {
  typename TypeParam::template map<std::string, std::vector<int>> map;
  constexpr int times = 200;
  support::run_together(3, [&](int id) {
    for (int i = 0; i < support::rounds(times * 8); ++i) {
      const std::string key = std::to_string(i % 7);
      if (id == 0) {
        map.store(key, std::vector<int>(static_cast<std::size_t>(i % 50), i));
        if (i % 20 == 0) map.erase(std::to_string(i % 5));
      } else {
        map.visit(key, [](const std::vector<int>& seen) {
          for (const int each : seen) EXPECT_EQ(each % 50, static_cast<int>(seen.size()));
        });
      }
    }
  });
}

}  // namespace
