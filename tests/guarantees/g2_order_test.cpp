// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A write synchronizes with every operation that observes it (G2): each kind of write, seen by each
// kind of operation that can see it. What a thread wrote to ordinary memory before, another reads
// after: without the edge the thread sanitizer reports a race, and a stale value may show.
//
// And writes are not delayed behind what their thread does next (G1): of two threads that each write
// and then read what the other writes, one sees it.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <guaranteed_maps.hpp>
#include <optional>
#include <string>
#include <thread>
#include <threads.hpp>
#include <utility>
#include <vector>

namespace {

using support::number_of;
using support::numbered;

constexpr int none = 0;
constexpr int before = 1;
constexpr int after = 2;

template <class Map>
struct acts {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  struct write {
    const char* name;
    void (*run)(Map&, const key_type&);
  };
  struct read {
    const char* name;
    int (*run)(Map&, const key_type&);
  };

  static value_type old_value() { return numbered<value_type>(before); }
  static value_type new_value() { return numbered<value_type>(after); }
  static int number(const std::optional<value_type>& value) {
    return value ? number_of(*value) : none;
  }
  // What a walk shows of the key.
  template <class Walk>
  static int shown(const key_type& key, Walk walk) {
    int result = none;
    walk([&](const key_type& each, const value_type& value) {
      if (each == key) result = number_of(value);
    });
    return result;
  }

  // --- writes. Each changes the key, whatever the operations that observe it do before it.

  // To the new value, from the old one or none.
  static constexpr write sets[] = {
      {"store", [](Map& map, const key_type& key) { map.store(key, new_value()); }},
      {"swap", [](Map& map, const key_type& key) { map.swap(key, new_value()); }},
      {"insert_or_assign",
       [](Map& map, const key_type& key) { map.insert_or_assign(key, new_value()); }},
      {"compute",
       [](Map& map, const key_type& key) {
         map.compute(key, [](const value_type*) { return new_value(); });
       }},
  };
  // From none.
  static constexpr write inserts[] = {
      {"load_or_store", [](Map& map, const key_type& key) { map.load_or_store(key, new_value()); }},
      {"load_or_compute",
       [](Map& map, const key_type& key) { map.load_or_compute(key, [] { return new_value(); }); }},
      {"try_emplace", [](Map& map, const key_type& key) { map.try_emplace(key, new_value()); }},
  };
  // From the old value.
  static constexpr write replaces[] = {
      {"compare_and_swap",
       [](Map& map, const key_type& key) { map.compare_and_swap(key, old_value(), new_value()); }},
      {"update",
       [](Map& map, const key_type& key) {
         map.update(key, [](const value_type&) { return new_value(); });
       }},
  };
  static constexpr write erases[] = {
      {"erase", [](Map& map, const key_type& key) { map.erase(key); }},
      {"load_and_erase", [](Map& map, const key_type& key) { map.load_and_erase(key); }},
      {"compare_and_erase",
       [](Map& map, const key_type& key) { map.compare_and_erase(key, old_value()); }},
      {"compute",
       [](Map& map, const key_type& key) {
         map.compute(key, [](const value_type*) { return std::nullopt; });
       }},
      {"erase_if",
       [](Map& map, const key_type& key) {
         map.erase_if([&](const key_type& each, const value_type&) { return each == key; });
       }},
  };
  static constexpr write clears[] = {
      {"clear", [](Map& map, const key_type&) { map.clear(); }},
  };

  // --- reads: the number of the value, or none

