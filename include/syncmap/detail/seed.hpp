// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// seed.hpp -- the random number with which a map mixes every hash.

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/platform.hpp>
#include <syncmap/hash.hpp>

namespace syncmap::inline v0_1::detail {

// Drawn when the first table is made, so that a map needs no code to be constructed; constant then.
template <class P>
class map_seed {
 public:
  constexpr map_seed() noexcept = default;

  // Before there is a table: the seed of the map from now on.
  std::uint64_t draw() noexcept {
    // relaxed (statistic): whoever draws first, all threads agree on the result.
    std::uint64_t drawn = value_.load(std::memory_order_relaxed);
    if (drawn != 0) return drawn;
    const std::uint64_t fresh = P::random() | 1;
    // relaxed (statistic), on failure too: nothing else depends on it.
    return value_.compare_exchange_strong(
               drawn, fresh, std::memory_order_relaxed, std::memory_order_relaxed)
               ? fresh
               : drawn;
  }

  // REQUIRES: the caller has seen a table.
  template <class Hash>
  [[nodiscard]] std::uint64_t mixed(std::size_t hash) const noexcept {
    // relaxed (statistic): it was drawn before the table was published, and never changes.
    const std::uint64_t seed = value_.load(std::memory_order_relaxed);
    return is_mixed<Hash> ? hash * seed : mix(hash, seed);
  }

  // The tag of a key that overflows, whose hash may be that of many others. REQUIRES: the same.
  template <class Key, class Hash, class KeyEqual, class K>
  [[nodiscard]] std::uint64_t mixed_again(std::uint64_t mixed_hash, const K& key) const noexcept {
    if constexpr (has_second_hash<Key, Hash, KeyEqual>) {
      return second_hash<Key>(key, value_.load(std::memory_order_relaxed));  // relaxed (statistic)
    } else {
      return mixed_hash;
    }
  }

 private:
  typename P::template atomic<std::uint64_t> value_{0};
};

}  // namespace syncmap::inline v0_1::detail
