// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// User code and allocations that throw at the n-th call, and a count of allocations.
//
// `fuse::tick()` stands in all user code of the tests for exceptions. The replacement of the global
// operator new, in unit/operator_new_test.cpp, ticks too.
#pragma once

#include <cstddef>
#include <new>

namespace support {

// Per thread: the n-th tick after arm(n) throws. Not armed, ticks do nothing.
class fuse {
 public:
  struct blown {};

  static void arm(long ticks) {
    left_ = ticks;
    has_blown_ = false;
  }
  static void disarm() { left_ = 0; }
  // Since the last arm().
  static bool has_blown() { return has_blown_; }

  static void tick() {
    if (burns()) throw blown();
  }
  static void tick_allocation() {
    if (burns()) throw std::bad_alloc();
  }

 private:
  static bool burns() {
    if (left_ == 0 || --left_ != 0) return false;
    has_blown_ = true;
    return true;
  }

  static inline thread_local long left_ = 0;
  static inline thread_local bool has_blown_ = false;
};

// Calls of operator new by this thread.
inline thread_local std::size_t allocations = 0;

}  // namespace support
