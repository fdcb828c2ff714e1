// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Times of single operations, by the processor's time-stamp counter.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace grid {

inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

inline double ns_per_tick() {
  static const double measured = [] {
    using clock = std::chrono::steady_clock;
    const auto begin = clock::now();
    const std::uint64_t first = ticks();
    while (clock::now() - begin < std::chrono::milliseconds(5)) {
    }
    const std::uint64_t last = ticks();
    const std::chrono::duration<double, std::nano> elapsed = clock::now() - begin;
    return elapsed.count() / static_cast<double>(last - first);
  }();
  return measured;
}

inline double microseconds(std::uint64_t ticks) {
  return 1e-3 * ns_per_tick() * static_cast<double>(ticks);
}

// Counts by size, each power of two in 32 steps: 3 % exact, and small enough for the first cache.
class histogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[index(value)];
    ++total_;
    sum_ += value;
    if (value > largest_) largest_ = value;
  }
  void add(const histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    sum_ += other.sum_;
    if (other.largest_ > largest_) largest_ = other.largest_;
  }

  std::uint64_t largest() const { return largest_; }
  double mean() const { return static_cast<double>(sum_) / static_cast<double>(total_); }

  // The value that `share` of all are not above.
  std::uint64_t quantile(double share) const {
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > left) return lower_bound(i);
      left -= counts_[i];
    }
    return largest_;
  }

 private:
  static constexpr int step_bits = 5;
  static constexpr std::size_t steps = std::size_t{1} << step_bits;

  static std::size_t index(std::uint64_t value) {
    if (value < steps) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - step_bits;
    return (static_cast<std::size_t>(shift) << step_bits) + (value >> shift);
  }
  static std::uint64_t lower_bound(std::size_t index) {
    if (index < 2 * steps) return index;
    const std::size_t shift = index / steps - 1;
    return (steps + index % steps) << shift;
  }

  std::array<std::uint32_t, (64 - step_bits + 1)* steps> counts_ = {};
  std::uint64_t total_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace grid
