// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file hash.hpp
/// The default hash, and what the maps do with any hash.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <syncmap/detail/arch.hpp>
#include <type_traits>

namespace syncmap::inline v0_1 {

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

/// That of a string takes whatever converts to a `std::string_view` of its characters: with the default
/// equality, strings are looked up, and stored, without a `std::string` being made for it.
template <class Char, class Allocator>
  requires std::is_default_constructible_v<std::hash<std::basic_string_view<Char>>>
struct hash<std::basic_string<Char, std::char_traits<Char>, Allocator>> {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::basic_string_view<Char> key) const noexcept {
    return std::hash<std::basic_string_view<Char>>()(key);
  }
};

namespace detail {

template <class Hash>
inline constexpr bool is_mixed =
    sizeof(std::size_t) == sizeof(std::uint64_t) && requires { typename Hash::is_avalanching; };

/// Spreads `hash` over all 64 bits, differently for every seed.
inline std::uint64_t mix(std::size_t hash, std::uint64_t seed) noexcept {
  return multiply_fold(static_cast<std::uint64_t>(hash) ^ seed, 0x9e3779b97f4a7c15U);
}

template <class Function>
inline constexpr Function stateless{};

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

// What a string is looked up by; nothing for other keys.
template <class Key>
struct view_for {
  struct type {};
};
template <class Char, class Allocator>
struct view_for<std::basic_string<Char, std::char_traits<Char>, Allocator>> {
  using type = std::basic_string_view<Char>;
};
template <class Key>
using view_of = typename view_for<Key>::type;

// Of a number, or of a string or its view.
template <class Key, class K>
std::uint64_t second_hash(const K& key, std::uint64_t seed) noexcept {
  if constexpr (is_string<Key>) {
    std::uint64_t mixed = seed;
    for (const auto each : view_of<Key>(key)) {
      mixed = multiply_fold(mixed ^ static_cast<std::uint64_t>(each), seed);
    }
    return mixed;
  } else {
    return multiply_fold(static_cast<std::uint64_t>(key) ^ seed, seed);
  }
}

template <class K, class Key>
using sought_as =
    std::conditional_t<std::is_convertible_v<const K&, view_of<Key>>, view_of<Key>, K>;

// Do both say that they take other types than the key?
template <class Hash, class KeyEqual>
concept are_transparent = requires {
  typename Hash::is_transparent;
  typename KeyEqual::is_transparent;
};

// What compares keys: KeyEqual, but for strings that are compared as usual one that takes other types.
template <class Key, class KeyEqual>
using comparison =
    std::conditional_t<is_string<Key> && std::is_same_v<KeyEqual, std::equal_to<Key>>,
                       std::equal_to<>, KeyEqual>;
template <class Key, class KeyEqual>
constexpr const comparison<Key, KeyEqual>& comparison_by(const KeyEqual& equal) noexcept {
  if constexpr (std::is_same_v<comparison<Key, KeyEqual>, KeyEqual>) {
    return equal;
  } else {
    return stateless<comparison<Key, KeyEqual>>;
  }
}

// May entries be told apart by second_hash()? Not if a hash of the user's takes types that we do not know.
template <class Key, class Hash, class KeyEqual>
inline constexpr bool has_second_hash =
    is_compared_by_bits<Key, KeyEqual> &&
    (!are_transparent<Hash, KeyEqual> || std::is_same_v<Hash, hash<Key>>);

}  // namespace detail
}  // namespace syncmap::inline v0_1
