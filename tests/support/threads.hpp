// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Threads that start together, and how much work a build can take.
#pragma once

#include <atomic>
#include <cstddef>
#include <latch>
#include <thread>
#include <vector>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SYNCMAP_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SYNCMAP_TEST_SANITIZED 1
#endif
#endif

namespace support {

// Fewer rounds where each costs ten times as much.
constexpr int rounds(int full) {
#ifdef SYNCMAP_TEST_SANITIZED
  return full < 8 ? 1 : full / 8;
#else
  return full;
#endif
}

// Calls f(0) ... f(count - 1), each in a thread of its own, and returns when all have ended. None
// begins before all threads run.
template <class F>
void run_together(int count, F f) {
  std::latch start(count);
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int id = 0; id < count; ++id) {
    threads.emplace_back([&, id] {
      start.arrive_and_wait();
      f(id);
    });
  }
}

// Where threads wait for each other, again and again. They spin, so that all go on at once.
class meeting {
 public:
  explicit meeting(int threads) : threads_(threads) {}

  // Waits until all threads have called it as often as this one.
  void wait() {
    const int number = arrived_.fetch_add(1);
    const int all = (number / threads_ + 1) * threads_;
    for (int spins = 0; arrived_.load() < all; ++spins) {
      if (spins >= 64) std::this_thread::yield();
    }
  }

 private:
  int threads_;
  std::atomic<int> arrived_{0};
};

}  // namespace support
