// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that make a map grow, shrink and start anew, for each kind of key and value that it keeps
// in its own way. Property: a value is of its key, and whole; of the values that one thread stores
// under a key, any other sees them in the order in which they were stored; keys that stay are always
// found, and shown by every range once; what is inserted is what was removed and what is left.
//
// SYNCMAP_STRESS_SECONDS says for how long each test runs (2 if it is not set), SYNCMAP_TEST_SEED
// how it begins.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <figures.hpp>
#include <kinds.hpp>
#include <maps.hpp>
#include <optional>
#include <set>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <threads.hpp>

namespace {

using support::number_of;
using support::numbered;

constexpr std::size_t threads = 4;
constexpr int staying = 50;
constexpr int shared_keys = 700;
constexpr int tracked_keys = 8;  // the first of those that stay

// A value is its key's number, its writer's, and a count that the writer draws.
struct stamp {
  int key = 0;
  std::size_t writer = 0;
  int count = 0;
};
constexpr int counts = 1 << 16;

int packed(const stamp& one) {
  return (one.key * static_cast<int>(threads) + static_cast<int>(one.writer)) * counts + one.count;
}
stamp unpacked(int number) {
  return {number / counts / static_cast<int>(threads),
          static_cast<std::size_t>(number / counts) % threads, number % counts};
}
static_assert((shared_keys + staying) < (1LL << 31) / counts / static_cast<int>(threads));

template <class Map>
class player {
 public:
  player(Map& map, std::size_t id, std::uint64_t stream) : map_(map), id_(id), random_(stream) {}

  long balance = 0;  // inserted less removed

  void play(int turns, bool with_clear) {
    for (int i = 0; i < turns; ++i) turn(with_clear);
  }

 private:
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  int below(int end) { return static_cast<int>(random_.below(static_cast<std::size_t>(end))); }
  // Keys are drawn from a part of all, another one for a while, so that their number goes up and
  // down.
  int shared_key() { return staying + below(1 + (shared_keys - 1) * (part_ % 8) / 8); }
  key_type key(int number) const { return numbered<key_type>(number); }
  value_type fresh(int number) {
    count_ = (count_ + 1) % counts;
    return numbered<value_type>(packed({number, id_, count_}));
  }
  void check(int number, const value_type& value) {
    const stamp seen = unpacked(number_of(value));
    if (seen.key != number) ADD_FAILURE() << number << " has a value of " << seen.key;
  }
  void check(int number, const std::optional<value_type>& value) {
    if (value) check(number, *value);
  }
  void insert_if(bool was_absent) { balance += was_absent ? 1 : 0; }
  void remove_if(bool was_present) { balance -= was_present ? 1 : 0; }

  void turn(bool with_clear) {
    const int number = shared_key();
    switch (below(20)) {
      case 0:
      case 1:
      case 2:
        return insert_if(map_.insert_or_assign(key(number), fresh(number)));
      case 3: {
        const auto previous = map_.swap(key(number), fresh(number));
        check(number, previous);
        return insert_if(!previous);
      }
      case 4: {
        const auto result = map_.load_or_store(key(number), fresh(number));
        check(number, result.value);
        return insert_if(!result.loaded);
      }
      case 5:
      case 6:
        return remove_if(map_.erase(key(number)));
      case 7: {
        const auto previous = map_.load_and_erase(key(number));
        check(number, previous);
        return remove_if(previous.has_value());
      }
      case 8:
        return check(number, map_.update(key(number), [&](const value_type& now) {
          check(number, now);
          return fresh(number);
        }));
      case 9:
        return compute(number);
      case 10:
        return replace_what_is_there(number);
      case 11:
      case 12:
        return write_in_order();
      case 13:
        return rarely(with_clear);
      case 14:
      case 15:
        return with_clear ? void() : look_for_what_stays();
      default:
        return check(number, map_.load(key(number)));
    }
  }

  void compute(int number) {
    bool was_present = false;
    const bool keeps = below(2) == 0;
    map_.compute(key(number), [&](const value_type* now) -> std::optional<value_type> {
      was_present = now != nullptr;
      if (was_present) check(number, *now);
      return keeps ? std::optional(fresh(number)) : std::nullopt;
    });
    if (keeps) {
      insert_if(!was_present);
    } else {
      remove_if(was_present);
    }
  }

  void replace_what_is_there(int number) {
    const auto now = map_.load(key(number));
    if (!now) return;
    if (below(2) == 0) return remove_if(map_.compare_and_erase(key(number), *now));
    map_.compare_and_swap(key(number), *now, fresh(number));
  }

