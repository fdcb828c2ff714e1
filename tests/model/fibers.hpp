// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// fibers.hpp -- stacks that take turns on one thread of the operating system.
//
// A switch must not be a system call: an execution has a hundred of them, and there are millions of
// executions. Hence ucontext only makes the stacks, once, and longjmp() goes from one to the other, and
// back to the beginning of one. That is more than the standard promises and what glibc does, unless
// _FORTIFY_SOURCE checks the direction of the jump. No sanitizer follows it.
//
// Each has exceptions of its own: the runtime keeps those that are handled for each thread of the
// operating system, in the two words that the Itanium ABI describes.

#pragma once

#include <cxxabi.h>
#include <ucontext.h>

#include <clock.hpp>
#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace syncmap::model {

class fibers {
 public:
  // Runs entry() on fiber 0 until somebody calls leave().
  void run(void (*entry)()) {
    entry_ = entry;
    running_ = this;
    for (fiber& each : all_) each.is_started = false;
    if (setjmp(outside_) == 0) enter(0);
    exceptions().set();
  }
  [[noreturn]] void leave() { std::longjmp(outside_, 1); }

  // The caller goes on when somebody switches to it.
  void switch_to(std::size_t next) {
    fiber& mine = all_[current_];
    mine.handled.get();
    if (setjmp(mine.place) == 0) enter(next);
  }
  // It does not.
  [[noreturn]] void enter(std::size_t next) {
    current_ = next;
    fiber& to = all_[next];
    if (to.is_started) {
      to.handled.set();
      std::longjmp(to.place, 1);
    }
    to.is_started = true;
    exceptions().set();
    if (to.has_beginning) std::longjmp(to.beginning, 1);
    getcontext(&to.context);
    to.context.uc_stack.ss_sp = to.stack.get();
    to.context.uc_stack.ss_size = stack_bytes;
    to.context.uc_link = nullptr;
    makecontext(&to.context, &begin, 0);
    setcontext(&to.context);
    std::abort();
  }
  // So that it begins anew when it is entered next.
  void restart(std::size_t which) { all_[which].is_started = false; }

  [[nodiscard]] std::size_t current() const noexcept { return current_; }

 private:
  static constexpr std::size_t stack_bytes = 128 * 1024;

  struct exceptions {
    void* caught = nullptr;
    unsigned flying = 0;

    void get() noexcept { std::memcpy(this, abi::__cxa_get_globals(), sizeof *this); }
    void set() const noexcept {
      std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), this, sizeof *this);
    }
  };
  struct fiber {
    bool is_started = false;
    bool has_beginning = false;
    std::jmp_buf beginning;
    std::jmp_buf place;
    exceptions handled;
    ucontext_t context;
    std::unique_ptr<unsigned char[]> stack{new unsigned char[stack_bytes]};
  };

  static void begin() {
    fiber& mine = running_->all_[running_->current_];
    mine.has_beginning = true;
    static_cast<void>(setjmp(mine.beginning));
    running_->entry_();
    std::abort();
  }

  static inline fibers* running_ = nullptr;
  fiber all_[max_threads];
  std::size_t current_ = 0;
  std::jmp_buf outside_;
  void (*entry_)() = nullptr;
};

}  // namespace syncmap::model
