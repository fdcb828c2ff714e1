// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_map.hpp -- the engine of syncmap::map: the four primitives of engine.hpp, and sizes.
//
// All that depends on the layout of an entry is in group_core.hpp and is looked at when an operation
// is used: only then must the types of keys and values be complete.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/group_core.hpp>
#include <syncmap/detail/group_cursor.hpp>
#include <syncmap/detail/group_root.hpp>
#include <syncmap/detail/group_sizing.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/misuse.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/map_stats.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M = platform>
class group_map {
  static_assert(check_types<Key, T>::passed);
  using P = platform_of<M>;
  template <class Value>
  using core_type = group_core<Key, Value, Hash, comparison<Key, KeyEqual>, M>;

 public:
  using memory = M;
  using key_type = Key;
  using mapped_type = T;
  using hasher = Hash;
  using key_equal = KeyEqual;

  constexpr group_map() = default;
  constexpr group_map(const Hash& hash, const KeyEqual& equal, const M& from = M())
      : hash_(hash), equal_(equal), memory_(from) {}
  group_map(const group_map&) = delete;
  group_map& operator=(const group_map&) = delete;
  // REQUIRES: no operation is running.
  ~group_map() {
    using table = typename core_type<T>::table;
    SYNCMAP_ASSERT(!is_in_use(), SYNCMAP_IN_USE);
    // relaxed (locked): no operation is running.
    if (auto* const more = root_.flights.load(std::memory_order_relaxed)) more->destroy(more);
    // What was retired goes first, so that every key and value is destroyed before this returns.
    // relaxed (locked): no operation is running.
    if (root_.has_retired.load(std::memory_order_relaxed)) hazard_domain<P>::global().reclaim();
    const auto last = root_.template load<table>();
    if (!last.is_empty()) table::destroy(last.table());
    root_.template bury<table>();
  }

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
  [[nodiscard]] const M& source() const noexcept { return memory_; }
  [[nodiscard]] auto& flights() const noexcept { return root_.flights; }
  [[nodiscard]] std::size_t size() const noexcept { return root_.size(); }

  // The four primitives (engine.hpp).

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return core<T>().read(key, on_found);
  }
  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide&& decide) {
    core<T>().template modify<Op>(std::forward<K>(key), decide);
  }
  void clear() { sizing<T>().clear(); }
  class cursor;

  // Further ones, made of the same.

  class pinned;
  // Reads some keys that follow each other, their memory brought near first.
  template <class It, class End, class Sought, class F>
  void read_many(It first, const End last, const Sought& sought, const F& on_each) const {
    const auto of = core<T>();
    read_ahead([&](const auto& key) { return hash_(key); },
               [&](const std::size_t* hashes, std::size_t count) { of.prefetch(hashes, count); },
               [&](std::size_t hash, const auto& key) {
                 auto found = [&](const T& value) { on_each(std::addressof(value)); };
                 if (!core<T>().read(hash, key, found)) on_each(static_cast<const T*>(nullptr));
               },
               first, last, sought);
  }

  // Sizes.

  void reserve(std::size_t entries) {
    if (entries != 0) sizing<T>().reserve(core_type<T>::table::groups_for(entries));
  }
  void shrink_to_fit() {
    sizing<T>().shrink();
    hazard_domain<P>::global().reclaim();
  }
  [[nodiscard]] std::size_t capacity() const { return stats().capacity; }
  [[nodiscard]] static constexpr std::size_t max_size() noexcept {
    return core_type<T>::table::max_entries();
  }
  [[nodiscard]] map_stats stats() const {
    map_stats result;
    {
      const hazard_scope<P, 3> guard;
      const auto r = core<T>().protect_root(guard[0]);
      if (!r.is_empty()) add_table(result, *r.table(), guard[2]);
    }
    result.entries = size();
    result.capacity = larger(result.capacity, result.entries);
    result.growths = root_.growths.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.bytes += root_.counter.bytes() + core_type<T>::layout::bytes_beside * result.entries;
    result.retired_bytes = hazard_domain<P>::global().retired_bytes();
    return result;
  }

 private:
  friend struct group_inspector;  // tests

  template <class Value>
  SYNCMAP_INLINE core_type<Value> core() const noexcept {
    return core_type<Value>(root_, hash_, comparison_by<Key>(equal_), memory_);
  }
  template <class Value>
  group_sizing<core_type<Value>> sizing() noexcept {
    return {root_, core<Value>()};
  }
  // As far as it shows: in a callback of this thread, or while another thread holds a lock.
  [[nodiscard]] bool is_in_use() const noexcept {
    const auto r = root_.template load<typename core_type<T>::table>();
    if (r.is_empty() || !misuse<P>::can_be_told()) return false;
    return misuse<P>::this_thread_uses(r.table()) || r.table()->has_locked_group();
  }
  template <class Table>
  void add_table(map_stats& to, const Table& current, const protector<P>& guard) const {
    to.capacity = current.capacity();
    to.groups = current.group_count();
    to.overflowing_groups = current.overflowing();
    to.longest_probe = current.longest_probe();
    to.bytes = current.bytes_with_overflow();
    Table* const next = current.next();
    if (next == nullptr || next == &current) return;
    const auto now = core<T>().protect_next(next, guard);
    if (now.is(&current) || now.is(next)) to.bytes += next->bytes_with_overflow();
  }

  // First: g++ 12, where it makes some empty objects, clears the byte that they share with what is there.
  SYNCMAP_NO_UNIQUE_ADDRESS Hash hash_{};
  SYNCMAP_NO_UNIQUE_ADDRESS KeyEqual equal_{};
  SYNCMAP_NO_UNIQUE_ADDRESS M memory_{};
  mutable group_root<M> root_;
};

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_map<Key, T, Hash, KeyEqual, M>::cursor {
 public:
  explicit cursor(const group_map& map) : map_(&map) {}

  bool next() {
    if (!at_.next(map_->template core<T>())) return false;
    window_.look(at_.current());
    return true;
  }
  [[nodiscard]] const Key& key() const noexcept { return layout::key_of(at_.current()); }
  [[nodiscard]] const T& value() const noexcept { return window_.value(at_.current()); }

 private:
  using layout = typename core_type<T>::layout;

  const group_map* map_;
  group_cursor<core_type<T>> at_;
  typename layout::window window_;
};

// An entry that stays: a copy of one that is inline, or a protected node.
template <class Key, class T, class Hash, class KeyEqual, class M>
class group_map<Key, T, Hash, KeyEqual, M>::pinned {
 public:
  pinned() = default;
  template <class K>
  pinned(const group_map& map, const K& key) {
    if constexpr (!layout::is_inline) unit_ = make_hazard_pointer<P>();
    if (map.template core<T>().pin(key, unit_, entry_)) return;
    unit_ = hazard_pointer<P>();
  }
  pinned(pinned&& other) noexcept
      : unit_(std::move(other.unit_)), entry_(std::exchange(other.entry_, {})) {}
  pinned& operator=(pinned&& other) noexcept {
    entry_ = std::exchange(other.entry_, {});
    unit_ = std::move(other.unit_);
    return *this;
  }

  [[nodiscard]] bool has_value() const noexcept { return entry_.at.has_value(); }
  // REQUIRES: has_value().
  [[nodiscard]] const Key& key() const noexcept { return layout::key_of(*entry_.at); }
  [[nodiscard]] const T& value() const noexcept { return entry_.window.value(*entry_.at); }

 private:
  using layout = typename core_type<T>::layout;

  hazard_pointer<P> unit_;
  typename core_type<T>::pinned entry_;
};

}  // namespace syncmap::inline v0_1::detail
