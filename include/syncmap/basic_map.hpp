// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file basic_map.hpp
/// The contract that all maps keep: every operation, written over an engine's four primitives.

#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <syncmap/concepts.hpp>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/load_or_store_result.hpp>
#include <type_traits>
#include <utility>

namespace syncmap {

/// A concurrent hash map with the contract of Go's `sync.Map`.
///
/// Any number of threads may call any members at once, except the destructor. Each key behaves like
/// an atomic variable that may be absent. Every operation is linearizable (G1); one that changes the
/// map synchronizes with every operation that observes the change, an absence included (G2). No user
/// code - hash, value comparison, constructors, destructors, callbacks - runs while the map holds a
/// lock, so any of it may call any member of any map (G5; what an engine excepts, its map says). If
/// user code or an allocation throws, the operation has had no effect, and the map stays usable (G6).
/// An argument passed as an rvalue may have been moved from, if the operation throws, or if another
/// thread changes the key meanwhile and it does nothing. Pass no argument that is part of another one
/// that is moved.
///
/// Read operations: `load`, `contains`, `visit`, `range`, iteration, `size`, `empty`, and every other
/// operation that returns something. Write operations: `store` and `swap` always, the others if and
/// only if they changed the map.
///
/// The first operation of a thread, its first iterator, and its first operation within a callback may
/// allocate a small record, which is used again when it is free.
///
/// What an operation erases or replaces is destroyed later, when no thread reads it any more: by a
/// later write of any map on the same thread, by another thread's, by `reclaim()`, or by the
/// destructor of its map. So a write may run destructors of keys and values of other maps: do not hold
/// a lock, when you write, that such a destructor takes.
///
/// @tparam Engine the algorithm; see `read_dirty_map`.
template <class Engine>
class basic_map {
 public:
  using key_type = typename Engine::key_type;
  using mapped_type = typename Engine::mapped_type;
  using value_type = std::pair<const key_type, mapped_type>;
  using hasher = typename Engine::hasher;
  using key_equal = typename Engine::key_equal;
  using size_type = std::size_t;

  static_assert(std::is_invocable_r_v<std::size_t, const hasher&, const key_type&>,
                "syncmap: Hash must be callable as size_t(const Key&) on a const object");
  static_assert(
      std::is_invocable_r_v<bool, const key_equal&, const key_type&, const key_type&>,
      "syncmap: KeyEqual must be callable as bool(const Key&, const Key&) on a const object");

