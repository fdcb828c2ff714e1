// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// wait_graph.hpp -- threads that compute something, and threads that wait for it.
//
// A *flight* is one computation, led by one thread. Others wait for it, unless that would never end:
// the thread that leads it waits, through other flights, for one that the caller leads. Then all would
// wait for each other, so the last one does not.
//
// A thread takes part in such a circle only while it leads a flight: a *leader* is on the stack of the
// outermost one. Whom a leader waits for is guarded by one lock of the process, which is taken only by
// those who wait, and to end a flight that somebody waits for; for a few steps, and with no user code.
//
// Invariants
//   I1  A flight goes from running to landed, or from running over awaited to landed, once.
//   I2  While a flight is awaited, its leader exists: it needs the lock to end it.
//   I3  A leader waits for flights that are awaited, or that have landed since.
//
// Synchronization
//   S1 lock           release: unlock()   acquire: lock()
//      Carries what leaders wait for.
//   S2 land-flight    release: land()     acquire: await(), has_landed()
//      Carries all that the leader did before to those who waited.

#pragma once

#include <atomic>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/platform.hpp>

namespace syncmap::inline v0_1::detail {

template <class P>
class flight;

// A thread that leads a flight.
template <class P>
struct SYNCMAP_SHARED flight_leader {
  const flight<P>* waits_for = nullptr;  // guarded by the lock of the graph

  static flight_leader unattached;  // what a thread's pointer shows that leads none
};
template <class P>
constinit inline flight_leader<P> flight_leader<P>::unattached{};

// Held for a few steps. It belongs to a process: the child of a fork takes it, whoever had it.
template <class P>
class SYNCMAP_SHARED graph_lock {
 public:
  void lock() noexcept {
    const std::uint64_t mine = P::process() << 1 | 1;
    // relaxed (revalidated): the exchange below checks it.
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
      if (seen == mine) {
        P::yield();
        seen = word_.load(std::memory_order_relaxed);  // relaxed (revalidated)
        // S1 acquire. Failure: relaxed (revalidated).
      } else if (word_.compare_exchange_weak(
                     seen, mine, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
  }
  void unlock() noexcept {
    word_.store(0, std::memory_order_release);  // S1 release
  }

 private:
  typename P::template atomic<std::uint64_t> word_{0};
};
template <class P>
SYNCMAP_SHARED inline constinit graph_lock<P> graph_lock_v{};

template <class P>
class flight {
  using leader = flight_leader<P>;

 public:
  // The calling thread leads a flight as long as this is on its stack.
  class leading {
   public:
    leading() noexcept : before_(P::template this_thread<leader>()) {
      if (before_ == &leader::unattached) P::template this_thread<leader>() = &mine_;
    }
    leading(const leading&) = delete;
    leading& operator=(const leading&) = delete;
    ~leading() { P::template this_thread<leader>() = before_; }

   private:
    leader* const before_;
    leader mine_;
  };

  // REQUIRES: a `leading` exists, and lives until land().
  flight() noexcept : leader_(P::template this_thread<leader>()) {}

  [[nodiscard]] bool has_landed() const noexcept {
    return state_.load(std::memory_order_acquire) == landed;  // S2 acquire
  }

  // Ends it, and wakes who waits.
  void land() noexcept {
    std::uint32_t seen = running;
    // S2 release. Failure: relaxed (locked), others only wait then.
    if (state_.compare_exchange_strong(
            seen, landed, std::memory_order_release, std::memory_order_relaxed)) {
      return;
    }
    graph_lock_v<P>.lock();
    leader_ = nullptr;
    state_.store(landed, std::memory_order_release);  // S2 release
    graph_lock_v<P>.unlock();
    P::wake_all(state_);
  }

  // Waits until it has landed; false, at once, if that would never be.
  [[nodiscard]] bool await() noexcept {
    leader* const mine = P::template this_thread<leader>();
    const bool leads = mine != &leader::unattached;
    graph_lock_v<P>.lock();
    std::uint32_t seen = running;
    // relaxed (locked), on failure too: what the leader did is seen by has_landed().
    const bool is_under_way =
        state_.compare_exchange_strong(
            seen, awaited, std::memory_order_relaxed, std::memory_order_relaxed) ||
        seen == awaited;
    const bool takes_part = is_under_way && leads;
    const bool circular = takes_part && leads_to(mine);
    if (takes_part && !circular) mine->waits_for = this;
    graph_lock_v<P>.unlock();
    if (circular) return false;
    while (!has_landed()) {
      P::wait_while(state_, awaited, std::memory_order_acquire);  // S2 acquire
    }
    if (takes_part) {
      graph_lock_v<P>.lock();
      mine->waits_for = nullptr;
      graph_lock_v<P>.unlock();
    }
    return true;
  }

 private:
  static constexpr std::uint32_t running = 0;
  static constexpr std::uint32_t awaited = 1;
  static constexpr std::uint32_t landed = 2;

  // Does whoever leads this one wait, by way of others, for `who`? REQUIRES: the lock.
  bool leads_to(const leader* who) const noexcept {
    for (const flight* at = this; at != nullptr && at->leader_ != nullptr;
         at = at->leader_->waits_for) {
      if (at->leader_ == who) return true;
    }
    return false;
  }

  typename P::template atomic<std::uint32_t> state_{running};
  leader* leader_;  // guarded by the lock; null once an awaited flight has landed
};

}  // namespace syncmap::inline v0_1::detail