  // Each tracked key has one writer, whose counts only go up while it keeps to it.
  void write_in_order() {
    const int mine = static_cast<int>(id_);
    static_assert(tracked_keys >= static_cast<int>(threads));
    if (++order_ >= counts) return;
    map_.store(key(mine), numbered<value_type>(packed({mine, id_, order_})));
  }
  void look_for_what_stays() {
    const int number = below(staying);
    const auto now = map_.load(key(number));
    if (!now) {
      ADD_FAILURE() << number << " stays, and was not found";
      return;
    }
    check(number, *now);
    if (number >= static_cast<int>(threads)) return;
    int& last = last_seen_[static_cast<std::size_t>(number)];
    const int count = unpacked(number_of(*now)).count;
    if (count < last) ADD_FAILURE() << number << " went back from " << last << " to " << count;
    last = count;
  }

  void rarely(bool with_clear) {
    switch (below(60)) {
      case 0:
        if (with_clear) map_.clear();
        return;
      case 1:
      case 2:
        return map_.shrink_to_fit();
      case 3:
        return map_.reserve(static_cast<std::size_t>(below(1500)));
      case 4:
      case 5:
      case 6:
        part_ = below(8);
        return;
      case 7:
      case 8:
        return see_all(with_clear);
      case 9: {
        const int rest = below(4);
        const auto count = map_.erase_if([&](const key_type& each, const value_type& value) {
          check(number_of(each), value);
          return number_of(each) >= staying && number_of(each) % 4 == rest;
        });
        balance -= static_cast<long>(count);
        return;
      }
      case 10:
        return support::reclaim();
      default:
        static_cast<void>(map_.size());
        static_cast<void>(map_.capacity());
        return;
    }
  }

  void see_all(bool with_clear) {
    std::set<int> seen;
    const auto see = [&](const key_type& each, const value_type& value) {
      check(number_of(each), value);
      if (!seen.insert(number_of(each)).second) ADD_FAILURE() << number_of(each) << " twice";
    };
    if (below(2) == 0) {
      map_.range(see);
    } else {
      for (const auto& [each, value] : map_) {
        see(each, value);
        if (below(16) == 0) insert_if(map_.try_emplace(key(staying), fresh(staying)));
      }
    }
    for (int i = 0; i < staying && !with_clear; ++i) {
      if (!seen.contains(i)) ADD_FAILURE() << i << " stays, and was not shown";
    }
  }

  Map& map_;
  const std::size_t id_;
  syncmap::test::random_source random_;
  int part_ = 4;
  int count_ = 0;
  int order_ = 0;
  std::array<int, threads> last_seen_{};
};

double seconds() {
  const char* const given = std::getenv("SYNCMAP_STRESS_SECONDS");
  return given != nullptr ? std::strtod(given, nullptr) : 2;
}

// Rounds of a map of its own, each with new threads, until the time is over.
template <class Map>
void stress(bool with_clear) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds());
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  std::uint64_t rounds = 0;
  std::size_t growths = 0;
  constexpr int turns = 20000;
  support::figures told;
  do {
    Map map;
    for (int i = 0; i < staying; ++i) {
      map.store(numbered<typename Map::key_type>(i),
                numbered<typename Map::mapped_type>(packed({i, 0, 0})));
    }
    std::atomic<long> balance{staying};
    support::run_together(static_cast<int>(threads), [&](int id) {
      player<Map> one(
          map, static_cast<std::size_t>(id), rounds * threads + static_cast<std::uint64_t>(id));
      for (int part = 0; part < 10; ++part) {
        one.play(turns / 10, with_clear);
        told.look(map.stats().retired_bytes);
      }
      balance += one.balance;
    });
    const support::numbers left = support::numbers_of(map);
    ASSERT_NO_FATAL_FAILURE(support::expect_contents(map, left));
    if (!with_clear) {
      ASSERT_EQ(static_cast<long>(left.size()), balance.load());
    }
    growths += map.stats().growths;
    ++rounds;
  } while (std::chrono::steady_clock::now() < deadline && !::testing::Test::HasFailure());
  EXPECT_GT(growths, 0U);
  told.operations = rounds * threads * turns;
  told.more = std::to_string(growths) + " growths";
  support::report(told);
}

template <class Setup>
using growing = support::growing<Setup>;
TYPED_TEST_SUITE(growing, support::growing_kinds, support::setup_names);

TYPED_TEST(growing, stress_while_keys_come_and_go) {
  stress<typename TestFixture::map_type>(false);
}
TYPED_TEST(growing, stress_with_clear) { stress<typename TestFixture::map_type>(true); }

}  // namespace
