// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The platform of the engines (detail/platform.hpp) on which they run in virtual threads, and on which
// each access to shared memory is recorded. Include it before every header of the library: it also
// makes their prefetches visible, which are no part of the platform.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "scaling/traced.hpp"
#include "scaling/tracer.hpp"
#include "scaling/virtual_heap.hpp"

// Seen from the headers that follow, prefetching is an access as well.
#define __builtin_prefetch(address, ...) ::scaling::tracer::prefetch(address)

#include <syncmap/detail/platform.hpp>

namespace scaling {

struct traced_platform : syncmap::detail::platform {
  template <class T>
  using atomic = traced_atomic<T>;
  template <class T>
  using var = traced_var<T>;
  using mutex = traced_mutex;

  // Who announces an object reads it next. What it reads are plain constants, which cannot be seen:
  // the line at the beginning of the object stands for them.
  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    slot.store(value, std::memory_order_release);
    if (value != nullptr) tracer::read(value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    announce(slot, value);
  }
  static bool announces_lightly() noexcept { return true; }
  static bool fence_heavy() noexcept { return true; }  // one processor: it sees everything in order
  static void prepare_fences() noexcept {}

  // Virtual threads never end: number i of one run is number i of the next.
  template <class Record>
  static Record*& this_thread() noexcept {
    static std::array<Record*, max_caches> each = [] {
      std::array<Record*, max_caches> all{};
      all.fill(&Record::unattached);
      return all;
    }();
    return each[virtual_threads::self()];
  }
  template <class Record>
  static void at_thread_exit(void (*)() noexcept) noexcept {}
  static void yield() noexcept { virtual_threads::step(); }
  static std::uint64_t process() noexcept { return 1; }

  // Who allocates a small block writes all of it. The lines of a large one are new.
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    void* const block = virtual_heap::allocate(bytes, alignment);
    if (bytes > virtual_heap::largest) {
      tracer::claim(block, bytes);
    } else {
      coherence::for_each_line(block, bytes, [](std::uint64_t number) {
        tracer::initialize(reinterpret_cast<const void*>(number * line_bytes));
      });
    }
    return block;
  }
  static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    virtual_heap::deallocate(block, bytes, alignment);
  }
  // A retired object was linked into a list, and destroyed: both write its first line.
  static void on_reclaim(void* object, std::size_t) noexcept { tracer::initialize(object); }

  static void* allocate_table(std::size_t bytes, std::size_t) {
    void* const memory = ::operator new(bytes, std::align_val_t{line_bytes});
    tracer::claim(memory, bytes);
    return memory;
  }
  static void deallocate_table(void* memory, std::size_t, std::size_t) noexcept {
    ::operator delete(memory, std::align_val_t{line_bytes});
  }

  // The same in every run.
  static std::uint64_t random() noexcept { return 0x243f6a8885a308d3U; }
};

// Compares keys of entries, which are plain constants, and records that.
template <class Key>
struct traced_equal {
  bool operator()(const Key& there, const Key& asked) const noexcept {
    tracer::read(&there);
    return there == asked;
  }
};

}  // namespace scaling
