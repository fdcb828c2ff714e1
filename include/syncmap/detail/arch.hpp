// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// arch.hpp -- what depends on the compiler or the processor, and nothing else.

#pragma once

#include <cstddef>
#include <cstdint>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#elif defined(__i386__) || defined(__x86_64__)
#include <immintrin.h>
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
#define SYNCMAP_INLINE [[gnu::always_inline]] inline
#define SYNCMAP_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

namespace syncmap::detail {

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

// Tells the processor that this is a waiting loop.
inline void pause() noexcept {
#if defined(_MSC_VER) && !defined(__clang__) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__i386__) || defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Starts to bring the line of `address` near, for writing.
inline void prefetch_for_write(const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1);
#else
  static_cast<void>(address);
#endif
}

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

}  // namespace syncmap::detail
