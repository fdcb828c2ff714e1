// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// misuse.hpp -- what the assertions ask when a map is destroyed: does anybody still use it?
//
// What they go by is there only while an operation is running, so a program that is right is not accused; but
// for one that calls exit() in a callback of a thread_local map, which is then destroyed before all else.
// Many uses leave no trace of that kind, and stay unnoticed.

#pragma once

#include <atomic>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard_domain.hpp>

namespace syncmap::inline v0_1::detail {

template <class P>
struct misuse {
  using domain = hazard_domain<P>;

  // Not in the child of a fork, which has the locks of threads that it has not; nor at the end of a process, where
  // operations stop that exit() was called in, or that other threads are in: by then exit() has taken the calling
  // thread's record, but a pass borrows one. Nor by a thread that never had one: it must not begin to use maps when
  // one is destroyed, as it may be closing a library, and what it would leave to do at its own end goes with that.
  static bool can_be_told() noexcept {
    if constexpr (requires { P::is_first_process(); }) {
      return !domain::this_record().is_shared && !domain::is_in_pass() && P::is_first_process();
    } else {
      return false;
    }
  }

  // Is the calling thread in an operation that has announced this table?
  static bool this_thread_uses(const void* table) noexcept {
    // relaxed (own)
    return domain::this_record().each[0].load(std::memory_order_relaxed) == table;
  }

  // Is it, or has anybody the mutex? (Taking that would hide from ThreadSanitizer that nobody has waited for whoever
  // had it.)
  template <class Mutex>
  static bool shows_use(const void* table, Mutex& mutex) noexcept {
    if (!can_be_told()) return false;
    if (table != nullptr && this_thread_uses(table)) return true;
    if constexpr (!under_tsan && requires { mutex.try_lock(); }) {
      if (!mutex.try_lock()) return true;
      mutex.unlock();
    }
    return false;
  }
};

}  // namespace syncmap::inline v0_1::detail
