// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// asym_fence.hpp -- what depends on the operating system: a pair of fences of unequal cost.
//
// The idea is that of P1202 ("asymmetric thread fence"): one side runs often and pays a compiler
// barrier, the other runs rarely and makes every processor that runs a thread of this process
// execute a full fence (Linux membarrier(2), Windows FlushProcessWriteBuffers).
//
// Invariants
//   I1  `process_fence_mode` leaves `undecided` once, and never changes after that.
//   I2  `asymmetric` is published only after the process has registered for membarrier.
//
// Synchronization
//   S1 publish-mode   release: decide_fence_mode()   acquire: fence_heavy(), decide_fence_mode()
//      Carries the registration (I2). announce() needs no acquire: a light side that sees
//      `asymmetric` relies on the heavy side alone, and a heavy side that runs after the decision
//      always acts by it (T1).
//   T1 announce-scan   light: announce()   heavy: fence_heavy()
//      A announces, then loads X. B changes X, then calls fence_heavy(), then loads what A
//      announced. Either A's store comes before the heavy fence, and B sees it; or it comes after,
//      and then A's load of X comes after too, and A sees the change. In `symmetric` mode both sides
//      execute a full fence, which gives the same two cases. A light side that still sees `undecided`
//      executes one too, for either mode; a heavy side decides first.

#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <syncmap/detail/arch.hpp>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) void __stdcall FlushProcessWriteBuffers();
extern "C" __declspec(dllimport) unsigned long __stdcall FlsAlloc(void(__stdcall*)(void*));
extern "C" __declspec(dllimport) int __stdcall FlsSetValue(unsigned long, void*);
#elif defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace syncmap::inline v0_1::detail {

enum class fence_mode : std::uint32_t { undecided, asymmetric, symmetric };

SYNCMAP_SHARED inline constinit std::atomic<fence_mode> process_fence_mode{fence_mode::undecided};

// The number of this process; it changes in the child of a fork. 0 where there is no fork.
inline std::uint64_t process_id() noexcept {
#if defined(__unix__) || defined(__APPLE__)
  return static_cast<std::uint64_t>(::getpid());
#else
  return 0;
#endif
}

#if defined(__linux__) && defined(SYS_membarrier)
// Makes every running thread of this process execute a full fence. False if the kernel refuses.
inline bool process_wide_fence() noexcept {
  constexpr int expedited = 1 << 3;
  constexpr int register_expedited = 1 << 4;
  const int saved = errno;
  bool done = ::syscall(SYS_membarrier, expedited, 0, 0) == 0;
  if (!done && errno == EPERM) {  // not registered yet
    done = ::syscall(SYS_membarrier, register_expedited, 0, 0) == 0 &&
           ::syscall(SYS_membarrier, expedited, 0, 0) == 0;
  }
  errno = saved;
  return done;
}
#elif defined(_WIN32)
inline bool process_wide_fence() noexcept {
  ::FlushProcessWriteBuffers();
  return true;
}
#else
inline bool process_wide_fence() noexcept { return false; }
#endif

// Calls Run(data) when the calling thread ends: for thread_locals_end_early. One data for each Run.
template <auto Run>
void at_thread_end([[maybe_unused]] void* data) noexcept {
#if defined(_WIN32)
  struct callback {
    static void __stdcall call(void* kept) noexcept {
      if (kept != nullptr) Run(kept);
    }
  };
  static const unsigned long index = ::FlsAlloc(&callback::call);
  static_cast<void>(::FlsSetValue(index, data));
#endif
}

inline void full_fence() noexcept {
  if constexpr (under_tsan) {
    // ThreadSanitizer does not know fences; it knows read-modify-writes.
    static constinit std::atomic<unsigned> everyone{0};
    everyone.fetch_add(1, std::memory_order_seq_cst);  // T1
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // T1
  }
}

// Finds out, once, whether this process may use the cheap light side. Called before a thread's
// first announcement; a thread that announces earlier pays the full fence.
inline fence_mode decide_fence_mode() noexcept {
  fence_mode known = process_fence_mode.load(std::memory_order_acquire);  // S1 acquire
  if (known != fence_mode::undecided) return known;
  const fence_mode found = process_wide_fence() ? fence_mode::asymmetric : fence_mode::symmetric;
  // S1 release, S1 acquire: of two threads that find different answers one decides (I1).
  const bool decided = process_fence_mode.compare_exchange_strong(
      known, found, std::memory_order_acq_rel, std::memory_order_acquire);
  return decided ? found : known;
}

// T1, light side: stores `value`, and orders the store before every later load of this thread with
// respect to fence_heavy(). The store also releases what the thread did before it.
template <class T>
inline void announce(std::atomic<T>& slot, T value) noexcept {
  if constexpr (under_tsan) {
    slot.exchange(value, std::memory_order_seq_cst);  // T1
  } else {
    slot.store(value, std::memory_order_release);  // T1
    // relaxed (statistic): any earlier value only costs a full fence.
    if (process_fence_mode.load(std::memory_order_relaxed) == fence_mode::asymmetric) [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);  // T1
    } else {
      full_fence();
    }
  }
}

// The same where the process is known to be in `asymmetric` mode.
template <class T>
inline void announce_lightly(std::atomic<T>& slot, T value) noexcept {
  if constexpr (under_tsan) {
    slot.exchange(value, std::memory_order_seq_cst);  // T1
  } else {
    slot.store(value, std::memory_order_release);         // T1
    std::atomic_signal_fence(std::memory_order_seq_cst);  // T1
  }
}

// T1, heavy side. False if the fence could not be executed: then nothing may be concluded from what
// is loaded afterwards. That happens only if the kernel takes back a membarrier it had granted.
inline bool fence_heavy() noexcept {
  if (decide_fence_mode() == fence_mode::asymmetric) return process_wide_fence();
  full_fence();
  return true;
}

}  // namespace syncmap::inline v0_1::detail
