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
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/group_core.hpp>
#include <syncmap/detail/group_cursor.hpp>
#include <syncmap/detail/group_root.hpp>
#include <syncmap/detail/group_sizing.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::detail {

struct group_map_stats {
  std::size_t entries = 0;             ///< as size()
  std::size_t capacity = 0;            ///< as capacity()
  std::size_t growths = 0;             ///< how often a larger or smaller table became the table
  std::size_t groups = 0;              ///< of sixteen slots
  std::size_t overflowing_groups = 0;  ///< those with entries beyond their sixteen slots
};

template <class Key, class T, class Hash, class KeyEqual, class P = platform>
class group_map {
  static_assert(check_types<Key, T>::passed);
  template <class Value>
  using core_type = group_core<Key, Value, Hash, KeyEqual, P>;

 public:
  using key_type = Key;
  using mapped_type = T;
  using hasher = Hash;
  using key_equal = KeyEqual;

  constexpr group_map() = default;
  constexpr group_map(const Hash& hash, const KeyEqual& equal) : hash_(hash), equal_(equal) {}
  group_map(const group_map&) = delete;
  group_map& operator=(const group_map&) = delete;
  // REQUIRES: no operation is running.
  ~group_map() {
    using table = typename core_type<T>::table;
    // What was retired goes first, so that every key and value is destroyed before this returns.
    // relaxed (locked): no operation is running.
    if (root_.has_retired.load(std::memory_order_relaxed)) hazard_domain<P>::global().reclaim();
    const auto last = root_.template load<table>();
    if (!last.is_empty()) table::destroy(last.table());
  }

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
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
  [[nodiscard]] group_map_stats stats() const {
    group_map_stats result;
    const hazard_scope<P, 1> guard;
    const auto r = core<T>().protect_root(guard[0]);
    if (!r.is_empty()) {
      result.capacity = r.table()->capacity();
      result.groups = r.table()->group_count();
      result.overflowing_groups = r.table()->overflowing();
    }
    result.entries = size();
    result.growths = root_.growths.load(std::memory_order_relaxed);  // relaxed (statistic)
    return result;
  }

 private:
  friend struct group_inspector;  // tests

  template <class Value>
  SYNCMAP_INLINE core_type<Value> core() const noexcept {
    return core_type<Value>(root_, hash_, equal_);
  }
  template <class Value>
  group_sizing<core_type<Value>, P> sizing() noexcept {
    return {root_, core<Value>()};
  }

  mutable group_root<P> root_;
  SYNCMAP_NO_UNIQUE_ADDRESS Hash hash_{};
  SYNCMAP_NO_UNIQUE_ADDRESS KeyEqual equal_{};
};

template <class Key, class T, class Hash, class KeyEqual, class P>
class group_map<Key, T, Hash, KeyEqual, P>::cursor {
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
  group_cursor<core_type<T>, P> at_;
  typename layout::window window_;
};

}  // namespace syncmap::detail
