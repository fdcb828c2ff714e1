// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file pmr.hpp
/// The maps with memory from a `std::pmr::memory_resource`.

#pragma once

#include <memory_resource>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <utility>

namespace syncmap::inline v0_1::pmr {

/// `syncmap::map` with an allocator that asks a `std::pmr::memory_resource`, which must outlive the map; if
/// the map is a part of another map's value, also the reclamation that destroys that: do not keep the two in
/// one value.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>>
using map =
    syncmap::map<Key, T, Hash, KeyEqual, std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;

/// `syncmap::read_dirty_map`, likewise.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>>
using read_dirty_map =
    syncmap::read_dirty_map<Key, T, Hash, KeyEqual,
                            std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;

}  // namespace syncmap::inline v0_1::pmr
