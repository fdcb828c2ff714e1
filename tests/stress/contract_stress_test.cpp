// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// All operations at random by several threads that come and go, with values that know whether they
// are whole and in the right place. SYNCMAP_STRESS_SECONDS says for how long each test runs (2 if
// it is not set), SYNCMAP_TEST_SEED how it begins.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <figures.hpp>
#include <maps.hpp>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <threads.hpp>
#include <tracked.hpp>

namespace {

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

constexpr int threads = 4;

// No two values are equal. A torn, stale or misplaced one does not check out.
class stamped {
 public:
  stamped(int key, std::uint64_t serial) : key_(key), serial_(serial), checksum_(sum()) {}

  void check(int key) const {
    if (key_.id() != key || checksum_ != sum()) {
      ADD_FAILURE() << "key " << key << " has a value of key " << key_.id() << ", serial "
                    << serial_;
    }
  }
  [[nodiscard]] std::uint64_t serial() const { return serial_; }
  bool operator==(const stamped& other) const { return serial_ == other.serial_; }

 private:
  [[nodiscard]] std::uint64_t sum() const {
    return (serial_ ^ static_cast<std::uint64_t>(key_.id())) * 0x9e3779b97f4a7c15U;
  }
  support::tracked_value key_;
  std::uint64_t serial_;
  std::uint64_t checksum_;
};

double seconds() {
  const char* const given = std::getenv("SYNCMAP_STRESS_SECONDS");
  return given != nullptr ? std::strtod(given, nullptr) : 2;
}

unsigned seed() {
  static const unsigned chosen = [] {
    const char* const given = std::getenv("SYNCMAP_TEST_SEED");
    const unsigned result = given != nullptr
                                ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                : std::random_device()();
    std::printf("SYNCMAP_TEST_SEED=%u\n", result);
    return result;
  }();
  return chosen;
}

// What all threads of a test share.
template <class Map>
struct arena {
  Map map;
  int keys;
  bool with_clear;
  std::atomic<std::uint64_t> serials{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<long> inserted{0};  // entries made less entries removed, clear() apart
};

// One of the threads that come and go.
template <class Map>
class worker {
 public:
  worker(arena<Map>& all, unsigned seed) : all_(all), map_(all.map), random_(seed) {}

  void run(int count) {
    for (int i = 0; i < count; ++i) step();
    all_.inserted += inserted_;
    all_.operations += static_cast<std::uint64_t>(count);
  }

