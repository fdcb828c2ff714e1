// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The locks of the references, in their usual form.
#pragma once

#include <atomic>
#include <cstdint>

#include "scaling/traced.hpp"

namespace scaling {

// Waits by reading, and tries only when the lock looks free.
class spin_lock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      while (taken_.load(std::memory_order_relaxed)) {
      }
    }
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  traced_atomic<bool> taken_{false};
};

// Counts its readers in one word. A writer that waits keeps new readers out.
class reader_writer_lock {
 public:
  void lock_shared() {
    for (;;) {
      if ((word_.fetch_add(reader, std::memory_order_acquire) & writer_bits) == 0) return;
      word_.fetch_sub(reader, std::memory_order_relaxed);
      while ((word_.load(std::memory_order_relaxed) & writer_bits) != 0) {
      }
    }
  }
  void unlock_shared() { word_.fetch_sub(reader, std::memory_order_release); }

  void lock() {
    for (;;) {
      const std::uint32_t seen = word_.load(std::memory_order_relaxed);
      if ((seen & ~waiting) == 0) {
        std::uint32_t expected = seen;
        if (word_.compare_exchange_strong(
                expected, writing, std::memory_order_acquire, std::memory_order_relaxed)) {
          return;
        }
      } else if ((seen & waiting) == 0) {
        word_.fetch_or(waiting, std::memory_order_relaxed);
      }
    }
  }
  void unlock() { word_.fetch_and(~writing, std::memory_order_release); }

 private:
  static constexpr std::uint32_t writing = 1;
  static constexpr std::uint32_t waiting = 2;  // the writer that comes next clears it
  static constexpr std::uint32_t writer_bits = writing | waiting;
  static constexpr std::uint32_t reader = 4;

  traced_atomic<std::uint32_t> word_{0};
};

}  // namespace scaling
