// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// turns.hpp -- two real threads that take turns, so that what they do is the same in every run.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace syncmap::page {

class turns {
 public:
  turns() = default;
  turns(const turns&) = delete;
  turns& operator=(const turns&) = delete;
  ~turns() { finish(); }

  // 0: the main thread, 1: the other.
  static int self() noexcept { return self_; }

  // Runs `f` on the other thread until it ends, or passes the turn.
  void start(std::function<void()> f) {
    finish();
    is_busy_ = true;
    other_ = std::thread([this, f = std::move(f)] {
      self_ = 1;
      wait();
      f();
      const std::lock_guard lock(mutex_);
      is_busy_ = false;
      turn_ = 0;
      changed_.notify_all();
    });
    pass();
  }
  // The main thread: lets the other one end.
  void finish() {
    while (is_busy_) pass();
    if (other_.joinable()) other_.join();
  }
  // Lets the other thread run until it passes the turn.
  void pass() {
    {
      const std::lock_guard lock(mutex_);
      turn_ = 1 - self_;
      changed_.notify_all();
    }
    wait();
  }

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return turn_ == self_; });
  }

  static inline thread_local int self_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int turn_ = 0;
  bool is_busy_ = false;
  std::thread other_;
};

}  // namespace syncmap::page
