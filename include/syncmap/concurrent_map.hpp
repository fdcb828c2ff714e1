// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file concurrent_map.hpp
/// The contract that both maps keep, as a concept.

#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <syncmap/load_or_store_result.hpp>
#include <syncmap/map_stats.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1 {

/// A map with the operations of `syncmap::map` and `syncmap::read_dirty_map`, whose values can be copied
/// and compared. Write a function for both as `void serve(syncmap::concurrent_map auto& sessions)`. What
/// a concept cannot say is in docs/guarantees.md.
template <class Map>
concept concurrent_map =
    !std::copyable<Map> && !std::movable<Map> &&
    requires(Map& map, const Map& fixed, const typename Map::key_type& key,
             const typename Map::mapped_type& value, typename Map::mapped_type (*make)(),
             typename Map::mapped_type (*change)(const typename Map::mapped_type&),
             std::optional<typename Map::mapped_type> (*decide)(const typename Map::mapped_type*),
             bool (*test)(const typename Map::key_type&, const typename Map::mapped_type&),
             void (*look)(const typename Map::mapped_type&),
             const typename Map::key_type (&keys)[2],
             std::optional<typename Map::mapped_type>* out) {
      // the operations of sync.Map
      { fixed.load(key) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.store(key, value) } -> std::same_as<void>;
      {
        map.load_or_store(key, value)
      } -> std::same_as<load_or_store_result<typename Map::mapped_type>>;
      { map.load_and_erase(key) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.erase(key) } -> std::same_as<bool>;
      { map.swap(key, value) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.compare_and_swap(key, value, value) } -> std::same_as<bool>;
      { map.compare_and_erase(key, value) } -> std::same_as<bool>;
      { fixed.range(test) } -> std::same_as<void>;
      { map.clear() } -> std::same_as<void>;
      // what C++ programmers expect beyond them
      { fixed.contains(key) } -> std::same_as<bool>;
      { fixed.find(key) } -> std::same_as<typename Map::handle>;
      { fixed.visit(key, look) } -> std::same_as<bool>;
      { fixed.load_many(keys, out) } -> std::same_as<std::optional<typename Map::mapped_type>*>;
      { map.update(key, change) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.compute(key, decide) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      {
        map.load_or_compute(key, make)
      } -> std::same_as<load_or_store_result<typename Map::mapped_type>>;
      { map.erase_if(test) } -> std::same_as<std::size_t>;
      { map.try_emplace(key, value) } -> std::same_as<bool>;
      { map.insert_or_assign(key, value) } -> std::same_as<bool>;
      { fixed.begin() } -> std::input_iterator;
      { fixed.end() } -> std::sentinel_for<typename Map::iterator>;
      { fixed.size() } -> std::same_as<std::size_t>;
      { fixed.empty() } -> std::same_as<bool>;
      { map.reserve(std::size_t{}) } -> std::same_as<void>;
      { map.shrink_to_fit() } -> std::same_as<void>;
      { fixed.capacity() } -> std::same_as<std::size_t>;
      { Map::max_size() } -> std::same_as<std::size_t>;
      { fixed.stats() } -> std::same_as<map_stats>;
      { fixed.hash_function() } -> std::same_as<typename Map::hasher>;
      { fixed.key_eq() } -> std::same_as<typename Map::key_equal>;
      { fixed.get_allocator() } -> std::same_as<typename Map::allocator_type>;
    };

}  // namespace syncmap::inline v0_1
