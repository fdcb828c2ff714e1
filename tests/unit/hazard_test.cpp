// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Reclamation: what is protected stays, everything else goes, in time and wherever threads end.
// Each test has a platform of its own, so that what others left behind does not matter.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <key_states.hpp>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <syncmap/detail/hazard.hpp>
#include <test_platform.hpp>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace syncmap::test {
namespace {

using detail::hazard_domain;
using detail::hazard_pointer;
using detail::hazard_scope;
using detail::make_hazard_pointer;

// Waits so long that only this test's own calls reclaim.
template <class Tag>
struct patient_platform : tagged_platform<Tag> {
  static constexpr std::size_t reclaim_batch = 1000000;
};
template <class Tag>
struct batched_platform : tagged_platform<Tag> {
  static constexpr std::size_t reclaim_batch = 64;
};

// Does `last` when it is destroyed, and counts that.
template <class P>
struct object : detail::hazard_pointer_obj_base {
  static inline std::atomic<int> living{0};

  explicit object(std::function<void()> f = nullptr) : last(std::move(f)) { living.fetch_add(1); }
  object(const object&) = delete;
  object& operator=(const object&) = delete;
  ~object() {
    if (last) last();
    living.fetch_sub(1);
  }
  static void reclaimed(object* dead) noexcept { detail::destroy<P>(dead); }

  std::function<void()> last;
};

template <class P>
object<P>* make_object(std::function<void()> last = nullptr) {
  return detail::make<P, object<P>>(std::move(last));
}
template <class P>
void retire_one(std::function<void()> last = nullptr) {
  detail::retire<P>(make_object<P>(std::move(last)));
}
template <class P>
void reclaim_all() {
  hazard_domain<P>::global().reclaim();
}
template <class P>
int living() {
  return object<P>::living.load();
}

// What an operation loads from where objects are published.
template <class P>
struct published {
  object<P>* which = nullptr;
  [[nodiscard]] object<P>* address() const noexcept { return which; }
  friend bool operator==(const published&, const published&) = default;
};

TEST(hazard, a_retired_object_is_destroyed_at_the_latest_by_reclaim) {
  using platform = patient_platform<struct tag_reclaim>;
  for (int i = 0; i < 100; ++i) retire_one<platform>();
  EXPECT_EQ(living<platform>(), 100);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
// As when the kernel takes back a membarrier that it had granted.
struct unfenced_platform : patient_platform<struct tag_unfenced> {
  static inline bool is_refused = false;
  static bool fence_heavy() noexcept { return !is_refused && patient_platform::fence_heavy(); }
};
TEST(hazard, without_the_fence_nothing_is_destroyed_and_nothing_lost) {
  retire_one<unfenced_platform>();
  retire_one<unfenced_platform>();
  unfenced_platform::is_refused = true;
  reclaim_all<unfenced_platform>();
  EXPECT_EQ(living<unfenced_platform>(), 2);
  unfenced_platform::is_refused = false;
  reclaim_all<unfenced_platform>();
  EXPECT_EQ(living<unfenced_platform>(), 0);
}

// The memory of a thread's record comes from a function that protects something itself.
struct nesting_platform : patient_platform<struct tag_nesting> {
  static inline int depth = 0;
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    if (depth++ == 0) const hazard_scope<nesting_platform, 1> inner;
    return patient_platform::allocate(bytes, alignment);
  }
};
TEST(hazard, an_allocation_that_needs_the_record_it_is_for_leaves_a_record_for_the_next_thread) {
  using domain = hazard_domain<nesting_platform>;
  const auto index_of_a_thread = [] {
    const hazard_scope<nesting_platform, 1> guard;
    return domain::thread_index();
  };
  std::size_t first = 0;
  std::size_t second = 0;
  std::thread([&] {
    first = index_of_a_thread();
    std::thread([&] { second = index_of_a_thread(); }).join();
  }).join();
  EXPECT_EQ(first + second, 3U);
  EXPECT_EQ(nesting_platform::depth, 2);
}
TEST(hazard, a_protected_object_stays_until_its_protector_goes) {
  using platform = patient_platform<struct tag_protected>;
  auto* const one = make_object<platform>();
  {
    const hazard_scope<platform, 2> guard;
    EXPECT_EQ(guard[1].protect([&] { return published<platform>{one}; }).which, one);
    detail::retire<platform>(one);
    reclaim_all<platform>();
    EXPECT_EQ(living<platform>(), 1);
    guard[0].reset_protection();  // another slot
    reclaim_all<platform>();
    EXPECT_EQ(living<platform>(), 1);
  }
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, reset_protection_gives_up_one_object_and_takes_another) {
  using platform = patient_platform<struct tag_reset>;
  auto* const first = make_object<platform>();
  auto* const second = make_object<platform>();
  const auto guard = make_hazard_pointer<platform>();
  guard.get().reset_protection(first);
  guard.get().reset_protection(second);
  detail::retire<platform>(first);
  detail::retire<platform>(second);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 1);
  guard.get().reset_protection();
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, protect_looks_again_until_what_it_announced_is_still_there) {
  using platform = patient_platform<struct tag_again>;
  auto* const first = make_object<platform>();
  auto* const second = make_object<platform>();
  object<platform>* current = first;
  const hazard_scope<platform, 1> guard;
  int loads = 0;
  const auto got = guard[0].protect([&] {
    // Replaced, retired and reclaimed between the first load and the announcement.
    const published<platform> result{current};
    if (++loads == 1) {
      current = second;
      detail::retire<platform>(first);
      reclaim_all<platform>();
    }
    return result;
  });
  EXPECT_EQ(got.which, second);
  EXPECT_EQ(living<platform>(), 1);
  detail::retire<platform>(second);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 1);
  guard[0].reset_protection();
  reclaim_all<platform>();
}
TEST(hazard, a_hazard_pointer_can_be_moved_also_to_another_thread) {
  using platform = patient_platform<struct tag_moved>;
  auto* const one = make_object<platform>();
  auto guard = make_hazard_pointer<platform>();
  guard.get().reset_protection(one);
  hazard_pointer<platform> other(std::move(guard));
  EXPECT_TRUE(guard.empty());  // NOLINT(bugprone-use-after-move)
  detail::retire<platform>(one);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 1);
  hazard_pointer<platform> third;
  EXPECT_TRUE(third.empty());
  third = std::move(other);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 1);
  std::thread([guard = std::move(third)]() mutable {
    reclaim_all<platform>();
    EXPECT_EQ(living<platform>(), 1);
    guard = hazard_pointer<platform>();
  }).join();
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}

