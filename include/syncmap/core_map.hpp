// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file core_map.hpp
/// Construction, and the ten operations of Go's sync.Map, over an engine's four primitives.

#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <syncmap/concepts.hpp>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/load_or_store_result.hpp>
#include <syncmap/map_stats.hpp>
#include <syncmap/version.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

/// What a `basic_map` is made of first: construction, and the ten operations of Go's `sync.Map`.
template <class Engine>
class core_map {
  using memory = typename Engine::memory;

 public:
  using key_type = typename Engine::key_type;
  using mapped_type = typename Engine::mapped_type;
  using value_type = std::pair<const key_type, mapped_type>;
  using hasher = typename Engine::hasher;
  using key_equal = typename Engine::key_equal;
  using size_type = std::size_t;
  using allocator_type = typename detail::memory_traits<memory>::template allocator_of<value_type>;

  static_assert(std::is_invocable_r_v<std::size_t, const hasher&, const key_type&>,
                "syncmap: Hash must be callable as size_t(const Key&) on a const object");
  static_assert(
      std::is_invocable_r_v<bool, const key_equal&, const key_type&, const key_type&>,
      "syncmap: KeyEqual must be callable as bool(const Key&, const Key&) on a const object");

  /// An empty map: allocates nothing, and is a constant initialiser if `Hash`, `KeyEqual` and the
  /// allocator are.
  constexpr core_map()
    requires std::default_initializable<hasher> && std::default_initializable<key_equal> &&
                 std::default_initializable<memory>
  = default;
  /// An empty map with these function objects, and this allocator.
  constexpr explicit core_map(const hasher& hash, const key_equal& equal = key_equal())
    requires std::default_initializable<memory>
      : engine_(hash, equal) {}
  constexpr core_map(const hasher& hash, const key_equal& equal, const allocator_type& allocator)
      : engine_(hash, equal, detail::memory_from<memory>(allocator)) {}
  constexpr explicit core_map(const allocator_type& allocator)
    requires std::default_initializable<hasher> && std::default_initializable<key_equal>
      : engine_(hasher(), key_equal(), detail::memory_from<memory>(allocator)) {}
  /// With the entries that pairs tell, of a key that comes twice the first.
  /// @throws what the conversions, hash, equality and allocation throw
  template <std::input_iterator It, std::sentinel_for<It> End>
  core_map(It first, End last, const hasher& hash = hasher(), const key_equal& equal = key_equal(),
           const allocator_type& allocator = allocator_type())
      : core_map(hash, equal, allocator) {
    if constexpr (std::sized_sentinel_for<End, It>) {
      SYNCMAP_ASSERT(
          last - first >= 0, "syncmap: a map is made from a range that ends before it begins");
    }
    for (; first != last; ++first) insert_pair(*first);
  }
  template <std::input_iterator It, std::sentinel_for<It> End>
  core_map(It first, End last, const allocator_type& allocator)
      : core_map(std::move(first), std::move(last), hasher(), key_equal(), allocator) {}
  core_map(std::initializer_list<value_type> entries, const hasher& hash = hasher(),
           const key_equal& equal = key_equal(), const allocator_type& allocator = allocator_type())
      : core_map(entries.begin(), entries.end(), hash, equal, allocator) {}
  core_map(std::initializer_list<value_type> entries, const allocator_type& allocator)
      : core_map(entries.begin(), entries.end(), allocator) {}
  template <class Entries>  // what is no map comes first: a map may be a part of its own values
    requires(!std::derived_from<std::remove_cvref_t<Entries>, core_map>) &&
            (!std::convertible_to<Entries, hasher>) &&
            (!std::convertible_to<Entries, allocator_type>) && detail::input_range<Entries>
  explicit core_map(Entries&& entries, const hasher& hash = hasher(),
                    const key_equal& equal = key_equal(),
                    const allocator_type& allocator = allocator_type())
      : core_map(std::ranges::begin(entries), std::ranges::end(entries), hash, equal, allocator) {}
  /// Like a mutex, a map stays where it is: other threads hold its address. `to` copies out.
  core_map(const core_map&) = delete;
  core_map& operator=(const core_map&) = delete;
  /// Destroys all keys and values, those retired earlier included (G9). A map that is destroyed by a
  /// reclamation, as a value of another map, may leave some of them to that same reclamation.
  /// @par Progress: waits, as `reclaim()` does, if anything was ever erased or replaced.
  /// @pre no other member is running, and no iterator or handle is left.
  ~core_map() {  // here, not in the class: a type may have a map of itself as a member
    static_assert(
        std::is_nothrow_destructible_v<key_type> && std::is_nothrow_destructible_v<mapped_type>,
        "syncmap: destructors of keys and values must not throw");
    static_assert(!std::is_abstract_v<mapped_type>, "syncmap: the value must not be abstract");
  }

  /// @name The operations of sync.Map
  /// @{

  /// The value of `key`, or nothing. (Go: Load)
  /// @throws what hash, equality and the copy of the value throw
  /// @par Progress: that of reads, see the map. Allocates nothing itself. Complexity: constant.
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, K>
  [[nodiscard]] SYNCMAP_INLINE std::optional<mapped_type> load(const K& key) const {
    std::optional<mapped_type> result;
    engine_.read(as_sought(key), [&](const mapped_type& value) { result.emplace(value); });
    return result;
  }

  /// Makes `value` the value of `key`. (Go: Store)
  /// @throws what hash, equality, the construction of key and value, and allocation throw
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V>
  void store(K&& key, V&& value) {
    engine_.template modify<detail::operation::store>(
        as_key(std::forward<K>(key)), [&](const mapped_type*, auto& next) {
          if (!next) next.emplace(std::forward<V>(value));
          return detail::action::set;
        });
  }

