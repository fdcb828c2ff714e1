// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Between the maps and the model: each access to shared memory is a step, and is recorded.
#pragma once

#include <cstddef>

#include "scaling/coherence.hpp"
#include "scaling/virtual_threads.hpp"

namespace scaling {

// What `__builtin_prefetch(address, 1)` does depends on the processor: plain x86-64 reads the line,
// AArch64 (and x86 with PREFETCHW) takes it for itself.
enum class prefetching { none, shared, exclusive };

struct tracer {
  static inline coherence* caches = nullptr;  // null: nothing is recorded
  static inline prefetching prefetches = prefetching::shared;

  static void read(const void* at) noexcept {
    if (caches == nullptr) return;
    virtual_threads::step();
    caches->read(virtual_threads::self(), at);
  }
  static void write(const void* at) noexcept {
    if (caches == nullptr) return;
    virtual_threads::step();
    caches->write(virtual_threads::self(), at);
  }
  // By a constructor: nobody else can see it, so it is no step.
  static void initialize(const void* at) noexcept {
    if (caches != nullptr) caches->initialize(virtual_threads::self(), at);
  }
  static void prefetch(const void* at) noexcept {
    if (caches == nullptr || prefetches == prefetching::none) return;
    caches->prefetch(virtual_threads::self(), at, prefetches == prefetching::exclusive);
  }
  static void claim(const void* at, std::size_t bytes) noexcept {
    if (caches != nullptr) caches->claim(virtual_threads::self(), at, bytes);
  }
};

}  // namespace scaling
