// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// fibers.hpp -- stacks that take turns on one thread of the operating system.
//
// A switch must not be a system call: an execution has a hundred of them, and there are millions of
// executions. Hence ucontext only makes the stacks, and longjmp() goes from one to the other. That is
// more than the standard promises and what glibc does, unless _FORTIFY_SOURCE checks the direction of
// the jump. No sanitizer follows it.

#pragma once

#include <ucontext.h>

#include <clock.hpp>
#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <memory>

namespace syncmap::model {

class fibers {
 public:
  // Runs entry() on fiber 0 until somebody calls leave().
  void run(void (*entry)()) {
    entry_ = entry;
    for (fiber& each : all_) each.is_started = false;
    if (setjmp(outside_) == 0) enter(0);
  }
  [[noreturn]] void leave() { std::longjmp(outside_, 1); }

  // The caller goes on when somebody switches to it.
  void switch_to(std::size_t next) {
    if (setjmp(all_[current_].place) == 0) enter(next);
  }
  // It does not.
  [[noreturn]] void enter(std::size_t next) {
    current_ = next;
    fiber& to = all_[next];
    if (to.is_started) std::longjmp(to.place, 1);
    to.is_started = true;
    getcontext(&to.context);
    to.context.uc_stack.ss_sp = to.stack.get();
    to.context.uc_stack.ss_size = stack_bytes;
    to.context.uc_link = nullptr;
    makecontext(&to.context, entry_, 0);
    setcontext(&to.context);
    std::abort();
  }
  // So that it begins anew when it is entered next.
  void restart(std::size_t which) { all_[which].is_started = false; }

  [[nodiscard]] std::size_t current() const noexcept { return current_; }

 private:
  static constexpr std::size_t stack_bytes = 128 * 1024;

  struct fiber {
    bool is_started = false;
    std::jmp_buf place;
    ucontext_t context;
    std::unique_ptr<unsigned char[]> stack{new unsigned char[stack_bytes]};
  };

  fiber all_[max_threads];
  std::size_t current_ = 0;
  std::jmp_buf outside_;
  void (*entry_)() = nullptr;
};

}  // namespace syncmap::model
