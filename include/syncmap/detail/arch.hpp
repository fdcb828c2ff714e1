// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// arch.hpp -- what depends on the compiler or the processor, and nothing else.

#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>

// Headers are chosen for what they take to compile (decision 11): of the vector instructions those that are
// used, and of <functional> std::equal_to, where it can be had alone.
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif
#if defined(__GLIBCXX__) && __has_include(<bits/stl_function.h>)
#include <bits/stl_function.h>
#else
#include <functional>
#endif

// Makes one object per process of what each shared library would otherwise have for itself. It must
// stand on a template and on every type that it is instantiated with, or it has no effect.
#if defined(_WIN32)
#define SYNCMAP_SHARED
#else
#define SYNCMAP_SHARED [[gnu::visibility("default")]]
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define SYNCMAP_NOINLINE __declspec(noinline)
#define SYNCMAP_INLINE __forceinline
#define SYNCMAP_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define SYNCMAP_NOINLINE [[gnu::noinline]]
// Who does not optimise wants to compile quickly, and to step from one function into another (decision 12).
#if defined(__OPTIMIZE__)
#define SYNCMAP_INLINE [[gnu::always_inline]] inline
#else
#define SYNCMAP_INLINE inline
#endif
#define SYNCMAP_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

// For what a user can do wrong: a condition that costs next to nothing, and what to tell him. The standard's
// assert, so nothing at all with NDEBUG; no type may depend on it, since parts of a program may differ in that.
#define SYNCMAP_ASSERT(condition, message) assert((condition) && (message))
#define SYNCMAP_DESTROYED                                                                         \
  "syncmap: this map was destroyed: let the threads, callbacks and iterators that use a map end " \
  "first"
#define SYNCMAP_IN_USE                                                                          \
  "syncmap: a map is destroyed while it is in use: join the threads, and leave the callbacks, " \
  "that use it first"
#if defined(NDEBUG)
#define SYNCMAP_ASSERTS false
#else
#define SYNCMAP_ASSERTS true
#endif

// Static probes, for programs that are compiled with SYNCMAP_USDT and where <sys/sdt.h> is: an instruction that
// does nothing, where a debugger or a tracer may put its own.
#if defined(SYNCMAP_USDT) && __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define SYNCMAP_PROBE2(name, a, b) STAP_PROBE2(syncmap, name, a, b)
#define SYNCMAP_PROBE3(name, a, b, c) STAP_PROBE3(syncmap, name, a, b, c)
#else
#define SYNCMAP_PROBE2(name, a, b) static_cast<void>(0)
#define SYNCMAP_PROBE3(name, a, b, c) static_cast<void>(0)
#endif

// Puts a script into the program for the debugger, as lines of an assembler; see gdb_printers.hpp.
#if defined(__ELF__)
#define SYNCMAP_DEBUGGER_SCRIPT(lines) asm(lines)
#else
#define SYNCMAP_DEBUGGER_SCRIPT(lines) static_assert(true)
#endif

