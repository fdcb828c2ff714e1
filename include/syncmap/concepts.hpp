// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file concepts.hpp
/// What the operations of a map ask of the types and callables that they are given.

#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <syncmap/hash.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

/// What operations ask of a value type. An operation that is called without them is an error in
/// which the name of the concept says what is missing. (`Asker` is a parameter of the operation, and
/// nothing is asked of it: what depends on none, clang 14 and 15 ask already when the map is declared,
/// where the value type may not be complete yet.)
template <class T, class Asker = void>
concept value_can_be_copied = std::copy_constructible<T>;
template <class T, class Asker = void>
concept value_has_equality = std::equality_comparable<T>;
template <class T, class... Args>
concept value_can_be_made_from = std::constructible_from<T, Args...>;
template <class Key, class Asker = void>
concept key_can_be_copied = std::copy_constructible<Key>;
template <class K, class Key>
concept key_can_be_made_from =
    std::convertible_to<K, Key> &&
    (std::same_as<std::remove_cvref_t<K>, Key> || std::move_constructible<Key>);
/// A type that the map's hash and equality take as it is, because both are transparent (they have a
/// member type `is_transparent`): no key is made to look for one, or before one is inserted.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_compared_with =
    detail::are_transparent<Hash, detail::comparison<Key, KeyEqual>> &&
    std::is_invocable_r_v<std::size_t, const Hash&, const detail::sought_as<K, Key>&> &&
    std::is_invocable_r_v<bool, const detail::comparison<Key, KeyEqual>&, const Key&,
                          const detail::sought_as<K, Key>&>;
/// What a key can be looked up by: a key, what becomes one, or what can be compared with one.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_found_by =
    std::same_as<std::remove_cvref_t<K>, Key> ||
    key_can_be_compared_with<std::remove_cvref_t<K>, Key, Hash, KeyEqual> ||
    key_can_be_made_from<const K&, Key>;
/// What a key can be inserted from.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_inserted_from =
    key_can_be_made_from<K, Key> ||
    (key_can_be_compared_with<std::remove_cvref_t<K>, Key, Hash, KeyEqual> &&
     std::constructible_from<Key, K>);

/// A visitor of entries: returns nothing, or a `bool` that is false to end the visit.
template <class F, class Key, class T>
concept entry_visitor = requires(F& f, const Key& key, const T& value) {
  f(key, value);
  requires std::is_void_v<decltype(f(key, value))> ||
               std::same_as<std::remove_cvref_t<decltype(f(key, value))>, bool>;
};
template <class F, class T>
concept value_visitor = requires(F& f, const T& value) { f(value); };
template <class F, class T>
concept value_updater = requires(F& f, const T& current) {
  { f(current) } -> std::convertible_to<T>;
};
template <class F, class T>
concept value_computer = requires(F& f, const T* current) {
  { f(current) } -> std::convertible_to<std::optional<T>>;
};
template <class F, class T>
concept value_factory = requires(F& f) {
  { f() } -> std::convertible_to<T>;
};
template <class F, class Key, class T>
concept entry_predicate = requires(F& f, const Key& key, const T& value) {
  { f(key, value) } -> std::convertible_to<bool>;
};

namespace detail {

// The types of what deduction guides see: pairs, tuples of two.
template <class Pair>
using key_in_pair = std::remove_cvref_t<std::tuple_element_t<0, std::remove_cvref_t<Pair>>>;
template <class Pair>
using value_in_pair = std::remove_cvref_t<std::tuple_element_t<1, std::remove_cvref_t<Pair>>>;

// What of the header ranges is needed: all of it takes longer to compile than this library (decision 11).
template <class Range>
using iterator_of = decltype(std::ranges::begin(std::declval<Range&>()));
template <class Range>
concept is_range = requires(Range& range) {
  std::ranges::begin(range);
  std::ranges::end(range);
};
template <class Range>
concept input_range = is_range<Range> && std::input_iterator<iterator_of<Range>>;
template <class Range>
concept forward_range = is_range<Range> && std::forward_iterator<iterator_of<Range>>;
template <class Range>
using element_of = std::remove_reference_t<std::iter_reference_t<iterator_of<Range>>>;

template <class Entries>
using key_of_pairs = key_in_pair<std::iter_value_t<iterator_of<Entries>>>;
template <class Entries>
using value_of_pairs = value_in_pair<std::iter_value_t<iterator_of<Entries>>>;

}  // namespace detail
}  // namespace syncmap::inline v0_1