  // These change nothing.
  static constexpr read loads[] = {
      {"load", [](Map& map, const key_type& key) { return number(map.load(key)); }},
      {"visit",
       [](Map& map, const key_type& key) {
         int result = none;
         map.visit(key, [&](const value_type& value) { result = number_of(value); });
         return result;
       }},
      {"find",
       [](Map& map, const key_type& key) {
         const auto found = map.find(key);
         return found ? number_of(*found) : none;
       }},
      {"range",
       [](Map& map, const key_type& key) {
         return shown(key, [&](auto show) { map.range(show); });
       }},
      {"iteration",
       [](Map& map, const key_type& key) {
         return shown(key, [&](auto show) {
           for (const auto& [each, value] : map) show(each, value);
         });
       }},
      {"to",
       [](Map& map, const key_type& key) {
         return shown(key, [&](auto show) {
           using entries = std::vector<std::pair<key_type, value_type>>;
           for (const auto& [each, value] : map.template to<entries>()) show(each, value);
         });
       }},
      {"load_many",
       [](Map& map, const key_type& key) {
         std::array<std::optional<value_type>, 2> found;
         map.load_many(std::array{key, numbered<key_type>(77)}, found.begin());
         return number(found[0]);
       }},
      {"update",
       [](Map& map, const key_type& key) {
         return number(map.update(key, [](const value_type& value) { return value; }));
       }},
      {"compute",
       [](Map& map, const key_type& key) {
         return number(map.compute(key, [](const value_type* value) {
           return value != nullptr ? std::optional(*value) : std::nullopt;
         }));
       }},
  };
  // The new value may be any, or only the new value may be told from others.
  static constexpr read contains[] = {
      {"contains", [](Map& map, const key_type& key) { return map.contains(key) ? after : none; }},
  };
  static constexpr read compares[] = {
      {"compare_and_swap",
       [](Map& map, const key_type& key) {
         return map.compare_and_swap(key, new_value(), new_value()) ? after : none;
       }},
      {"compare_and_erase",
       [](Map& map, const key_type& key) {
         return map.compare_and_erase(key, new_value()) ? after : none;
       }},
  };
  // Where there was none before.
  static constexpr read takes[] = {
      {"erase", [](Map& map, const key_type& key) { return map.erase(key) ? after : none; }},
      {"load_and_erase",
       [](Map& map, const key_type& key) { return number(map.load_and_erase(key)); }},
      {"erase_if",
       [](Map& map, const key_type& key) {
         return map.erase_if(
                    [&](const key_type& each, const value_type&) { return each == key; }) != 0
                    ? after
                    : none;
       }},
  };
  // Where there was the old value before. If there is none they make it the old one.
  static constexpr read keeps[] = {
      {"load_or_store",
       [](Map& map, const key_type& key) {
         const auto got = map.load_or_store(key, old_value());
         return got.loaded ? number_of(got.value) : none;
       }},
      {"load_or_compute",
       [](Map& map, const key_type& key) {
         const auto got = map.load_or_compute(key, [] { return old_value(); });
         return got.loaded ? number_of(got.value) : none;
       }},
      {"swap", [](Map& map, const key_type& key) { return number(map.swap(key, old_value())); }},
  };
  // Where there was the old value before: is there none?
  static constexpr read misses[] = {
      {"try_emplace",
       [](Map& map, const key_type& key) {
         return map.try_emplace(key, old_value()) ? none : before;
       }},
      {"insert_or_assign",
       [](Map& map, const key_type& key) {
         return map.insert_or_assign(key, old_value()) ? none : before;
       }},
      {"compare_and_swap",
       [](Map& map, const key_type& key) {
         return map.compare_and_swap(key, old_value(), old_value()) ? before : none;
       }},
  };
};

template <class Setup>
class g2_order : public ::testing::Test {
 protected:
  using map_type = typename Setup::map;
  using key_type = typename map_type::key_type;
  using act = acts<map_type>;
  using write = typename act::write;
  using read = typename act::read;

  // What is between `round` and others: whether keys are new to the table that answers first, and
  // whether it grows.
  static void prepare(map_type& map, const key_type& key, int value, int round) {
    const auto other = [&](int number) {
      map.store(numbered<key_type>(number), numbered<typename map_type::mapped_type>(9));
    };
    if (value != none) map.store(key, act::old_value());
    if (round % 2 == 0) map.range([](const auto&, const auto&) {});
    if (round % 4 < 2) other(50);
    for (int spare = 0; spare < round % 7; ++spare) other(60 + spare);
  }

  // `changes` takes the key from one value to another; `sees` waits to see that. A third thread is busy
  // with other keys, in half of the rounds.
  void expect_message(int from, int to, const write& changes, const read& sees) {
    const int rounds = support::rounds(64);
    const key_type key = numbered<key_type>(1);
    std::deque<map_type> maps(static_cast<std::size_t>(rounds));
    for (int round = 0; round < rounds; ++round) {
      prepare(maps[static_cast<std::size_t>(round)], key, from, round);
    }
    std::vector<int> payloads(maps.size());
    int stale = 0;
    support::meeting start(3);
    support::run_together(3, [&](int id) {
      for (int round = 0; round < rounds; ++round) {
        const auto at = static_cast<std::size_t>(round);
        start.wait();
        if (id == 0) {
          payloads[at] = round + 1;
          changes.run(maps[at], key);
        } else if (id == 1) {
          while (sees.run(maps[at], key) != to) std::this_thread::yield();
          if (payloads[at] != round + 1) ++stale;
        } else if (round % 2 == 0) {
          prepare(maps[at], key, none, 4 + round % 7);
          maps[at].erase(numbered<key_type>(60));
        }
      }
    });
    EXPECT_EQ(stale, 0) << "of " << rounds << ": " << changes.name << ", seen by " << sees.name;
    messages_ += rounds;
  }
  template <class Writes, class... Reads>
  void expect_messages(int from, int to, const Writes& writes, const Reads&... reads) {
    for (const write& each : writes) {
      const auto seen_by = [&](const auto& some) {
        for (const read& by : some) expect_message(from, to, each, by);
      };
      (seen_by(reads), ...);
    }
  }
  void TearDown() override {
    ::testing::Test::RecordProperty("rounds", messages_);
    std::printf("g2: %d rounds\n", messages_);
  }

