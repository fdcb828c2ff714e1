// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file map_stats.hpp
/// What `stats()` returns.

#pragma once

#include <cstddef>

namespace syncmap::inline v0_1 {

/// What happens inside a map, in numbers. Each is exact if no other thread writes, and close otherwise;
/// they are read one after the other. What an algorithm does not have is 0.
struct map_stats {
  std::size_t entries = 0;   ///< as `size()`
  std::size_t capacity = 0;  ///< about how many entries there can be before a table grows
  /// What the map holds: its tables, the entries in them, its counters. Without what keys and values
  /// hold themselves.
  std::size_t bytes = 0;
  /// What was erased or replaced and is not destroyed yet: of all maps of the process, which share it.
  /// Of what `clear` has removed, which `map` takes up a part at a time, the parts taken up so far.
  std::size_t retired_bytes = 0;
  std::size_t longest_probe = 0;  ///< the most groups or buckets that a lookup may have to look at

  std::size_t groups = 0;              ///< `map`: groups of sixteen slots
  std::size_t overflowing_groups = 0;  ///< `map`: groups with entries beyond their sixteen slots
  std::size_t growths = 0;  ///< `map`: how often a larger or smaller table became the table

  std::size_t promotions = 0;  ///< `read_dirty_map`: how often dirty became read
  std::size_t misses = 0;      ///< `read_dirty_map`: lookups that took the mutex and were counted
  std::size_t expunged = 0;    ///< `read_dirty_map`: erased keys in read that dirty lacks
};

}  // namespace syncmap::inline v0_1