template <class P>
void nest(int depth, std::vector<object<P>*>& objects) {
  if (depth == 0) {
    for (auto* const each : objects) detail::retire<P>(each);
    reclaim_all<P>();
    EXPECT_EQ(living<P>(), static_cast<int>(objects.size()));
    return;
  }
  const hazard_scope<P, 2> scope;
  const auto pointer = make_hazard_pointer<P>();
  for (const auto& protector : {scope[0], scope[1], pointer.get()}) {
    objects.push_back(make_object<P>());
    protector.reset_protection(objects.back());
  }
  nest<P>(depth - 1, objects);
  // The objects of deeper calls are free now, those of this one and of its callers are not.
  reclaim_all<P>();
  EXPECT_LE(living<P>(), static_cast<int>(objects.size()));
  objects.resize(objects.size() - 3);
}
TEST(hazard, a14_operations_nest_deeper_than_any_cache) {
  using platform = patient_platform<struct tag_nested>;
  for (int round = 0; round < 3; ++round) {
    std::vector<object<platform>*> objects;
    nest<platform>(50, objects);
    reclaim_all<platform>();
    EXPECT_EQ(living<platform>(), 0);
  }
}
TEST(hazard, hazard_pointers_beyond_the_cache_are_used_again) {
  struct tag;
  struct platform : patient_platform<tag> {
    static std::size_t& made() {
      static std::size_t count = 0;
      return count;
    }
    static void* allocate(std::size_t bytes, std::size_t alignment) {
      ++made();
      return tiny_platform::allocate(bytes, alignment);
    }
  };
  std::size_t after_first = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<hazard_pointer<platform>> many;
    for (int i = 0; i < 100; ++i) many.push_back(make_hazard_pointer<platform>());
    if (round == 0) after_first = platform::made();
  }
  EXPECT_EQ(platform::made(), after_first);
}

// --- bounds

