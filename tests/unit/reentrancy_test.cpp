// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// User code that calls maps from within a map's operation (G5): no lock is held, so none of it can
// wait for itself. A deadlock is a test that does not end.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <maps.hpp>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <threads.hpp>
#include <utility>

namespace {

// What user code does when it is called: every third time, what a test put here, which is
// everything. Not again while it is at it. (Every time, and an operation that starts again when its
// entry has changed would never be done: each attempt would change it.)
thread_local std::function<void()> visitor;
thread_local std::minstd_rand chance;
thread_local bool visiting = false;

bool user_code_runs() {
  if (visiting || !visitor || chance() % 3 != 0) return false;
  visiting = true;
  visitor();
  visiting = false;
  return true;
}

class visiting_scope {
 public:
  explicit visiting_scope(std::function<void()> run) { visitor = std::move(run); }
  visiting_scope(const visiting_scope&) = delete;
  visiting_scope& operator=(const visiting_scope&) = delete;
  ~visiting_scope() { visitor = nullptr; }
};

// Which kinds of user code call.
enum class site { hash, equality, value_equality, construct, copy, destroy };
std::atomic<site> active{site::hash};
std::atomic<int> calls_from_site{0};
void at(site where) {
  if (active.load() == where && user_code_runs()) ++calls_from_site;
}

class caller {
 public:
  caller(int id) : id_(id) { at(site::construct); }  // NOLINT: converts
  caller(const caller& other) : id_(other.id_) { at(site::copy); }
  caller(caller&& other) noexcept : id_(other.id_) { at(site::copy); }
  caller& operator=(const caller&) = default;
  ~caller() { at(site::destroy); }
  int id() const { return id_; }
  friend bool operator==(const caller& a, const caller& b) {
    at(site::value_equality);
    return a.id_ == b.id_;
  }

