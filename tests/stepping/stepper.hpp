// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Stops a thread between two machine instructions of its choice, and lets another one work meanwhile.
//
// The processor's trap flag makes it call a signal handler after each instruction. That counts them, and
// at the chosen one waits, on the stack of the thread that was stopped, until the other thread is done.
// The code that runs is that of a release build: nothing in it knows.
//
// What must not be stopped inside: locks that the other thread needs and that are none of the map's. So
// operator new has none in this program (pool.cpp).
#pragma once

#include <semaphore.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

namespace stepping {

// A thread that waits for work, and is there from the first call to the end of the program.
class adversary {
 public:
  static void start(void (*work)(void*), void* of) noexcept {
    static std::thread* const worker = [] {
      sem_init(&go_, 0, 0);
      sem_init(&done_, 0, 0);
      return new std::thread(loop);  // never joined: it ends with the process
    }();
    static_cast<void>(worker);
    work_ = work;
    of_ = of;
    sem_post(&go_);
  }
  // Is it done within that time? To be asked until it is. Time in which the whole machine stands still is no
  // proof that it waits: a hundredth part is all that a look may miss.
  static bool ends_within(std::chrono::milliseconds time) noexcept {
    const auto part = std::max(time / 100, std::chrono::milliseconds(1));
    for (auto left = time; left.count() > 0; left -= part) {
      if (ends_within_part(part)) return true;
    }
    return false;
  }

 private:
  static bool ends_within_part(std::chrono::milliseconds time) noexcept {
    constexpr long to_nanoseconds = 1'000'000;
    timespec deadline{};
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += static_cast<std::time_t>(time.count() / 1000);
    deadline.tv_nsec += static_cast<long>(time.count() % 1000) * to_nanoseconds;
    if (deadline.tv_nsec >= 1000 * to_nanoseconds) {
      deadline.tv_nsec -= 1000 * to_nanoseconds;
      ++deadline.tv_sec;
    }
    for (;;) {
      if (sem_clockwait(&done_, CLOCK_MONOTONIC, &deadline) == 0) return true;
      if (errno != EINTR) return false;
    }
  }

  static void loop() {
    for (;;) {
      while (sem_wait(&go_) != 0) {
      }
      work_(of_);
      sem_post(&done_);
    }
  }
  static inline sem_t go_, done_;
  static inline void (*work_)(void*) = nullptr;
  static inline void* of_ = nullptr;
};

struct stop_plan {
  long stop_at;  // after so many instructions
  void (*meanwhile)(void*);
  void* of;
  std::chrono::milliseconds patience;  // then the stopped thread goes on, and `meanwhile` beside it
};
struct stop_report {
  long instructions = 0;  // until it was stopped, or all of them
  bool was_stopped = false;
  bool waited = false;  // `meanwhile` was not done in time
};

class stepper {
 public:
  using plan = stop_plan;
  using report = stop_report;
  static constexpr long nowhere = -1;

  // `f` runs instruction by instruction, until it is stopped, and then at full speed. It may be stopped
  // in what it calls with `step`, and only there: see below.
  template <class F>
  static report run(const plan& chosen, F f) {
    static const bool installed = install();
    static_cast<void>(installed);
    plan_ = chosen;
    report_ = {};
    armed_ = true;
    f();
    armed_ = false;
    if (report_.waited && !adversary::ends_within(std::chrono::seconds(60))) {
      std::fputs("stepping: the other thread does not end though none stands still\n", stderr);
      std::abort();
    }
    return report_;
  }

  // If this is the thread whose steps are counted, counts those of `f`.
  template <class F>
  static void step(F&& f) {
    if (!armed_) {
      f();
      return;
    }
    begin();
    call(f);
    end();
  }

 private:
  static constexpr unsigned long long trap_flag = 0x100;

  // Not inlined: what is counted is all of the operation and hardly anything else.
  template <class F>
  [[gnu::noinline]] static void call(F& f) {
    f();
  }
  [[gnu::always_inline]] static void begin() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | trap_flag);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  [[gnu::always_inline]] static void end() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~trap_flag);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  static bool install() {
    struct sigaction action = {};
    action.sa_sigaction = on_instruction;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGTRAP, &action, nullptr) != 0) std::abort();
    return true;
  }

  static void on_instruction(int, siginfo_t*, void* context) {
    if (report_.instructions++ != plan_.stop_at) return;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &=
        ~static_cast<greg_t>(trap_flag);
    const int error = errno;
    report_.was_stopped = true;
    adversary::start(plan_.meanwhile, plan_.of);
    report_.waited = !adversary::ends_within(plan_.patience);
    errno = error;
  }

  static inline thread_local bool armed_ = false;
  static inline plan plan_{};
  static inline report report_;
};

}  // namespace stepping