TEST(hazard, a03_a_stalled_reader_holds_back_what_it_protects_and_nothing_else) {
  using platform = batched_platform<struct tag_stalled>;
  auto* const first = make_object<platform>();
  const hazard_scope<platform, 1> reader;
  reader[0].reset_protection(first);
  detail::retire<platform>(first);
  std::thread([] {
    { const hazard_scope<platform, 1> attached; }
    int most = 0;
    for (int i = 0; i < 20000; ++i) {
      retire_one<platform>();
      most = std::max(most, living<platform>());
    }
    EXPECT_LE(most, 1 + 64);
  }).join();
  EXPECT_GE(living<platform>(), 1);
}
TEST(hazard, each_thread_keeps_at_most_a_batch_of_what_nobody_protects) {
  using platform = batched_platform<struct tag_bound>;
  constexpr int thread_count = 4;
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < thread_count; ++t) {
    threads.emplace_back([&] {
      { const hazard_scope<platform, 1> attached; }
      for (int i = 0; i < 5000; ++i) {
        retire_one<platform>();
        const int now = living<platform>();
        for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {
        }
      }
    });
  }
  for (auto& each : threads) each.join();
  // Each of them, and what another one's pass is destroying just now, and objects just being made.
  EXPECT_LE(most.load(), thread_count * (2 * 64 + 1));
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, large_objects_count_more) {
  using platform = batched_platform<struct tag_large>;
  { const hazard_scope<platform, 1> attached; }
  auto* const large = make_object<platform>();
  detail::retire<platform>(large, 64 * platform::reclaim_bytes);
  EXPECT_EQ(living<platform>(), 0);
}

// --- threads that end

TEST(hazard, what_an_ended_thread_retired_is_destroyed_by_reclaim) {
  using platform = patient_platform<struct tag_orphans>;
  std::thread([] {
    const hazard_scope<platform, 1> attached;
    for (int i = 0; i < 10; ++i) retire_one<platform>();
  }).join();
  EXPECT_EQ(living<platform>(), 10);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, what_an_ended_thread_retired_is_destroyed_by_the_next_pass_of_another) {
  using platform = batched_platform<struct tag_adopted>;
  { const hazard_scope<platform, 1> attached; }  // a record of our own, before the other thread
  std::thread([] {
    const hazard_scope<platform, 1> attached;
    for (int i = 0; i < 10; ++i) retire_one<platform>();
  }).join();
  EXPECT_EQ(living<platform>(), 10);
  for (int i = 0; i < 64; ++i) retire_one<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, a_thread_that_never_protected_anything_may_retire) {
  using platform = patient_platform<struct tag_unattached>;
  std::thread([] { retire_one<platform>(); }).join();
  retire_one<platform>();
  EXPECT_EQ(living<platform>(), 2);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, a05_records_of_ended_threads_are_used_again) {
  using platform = patient_platform<struct tag_records>;
  const int count = detail::under_tsan ? 2000 : 10000;
  std::size_t largest = 0;
  for (int i = 0; i < count; ++i) {
    std::thread([&] {
      const hazard_scope<platform, 1> attached;
      largest = std::max(largest, hazard_domain<platform>::thread_index());
    }).join();
  }
  EXPECT_LT(largest, 4U);
}

template <class Tag>
struct uses_a_map_at_the_end {
  using platform = tagged_platform<Tag>;
  map_over<platform>* map = nullptr;
  int key = 0;
  ~uses_a_map_at_the_end() {
    if (map == nullptr) return;
    map->store(key, 1);
    map->store(key, 2);
    EXPECT_EQ(map->load(key), 2);
    EXPECT_TRUE(map->erase(key));
    map->store(key, 3);
    promote(*map);
    reclaim_all<platform>();
  }
};
// A record that was let go may be another thread's by then.
TEST(hazard, after_its_end_a_thread_does_not_touch_the_record_it_had) {
  using platform = patient_platform<struct tag_let_go>;
  struct looks_at_the_end {
    bool* had_one = nullptr;
    ~looks_at_the_end() {
      if (had_one != nullptr) *had_one = !hazard_domain<platform>::this_record().is_shared;
    }
  };
  bool had_one_after = true;
  bool had_one_before = false;
  std::thread([&] {
    thread_local looks_at_the_end outlives_our_hook;
    outlives_our_hook.had_one = &had_one_after;
    { const hazard_scope<platform, 1> attached; }
    thread_local looks_at_the_end goes_before_our_hook;
    goes_before_our_hook.had_one = &had_one_before;
  }).join();
  EXPECT_TRUE(had_one_before);
  EXPECT_FALSE(had_one_after);
}
TEST(hazard, maps_work_in_thread_local_destructors_before_and_after_ours) {
  struct tag;
  map_over<tagged_platform<tag>> map;
  for (int round = 0; round < 3; ++round) {
    std::thread([&] {
      thread_local uses_a_map_at_the_end<tag> outlives_our_hook;  // made first, destroyed last
      outlives_our_hook.map = &map;
      outlives_our_hook.key = 1;
      map.store(0, 0);
      thread_local uses_a_map_at_the_end<tag> goes_before_our_hook;
      goes_before_our_hook.map = &map;
      goes_before_our_hook.key = 2;
    }).join();
    EXPECT_EQ(map.load(1), 3);
    EXPECT_EQ(map.load(2), 3);
    EXPECT_EQ(validate(map), "");
  }
}

