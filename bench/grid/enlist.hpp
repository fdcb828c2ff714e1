// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Puts a map into the registry. Each adapter is compiled by itself, in a source that CMake makes.
#pragma once

#include <string>

#include "grid/growth.hpp"
#include "grid/oversubscribed.hpp"
#include "grid/registry.hpp"
#include "grid/replay.hpp"
#include "grid/steady.hpp"
#include "grid/word_count.hpp"
#include "grid/ycsb.hpp"

namespace grid {

// What needs more than insert and erase.
template <class Map, class Types>
outcome measure_changing(const job& what, const dataset<Types>& data) {
  if constexpr (can_store<Map, Types>) {
    steady<Map, Types> cell(what, data);
    switch (what.work) {
      case workload::mix99:
        return cell.loads_and_stores(0.01);
      case workload::ycsb_a:
        return cell.loads_and_stores(0.5);
      case workload::ycsb_b:
        return cell.loads_and_stores(0.05);
      case workload::hot_write:
        return cell.hot_write();
      case workload::hot_read:
        return cell.hot_read();
      case workload::oversubscribed:
        return oversubscribed<Map, Types>(what, data).loads_and_stores();
      case workload::ycsb_f:
        return ycsb<Map, Types>(what, data).read_modify_write();
      default:
        break;
    }
  }
  if constexpr (can_update<Map, Types>) {
    if (what.work == workload::hot_update) return steady<Map, Types>(what, data).hot_update();
  }
  return not_offered();
}

template <template <class, class> class MapOf, class Types>
outcome measure(const job& what, const dataset<Types>& data) {
  using map = MapOf<typename Types::key, typename Types::value>;
  using same_size = steady<map, Types>;
  using growing = growth<map, Types>;
  switch (what.work) {
    case workload::hit:
    case workload::ycsb_c:
      return same_size(what, data).hit();
    case workload::miss:
      return same_size(what, data).miss();
    case workload::visit:
      return same_size(what, data).visit();
    case workload::dependent:
      return same_size(what, data).dependent();
    case workload::mix90:
      return same_size(what, data).churn(0.9);
    case workload::mix50:
      return same_size(what, data).churn(0.5);
    case workload::ycsb_d:
      return ycsb<map, Types>(what, data).latest();
    case workload::foreach_entry:
      return same_size(what, data).for_each();
    case workload::insert:
      return growing(what, data).inserts(0);
    case workload::reserve_insert:
      return growing(what, data).inserts(data.entries);
    case workload::pause:
      return growing(what, data).pauses();
    case workload::load_pause:
      return growing(what, data).load_pauses();
    case workload::memory:
      return growing(what, data).memory();
    case workload::memory_kept:
      return growing(what, data).memory_kept();
    case workload::trace:
      return replay<map, Types>(what, data).operations();
    default:
      return measure_changing<map, Types>(what, data);
  }
}

// An adapter whose library is missing only declares its class.
template <template <class, class> class Map>
bool enlist(const std::string& id) {
  map_entry entry;
  entry.id = id;
  if constexpr (requires { sizeof(Map<word, word>); }) {
    using map = Map<word, word>;
    entry.name = map::name();
    entry.version = map::version();
    entry.kind = role::peer;
    if (entry.name.starts_with("syncmap::")) entry.kind = role::ours;
    if (!map::concurrent) entry.kind = role::floor;
    entry.run_integers = measure<Map, integers>;
    entry.run_strings = measure<Map, strings>;
    entry.run_records = measure<Map, records>;
    entry.run_words = count_words<Map<words::key, words::value>>;
  }
  all_maps().push_back(entry);
  return true;
}

}  // namespace grid