 private:
  stamped fresh(int key) { return {key, ++all_.serials}; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  void check(int key, const std::optional<stamped>& value) {
    if (value) value->check(key);
  }

  void step() {
    const int key = below(all_.keys);
    switch (below(24)) {
      case 0:
        return store_like(map_.insert_or_assign(key, fresh(key)));
      case 1:
      case 2: {
        const auto previous = map_.swap(key, fresh(key));
        check(key, previous);
        return store_like(!previous);
      }
      case 3:
      case 4: {
        const auto result = map_.load_or_store(key, fresh(key));
        result.value.check(key);
        return store_like(!result.loaded);
      }
      case 5:
        return store_like(map_.try_emplace(key, key, ++all_.serials));
      case 6: {
        const auto previous = map_.load_and_erase(key);
        check(key, previous);
        return erase_like(previous.has_value());
      }
      case 7:
      case 8:
        return erase_like(map_.erase(key));
      case 9:
        return swap_what_is_there(key);
      case 10:
        if (const auto now = map_.load(key)) erase_like(map_.compare_and_erase(key, *now));
        return;
      case 11: {
        const auto now = map_.update(key, [&](const stamped& old) {
          old.check(key);
          return fresh(key);
        });
        return check(key, now);
      }
      case 12:
        return compute(key);
      case 13:
        map_.visit(key, [&](const stamped& value) {
          value.check(key);
          if (below(4) == 0) erase_like(map_.erase(key));
          value.check(key);
        });
        return;
      case 14:
        static_cast<void>(map_.contains(key));
        return;
      case 15:
        return rarely(key);
      default:
        return check(key, map_.load(key));
    }
  }

  void store_like(bool was_absent) { inserted_ += was_absent ? 1 : 0; }
  void erase_like(bool was_present) { inserted_ -= was_present ? 1 : 0; }

  void swap_what_is_there(int key) {
    const auto now = map_.load(key);
    if (!now) return;
    now->check(key);
    const stamped next = fresh(key);
    if (!map_.compare_and_swap(key, *now, next)) return;
    // It was there and is gone: values are unique, so nobody can do this once more.
    if (map_.compare_and_swap(key, *now, next)) ADD_FAILURE() << "a value was replaced twice";
    if (map_.compare_and_erase(key, *now)) ADD_FAILURE() << "a replaced value was erased";
  }

  void compute(int key) {
    bool was_present = false;
    const bool keep = below(2) == 0;
    const auto now = map_.compute(key, [&](const stamped* old) -> std::optional<stamped> {
      was_present = old != nullptr;
      if (was_present) old->check(key);
      return keep ? std::optional(fresh(key)) : std::nullopt;
    });
    check(key, now);
    store_like(keep && !was_present);
    erase_like(!keep && was_present);
  }

  void rarely(int key) {
    switch (below(40)) {
      case 0:
        if (all_.with_clear) map_.clear();
        return;
      case 1:
      case 2: {
        std::set<int> seen;
        map_.range([&](int each, const stamped& value) {
          value.check(each);
          if (!seen.insert(each).second) ADD_FAILURE() << each << " was visited twice";
        });
        return;
      }
      case 3: {
        const std::size_t count = map_.erase_if([&](int each, const stamped& value) {
          value.check(each);
          return each % 16 == key % 16;
        });
        inserted_ -= static_cast<long>(count);
        return;
      }
      case 4:  // holds its place while it does something else
        for (const auto& [each, value] : map_) {
          value.check(each);
          erase_like(map_.erase(each));
          store_like(map_.insert_or_assign(key, fresh(key)));
          value.check(each);
          if (below(8) == 0) return;
        }
        return;
      case 5:
        support::reclaim();
        return;
      default:
        static_cast<void>(map_.size());
        return;
    }
  }

  arena<Map>& all_;
  Map& map_;
  std::minstd_rand random_;
  long inserted_ = 0;
};

// What threads may have retired and not yet destroyed, and what their operations hold.
constexpr std::size_t garbage = (threads + 1) * 2048;

template <class Map>
void stress(int keys, bool with_clear) {
  const long alive_before = (support::reclaim(), support::tracked_value::alive());
  support::figures told;
  {
    arena<Map> all{{}, keys, with_clear};
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds());
    support::run_together(threads, [&](int id) {
      for (unsigned turn = 0; std::chrono::steady_clock::now() < deadline; ++turn) {
        std::thread([&] {
          worker<Map>(all, seed() + turn * threads + static_cast<unsigned>(id)).run(2000);
        }).join();
        const long alive = support::tracked_value::alive() - alive_before;
        told.garbage_objects.tell(static_cast<std::size_t>(std::max(0L, alive - keys)));
        told.look(all.map.stats().retired_bytes);
      }
    });
    std::size_t count = 0;
    all.map.range([&](int key, const stamped& value) {
      value.check(key);
      EXPECT_EQ(all.map.load(key), value);
      ++count;
    });
    EXPECT_EQ(all.map.size(), count);
    if (!with_clear) {
      EXPECT_EQ(all.inserted.load(), static_cast<long>(count));
    }
    EXPECT_LE(told.garbage_objects.get(), garbage) << "values alive at once, and not in the map";
    EXPECT_GT(all.operations.load(), 0U);
    told.operations = all.operations;
    told.more = std::string(support::chosen_hash().name) + " hash";
  }
  support::report(told);
  EXPECT_EQ(support::tracked_value::alive(), alive_before);
}

template <class Setup>
using stamped_map = typename Setup::template map<int, stamped>;

TYPED_TEST(contract, stress_on_few_keys_with_clear) { stress<stamped_map<TypeParam>>(7, true); }

// Without clear() every entry's coming and going is accounted for.
TYPED_TEST(contract, stress_on_some_keys) { stress<stamped_map<TypeParam>>(60, false); }

TYPED_TEST(contract, stress_on_many_keys_with_clear) {
  // A constant hash makes every look-up linear.
  stress<stamped_map<TypeParam>>(
      support::chosen_hash().name == support::good_hash.name ? 3000 : 300, true);
}

}  // namespace