// --- destructors

TEST(hazard, what_destructors_retire_is_destroyed_by_the_same_reclaim) {
  using platform = patient_platform<struct tag_chain>;
  std::function<void(int)> chain = [&](int length) {
    retire_one<platform>([&chain, length] {
      if (length > 0) chain(length - 1);
    });
  };
  chain(40);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, what_destructors_retire_is_not_destroyed_inside_them) {
  using platform = batched_platform<struct tag_nested>;
  { const hazard_scope<platform, 1> attached; }
  int depth = 0;
  int deepest = 0;
  std::function<void(int)> chain = [&](int length) {  // each is due by itself
    auto* const large = make_object<platform>([&, length] {
      ++depth;
      deepest = std::max(deepest, depth);
      if (length > 0) chain(length - 1);
      --depth;
    });
    detail::retire<platform>(large, 64 * platform::reclaim_bytes);
  };
  chain(40);
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
  EXPECT_EQ(deepest, 1);
}
TEST(hazard, reclaim_may_be_called_by_a_destructor_that_it_runs) {
  using platform = patient_platform<struct tag_inside>;
  int inner = 0;
  for (int i = 0; i < 5; ++i) {
    retire_one<platform>([&] {
      retire_one<platform>([&] { ++inner; });
      reclaim_all<platform>();
    });
  }
  reclaim_all<platform>();
  EXPECT_EQ(inner, 5);
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, destructors_may_use_maps) {
  using platform = patient_platform<struct tag_maps>;
  map_over<platform> map;
  for (int i = 0; i < 10; ++i) {
    retire_one<platform>([&map, i] {
      map.store(i, i);
      map.store(i, i + 1);
      map.erase(i - 1);
    });
  }
  const hazard_scope<platform, 1> outer;  // whose own slots are in use
  reclaim_all<platform>();
  EXPECT_EQ(living<platform>(), 0);
  EXPECT_GE(map.size(), 1U);
}

// Signals when somebody waits for another thread's pass.
template <class Tag>
struct waiting_platform : patient_platform<Tag> {
  static inline std::atomic<int> waits{0};
  static void yield() noexcept {
    waits.fetch_add(1);
    waits.notify_all();
    std::this_thread::yield();
  }
};

// One thread is in the middle of destroying; reclaim() of another must not return before the rest
// of what that one took is destroyed too.
TEST(hazard, reclaim_waits_for_objects_that_another_thread_is_destroying) {
  using platform = waiting_platform<struct tag_waits>;
  std::latch entered(1);
  std::latch leave(1);
  constexpr int count = 20;
  for (int i = 0; i < count; ++i) {
    retire_one<platform>([&, first = i == 0] {
      if (!first) return;
      entered.count_down();
      leave.wait();
    });
  }
  std::thread destroying([] { reclaim_all<platform>(); });
  entered.wait();
  std::atomic<bool> returned{false};
  int left = -1;
  std::thread waiting([&] {
    reclaim_all<platform>();
    left = living<platform>();
    returned = true;
  });
  platform::waits.wait(0);
  EXPECT_FALSE(returned);
  EXPECT_GE(living<platform>(), 1);
  leave.count_down();
  destroying.join();
  waiting.join();
  EXPECT_EQ(left, 0);
}
TEST(hazard, reclaim_in_a_destructor_does_not_wait_for_others) {
  using platform = waiting_platform<struct tag_no_wait>;
  std::latch first_in(1);
  std::latch second_in(1);
  // Each is inside the other's pass at the same time: waiting would be for ever.
  retire_one<platform>([&] {
    first_in.count_down();
    second_in.wait();
    reclaim_all<platform>();
  });
  std::thread first([] { reclaim_all<platform>(); });
  first_in.wait();
  retire_one<platform>([&] {
    second_in.count_down();
    reclaim_all<platform>();
  });
  std::thread second([] { reclaim_all<platform>(); });
  first.join();
  second.join();
  EXPECT_EQ(living<platform>(), 0);
}
TEST(hazard, after_concurrent_reclaims_each_caller_finds_its_objects_destroyed) {
  using platform = patient_platform<struct tag_concurrent>;
  std::vector<std::thread> threads;
  std::atomic<int> missed{0};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      { const hazard_scope<platform, 1> attached; }
      for (int i = 0; i < 500; ++i) {
        std::atomic<int> destroyed{0};
        for (int k = 0; k < 3; ++k) retire_one<platform>([&] { destroyed.fetch_add(1); });
        reclaim_all<platform>();
        if (destroyed.load() != 3) missed.fetch_add(1);
      }
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_EQ(missed.load(), 0);
}

