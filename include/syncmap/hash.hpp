// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file hash.hpp
/// The default hash, and what the maps do with any hash.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <syncmap/detail/arch.hpp>

namespace syncmap {

/// The default hash function object: `std::hash<Key>`.
///
/// The maps never use a hash as it comes: they mix it with a random number that every map draws for
/// itself. A weak hash (the identity that `std::hash` is for integers) is as good as a strong one,
/// and keys that were chosen to meet in one place of one map are spread in every other (G11). Keys
/// with *equal* hashes stay together: against an adversary who can choose keys, pass a keyed hash.
template <class Key>
struct hash : std::hash<Key> {};

namespace detail {

/// Spreads `hash` over all 64 bits, differently for every seed.
inline std::uint64_t mix(std::size_t hash, std::uint64_t seed) noexcept {
  return multiply_fold(static_cast<std::uint64_t>(hash) ^ seed, 0x9e3779b97f4a7c15U);
}

}  // namespace detail
}  // namespace syncmap