namespace syncmap::inline v0_1::detail {

// Two threads that write at this distance do not disturb each other.
inline constexpr std::size_t cache_line = 64;

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(leak_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = under_tsan;
#endif
#else
inline constexpr bool under_sanitizer = under_tsan;
#endif

// Is the memory of a thread's thread-local objects freed before their destructors run? So it is where
// GCC emulates them on Windows.
#if defined(__MINGW32__) && !defined(__clang__)
inline constexpr bool thread_locals_end_early = true;
#else
inline constexpr bool thread_locals_end_early = false;
#endif

// May std::atomic::wait() miss notify_all(), and wait for ever? Without a futex, whoever notifies takes no lock in
// libstdc++ 11 and 12: that comes between the waiter's look and its wait, and wakes nobody. Until 15 a notification
// may also be seen before the value, where processors may swap stores.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX) && \
    (_GLIBCXX_RELEASE < 13 ||                                      \
     (_GLIBCXX_RELEASE < 16 && !defined(__x86_64__) && !defined(__i386__)))
inline constexpr bool atomics_lose_wake_ups = true;
#else
inline constexpr bool atomics_lose_wake_ups = false;
#endif

// std::max, without <algorithm>.
constexpr std::size_t larger(std::size_t a, std::size_t b) noexcept { return a < b ? b : a; }

// Tells the processor that this is a waiting loop.
inline void pause() noexcept {
#if defined(_MSC_VER) && !defined(__clang__) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__i386__) || defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Starts to bring the line of `address` near. Inlined, like every function that calls it and
// does nothing else: g++ 12 takes a call of such a function for one without effect, and leaves it out.
SYNCMAP_INLINE void prefetch(const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  static_cast<void>(address);
#endif
}

// Sixteen bytes, the first one lowest in `low`: bit i of the result says whether byte i is `byte`.
inline std::uint32_t match_bytes(std::uint64_t low, std::uint64_t high,
                                 std::uint8_t byte) noexcept {
#if defined(__SSE2__) || defined(_M_X64)
  const __m128i all = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  const __m128i equal = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(byte)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
#else
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t sevens = 0x7f7f7f7f7f7f7f7fU;
  const auto match_eight = [byte](std::uint64_t eight) {
    const std::uint64_t differ = eight ^ (ones * byte);
    // The top bit of every byte that is zero; no carry crosses a byte, so there are no others.
    const std::uint64_t equal = ~(((differ & sevens) + sevens) | differ | sevens);
    // Gathers the eight top bits: each product lands on a bit of its own.
    return static_cast<std::uint32_t>(((equal >> 7) * 0x0102040810204080U) >> 56);
  };
  return match_eight(low) | match_eight(high) << 8;
#endif
}

// Can sixteen bytes be loaded by one instruction that is an acquire load of each half? On x86 every
// load is an acquire load, and an aligned one is never torn within eight bytes. Sanitizers do not see
// into it.
#if (defined(__x86_64__) && defined(__SSE2__)) && defined(__GNUC__)
inline constexpr bool has_wide_load = !under_sanitizer;
// The same with the sixteen bytes, aligned to eight, at `address`.
inline std::uint32_t match_bytes_at(const void* address, std::uint8_t byte) noexcept {
  struct sixteen {
    std::uint64_t halves[2];
  };
  __m128i all;
#if defined(__AVX__)
  asm volatile("vmovdqu %1, %0"
               : "=x"(all)
               : "m"(*static_cast<const sixteen*>(address))
               : "memory");
#else
  asm volatile("movdqu %1, %0" : "=x"(all) : "m"(*static_cast<const sixteen*>(address)) : "memory");
#endif
  const __m128i equal = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(byte)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
}
#else
inline constexpr bool has_wide_load = false;
inline std::uint32_t match_bytes_at(const void*, std::uint8_t) noexcept { return 0; }
#endif

// Calls `f`; false if it threw.
template <class F>
inline bool completes(F&& f) noexcept {
#if defined(__cpp_exceptions)
  try {
    f();
    return true;
  } catch (...) {
    return false;
  }
#else
  f();
  return true;
#endif
}

// Without exceptions nothing is left but to end the program, as the standard library does.
[[noreturn]] inline void throw_length_error(const char* what) {
#if defined(__cpp_exceptions)
  throw std::length_error(what);
#else
  static_cast<void>(what);
  std::terminate();
#endif
}

[[noreturn]] inline void throw_logic_error(const char* what) {
#if defined(__cpp_exceptions)
  throw std::logic_error(what);
#else
  static_cast<void>(what);
  std::terminate();
#endif
}

// The two halves of the 128-bit product, folded into one word: every bit of the result depends on
// every bit of both factors.
inline std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t a_low = a & 0xffffffffU;
  const std::uint64_t a_high = a >> 32;
  const std::uint64_t b_low = b & 0xffffffffU;
  const std::uint64_t b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + ((a_low * b_low) >> 32);
  const std::uint64_t carry = a_low * b_high + (middle & 0xffffffffU);
  return (a * b) ^ (a_high * b_high + (middle >> 32) + (carry >> 32));
#endif
}

}  // namespace syncmap::inline v0_1::detail