// --- memory

template <class Tag>
struct starving_platform : tagged_platform<Tag> {
  static inline thread_local bool starving = false;
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    if (starving) throw std::bad_alloc();
    return tiny_platform::allocate(bytes, alignment);
  }
};
TEST(hazard, a_thread_that_finds_no_memory_for_its_record_may_try_again) {
  struct tag;
  using platform = starving_platform<tag>;
  map_over<platform> map;
  const hazard_scope<platform, 1> ours;  // so that the thread cannot use our record
  map.store(1, 1);
  std::thread([&] {
    platform::starving = true;
    EXPECT_THROW(static_cast<void>(map.load(1)), std::bad_alloc);
    EXPECT_THROW(map.store(1, 2), std::bad_alloc);
    EXPECT_THROW(map.erase(1), std::bad_alloc);
    EXPECT_THROW(map.clear(), std::bad_alloc);
    reclaim_all<platform>();  // does nothing; must not fail
    EXPECT_EQ(map.size(), 1U);
    platform::starving = false;
    EXPECT_EQ(map.load(1), 1);
    map.store(1, 2);
    platform::starving = true;  // attached now: reading needs no memory
    EXPECT_EQ(map.load(1), 2);
    EXPECT_THROW(map.store(1, 3), std::bad_alloc);
    platform::starving = false;
  }).join();
  EXPECT_EQ(map.load(1), 2);
  EXPECT_EQ(validate(map), "");
}

#if defined(__unix__)
// The thread that destroys is not in the child: nobody waits for it there.
TEST(hazard, the_child_of_a_fork_in_the_middle_of_a_pass_goes_on) {
  if (detail::under_tsan) GTEST_SKIP() << "no threads after fork under ThreadSanitizer";
  using platform = waiting_platform<struct tag_fork>;
  map_over<platform> map;
  map.store(1, 1);
  std::latch entered(1);
  std::latch leave(1);
  retire_one<platform>([&] {
    entered.count_down();
    leave.wait();
  });
  std::thread destroying([] { reclaim_all<platform>(); });
  entered.wait();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(120);  // instead of hanging
    retire_one<platform>();
    const int before = living<platform>();
    reclaim_all<platform>();
    bool good = living<platform>() == before - 1;
    for (int i = 0; i < 100; ++i) map.store(i, i);
    for (int i = 0; i < 100; ++i) good = good && map.load(i) == i && map.erase(i);
    map.clear();
    reclaim_all<platform>();
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  leave.count_down();
  destroying.join();
}

// Its pass is never resumed. Another thread does not wait for it, and may take over the record.
TEST(hazard, g10_a_destructor_that_calls_exit_leaves_nobody_waiting) {
  using platform = patient_platform<struct tag_exit>;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(120);  // instead of hanging
    { const hazard_scope<platform, 1> attached; }
    std::atexit([] {
      std::thread([] {
        const hazard_scope<platform, 1> attached;
        if (hazard_domain<platform>::is_in_pass()) ::_exit(3);
        if (hazard_domain<platform>::reclaims_at_once()) ::_exit(4);
        reclaim_all<platform>();
      }).join();
      ::_exit(0);
    });
    retire_one<platform>([] { std::exit(1); });
    reclaim_all<platform>();
    ::_exit(2);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

}  // namespace
}  // namespace syncmap::test
