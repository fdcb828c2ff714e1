// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// G12: what a program does wrong and no exception can tell it, an assertion tells it, if it is compiled without
// NDEBUG. What nobody does wrong is not taken for it: that exit() is called in a callback, or in the child of
// a fork.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

template <class Map>
class g12_assertions : public testing::Test {
 public:
  using map_type = Map;
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  g12_assertions() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

#if defined(NDEBUG)
  void SetUp() override { GTEST_SKIP() << "assertions are off"; }
#endif

  template <class X>
  static X made(int i) {
    if constexpr (std::is_integral_v<X>) {
      return static_cast<X>(i);
    } else {
      return "a string that is too long to be a small one " + std::to_string(i);
    }
  }
  static auto key(int i) { return made<key_type>(i); }
  static auto value(int i) { return made<mapped_type>(i); }

  // A map whose memory is still there when it is destroyed.
  struct buried {
    alignas(Map) std::byte memory[sizeof(Map)];
    Map* map = ::new (static_cast<void*>(memory)) Map();
    buried() { map->store(key(1), value(1)); }
    void destroy() { std::destroy_at(map); }
  };
};

using maps = testing::Types<syncmap::map<int, int>, syncmap::map<std::string, std::string>,
                            syncmap::read_dirty_map<int, int>,
                            syncmap::read_dirty_map<std::string, std::string>>;
struct names {
  template <class Map>
  static std::string GetName(int i) {
    return std::string(i < 2 ? "map" : "read_dirty_map") + (i % 2 == 0 ? "_inline" : "_nodes");
  }
};
TYPED_TEST_SUITE(g12_assertions, maps, names);

constexpr auto destroyed = "syncmap: this map was destroyed";
constexpr auto in_use = "syncmap: a map is destroyed while it is in use";

TYPED_TEST(g12_assertions, a_handle_of_nothing_is_not_looked_into) {
  typename TestFixture::map_type map;
  EXPECT_DEATH(
      static_cast<void>(*map.find(this->key(1))), "syncmap: a handle of nothing has no value");
  EXPECT_DEATH(static_cast<void>(map.find(this->key(1)).operator->()),
               "syncmap: a handle of nothing has no value");
  EXPECT_DEATH(
      static_cast<void>(map.find(this->key(1)).key()), "syncmap: a handle of nothing has no key");
  map.store(this->key(1), this->value(1));
  auto found = map.find(this->key(1));
  const auto taken = std::move(found);
  EXPECT_EQ(*taken, this->value(1));
  EXPECT_DEATH(static_cast<void>(found.value()),  // NOLINT(bugprone-use-after-move)
               "syncmap: a handle of nothing has no value");
}

TYPED_TEST(g12_assertions, an_iterator_at_its_end_is_not_looked_through) {
  typename TestFixture::map_type map;
  map.store(this->key(1), this->value(1));
  auto at = map.begin();
  EXPECT_EQ((*at).second, this->value(1));
  auto taken = std::move(at);
  EXPECT_TRUE(at == map.end());  // NOLINT(bugprone-use-after-move)
  EXPECT_DEATH(static_cast<void>(*at), "syncmap: an iterator at its end");
  EXPECT_DEATH(++at, "syncmap: an iterator at its end");
  ++taken;
  EXPECT_TRUE(taken == map.end());
  EXPECT_DEATH(static_cast<void>(*taken), "syncmap: an iterator at its end");
  EXPECT_DEATH(++taken, "syncmap: an iterator at its end");
  at = map.begin();
  EXPECT_EQ((*at).first, this->key(1));
}

TYPED_TEST(g12_assertions, a_destroyed_map_is_not_used) {
  const auto dies = [](auto&& use) {
    EXPECT_DEATH(
        {
          typename TestFixture::buried grave;
          grave.destroy();
          use(*grave.map);
        },
        destroyed);
  };
  dies([this](auto& map) { static_cast<void>(map.load(this->key(1))); });
  dies([this](auto& map) { map.store(this->key(1), this->value(1)); });
  dies([](auto& map) { map.range([](const auto&, const auto&) {}); });
  dies([](auto& map) { static_cast<void>(map.size()); });
  dies([](auto& map) { map.clear(); });
  dies([](auto& map) { std::destroy_at(std::addressof(map)); });
}

TYPED_TEST(g12_assertions, a_thread_that_is_joined_too_late_is_told) {
  const auto joins_too_late = [] {
    typename TestFixture::buried grave;
    std::atomic<bool> is_destroyed{false};
    std::thread late([&] {
      while (!is_destroyed) std::this_thread::yield();
      static_cast<void>(grave.map->load(TestFixture::key(1)));
    });
    grave.destroy();
    is_destroyed = true;
    late.join();
  };
  EXPECT_DEATH(joins_too_late(), destroyed);
}

TYPED_TEST(g12_assertions, a_map_is_not_destroyed_by_its_own_callback) {
  const auto destroys = [] {
    auto map = std::make_unique<typename TestFixture::map_type>();
    map->store(TestFixture::key(1), TestFixture::value(1));
    map->range([](const auto&, const auto&) {});  // read has the key
    map->update(TestFixture::key(1), [&](const auto& current) {
      map.reset();
      return current;
    });
  };
  EXPECT_DEATH(destroys(), in_use);
}

TYPED_TEST(g12_assertions, a_map_is_not_destroyed_by_its_own_factory) {
  const auto destroys = [] {
    auto map = std::make_unique<typename TestFixture::map_type>();
    map->load_or_compute(TestFixture::key(1), [&] {
      map.reset();
      return TestFixture::value(1);
    });
  };
  EXPECT_DEATH(destroys(), in_use);
}

