// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The module `syncmap`: every public name of the headers. What compiles it: docs/install.md.

module;

#include <syncmap/syncmap.hpp>

export module syncmap;

export namespace syncmap {

using syncmap::basic_map;
using syncmap::concurrent_map;
using syncmap::core_map;
using syncmap::hash;
using syncmap::load_or_store_result;
using syncmap::map;
using syncmap::map_stats;
using syncmap::read_dirty_map;
using syncmap::reclaim;

using syncmap::entry_predicate;
using syncmap::entry_visitor;
using syncmap::key_can_be_compared_with;
using syncmap::key_can_be_copied;
using syncmap::key_can_be_found_by;
using syncmap::key_can_be_inserted_from;
using syncmap::key_can_be_made_from;
using syncmap::value_can_be_copied;
using syncmap::value_can_be_made_from;
using syncmap::value_computer;
using syncmap::value_factory;
using syncmap::value_has_equality;
using syncmap::value_updater;
using syncmap::value_visitor;

using syncmap::version;
using syncmap::version_major;
using syncmap::version_minor;
using syncmap::version_patch;

}  // namespace syncmap

export namespace syncmap::pmr {

using syncmap::pmr::map;
using syncmap::pmr::read_dirty_map;

}  // namespace syncmap::pmr
