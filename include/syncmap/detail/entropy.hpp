// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// entropy.hpp -- a number that nobody can guess, from the operating system.

#pragma once

#include <cstdint>
#include <syncmap/detail/arch.hpp>

// <random> takes longer to compile than this library, so it is left to where nothing else is known.
#if defined(__GLIBC__)
#include <unistd.h>
#else
#include <random>
#endif

namespace syncmap::inline v0_1::detail {

// 0 if there is none to be had: an exhausted descriptor table, a sandbox.
inline std::uint64_t draw_entropy() noexcept {
  std::uint64_t drawn = 0;
#if defined(__GLIBC__)
  if (::getentropy(&drawn, sizeof(drawn)) != 0) drawn = 0;
#else
  completes([&] {
    std::random_device device;
    drawn = (static_cast<std::uint64_t>(device()) << 32) | device();
  });
#endif
  return drawn;
}

}  // namespace syncmap::inline v0_1::detail
