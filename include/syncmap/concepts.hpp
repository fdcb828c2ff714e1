// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file concepts.hpp
/// What the operations of a map ask of the types and callables that they are given.

#pragma once

#include <concepts>
#include <optional>
#include <type_traits>

namespace syncmap {

/// What operations ask of a value type. An operation that is called without them is an error in
/// which the name of the concept says what is missing.
template <class T>
concept value_can_be_copied = std::copy_constructible<T>;
template <class T>
concept value_has_equality = std::equality_comparable<T>;
template <class T, class... Args>
concept value_can_be_made_from = std::constructible_from<T, Args...>;
template <class K, class Key>
concept key_can_be_made_from =
    std::convertible_to<K, Key> &&
    (std::same_as<std::remove_cvref_t<K>, Key> || std::move_constructible<Key>);

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
template <class F, class Key, class T>
concept entry_predicate = std::predicate<F&, const Key&, const T&>;

}  // namespace syncmap