 private:
  int id_;
};

struct calling_hash {
  std::size_t operator()(const caller& key) const {
    at(site::hash);
    return static_cast<std::size_t>(key.id() % 4);
  }
};
struct calling_equal {
  bool operator()(const caller& a, const caller& b) const {
    at(site::equality);
    return a.id() == b.id();
  }
};

// Everything, on some keys; the callbacks call too.
template <class Map>
void call_everything(Map& map, bool alone = true) {
  for (const int key : {1, 2, 3, 50}) {
    static_cast<void>(map.load(key));
    map.store(key, 1);
    map.load_or_store(key, 2);
    map.swap(key, 3);
    map.compare_and_swap(key, 3, 4);
    static_cast<void>(map.find(key));
    try {
      map.load_or_compute(key + 100, [] {
        user_code_runs();
        return caller(9);
      });
    } catch (const std::logic_error&) {  // a key within its own factory, by way of any of the hooks
      map.erase(key + 200);
    }
    map.visit(key, [](const caller&) { user_code_runs(); });
    map.update(key, [](const caller& now) {
      user_code_runs();
      return caller(now.id() + 1);
    });
    map.compute(key, [](const caller*) {
      user_code_runs();
      return std::optional<caller>(6);
    });
    map.range([](const caller&, const caller&) { user_code_runs(); });
    map.compare_and_erase(key, 6);
    map.try_emplace(key, 7);
    map.load_and_erase(key);
    map.insert_or_assign(key, 8);
    if (key == 2) map.erase(key);
    map.erase_if([](const caller& each, const caller&) {
      user_code_runs();
      return each.id() == 50;
    });
    for (const auto& [each, value] : map) EXPECT_LE(each.id(), 150 + 0 * value.id());
    if (key == 3) map.clear();
    if (alone) {
      EXPECT_LE(map.size(), 8U);
    }
    support::reclaim();
  }
}

using support::each_map;
TYPED_TEST_SUITE(each_map, support::setups, support::setup_names);

template <class Setup>
using caller_map = typename Setup::template map_with<caller, caller, calling_hash, calling_equal>;

TYPED_TEST(each_map, g5_a09_user_code_may_call_the_same_map) {
  // Not equality: a map may call it where calls back are excluded.
  for (const site where :
       {site::hash, site::value_equality, site::construct, site::copy, site::destroy}) {
    active = where;
    caller_map<TypeParam> map;
    calls_from_site = 0;
    for (int round = 0; round < support::rounds(40); ++round) {
      const visiting_scope scope([&] { call_everything(map); });
      call_everything(map);
    }
    EXPECT_GT(calls_from_site.load(), 0) << "from site " << static_cast<int>(where);
  }
}

TYPED_TEST(each_map, g5_a09_user_code_may_call_another_map) {
  for (const site where : {site::hash, site::equality, site::value_equality, site::construct,
                           site::copy, site::destroy}) {
    active = where;
    caller_map<TypeParam> map;
    caller_map<TypeParam> other;
    calls_from_site = 0;
    for (int round = 0; round < support::rounds(40); ++round) {
      const visiting_scope scope([&] { call_everything(other); });
      call_everything(map);
    }
    EXPECT_GT(calls_from_site.load(), 0) << "from site " << static_cast<int>(where);
  }
}

// Two maps whose user code calls the other one, in several threads.
TYPED_TEST(each_map, g5_a09_maps_that_call_each_other_do_not_deadlock) {
  for (const site where :
       {site::hash, site::value_equality, site::construct, site::copy, site::destroy}) {
    active = where;
    caller_map<TypeParam> maps[2];
    support::run_together(4, [&](int id) {
      const visiting_scope scope([&] { call_everything(maps[1 - id % 2], false); });
      for (int round = 0; round < support::rounds(8); ++round) call_everything(maps[id % 2], false);
    });
    for (const auto& each : maps) EXPECT_LE(each.size(), 8U);
  }
}

TYPED_TEST(each_map, g5_a09_callbacks_may_change_the_key_they_are_called_for) {
  typename TestFixture::string_map map;
  map.store("a", 1);
  map.visit("a", [&](int value) {
    EXPECT_TRUE(map.erase("a"));
    EXPECT_FALSE(map.load_or_store("a", value + 1).loaded);
  });
  EXPECT_EQ(map.load("a"), 2);
  map.range([&](const std::string& key, int) {
    map.clear();
    map.store(key, 3);
  });
  EXPECT_EQ(map.load("a"), 3);
  for (const auto& [key, value] : map) EXPECT_EQ(map.swap(key, value + 1), value);
  EXPECT_EQ(map.load("a"), 4);
}

// A value whose destructor erases the next entry of its map: a chain of destructors, each run by
// what the one before it retired. They may not nest as deep as the chain is long.
TYPED_TEST(each_map, g5_a09_destructors_may_erase_the_next_entry) {
  struct link;
  using map_type = typename TypeParam::template map<int, std::shared_ptr<link>>;
  struct link {
    map_type* map;
    int next;
    int* destroyed;
    ~link() {
      ++*destroyed;
      map->erase(next);
    }
  };
  constexpr int length = 20000;
  int destroyed = 0;
  map_type map;
  for (int i = 0; i < length; ++i) {
    map.store(i, std::shared_ptr<link>(new link{&map, i + 1, &destroyed}));
  }
  map.erase(0);
  for (int turn = 0; turn < length && destroyed < length; ++turn) support::reclaim();
  EXPECT_EQ(destroyed, length);
  EXPECT_TRUE(map.empty());
}

// Destructors that store again what is being destroyed, for some generations.
TYPED_TEST(each_map, g5_a09_destructors_may_store_into_the_map) {
  struct phoenix;
  using map_type = typename TypeParam::template map<int, std::shared_ptr<phoenix>>;
  struct phoenix {
    map_type* map;
    int lives;
    int* deaths;
    ~phoenix() {
      ++*deaths;
      if (lives > 1) map->store(0, std::shared_ptr<phoenix>(new phoenix{map, lives - 1, deaths}));
    }
  };
  int deaths = 0;
  map_type map;
  map.store(0, std::shared_ptr<phoenix>(new phoenix{&map, 1000, &deaths}));
  for (int turn = 0; turn < 1000; ++turn) {
    map.erase(0);
    support::reclaim();
  }
  EXPECT_EQ(deaths, 1000);
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(each_map, g5_a09_reclaim_may_be_called_from_destructors) {
  struct reclaiming {
    explicit reclaiming(int* c) : count(c) {}
    reclaiming(const reclaiming&) = delete;
    reclaiming& operator=(const reclaiming&) = delete;
    ~reclaiming() {
      support::reclaim();
      ++*count;
    }
    int* count;
  };
  int count = 0;
  {
    typename TypeParam::template map<int, reclaiming> map;
    for (int i = 0; i < 3000; ++i) map.store(i % 100, &count);
    for (int i = 0; i < 50; ++i) map.erase(i);
    support::reclaim();
    EXPECT_EQ(count, 2950);
  }
  EXPECT_EQ(count, 3000);
}

// Maps as values of maps, destroyed by a reclamation, with retired entries of their own.
TYPED_TEST(each_map, g5_a09_maps_may_be_values_of_maps) {
  using inner = typename TypeParam::template map<int, std::shared_ptr<int>>;
  const auto token = std::make_shared<int>(1);
  {
    typename TypeParam::template map<int, inner> outer;
    for (int round = 0; round < 20; ++round) {
      for (int key = 0; key < 5; ++key) {
        outer.try_emplace(key);
        outer.visit(key, [&](const inner& map) {
          auto& writable = const_cast<inner&>(map);  // NOLINT: made as a non-const object
          for (int i = 0; i < 20; ++i) writable.store(i, token);
          map.range([](int, const auto&) {});
          for (int i = 10; i < 30; ++i) writable.store(i, token);
          for (int i = 0; i < 30; i += 2) writable.erase(i);
        });
      }
      outer.erase(round % 5);
      if (round % 7 == 0) outer.clear();
    }
    support::reclaim();
    EXPECT_GT(token.use_count(), 1);
  }
  support::reclaim();
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
