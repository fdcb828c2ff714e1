// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file load_or_store_result.hpp
/// What `load_or_store` returns.

#pragma once

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

template <class Engine>
class core_map;
template <class Engine>
class basic_map;

/// What `load_or_store` returns: `result.value`, `result.loaded`, or
/// `const auto [value, loaded] = map.load_or_store(...)`.
///
/// Not a plain pair, because the copy of the value has to be in its place before the store takes
/// effect: a value that throws when it is moved must not turn a store that was done into an exception.
template <class T>
class load_or_store_result {
 public:
  union {
    T value;  ///< what was there, or what was stored
  };
  bool loaded = false;  ///< whether it was there

  load_or_store_result(T made, bool was_loaded) : loaded(was_loaded), engaged_(true) {
    std::construct_at(std::addressof(value), std::move(made));
  }
  load_or_store_result(const load_or_store_result& other) : loaded(other.loaded), engaged_(true) {
    std::construct_at(std::addressof(value), other.value);
  }
  load_or_store_result(load_or_store_result&& other) noexcept(
      std::is_nothrow_move_constructible_v<T>)
      : loaded(other.loaded), engaged_(true) {
    std::construct_at(std::addressof(value), std::move(other.value));
  }
  load_or_store_result& operator=(const load_or_store_result&) = delete;
  ~load_or_store_result() {
    if (engaged_) std::destroy_at(std::addressof(value));
  }

  template <std::size_t Index>
  [[nodiscard]] decltype(auto) get() const& noexcept {
    return std::get<Index>(std::tie(value, loaded));
  }
  template <std::size_t Index>
  [[nodiscard]] decltype(auto) get() && noexcept {
    return std::get<Index>(std::forward_as_tuple(std::move(value), loaded));
  }

 private:
  template <class Engine>
  friend class core_map;
  template <class Engine>
  friend class basic_map;

  load_or_store_result() noexcept {}
  void emplace(const T& copied, bool was_loaded) {
    if (std::exchange(engaged_, false)) std::destroy_at(std::addressof(value));
    std::construct_at(std::addressof(value), copied);
    engaged_ = true;
    loaded = was_loaded;
  }

  bool engaged_ = false;
};

}  // namespace syncmap::inline v0_1

/// @cond
template <class T>
struct std::tuple_size<syncmap::load_or_store_result<T>> : std::integral_constant<std::size_t, 2> {
};
template <class T>
struct std::tuple_element<0, syncmap::load_or_store_result<T>> {
  using type = T;
};
template <class T>
struct std::tuple_element<1, syncmap::load_or_store_result<T>> {
  using type = bool;
};
/// @endcond
