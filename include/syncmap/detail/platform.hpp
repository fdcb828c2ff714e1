// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// platform.hpp -- the seam: every atomic, mutex, thread-local, allocation and random number of the
// engines comes from here.
//
// The engines take a platform as their last template parameter; users never see it. `platform` is
// the real one and adds nothing to what it forwards to. A test can put another type in its place: to
// yield at every atomic operation, to fail an allocation, to run threads as fibers under a scheduler
// it controls, to poison what is reclaimed.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/asym_fence.hpp>
#include <syncmap/detail/block_cache.hpp>
#include <syncmap/detail/entropy.hpp>
#include <syncmap/detail/large_pages.hpp>
#include <thread>

namespace syncmap::inline v0_1::detail {

// A thread's own pointer to its record, and a call when the thread ends. The pointer needs no
// construction and no destruction, so it can be used before and after every other thread-local.
template <class Record>
struct SYNCMAP_SHARED thread_state {
  static inline constinit thread_local Record* record = &Record::unattached;

  struct exit_hook {
    void (*run)() noexcept = nullptr;
    ~exit_hook() {
      if (run != nullptr) run();
    }
  };

  static void at_exit(void (*run)() noexcept) noexcept {
    if constexpr (thread_locals_end_early) {
      what_to_run.store(run, std::memory_order_relaxed);  // relaxed (statistic): always the same
      at_thread_end<run_late>(record);
    } else {
      static thread_local exit_hook hook;
      hook.run = run;
    }
  }

  // The pointer has been forgotten by then, and is made anew.
  static inline constinit std::atomic<void (*)() noexcept> what_to_run{nullptr};
  static void run_late(void* kept) noexcept {
    record = static_cast<Record*>(kept);
    what_to_run.load(std::memory_order_relaxed)();  // relaxed (statistic): always the same
  }
};

// For assertions: the process that began to use maps. The child of a fork is another one. Where processes have no
// number there is none.
struct SYNCMAP_SHARED first_process {
  static void begin() noexcept {
    std::uint64_t none = 0;
    // relaxed (statistic), relaxed (statistic)
    first.compare_exchange_strong(
        none, process_id(), std::memory_order_relaxed, std::memory_order_relaxed);
  }
  static bool goes_on() noexcept {
    const std::uint64_t began = first.load(std::memory_order_relaxed);  // relaxed (statistic)
    return began != 0 && began == process_id();
  }

 private:
  static inline constinit std::atomic<std::uint64_t> first{0};
};

struct SYNCMAP_SHARED platform {
  // Data that more than one thread touches.
  template <class T>
  using atomic = std::atomic<T>;  // ordered by itself
  template <class T>
  using var = T;  // ordered by something else: a mutex, or a publication
  using mutex = std::mutex;

  // asym_fence:T1, both sides.
  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    detail::announce(slot, value);
  }
  // The same, once announces_lightly() is true.
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    detail::announce_lightly(slot, value);
  }
  static bool announces_lightly() noexcept { return decide_fence_mode() == fence_mode::asymmetric; }
  static bool fence_heavy() noexcept { return detail::fence_heavy(); }
  static void prepare_fences() noexcept { decide_fence_mode(); }

  // Threads.
  template <class Record>
  static Record*& this_thread() noexcept {
    return thread_state<Record>::record;
  }
  template <class Record>
  static void at_thread_exit(void (*run)() noexcept) noexcept {
    if constexpr (SYNCMAP_ASSERTS) first_process::begin();
    thread_state<Record>::at_exit(run);
  }
  static bool is_first_process() noexcept { return first_process::goes_on(); }
  static void yield() noexcept { std::this_thread::yield(); }
  // Waits until the word is not `old`; wakes whoever waits for it.
  template <class Atomic, class T>
  static void wait_while(const Atomic& word, T old, std::memory_order order) noexcept {
    if constexpr (atomics_lose_wake_ups) {
      look_until_not(word, old, order);
    } else {
      word.wait(old, order);
    }
  }
  // The same, without being woken: at most a tick of the system's clock too late.
  template <class Atomic, class T>
  static void look_until_not(const Atomic& word, T old, std::memory_order order) noexcept {
    int yields = 1000;
    while (word.load(order) == old) {
      if (yields > 0) {
        --yields;
        yield();
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }
  template <class Atomic>
  static void wake_all(Atomic& word) noexcept {
    word.notify_all();
  }
  static std::uint64_t process() noexcept { return process_id(); }

  // Memory. `on_reclaim` sees every object that other threads could once reach, just before it goes.
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    if (block_cache::serves(bytes, alignment)) {
      void* const kept = block_cache::take(bytes);
      return kept != nullptr ? kept : ::operator new(block_cache::rounded(bytes));
    }
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(bytes);
    return ::operator new(bytes, std::align_val_t{alignment});
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    if (block_cache::serves(bytes, alignment) && block_cache::give(memory, bytes)) return;
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(memory);
    } else {
      ::operator delete(memory, std::align_val_t{alignment});
    }
  }
  static void on_reclaim(void*, std::size_t) noexcept {}

  // Memory of a whole table. Nothing is expected of its contents.
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    void* const memory = ::operator new(bytes, std::align_val_t{table_alignment(bytes, alignment)});
    if (bytes >= large_page_threshold) prefer_large_pages(memory, bytes);
    return memory;
  }
  static void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    ::operator delete(memory, std::align_val_t{table_alignment(bytes, alignment)});
  }
  static constexpr std::size_t table_alignment(std::size_t bytes, std::size_t least) noexcept {
    return bytes >= large_page_threshold ? large_page : least;
  }

  // The group table. Slots of a group that are used, bit i for slot i.
  static constexpr std::uint32_t usable_slots = 0xffff;
  // It grows when more than one group in so many overflows: at a load of about 0.84.
  static constexpr std::size_t groups_per_overflow = 5;
  // While it grows, each write moves so many units to the next table.
  static constexpr std::size_t units_per_write = 8;
  // Reads of many keys ask for the memory of a table first if it is not likely to be near anyway.
  static constexpr std::size_t least_bytes_to_prefetch = std::size_t{256} * 1024;
  // A pass takes the nodes of so many groups of a table that was cleared, or frees so many overflow
  // groups; the next write of the thread takes more.
  static constexpr std::size_t overflow_per_reclaim = 256;
  static constexpr std::size_t units_per_reclaim = 16;

  // A thread looks for what can be reclaimed after this many retired objects. Scanning costs a
  // process-wide fence of some microseconds, which this number divides.
  static constexpr std::size_t reclaim_batch = 1024;
  // A retired object counts once more for each so many bytes, so that large ones do not wait.
  static constexpr std::size_t reclaim_bytes = 256;

  // A number nobody can guess: the seed of a map. A source of randomness that is not there (an
  // exhausted descriptor table, a sandbox) must not make a map unusable: the addresses and the
  // counter that are mixed in later then stand alone.
  static std::uint64_t random() noexcept {
    static const std::uint64_t secret = draw_entropy();
    static std::atomic<std::uint64_t> calls{0};
    // relaxed (statistic): only that no two calls see the same number matters.
    const std::uint64_t call = calls.fetch_add(1, std::memory_order_relaxed);
    const auto address = reinterpret_cast<std::uintptr_t>(&calls);
    return multiply_fold(secret ^ address, 0x9e3779b97f4a7c15U + 2 * call);
  }
};

}  // namespace syncmap::inline v0_1::detail
