// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// test_platform.hpp -- platforms for the engines that tests control.
//
//   tiny_platform      real threads; reclaims at every retirement, and poisons
//   growing_platform   the same, and the tables of the group map grow and move all the time
//   yield_platform     as tiny_platform, and each atomic operation may yield, each weak exchange fail
//   yielding_growing_platform   as growing_platform, and the same
//   scripted_platform  one thread that plays several: counts locks and allocations, fails an
//                      allocation, and runs other operations between two atomic operations of one
//
// A hazard domain belongs to one platform: what tests leave on one of them does not reach another.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <random>
#include <syncmap/detail/platform.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace syncmap::test {

// Of all random choices in tests; drawn anew in each run, printed, and set by SYNCMAP_TEST_SEED.
inline std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("SYNCMAP_TEST_SEED");
    const std::uint64_t chosen =
        given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    std::printf("SYNCMAP_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    std::fflush(stdout);
    return chosen;
  }();
  return seed;
}

// Tests that try everything try a part of it, another in each run, where it costs ten times more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer) ||
                                  __has_feature(thread_sanitizer) ||
                                  __has_feature(memory_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

// xorshift64*
class random_source {
 public:
  explicit random_source(std::uint64_t stream) noexcept
      : state_((test_seed() + 1) * 0x9e3779b97f4a7c15U ^ (stream + 1) * 0xd1342543de82ef95U) {
    if (state_ == 0) state_ = 1;
  }
  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  std::size_t below(std::size_t end) noexcept {
    return static_cast<std::size_t>((next() >> 32) % end);
  }

 private:
  std::uint64_t state_;
};

// Volatile, or the compiler sees that the memory is freed next and leaves the writes out.
inline void poison(void* memory, std::size_t bytes) noexcept {
  static void* (*const volatile fill)(void*, int, std::size_t) = std::memset;
  fill(memory, 0xdb, bytes);
}

struct tiny_platform : detail::platform {
  static constexpr std::size_t reclaim_batch = 1;
  static void on_reclaim(void* memory, std::size_t bytes) noexcept { poison(memory, bytes); }
};

// A group has two slots, and a few groups that overflow start a growth. Each write moves one unit of
// it, so that most operations meet a table that is half moved, or the overflow groups of one.
struct growing_platform : tiny_platform {
  static constexpr std::uint32_t usable_slots = 3;
  static constexpr std::size_t groups_per_overflow = 64;
  static constexpr std::size_t units_per_write = 1;
  static constexpr std::size_t units_per_reclaim = 1;
  static constexpr std::size_t least_bytes_to_prefetch = 0;

  // Nothing is expected of its contents.
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    void* const memory = tiny_platform::allocate_table(bytes, alignment);
    poison(memory, bytes);
    return memory;
  }
};

// A platform, and so a hazard domain, for one test.
template <class Tag, class Base = tiny_platform>
struct tagged_platform : Base {};

// An atomic that tells Hook before each operation.
template <class T, class Hook>
class hooked_atomic {
 public:
  constexpr hooked_atomic() noexcept = default;
  constexpr hooked_atomic(T value) noexcept : real_(value) {}

  T load(std::memory_order order) const noexcept {
    Hook::step();
    return real_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    Hook::step();
    real_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept {
    Hook::step();
    return real_.exchange(value, order);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    Hook::step();
    return real_.compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    Hook::step();
    if (Hook::fails_spuriously()) {
      expected = real_.load(failure);
      return false;
    }
    return real_.compare_exchange_weak(expected, desired, success, failure);
  }
  T fetch_add(T value, std::memory_order order) noexcept {
    Hook::step();
    return real_.fetch_add(value, order);
  }
  T fetch_sub(T value, std::memory_order order) noexcept {
    Hook::step();
    return real_.fetch_sub(value, order);
  }
  T fetch_or(T value, std::memory_order order) noexcept {
    Hook::step();
    return real_.fetch_or(value, order);
  }
  void wait(T old, std::memory_order order) const noexcept {
    Hook::step();
    real_.wait(old, order);
  }
  void notify_all() noexcept {
    Hook::step();
    real_.notify_all();
  }
  std::atomic<T>& real() noexcept { return real_; }

 private:
  std::atomic<T> real_{};
};

// --- yields

struct yield_hook {
  // Draws from a sequence of the calling thread.
  static bool one_in(std::size_t odds) noexcept {
    static std::atomic<std::uint64_t> threads{0};
    thread_local random_source source(threads.fetch_add(1, std::memory_order_relaxed));
    return source.below(odds) == 0;
  }
  static void step() noexcept {
    if (one_in(8)) std::this_thread::yield();
  }
  static bool fails_spuriously() noexcept { return one_in(4); }
};

template <class Base>
struct yielding : Base {
  template <class T>
  using atomic = hooked_atomic<T, yield_hook>;

