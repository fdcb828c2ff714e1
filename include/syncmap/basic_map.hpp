// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file basic_map.hpp
/// The contract that all maps keep: every operation, written over an engine's four primitives.

#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <syncmap/concepts.hpp>
#include <syncmap/core_map.hpp>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/single_flight.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/load_or_store_result.hpp>
#include <syncmap/map_stats.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

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
class basic_map : public core_map<Engine> {
  using base = core_map<Engine>;
  using flight = detail::single_flight<typename base::key_type, typename base::hasher,
                                       typename base::key_equal, typename Engine::memory>;

 public:
  using typename base::allocator_type;
  using typename base::hasher;
  using typename base::key_equal;
  using typename base::key_type;
  using typename base::mapped_type;
  using typename base::size_type;
  using typename base::value_type;

  using base::base;
  using base::load_or_store;
  using base::range;

  /// @name What C++ programmers expect beyond them
  /// @{

  /// Whether `key` has a value. @throws what hash and equality throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  [[nodiscard]] SYNCMAP_INLINE bool contains(const K& key) const {
    return engine_.read(as_sought(key), [](const mapped_type&) {});
  }

  /// Calls `f(value)` with the value of `key`, without a copy; returns whether there was one. The
  /// reference is valid until `f` returns, whatever other threads do, and the value does not change.
  /// @throws what hash, equality and `f` throw
  template <class K = key_type, class F>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> && value_visitor<F, mapped_type>
  SYNCMAP_INLINE bool visit(const K& key, F&& f) const {
    return engine_.read(
        as_sought(key), [&](const mapped_type& value) { static_cast<void>(f(value)); });
  }

  class handle;
  /// The entry of `key`, to be kept: `if (auto found = map.find(key)) use(*found);` What the handle shows
  /// lives as long as the handle, so give it a name.
  /// @throws what hash and equality throw, std::bad_alloc
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  [[nodiscard]] handle find(const K& key) const {
    return handle(engine_, as_sought(key));
  }

  /// `load` of every key of a range, in order; returns the end of what it wrote. Faster than one after
  /// the other where the map is larger than the processor's caches: the memory of some keys is asked
  /// for before the first of them is looked at. Each is a load of its own (G1).
  /// @param keys a range that can be walked twice
  /// @param out takes `std::optional<T>`
  /// @throws as load, and what the range and `out` throw
  template <detail::forward_range Keys, std::weakly_incrementable Out>
    requires key_can_be_found_by<detail::element_of<Keys>, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, Keys> &&
             std::indirectly_writable<Out, std::optional<mapped_type>>
  Out load_many(Keys&& keys, Out out) const {
    const auto sought = [](const auto& key) -> decltype(auto) { return as_sought(key); };
    const auto on_each = [&out](const mapped_type* value) {
      *out = value == nullptr ? std::optional<mapped_type>() : std::optional<mapped_type>(*value);
      ++out;
    };
    engine_.read_many(std::ranges::begin(keys), std::ranges::end(keys), sought, on_each);
    return out;
  }

  /// The value of `key` if there is one (`loaded`), else stores `factory()` and returns that. Of
  /// any number of threads that call this for one absent key, exactly one runs its factory; the others,
  /// and nobody else, wait for it. If it throws, its caller gets the exception, and the next of those that
  /// wait runs its own. While the value is made the key is absent for every other operation; one that
  /// stores it meanwhile wins, and what the factory made is dropped.
  ///
  /// The factory may use this map and others, `load_or_compute` included. Called from a destructor that a
  /// reclamation runs, this waits for nobody, and runs its own factory.
  /// @throws std::logic_error for a key inside the factory for that key, and in a circle of factories
  ///   that wait for each other; what the factory throws; as load_or_store
  /// @par Progress: blocks on the factories of the same key; for a few steps also on others that wait.
  template <class K = key_type, class F>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             key_can_be_found_by<std::remove_reference_t<K>, key_type, hasher, key_equal> &&
             key_can_be_copied<key_type, K> && value_can_be_copied<mapped_type, K> &&
             value_factory<F, mapped_type>
  load_or_store_result<mapped_type> load_or_compute(K&& key, F&& factory) {
    load_or_store_result<mapped_type> result;
    const auto found = [&](const mapped_type& value) { result.emplace(value, true); };
    if (engine_.read(as_sought(key), found)) return result;
    const auto compute = [&] {
      return load_or_store(std::forward<K>(key), static_cast<mapped_type>(factory()));
    };
    if (flight::must_not_wait()) return compute();
    const auto own = static_cast<key_type>(as_sought(key));
    for (;;) {
      const typename flight::turn turn(engine_, own);
      // Whoever had the turn before has stored the key, or failed.
      if (engine_.read(own, found)) return result;
      if (turn.leads()) return compute();
    }
  }

  /// Replaces the value of `key` by `f(value)`, atomically: if another thread changed it meanwhile,
  /// `f` is called again. Returns the new value, or nothing if the key is absent.
  /// @throws what hash, equality, `f`, copies and allocation throw
  template <class K = key_type, class F>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> && value_updater<F, mapped_type> &&
             value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> update(const K& key, F&& f) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::compare_and_swap>(
        as_sought(key), [&](const mapped_type* current, auto& next) {
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
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_computer<F, mapped_type> && value_can_be_copied<mapped_type, K>
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
            erased = current != nullptr && pred(key, *current);
            return erased ? detail::action::erase : detail::action::keep;
          });
      if (erased) ++count;
    });
    return count;
  }

  /// If `key` is absent, makes its value from `args`; returns whether it did. The standard's name for
  /// `load_or_store`, for values that need not be copyable or movable. @throws as store
  template <class K = key_type, class... Args>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, Args...>
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
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V>
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
    requires value_can_be_copied<key_type, Container> && value_can_be_copied<mapped_type, Container>
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
  [[nodiscard]] allocator_type get_allocator() const noexcept {
    return detail::allocator_of<value_type>(engine_.source());
  }

  /// What happens inside, in numbers. @par Progress: lock-free. Complexity: constant.
  [[nodiscard]] map_stats stats() const { return engine_.stats(); }

  /// @}

 private:
  friend struct basic_map_inspector;  // tests

  using base::as_key;
  using base::as_sought;
  using base::engine_;
};