  /// The value of `key` if there is one (`loaded`), else stores `value` and returns that.
  /// (Go: LoadOrStore) Of several concurrent calls for an absent key exactly one stores.
  /// @throws as store, and what the copy of a value throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V> && value_can_be_copied<mapped_type, K>
  load_or_store_result<mapped_type> load_or_store(K&& key, V&& value) {
    load_or_store_result<mapped_type> result;
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          const bool loaded = current != nullptr;
          if (!loaded && !next) next.emplace(std::forward<V>(value));
          result.emplace(loaded ? *current : *next, loaded);
          return loaded ? detail::action::keep : detail::action::set;
        });
    return result;
  }

  /// Removes `key`; returns the value it had, or nothing. (Go: LoadAndDelete)
  /// @throws as load
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> load_and_erase(const K& key) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          assign(result, current);
          return current != nullptr ? detail::action::erase : detail::action::keep;
        });
    return result;
  }

  /// Removes `key`; returns whether it was there. (Go: Delete)
  /// @throws what hash and equality throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  bool erase(const K& key) {
    bool present = false;
    engine_.template modify<detail::operation::erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          present = current != nullptr;
          return present ? detail::action::erase : detail::action::keep;
        });
    return present;
  }

  /// Makes `value` the value of `key`; returns the value it had before, or nothing. (Go: Swap)
  /// @throws as store, and what the copy of a value throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V> && value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> swap(K&& key, V&& value) {
    std::optional<mapped_type> previous;
    engine_.template modify<detail::operation::swap>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          if (!next) next.emplace(std::forward<V>(value));
          assign(previous, current);
          return detail::action::set;
        });
    return previous;
  }

  /// If `key` has a value that is `== expected`, makes `desired` its value and returns true.
  /// (Go: CompareAndSwap) An absent key equals no value. `desired` may be equal to `expected`: that
  /// is a write.
  /// @throws as store, and what `==` of values throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_has_equality<mapped_type, K> && value_can_be_made_from<mapped_type, V>
  bool compare_and_swap(const K& key, const mapped_type& expected, V&& desired) {
    bool swapped = false;
    engine_.template modify<detail::operation::compare_and_swap>(
        as_sought(key), [&](const mapped_type* current, auto& next) {
          swapped = current != nullptr && *current == expected;
          if (!swapped) return detail::action::keep;
          if (!next) next.emplace(std::forward<V>(desired));
          return detail::action::set;
        });
    return swapped;
  }

  /// If `key` has a value that is `== expected`, removes it and returns true.
  /// (Go: CompareAndDelete) An absent key equals no value.
  /// @throws what hash, equality and `==` of values throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_has_equality<mapped_type, K>
  bool compare_and_erase(const K& key, const mapped_type& expected) {
    bool erased = false;
    engine_.template modify<detail::operation::compare_and_erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          erased = current != nullptr && *current == expected;
          return erased ? detail::action::erase : detail::action::keep;
        });
    return erased;
  }

  /// Calls `f(key, value)` for the entries of the map, in no order, until it returns false. (Go:
  /// Range) `f` may return nothing, to see all.
  ///
  /// Visits no key twice, and every key that is there from before the call to its end; of a key that
  /// is stored or erased meanwhile shows a value that it had during the call, or nothing (G3). `f` may
  /// call any member of this map, `range` included.
  /// @throws what `f` throws
  /// @par Complexity: linear.
  template <class F>
    requires entry_visitor<F, key_type, mapped_type>
  void range(F&& f) const {
    typename Engine::cursor at(engine_);
    while (at.next()) {
      using result = decltype(f(at.key(), at.value()));
      if constexpr (std::is_void_v<result>) {
        f(at.key(), at.value());
      } else {
        if (!f(at.key(), at.value())) return;
      }
    }
  }

  /// Removes all entries, at one instant (G1). (Go: Clear, since 1.23) Operations that run meanwhile
  /// take effect before or after it. Does nothing, and takes no lock, if the map is empty.
  void clear() { engine_.clear(); }

  /// @}

 protected:
  friend struct basic_map_inspector;  // tests

  // What the engine gets for a key that was passed: itself; what can be compared with keys (of a string
  // its view, so that its length is looked for once); or a key made from it. It lives until the end of the call.
  template <class K>
  SYNCMAP_INLINE static decltype(auto) as_key(K&& key) {
    using other = std::remove_cvref_t<K>;
    if constexpr (std::same_as<other, key_type>) {
      return std::forward<K>(key);
    } else if constexpr (key_can_be_compared_with<other, key_type, hasher, key_equal>) {
      if constexpr (std::is_convertible_v<const other&, detail::view_of<key_type>>) {
        return detail::view_of<key_type>(key);
      } else {
        return std::forward<K>(key);
      }
    } else {
      return static_cast<key_type>(std::forward<K>(key));
    }
  }
  template <class K>
  SYNCMAP_INLINE static decltype(auto) as_sought(const K& key) {
    return as_key(key);
  }

  template <class Pair>
  void insert_pair(Pair&& pair) {
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::get<0>(std::forward<Pair>(pair))), [&](const mapped_type* current, auto& next) {
          if (current != nullptr) return detail::action::keep;
          if (!next) next.emplace(std::get<1>(std::forward<Pair>(pair)));
          return detail::action::set;
        });
  }

  static void assign(std::optional<mapped_type>& to, const mapped_type* from) {
    to.reset();
    if (from != nullptr) to.emplace(*from);
  }

  Engine engine_;
};

}  // namespace syncmap::inline v0_1