  /// An empty map: allocates nothing, and is a constant initialiser if `Hash` and `KeyEqual` are.
  constexpr basic_map()
    requires std::default_initializable<hasher> && std::default_initializable<key_equal>
  = default;
  /// An empty map with these function objects.
  constexpr explicit basic_map(const hasher& hash, const key_equal& equal = key_equal())
      : engine_(hash, equal) {}
  /// Like a mutex, a map stays where it is: other threads hold its address. `to` copies out.
  basic_map(const basic_map&) = delete;
  basic_map& operator=(const basic_map&) = delete;
  /// Destroys all keys and values, those retired earlier included (G9). A map that is destroyed by a
  /// reclamation, as a value of another map, may leave some of them to that same reclamation.
  /// @par Progress: waits, as `reclaim()` does, if anything was ever erased or replaced.
  /// @pre no other member is running, and no iterator is left.
  ~basic_map() {  // here, not in the class: a type may have a map of itself as a member
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
  [[nodiscard]] SYNCMAP_INLINE std::optional<mapped_type> load(const key_type& key) const
    requires value_can_be_copied<mapped_type>
  {
    std::optional<mapped_type> result;
    engine_.read(key, [&](const mapped_type& value) { result.emplace(value); });
    return result;
  }

  /// Makes `value` the value of `key`. (Go: Store)
  /// @throws what hash, equality, the construction of key and value, and allocation throw
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_made_from<K, key_type> && value_can_be_made_from<mapped_type, V>
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
    requires key_can_be_made_from<K, key_type> && value_can_be_made_from<mapped_type, V> &&
             value_can_be_copied<mapped_type>
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
  std::optional<mapped_type> load_and_erase(const key_type& key)
    requires value_can_be_copied<mapped_type>
  {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::erase>(key, [&](const mapped_type* current, auto&) {
      assign(result, current);
      return current != nullptr ? detail::action::erase : detail::action::keep;
    });
    return result;
  }

  /// Removes `key`; returns whether it was there. (Go: Delete)
  /// @throws what hash and equality throw
  bool erase(const key_type& key) {
    bool present = false;
    engine_.template modify<detail::operation::erase>(key, [&](const mapped_type* current, auto&) {
      present = current != nullptr;
      return present ? detail::action::erase : detail::action::keep;
    });
    return present;
  }

  /// Makes `value` the value of `key`; returns the value it had before, or nothing. (Go: Swap)
  /// @throws as store, and what the copy of a value throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_made_from<K, key_type> && value_can_be_made_from<mapped_type, V> &&
             value_can_be_copied<mapped_type>
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
  template <class V = mapped_type>
    requires value_has_equality<mapped_type> && value_can_be_made_from<mapped_type, V>
  bool compare_and_swap(const key_type& key, const mapped_type& expected, V&& desired) {
    bool swapped = false;
    engine_.template modify<detail::operation::compare_and_swap>(
        key, [&](const mapped_type* current, auto& next) {
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
  bool compare_and_erase(const key_type& key, const mapped_type& expected)
    requires value_has_equality<mapped_type>
  {
    bool erased = false;
    engine_.template modify<detail::operation::compare_and_erase>(
        key, [&](const mapped_type* current, auto&) {
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
      using result = std::invoke_result_t<F&, const key_type&, const mapped_type&>;
      if constexpr (std::is_void_v<result>) {
        std::invoke(f, at.key(), at.value());
      } else {
        if (!std::invoke(f, at.key(), at.value())) return;
      }
    }
  }

  /// Removes all entries, at one instant (G1). (Go: Clear, since 1.23) Operations that run meanwhile
  /// take effect before or after it. Does nothing, and takes no lock, if the map is empty.
  void clear() { engine_.clear(); }

  /// @}
  /// @name What C++ programmers expect beyond them
  /// @{

  /// Whether `key` has a value. @throws what hash and equality throw
  [[nodiscard]] SYNCMAP_INLINE bool contains(const key_type& key) const {
    return engine_.read(key, [](const mapped_type&) {});
  }

  /// Calls `f(value)` with the value of `key`, without a copy; returns whether there was one. The
  /// reference is valid until `f` returns, whatever other threads do, and the value does not change.
  /// @throws what hash, equality and `f` throw
  template <class F>
    requires value_visitor<F, mapped_type>
  SYNCMAP_INLINE bool visit(const key_type& key, F&& f) const {
    return engine_.read(key, [&](const mapped_type& value) { std::invoke(f, value); });
  }

  /// Replaces the value of `key` by `f(value)`, atomically: if another thread changed it meanwhile,
  /// `f` is called again. Returns the new value, or nothing if the key is absent.
  /// @throws what hash, equality, `f`, copies and allocation throw
  template <class F>
    requires value_updater<F, mapped_type> && value_can_be_copied<mapped_type>
  std::optional<mapped_type> update(const key_type& key, F&& f) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::compare_and_swap>(
        key, [&](const mapped_type* current, auto& next) {
          result.reset();
          if (current == nullptr) return detail::action::keep;
          result.emplace(next.emplace(f(*current)));
          return detail::action::set;
        });
    return result;
  }

  /// Calls `f(current)` with a pointer to the value of `key`, or null, and makes what it returns the
  /// value; if it returns nothing, removes the key. Atomically: if another thread changed the entry
  /// meanwhile, `f` is called again. Returns what is now there.
  /// @throws as update
  template <class K = key_type, class F>
    requires key_can_be_made_from<K, key_type> && value_computer<F, mapped_type> &&
             value_can_be_copied<mapped_type>
  std::optional<mapped_type> compute(K&& key, F&& f) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::compute>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          result.reset();
          std::optional<mapped_type> wanted = f(current);
          if (!wanted) return detail::action::erase;
          result.emplace(next.emplace(*std::move(wanted)));
          return detail::action::set;
        });
    return result;
  }

  /// Removes every entry for which `pred(key, value)` is true; returns how many. Each is removed only
  /// with a value for which `pred` was true. Which entries are seen is as for `range`.
  /// @throws what `pred`, hash and equality throw; what was removed until then stays removed
  template <class Pred>
    requires entry_predicate<Pred, key_type, mapped_type>
  size_type erase_if(Pred pred) {
    size_type count = 0;
    range([&](const key_type& key, const mapped_type&) {
      bool erased = false;
      engine_.template modify<detail::operation::compare_and_erase>(
          key, [&](const mapped_type* current, auto&) {
            erased = current != nullptr && std::invoke(pred, key, *current);
            return erased ? detail::action::erase : detail::action::keep;
          });
      if (erased) ++count;
    });
    return count;
  }

  /// If `key` is absent, makes its value from `args`; returns whether it did. The standard's name for
  /// `load_or_store`, for values that need not be copyable or movable. @throws as store
  template <class K = key_type, class... Args>
    requires key_can_be_made_from<K, key_type> && value_can_be_made_from<mapped_type, Args...>
  bool try_emplace(K&& key, Args&&... args) {
    bool inserted = false;
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          inserted = current == nullptr;
          if (!inserted) return detail::action::keep;
          if (!next) next.emplace(std::forward<Args>(args)...);
          return detail::action::set;
        });
    return inserted;
  }

