// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that take turns on one real thread: at each step a random one of them goes on.
//
// A step is an access to memory, so there are hundreds of millions: a switch must not be a system call.
// Hence ucontext only makes the stacks, and longjmp() goes from one to the other. That is more than the
// standard promises and what glibc does, unless _FORTIFY_SOURCE checks the direction of the jump. No
// sanitizer follows it.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

namespace scaling {

class virtual_threads {
 public:
  // Runs body(0), body(1), ... until all have returned.
  static void run(std::size_t count, const std::function<void(std::size_t)>& body,
                  std::uint64_t seed) {
    state& all = instance();
    all.body = &body;
    all.random = seed * 2 + 1;
    while (all.threads.size() < count) {
      all.threads.push_back(std::make_unique<thread>());
      all.threads.back()->number = all.threads.size() - 1;
    }
    all.runnable.clear();
    for (std::size_t i = 0; i < count; ++i) {
      all.threads[i]->prepare();
      all.runnable.push_back(all.threads[i].get());
    }
    all.unfinished = count;
    if (setjmp(all.outside) == 0) go_on();
    all.current = nullptr;
  }

  // The calling one; 0 outside of run().
  static std::size_t self() {
    const thread* const current = instance().current;
    return current == nullptr ? 0 : current->number;
  }

  // Any of them goes on, this one or another.
  static void step() {
    state& all = instance();
    if (all.current == nullptr) return;
    thread* const next = pick();
    if (next != all.current) leave_for(next);
  }

  // The caller goes on after somebody has called wake() with the same address.
  static void sleep(const void* address) {
    state& all = instance();
    all.current->waits_for = address;
    std::erase(all.runnable, all.current);
    if (setjmp(all.current->place) == 0) go_on();
  }
  static void wake(const void* address) {
    state& all = instance();
    for (const auto& each : all.threads) {
      if (each->waits_for != address) continue;
      each->waits_for = nullptr;
      all.runnable.push_back(each.get());
      return;
    }
  }

 private:
  static constexpr std::size_t stack_bytes = 128 * 1024;

  struct thread {
    std::size_t number = 0;
    bool started = false;
    const void* waits_for = nullptr;
    std::jmp_buf place;
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[stack_bytes]};

    void prepare() {
      started = false;
      getcontext(&context);
      context.uc_stack.ss_sp = stack.get();
      context.uc_stack.ss_size = stack_bytes;
      context.uc_link = nullptr;
      makecontext(&context, &main, 0);
    }
  };
  struct state {
    std::vector<std::unique_ptr<thread>> threads;
    std::vector<thread*> runnable;
    std::size_t unfinished = 0;
    thread* current = nullptr;
    const std::function<void(std::size_t)>* body = nullptr;
    std::uint64_t random = 1;
    std::jmp_buf outside;
  };

  static state& instance() {
    static state all;
    return all;
  }

  static thread* pick() {
    state& all = instance();
    all.random = all.random * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;
    return all.runnable[(all.random >> 32) * all.runnable.size() >> 32];
  }

  static void leave_for(thread* next) {
    if (setjmp(instance().current->place) == 0) enter(next);
  }
  [[noreturn]] static void go_on() {
    state& all = instance();
    if (all.unfinished == 0) std::longjmp(all.outside, 1);
    if (all.runnable.empty()) {
      std::fputs("virtual_threads: all of them wait\n", stderr);
      std::abort();
    }
    enter(pick());
  }
  [[noreturn]] static void enter(thread* next) {
    instance().current = next;
    if (next->started) std::longjmp(next->place, 1);
    next->started = true;
    setcontext(&next->context);
    std::abort();
  }
  static void main() {
    state& all = instance();
    (*all.body)(all.current->number);
    --all.unfinished;
    std::erase(all.runnable, all.current);
    go_on();
  }
};

}  // namespace scaling