  class mutex {
   public:
    void lock() {
      yield_hook::step();
      real_.lock();
    }
    void unlock() {
      yield_hook::step();
      real_.unlock();
      yield_hook::step();
    }

   private:
    std::mutex real_;
  };

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    yield_hook::step();
    detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    yield_hook::step();
    detail::announce_lightly(slot.real(), value);
  }
};

struct yield_platform : yielding<tiny_platform> {};
struct yielding_growing_platform : yielding<growing_platform> {};

// --- scripts

// What lock() throws if a script wants to go where a real thread would wait.
struct blocked {};

// Everything about scripted_platform, which is for one thread. That one plays three: the main one,
// one that runs between two steps of it, and one that runs between two steps of that.
struct script {
  static constexpr int threads = 3;

  static inline std::size_t locks = 0;        ///< how often a mutex was locked
  static inline std::size_t allocations = 0;  ///< how often memory was asked for
  static inline std::size_t blocks = 0;       ///< allocated and not freed

  // Atomic and mutex operations of a thread.
  static std::size_t steps(int of = 0) { return steps_[of]; }

  // Runs `f` as the next thread, just before that step of thread `of`. If `f` throws `blocked`, it
  // has to wait for a mutex: `*waits` becomes true.
  static void at_step(std::size_t step, std::function<void()> f, bool* waits = nullptr,
                      int of = 0) {
    ambushes_.push_back({of, step, std::move(f), waits});
  }
  // The same, when the main thread is next about to lock.
  static void before_next_lock(std::function<void()> f) { lock_ambush_ = std::move(f); }

  // The n-th allocation from now throws.
  static void fail_allocation(std::size_t n) { failing_ = n; }

  // Calls `f` before each step of the main thread, as another thread.
  static void observe(std::function<void()> f) { observer_ = std::move(f); }

  static void reset() {
    locks = allocations = failing_ = 0;
    for (std::size_t& each : steps_) each = 0;
    ambushes_.clear();
    lock_ambush_ = nullptr;
    observer_ = nullptr;
    thread_ = 0;
  }

  // --- for the platform

  static void step() noexcept {
    const std::size_t now = steps_[thread_]++;
    if (observer_ && thread_ == 0) as_next_thread(observer_, nullptr);
    for (std::size_t i = 0; i < ambushes_.size(); ++i) {
      if (ambushes_[i].of != thread_ || ambushes_[i].step != now) continue;
      const trap sprung = std::move(ambushes_[i]);
      ambushes_.erase(ambushes_.begin() + static_cast<std::ptrdiff_t>(i));
      as_next_thread(sprung.run, sprung.waits);
      return;
    }
  }
  static bool fails_spuriously() noexcept { return false; }
  static void before_lock() noexcept {
    step();
    if (thread_ == 0 && lock_ambush_) as_next_thread(std::exchange(lock_ambush_, nullptr), nullptr);
  }
  static bool allocation_fails() noexcept { return failing_ != 0 && --failing_ == 0; }
  static int thread() noexcept { return thread_; }

 private:
  struct trap {
    int of;
    std::size_t step;
    std::function<void()> run;
    bool* waits;
  };

  static void as_next_thread(const std::function<void()>& f, bool* waits) noexcept {
    ++thread_;
    bool stopped = false;
    try {
      f();
    } catch (const blocked&) {
      stopped = true;
    }
    if (waits != nullptr) *waits = stopped;
    --thread_;
  }

  static inline int thread_ = 0;
  static inline std::size_t steps_[threads] = {};
  static inline std::size_t failing_ = 0;
  static inline std::vector<trap> ambushes_;
  static inline std::function<void()> lock_ambush_;
  static inline std::function<void()> observer_;
};

struct scripted_platform : tiny_platform {
  template <class T>
  using atomic = hooked_atomic<T, script>;

  class mutex {
   public:
    void lock() {
      script::before_lock();
      if (held_) throw blocked{};
      held_ = true;
      ++script::locks;
    }
    void unlock() noexcept {
      script::step();
      held_ = false;
      script::step();
    }

   private:
    bool held_ = false;
  };

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    script::step();
    detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    script::step();
    detail::announce_lightly(slot.real(), value);
  }

  template <class Record>
  static Record*& this_thread() noexcept {
    static constinit Record* each[script::threads] = {
        &Record::unattached, &Record::unattached, &Record::unattached};
    return each[script::thread()];
  }
  template <class Record>
  static void at_thread_exit(void (*)() noexcept) noexcept {}

  static void* allocate(std::size_t bytes, std::size_t alignment) {
    ++script::allocations;
    if (script::allocation_fails()) throw std::bad_alloc();
    void* const memory = tiny_platform::allocate(bytes, alignment);
    ++script::blocks;
    return memory;
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    --script::blocks;
    tiny_platform::deallocate(memory, bytes, alignment);
  }
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    return allocate(bytes, alignment);
  }
  static void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    deallocate(memory, bytes, alignment);
  }
};

}  // namespace syncmap::test