  // Two threads: each writes a key and then reads the other's, of one map or two.
  template <class Writes, class... Reads>
  void expect_no_delay(int from, bool one_map, const Writes& writes, const Reads&... reads) {
    for (const write& each : writes) {
      const auto then = [&](const auto& some) {
        for (const read& by : some) expect_no_delay_of(from, one_map, each, by);
      };
      (then(reads), ...);
    }
  }
  void expect_no_delay_of(int from, bool one_map, const write& changes, const read& sees) {
    const int rounds = support::rounds(160);
    const key_type keys[] = {numbered<key_type>(1), numbered<key_type>(2)};
    std::deque<map_type> maps(static_cast<std::size_t>(2 * rounds));
    const auto map_of = [&](int round, int id) -> map_type& {
      return maps[static_cast<std::size_t>(2 * round + (one_map ? 0 : id))];
    };
    for (int round = 0; round < rounds; ++round) {
      for (const int id : {0, 1}) prepare(map_of(round, id), keys[id], from, round);
    }
    std::vector<std::array<int, 2>> seen(static_cast<std::size_t>(rounds));
    support::meeting start(2);
    support::run_together(2, [&](int id) {
      for (int round = 0; round < rounds; ++round) {
        map_type& mine = map_of(round, id);
        map_type& other = map_of(round, 1 - id);
        start.wait();
        changes.run(mine, keys[id]);
        const int found = sees.run(other, keys[1 - id]);
        seen[static_cast<std::size_t>(round)][static_cast<std::size_t>(id)] = found;
      }
    });
    int delayed = 0;
    for (const auto& [one, two] : seen) delayed += one == from && two == from ? 1 : 0;
    EXPECT_EQ(delayed, 0) << "of " << rounds << ": " << changes.name << ", then " << sees.name
                          << (one_map ? "" : " of another map") << ", from " << from;
    messages_ += rounds;
  }

 private:
  int messages_ = 0;
};

template <class... Families>
auto threaded(support::list<Families...>) {
  return support::kinds_of(support::list<Families...>());
}
using setups = decltype(threaded(support::families()));
TYPED_TEST_SUITE(g2_order, setups, support::setup_names);

TYPED_TEST(g2_order, what_was_done_before_an_insert_is_seen_after_its_observation) {
  using all = typename TestFixture::act;
  this->expect_messages(
      none, after, all::sets, all::loads, all::contains, all::compares, all::takes);
  this->expect_messages(
      none, after, all::inserts, all::loads, all::contains, all::compares, all::takes);
}

TYPED_TEST(g2_order, what_was_done_before_a_new_value_is_seen_after_its_observation) {
  using all = typename TestFixture::act;
  this->expect_messages(before, after, all::sets, all::loads, all::compares, all::keeps);
  this->expect_messages(before, after, all::replaces, all::loads, all::compares, all::keeps);
}

TYPED_TEST(g2_order, what_was_done_before_an_erasure_is_seen_after_the_absence_is) {
  using all = typename TestFixture::act;
  this->expect_messages(
      before, none, all::erases, all::loads, all::contains, all::keeps, all::misses);
  this->expect_messages(
      before, none, all::clears, all::loads, all::contains, all::keeps, all::misses);
}

TYPED_TEST(g2_order, of_two_threads_that_write_and_then_read_one_sees_the_other) {
  using all = typename TestFixture::act;
  for (const bool one_map : {true, false}) {
    this->expect_no_delay(none, one_map, all::sets, all::loads, all::contains);
    this->expect_no_delay(none, one_map, all::inserts, all::loads, all::contains);
    this->expect_no_delay(before, one_map, all::sets, all::loads);
    this->expect_no_delay(before, one_map, all::replaces, all::loads);
    this->expect_no_delay(before, one_map, all::erases, all::loads);
  }
  this->expect_no_delay(before, false, all::clears, all::loads);
}

}  // namespace
