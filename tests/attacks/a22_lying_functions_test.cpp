// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Hash and equality that lie: another answer each time, everything equal, nothing equal, no symmetry.
// What a map then answers may be wrong. But every operation ends, with no more calls of them than there
// are entries to ask about, nothing is used after its end, and nothing is left behind.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <maps.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <syncmap/basic_map.hpp>
#include <test_platform.hpp>
#include <threads.hpp>
#include <tracked.hpp>
#include <vector>

namespace {

enum class lie { hash_changes, hash_flips, equality_changes, all_equal, none_equal, one_way };
constexpr lie all_lies[] = {lie::hash_changes, lie::hash_flips, lie::equality_changes,
                            lie::all_equal,    lie::none_equal, lie::one_way};

lie told = lie::hash_changes;
thread_local std::size_t calls = 0;  // of hash and equality, by this thread

std::uint64_t drawn() {
  static std::atomic<std::uint64_t> threads{0};
  thread_local syncmap::test::random_source random(threads.fetch_add(1));
  return random.next();
}

int id_of(int key) { return key; }
int id_of(const support::tracked_key& key) { return key.id(); }

struct lying_hash {
  std::size_t operator()(const auto& key) const {
    ++calls;
    const auto truth = static_cast<std::size_t>(id_of(key));
    if (told == lie::hash_changes) return static_cast<std::size_t>(drawn());
    if (told == lie::hash_flips) return truth + static_cast<std::size_t>(drawn() % 2) * 1000;
    return truth;
  }
};
struct lying_equal {
  bool operator()(const auto& a, const auto& b) const {
    ++calls;
    switch (told) {
      case lie::equality_changes:
        return drawn() % 2 == 0;
      case lie::all_equal:
        return true;
      case lie::none_equal:
        return false;
      case lie::one_way:
        return id_of(a) < id_of(b);
      default:
        return id_of(a) == id_of(b);
    }
  }
};

template <class Map>
class caller {
 public:
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  explicit caller(Map& map) : map_(map) {}

  void call() {
    const auto key = key_type(static_cast<int>(drawn() % 64));
    const auto value = value_type(static_cast<int>(drawn() % 64));
    calls = 0;
    before_ = map_.size();
    switch (drawn() % 20) {
      case 0:
        map_.store(key, value);
        break;
      case 1:
        static_cast<void>(map_.load(key));
        break;
      case 2:
        static_cast<void>(map_.load_or_store(key, value));
        break;
      case 3:
        static_cast<void>(map_.load_and_erase(key));
        break;
      case 4:
        map_.erase(key);
        break;
      case 5:
        static_cast<void>(map_.swap(key, value));
        break;
      case 6:
        map_.compare_and_swap(key, value, value_type(1));
        break;
      case 7:
        map_.compare_and_erase(key, value);
        break;
      case 8:
        map_.range([&](const auto& each, const auto&) { return id_of(each) != 7; });
        break;
      case 9:
        static_cast<void>(map_.contains(key));
        break;
      case 10:
        if (const auto found = map_.find(key)) static_cast<void>(id_of(found.key()));
        break;
      case 11:
        map_.visit(key, [](const auto&) {});
        break;
      case 12:
        static_cast<void>(map_.update(key, [](const auto& now) { return now; }));
        break;
      case 13:
        static_cast<void>(map_.compute(key, [&](const value_type* now) {
          return now != nullptr && drawn() % 2 == 0 ? std::nullopt : std::optional(value);
        }));
        break;
      case 14:
      case 15:
        try {
          static_cast<void>(map_.load_or_compute(key, [&] { return value; }));
        } catch (const std::logic_error&) {  // "its own key", says an equality that lies
        }
        break;
      case 16: {
        const std::vector<key_type> keys(5, key);
        std::vector<std::optional<value_type>> found;
        map_.load_many(keys, std::back_inserter(found));
        ASSERT_EQ(found.size(), keys.size());
        break;
      }
      case 17:
        return rarely();  // these may do work for all entries, also of those that come meanwhile
      default:
        for (const auto& [each, now] : map_) {
          static_cast<void>(now);
          if (id_of(each) % 8 == 0) break;
        }
        break;
    }
    // A migration asks again about what it moves.
    if (is_alone) {
      EXPECT_LE(calls, 20 * (before_ + 100)) << "of hash and equality in one operation";
    }
    if (map_.size() > 1000) map_.clear();
  }
  bool is_alone = true;

 private:
  void rarely() {
    switch (drawn() % 5) {
      case 0:
        map_.erase_if([](const auto& each, const auto&) { return id_of(each) % 2 == 0; });
        break;
      case 1:
        map_.shrink_to_fit();
        break;
      case 2:
        map_.reserve(200);
        break;
      case 3:
        map_.clear();
        break;
      default:
        support::reclaim();
    }
  }

  Map& map_;
  std::size_t before_ = 0;
};

template <class Setup>
class a22_lying_functions : public ::testing::Test {};
template <class Family, class Key, class T>
struct lied_to {
  using map = typename Family::template map<Key, T, lying_hash, lying_equal>;
  static std::string name() {
    return Family::name() + (std::is_same_v<Key, int> ? "_words" : "_nodes");
  }
};
template <class Family>
using in_nodes = lied_to<Family, support::tracked_key, support::tracked_value>;
using setups =
    ::testing::Types<in_nodes<support::map_family>, in_nodes<support::growing_map_family>,
                     in_nodes<support::read_dirty_family>, lied_to<support::map_family, int, int>,
                     lied_to<support::growing_map_family, int, int>>;
TYPED_TEST_SUITE(a22_lying_functions, setups, support::setup_names);

template <class Map>
void lie_to(int threads, int calls_of_each) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  for (const lie each : all_lies) {
    told = each;
    SCOPED_TRACE("lie " + std::to_string(static_cast<int>(each)));
    {
      Map map;
      support::run_together(threads, [&](int) {
        caller<Map> one(map);
        one.is_alone = threads == 1;
        for (int i = 0; i < calls_of_each && !::testing::Test::HasFailure(); ++i) one.call();
      });
    }
    support::reclaim();
    EXPECT_EQ(support::tracked_key::alive(), 0);
    EXPECT_EQ(support::tracked_value::alive(), 0);
  }
}

TYPED_TEST(a22_lying_functions, every_operation_ends_and_nothing_leaks) {
  lie_to<typename TypeParam::map>(1, support::rounds(8000));
}
TYPED_TEST(a22_lying_functions, threads_that_are_lied_to_end_too) {
  lie_to<typename TypeParam::map>(3, support::rounds(3000));
}

}  // namespace