TYPED_TEST(g12_assertions, a_range_does_not_end_before_it_begins) {
  using entry = std::pair<typename TestFixture::key_type, typename TestFixture::mapped_type>;
  const std::vector<entry> entries{{this->key(1), this->value(1)}, {this->key(2), this->value(2)}};
  EXPECT_EQ(typename TestFixture::map_type(entries.begin(), entries.end()).size(), 2U);
  EXPECT_DEATH(typename TestFixture::map_type(entries.end(), entries.begin()),
               "syncmap: a map is made from a range that ends before it begins");
}

// Equality of a key may run while a lock is held. It parks a thread there.
struct parking_equality {
  static inline std::atomic<bool> parks{false};
  static inline std::atomic<bool> parked{false};
  bool operator()(int a, int b) const {
    if (parks) {
      parked = true;
      for (;;) std::this_thread::yield();
    }
    return a == b;
  }
};

TEST(g12_assertions, a_read_dirty_map_is_not_destroyed_while_its_mutex_is_held) {
#if defined(NDEBUG)
  GTEST_SKIP() << "assertions are off";
#endif
  if (syncmap::detail::under_tsan) GTEST_SKIP() << "taking the mutex would hide races";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  using map = syncmap::read_dirty_map<int, int, syncmap::hash<int>, parking_equality>;
  const auto destroys = [] {
    auto dead = std::make_unique<map>();
    dead->store(1, 1);  // only dirty has it
    parking_equality::parks = true;
    std::thread([&] { static_cast<void>(dead->load(1)); }).detach();
    while (!parking_equality::parked) std::this_thread::yield();
    parking_equality::parks = false;
    dead.reset();
  };
  EXPECT_DEATH(destroys(), in_use);
}

#if defined(__unix__) || defined(__APPLE__)

template <class Map>
Map& static_map() {
  static Map map;
  return map;
}

TYPED_TEST(g12_assertions, exit_may_be_called_in_a_callback) {
  const auto exits = [](auto&& in) {
    EXPECT_EXIT(
        {
          auto& map = static_map<typename TestFixture::map_type>();
          map.store(TestFixture::key(1), TestFixture::value(1));
          map.range([](const auto&, const auto&) {});
          in(map);
        },
        testing::ExitedWithCode(7), "");
  };
  exits([](auto& map) {
    map.update(TestFixture::key(1), [](const auto& current) {
      std::exit(7);
      return current;
    });
  });
  exits([](auto& map) {
    map.load_or_compute(TestFixture::key(2), [] {
      std::exit(7);
      return TestFixture::value(2);
    });
  });
}

// What is static is destroyed in the opposite order: what the library did at its first use counts only after the
// maps that were made later.
void use_some_map() {
  syncmap::map<int, int> some;
  some.store(1, 1);
}

// The map is destroyed by the reclamation that another one's destructor runs.
TEST(g12_assertions, exit_may_be_called_in_a_callback_of_a_map_that_was_erased) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  using inner = syncmap::map<int, std::string>;
  const auto exits = [] {
    use_some_map();
    static syncmap::map<int, std::shared_ptr<inner>> outer;
    static auto held = std::make_shared<inner>();
    held->store(1, "one");
    outer.store(1, held);
    outer.erase(1);
    held->update(1, [](const std::string& current) {
      std::exit(7);
      return current;
    });
  };
  EXPECT_EXIT(exits(), testing::ExitedWithCode(7), "");
}

TEST(g12_assertions, a_process_may_end_while_a_thread_computes_a_value) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exits = [] {
    static syncmap::map<int, std::string> map;
    static std::atomic<bool> computes{false};
    std::thread([] {
      map.load_or_compute(1, []() -> std::string {
        computes = true;
        for (;;) std::this_thread::yield();
      });
    }).detach();
    while (!computes) std::this_thread::yield();
    std::exit(7);
  };
  EXPECT_EXIT(exits(), testing::ExitedWithCode(7), "");
}

// The mutex of a static map, for ever.
void stay_with_a_mutex() {
  static syncmap::read_dirty_map<int, int, syncmap::hash<int>, parking_equality> map;
  map.store(1, 1);
  parking_equality::parks = true;
  static_cast<void>(map.load(1));
}

TEST(g12_assertions, a_process_may_end_while_a_thread_has_a_mutex) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exits = [] {
    use_some_map();
    std::thread(stay_with_a_mutex).detach();
    while (!parking_equality::parked) std::this_thread::yield();
    std::exit(7);
  };
  EXPECT_EXIT(exits(), testing::ExitedWithCode(7), "");
}

TEST(g12_assertions, a_process_may_end_by_a_thread_without_maps_while_another_has_a_mutex) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exits = [] {
    std::thread(use_some_map).join();
    std::thread(stay_with_a_mutex).detach();
    while (!parking_equality::parked) std::this_thread::yield();
    std::thread([] { std::exit(7); }).join();
  };
  EXPECT_EXIT(exits(), testing::ExitedWithCode(7), "");
}

// The child has the locks of the parent's threads, but not the threads that would release them.
TEST(g12_assertions, the_child_of_a_fork_may_destroy_what_others_were_writing) {
  using map = syncmap::read_dirty_map<int, int, syncmap::hash<int>, parking_equality>;
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto forks = [] {
    auto held = std::make_unique<map>();
    held->store(1, 1);
    parking_equality::parks = true;
    std::thread([&] { static_cast<void>(held->load(1)); }).detach();
    while (!parking_equality::parked) std::this_thread::yield();
    const pid_t child = ::fork();
    if (child == 0) {
      held.reset();
      std::_Exit(7);
    }
    int status = -1;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) std::_Exit(1);
    std::_Exit(WEXITSTATUS(status));
  };
  EXPECT_EXIT(forks(), testing::ExitedWithCode(7), "");
}

#endif

}  // namespace
