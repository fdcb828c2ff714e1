// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// entropy.hpp -- a number that nobody can guess, from the operating system.

#pragma once

#include <cstdint>
#include <syncmap/detail/arch.hpp>

// <random> takes longer to compile than this library, so it is left to where nothing else is known.
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 25)
#define SYNCMAP_HAS_GETENTROPY
#endif
#endif
#if defined(SYNCMAP_HAS_GETENTROPY)
#include <sys/auxv.h>
#include <unistd.h>

#include <cstring>
#else
#include <random>
#endif

namespace syncmap::inline v0_1::detail {

// 0 if there is none to be had: an exhausted descriptor table, a sandbox.
inline std::uint64_t draw_entropy() noexcept {
  std::uint64_t drawn = 0;
#if defined(SYNCMAP_HAS_GETENTROPY)
  if (::getentropy(&drawn, sizeof(drawn)) != 0) {
    // Then what the kernel has given the process at its start.
    const auto* const given = reinterpret_cast<const void*>(::getauxval(AT_RANDOM));
    if (given != nullptr) std::memcpy(&drawn, given, sizeof(drawn));
  }
#else
  completes([&] {
    std::random_device device;
    drawn = (static_cast<std::uint64_t>(device()) << 32) | device();
  });
#endif
  return drawn;
}

}  // namespace syncmap::inline v0_1::detail