/// Walks a map; see `begin`. Movable only: it keeps alive what it shows.
template <class Engine>
class basic_map<Engine>::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::pair<const key_type&, const mapped_type&>;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;

  iterator(iterator&& other) noexcept
      : cursor_(std::move(other.cursor_)), more_(std::exchange(other.more_, false)) {}
  iterator& operator=(iterator&& other) noexcept {
    more_ = std::exchange(other.more_, false);
    cursor_ = std::move(other.cursor_);
    return *this;
  }

  [[nodiscard]] reference operator*() const noexcept {
    SYNCMAP_ASSERT(
        more_, "syncmap: an iterator at its end, or that was moved from, is at no entry");
    return {cursor_.key(), cursor_.value()};
  }
  iterator& operator++() {
    SYNCMAP_ASSERT(
        more_, "syncmap: an iterator at its end, or that was moved from, cannot move on");
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

/// What `find` returns: nothing, or an entry with the value that it had then.
///
/// It keeps the key and the value in memory however long it is held, whatever happens to the map's
/// mapping, and shows that value for ever. It blocks nobody, and delays the destruction of nothing else (G8).
/// Movable, also to another thread; use it there as any object. It must not outlive the map.
///
/// A small entry, which is kept in the table itself, is copied into the handle.
template <class Engine>
class basic_map<Engine>::handle {
 public:
  /// Of nothing.
  handle() = default;
  handle(handle&&) noexcept = default;  ///< leaves nothing behind
  handle& operator=(handle&&) noexcept = default;

  /// Was the key there?
  [[nodiscard]] explicit operator bool() const noexcept { return entry_.has_value(); }
  /// @pre the handle has an entry
  [[nodiscard]] const key_type& key() const noexcept {
    SYNCMAP_ASSERT(*this, "syncmap: a handle of nothing has no key: ask it first, if (handle) ...");
    return entry_.key();
  }
  /// @pre the handle has an entry
  [[nodiscard]] const mapped_type& value() const noexcept {
    SYNCMAP_ASSERT(
        *this, "syncmap: a handle of nothing has no value: ask it first, if (handle) ...");
    return entry_.value();
  }
  [[nodiscard]] const mapped_type& operator*() const noexcept { return value(); }
  [[nodiscard]] const mapped_type* operator->() const noexcept { return std::addressof(value()); }

 private:
  friend basic_map;
  template <class K>
  handle(const Engine& engine, const K& key) : entry_(engine, key) {}

  typename Engine::pinned entry_;
};

}  // namespace syncmap::inline v0_1
