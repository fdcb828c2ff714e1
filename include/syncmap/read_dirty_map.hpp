// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file read_dirty_map.hpp
/// syncmap::read_dirty_map: the two-map algorithm of Go's sync.Map.

#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/reclaim.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

/// The map of Go 1.9 to 1.23's `sync.Map`: a *read* table that is answered without a lock, and a
/// *dirty* table under a mutex that has the new keys too and takes read's place when enough lookups
/// have missed.
///
/// Made for keys that are written once and read many times. **It pays an O(n) step**: the first store
/// of a new key after a promotion copies the table of all entries, under the mutex, and other stores
/// of new keys wait for it; so do they while a *dirty* that is full is moved to a larger table. Lookups of
/// keys that are not yet promoted, or absent while such keys exist, take the mutex.
///
/// Progress: a read that hits the read table, or misses it while no new keys exist, is lock-free and
/// writes no shared line; it repeats a step only if another thread published a new table or value in
/// between (G4). All other reads, and writes of keys that are not in the read table, block on the
/// mutex, which is held for some table operations, or for the copy above. Writes of keys in the read
/// table are lock-free. Key equality, and no other user code, may run under the mutex (G5): it must
/// not call a map.
///
/// An erased value is destroyed soon (G9). Its *key* may stay in the read table until new keys were
/// stored and promoted, or the map is cleared or destroyed; and a key that was never promoted stays if
/// it is erased by `compare_and_erase`. `erase`, `load_and_erase` and `compute` leave no such key.
///
/// In the child of a `fork()`, use only maps that no other thread was using at that instant: it may
/// have held the mutex (G10).
///
/// Numbers and enumerations that are smaller than a pointer are stored without an allocation of their
/// own, and without reclamation when they are replaced.
///
/// @tparam Hash callable as `size_t(const Key&)`, and copyable
/// @tparam KeyEqual callable as `bool(const Key&, const Key&)`
/// @tparam Allocator where the memory of this map comes from; with plain pointers, and not throwing when it
///   is copied. Keys and values that take an allocator get it. Every entry keeps a copy if it has a state.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class read_dirty_map
    : public basic_map<detail::read_dirty<Key, T, Hash, KeyEqual,
                                          detail::memory_with<detail::platform, Allocator>>> {
  using base = basic_map<
      detail::read_dirty<Key, T, Hash, KeyEqual, detail::memory_with<detail::platform, Allocator>>>;

 public:
  using base::base;
};

template <detail::input_range Entries>
explicit read_dirty_map(Entries&&)
    -> read_dirty_map<detail::key_of_pairs<Entries>, detail::value_of_pairs<Entries>>;
template <std::input_iterator It, std::sentinel_for<It> End>
read_dirty_map(It, End) -> read_dirty_map<detail::key_in_pair<std::iter_value_t<It>>,
                                          detail::value_in_pair<std::iter_value_t<It>>>;
template <class Key, class T>
read_dirty_map(std::initializer_list<std::pair<Key, T>>)
    -> read_dirty_map<std::remove_const_t<Key>, T>;

}  // namespace syncmap::inline v0_1
