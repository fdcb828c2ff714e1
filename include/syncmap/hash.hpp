// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file hash.hpp
/// The default hash, and what the maps do with any hash.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <syncmap/detail/arch.hpp>
#include <type_traits>

namespace syncmap {

/// The default hash function object: `std::hash<Key>`.
///
/// The maps never use a hash as it comes: they mix it with a random number that every map draws for
/// itself. A weak hash (the identity that `std::hash` is for integers) is as good as a strong one,
/// and keys that were chosen to meet in one place of one map are spread in every other (G11). Keys
/// with *equal* hashes stay together: against an adversary who can choose keys, pass a keyed hash.
///
/// A hash function object that says of itself that all bits of its result depend on all bits of the key
/// - a member type `is_avalanching`, as Boost and others know it - is taken at its word: `map` then only
/// multiplies the result by its random, odd number.
template <class Key>
struct hash : std::hash<Key> {};

namespace detail {

template <class Hash>
inline constexpr bool is_mixed =
    sizeof(std::size_t) == sizeof(std::uint64_t) && requires { typename Hash::is_avalanching; };

/// Spreads `hash` over all 64 bits, differently for every seed.
inline std::uint64_t mix(std::size_t hash, std::uint64_t seed) noexcept {
  return multiply_fold(static_cast<std::uint64_t>(hash) ^ seed, 0x9e3779b97f4a7c15U);
}

// A second hash, for keys whose first is the same: of types that we can hash without their owner's help
// and that are compared by their bits.
template <class Key>
inline constexpr bool is_string = false;
template <class Char, class Allocator>
inline constexpr bool is_string<std::basic_string<Char, std::char_traits<Char>, Allocator>> =
    std::is_integral_v<Char>;
template <class Key, class KeyEqual>
inline constexpr bool is_compared_by_bits =
    (std::is_integral_v<Key> || is_string<Key>)&&  // an enumeration may have its own operator==
    (std::is_same_v<KeyEqual, std::equal_to<Key>> || std::is_same_v<KeyEqual, std::equal_to<>>);

template <class Key>
std::uint64_t second_hash(const Key& key, std::uint64_t seed) noexcept {
  if constexpr (is_string<Key>) {
    std::uint64_t hash = seed;
    for (const auto each : key) hash = multiply_fold(hash ^ static_cast<std::uint64_t>(each), seed);
    return hash;
  } else {
    return multiply_fold(static_cast<std::uint64_t>(key) ^ seed, seed);
  }
}

}  // namespace detail
}  // namespace syncmap
