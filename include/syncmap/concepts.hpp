// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file concepts.hpp
/// What the operations of a map ask of the types and callables that they are given.

#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <syncmap/hash.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncmap {

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
concept entry_visitor =
    std::invocable<F&, const Key&, const T&> &&
    (std::is_void_v<std::invoke_result_t<F&, const Key&, const T&>> ||
     std::same_as<std::remove_cvref_t<std::invoke_result_t<F&, const Key&, const T&>>, bool>);
template <class F, class T>
concept value_visitor = std::invocable<F&, const T&>;
template <class F, class T>
concept value_updater = requires(F& f, const T& current) {
  { f(current) } -> std::convertible_to<T>;
};
template <class F, class T>
concept value_computer = requires(F& f, const T* current) {
  { f(current) } -> std::convertible_to<std::optional<T>>;
};
template <class F, class T>
concept value_factory = std::invocable<F&> && std::convertible_to<std::invoke_result_t<F&>, T>;
template <class F, class Key, class T>
concept entry_predicate = std::predicate<F&, const Key&, const T&>;

namespace detail {

// The types of what deduction guides see: pairs, tuples of two.
template <class Pair>
using key_in_pair = std::remove_cvref_t<std::tuple_element_t<0, std::remove_cvref_t<Pair>>>;
template <class Pair>
using value_in_pair = std::remove_cvref_t<std::tuple_element_t<1, std::remove_cvref_t<Pair>>>;
template <class Entries>
using key_of_pairs = key_in_pair<std::ranges::range_value_t<Entries>>;
template <class Entries>
using value_of_pairs = value_in_pair<std::ranges::range_value_t<Entries>>;

}  // namespace detail
}  // namespace syncmap
