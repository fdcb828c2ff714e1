// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file map.hpp
/// syncmap::map: the default map.

#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/reclaim.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

/// The default map: fast in every mix of reads and writes, at every size.
///
/// A hash table of groups of sixteen slots. Reads take no lock, write no shared memory, and finish
/// even if a writer is stopped anywhere (G4). A write locks the one group of its key, for a few stores
/// and none of the user's code (G5). The table grows in small steps that writers share: no operation
/// pays for all entries (G7).
///
/// Progress: reads are lock-free; they repeat a step only if an insertion, an erasure or a move of
/// the same group was finished in between. Writes block on other writes of the same group, and on
/// nothing else. `clear` is lock-free.
///
/// Keys and values of at most eight bytes, trivially copyable and without padding, are kept in the
/// table itself: nothing is allocated for them, and `visit`, `range` and iterators show a copy. A
/// larger key, or value, gets a node. A value of at most eight bytes is then replaced in place; a
/// larger one by a new node, for which a key that can be copied is copied.
///
/// In the child of a `fork()`, use only maps that no other thread was writing at that instant: it may
/// have held a group's lock (G10).
///
/// What `clear` removes is destroyed a few entries at a time, by the writes of its thread that follow, or
/// at once by `reclaim()` or `shrink_to_fit`. A map that has had an entry keeps a counter of 1 KiB.
///
/// Many keys with *equal* hashes are found one after the other, in time proportional to their number;
/// the table does not grow for them (G11).
///
/// @tparam Hash callable as `size_t(const Key&)`, and copyable
/// @tparam KeyEqual callable as `bool(const Key&, const Key&)`
/// @tparam Allocator where the memory of this map comes from; with plain pointers, and not throwing when it
///   is copied. Keys and values that take an allocator get it. Every entry keeps a copy if it has a state.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class map : public basic_map<detail::group_map<Key, T, Hash, KeyEqual,
                                               detail::memory_with<detail::platform, Allocator>>> {
  using base = basic_map<
      detail::group_map<Key, T, Hash, KeyEqual, detail::memory_with<detail::platform, Allocator>>>;

 public:
  using base::base;
};

template <detail::input_range Entries>
explicit map(Entries&&) -> map<detail::key_of_pairs<Entries>, detail::value_of_pairs<Entries>>;
template <std::input_iterator It, std::sentinel_for<It> End>
map(It, End) -> map<detail::key_in_pair<std::iter_value_t<It>>,
                    detail::value_in_pair<std::iter_value_t<It>>>;
template <class Key, class T>
map(std::initializer_list<std::pair<Key, T>>) -> map<std::remove_const_t<Key>, T>;

}  // namespace syncmap::inline v0_1