  /// `store` that tells whether the key was absent. @throws as store
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_made_from<K, key_type> && value_can_be_made_from<mapped_type, V>
  bool insert_or_assign(K&& key, V&& value) {
    bool inserted = false;
    engine_.template modify<detail::operation::store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          inserted = current == nullptr;
          if (!next) next.emplace(std::forward<V>(value));
          return detail::action::set;
        });
    return inserted;
  }

  /// How many entries the map has: exact if no write runs meanwhile; else each write that runs
  /// meanwhile is counted or not. @par Progress: wait-free. Complexity: constant.
  [[nodiscard]] size_type size() const noexcept { return engine_.size(); }
  /// `size() == 0`.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  class iterator;
  /// Input iterators, for `for (const auto& [key, value] : map)`, with the guarantees of `range`. The
  /// references are valid until the iterator moves on, or is moved from. An iterator must not outlive the map.
  [[nodiscard]] iterator begin() const { return iterator(engine_); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  /// Copies out: `map.to<std::unordered_map<Key, T>>()`, `map.to<std::vector<std::pair<Key, T>>>()`.
  /// Not a snapshot: see `range`. @throws what the copies and the container throw
  template <class Container>
    requires value_can_be_copied<key_type> && value_can_be_copied<mapped_type>
  [[nodiscard]] Container to() const {
    Container result;
    range([&](const key_type& key, const mapped_type& value) {
      result.insert(result.end(), typename Container::value_type(key, value));
    });
    return result;
  }

  /// Makes room for `entries` entries, so that storing them makes nothing grow, but for rare luck.
  /// @throws std::length_error beyond `max_size()`, std::bad_alloc
  void reserve(size_type entries)
    requires requires(Engine& engine) { engine.reserve(size_type{}); }
  {
    if (entries > max_size()) {
      detail::throw_length_error("syncmap: reserve() of more entries than max_size()");
    }
    engine_.reserve(entries);
  }
  /// Makes the tables as small as the entries allow and returns what that sets free, and all that was
  /// retired, to the allocator. @throws std::bad_alloc @par Progress: as `reclaim()`. Complexity: linear.
  void shrink_to_fit()
    requires requires(Engine& engine) { engine.shrink_to_fit(); }
  {
    engine_.shrink_to_fit();
  }
  /// About how many entries the map can have before it grows.
  [[nodiscard]] size_type capacity() const
    requires requires(const Engine& engine) { engine.capacity(); }
  {
    return engine_.capacity();
  }
  /// More entries than there could be memory for.
  [[nodiscard]] static constexpr size_type max_size() noexcept
    requires requires { Engine::max_size(); }
  {
    return Engine::max_size();
  }

  [[nodiscard]] hasher hash_function() const { return engine_.hash_function(); }
  [[nodiscard]] key_equal key_eq() const { return engine_.key_eq(); }

  /// Counters of what happened inside; which there are depends on the map. @par Progress: lock-free.
  [[nodiscard]] auto stats() const { return engine_.stats(); }

  /// @}

 private:
  friend struct basic_map_inspector;  // tests

  // The key itself, or one made from what was passed. It lives until the end of the call.
  template <class K>
  static decltype(auto) as_key(K&& key) {
    if constexpr (std::same_as<std::remove_cvref_t<K>, key_type>) {
      return std::forward<K>(key);
    } else {
      return key_type(std::forward<K>(key));
    }
  }

  static void assign(std::optional<mapped_type>& to, const mapped_type* from) {
    to.reset();
    if (from != nullptr) to.emplace(*from);
  }

  Engine engine_;
};

/// Walks a map; see `begin`. Movable only: it keeps alive what it shows.
template <class Engine>
class basic_map<Engine>::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::pair<const key_type&, const mapped_type&>;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;

  iterator(iterator&&) noexcept = default;
  iterator& operator=(iterator&&) noexcept = default;

  [[nodiscard]] reference operator*() const noexcept { return {cursor_.key(), cursor_.value()}; }
  iterator& operator++() {
    more_ = cursor_.next();
    return *this;
  }
  void operator++(int) { ++*this; }
  [[nodiscard]] friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
    return !at.more_;
  }

 private:
  friend basic_map;
  explicit iterator(const Engine& engine) : cursor_(engine), more_(cursor_.next()) {}

  typename Engine::cursor cursor_;
  bool more_;
};

}  // namespace syncmap
