// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// clock.hpp -- vector clocks: what one model thread knows of the others.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace syncmap::model {

// Thread 0 prepares an execution and looks at its end; the others run between.
inline constexpr std::size_t max_threads = 4;

// How many operations a thread has executed.
using epoch = std::uint32_t;

struct clock {
  epoch of[max_threads] = {};

  void join(const clock& other) noexcept {
    for (std::size_t i = 0; i < max_threads; ++i) of[i] = std::max(of[i], other.of[i]);
  }
  [[nodiscard]] bool includes(std::size_t thread, epoch when) const noexcept {
    return when <= of[thread];
  }
};

}  // namespace syncmap::model
