// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that begin together, each with its own stop-watch.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

#include "run_delay.hpp"

namespace grid {

// All wait until all have come. It spins, to let them go within nanoseconds of each other, but not
// for ever: there may be more threads than processors.
class spin_barrier {
 public:
  explicit spin_barrier(int threads) : threads_(threads) {}

  void arrive_and_wait() {
    const int phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins > 10'000) std::this_thread::yield();
    }
  }

 private:
  const int threads_;
  std::atomic<int> arrived_ = 0;
  std::atomic<int> phase_ = 0;
};

// What one thread measured, added up over its rounds.
class stopwatch {
 public:
  void start() {
    delay_ = bench::run_delay();
    begin_ = std::chrono::steady_clock::now();
  }
  void stop() {
    const auto end = std::chrono::steady_clock::now();
    seconds += std::chrono::duration<double>(end - begin_).count();
    waited += bench::run_delay() - delay_;
  }

  double seconds = 0;
  double waited = 0;  // of these: ready to run, but without a processor

 private:
  double delay_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

// The i-th processor that this process may use is for thread i, if there are enough of them.
inline void pin(int thread, int threads) {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  if (CPU_COUNT(&allowed) < threads) return;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || thread-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Whether an idle processor is kept from falling asleep in runs of one thread: where it makes the
// other one faster or slower, it does so always.
inline bool spin_beside = false;

// Calls body(0) here and body(1) ... body(threads - 1) in other threads. There is always another
// thread, if need be an idle one: the C library is faster in a process that has only one, and no
// program with a concurrent map is like that.
template <class Body>
void on_threads(int threads, const Body& body) {
  std::atomic<bool> done = false;
  std::vector<std::thread> others;
  if (threads == 1) {
    others.emplace_back([&] {
      if (spin_beside) pin(1, 2);
      while (spin_beside && !done.load(std::memory_order_relaxed)) pause();
      done.wait(false);
    });
  }
  for (int thread = 1; thread < threads; ++thread) {
    others.emplace_back([&body, thread, threads] {
      pin(thread, threads);
      body(thread);
    });
  }
  pin(0, threads);
  body(0);
  done = true;
  done.notify_all();
  for (std::thread& other : others) other.join();
}

}  // namespace grid
