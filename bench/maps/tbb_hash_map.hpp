// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// tbb::concurrent_hash_map: chains, a reader-writer lock for each bucket and each entry.
#pragma once

namespace bench {
template <class Key, class T>
class tbb_hash_map;
}

#if __has_include(<tbb/concurrent_hash_map.h>)
#include <tbb/concurrent_hash_map.h>
#include <tbb/version.h>

#include <cstddef>
#include <string>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::tbb_hash_map {
 public:
  static constexpr bool concurrent = true;
  static constexpr bool own_allocator = true;  // libtbbmalloc
  static std::string name() { return "tbb::concurrent_hash_map"; }
  static std::string version() { return TBB_VERSION_STRING; }

  explicit tbb_hash_map(std::size_t hint) : map_(hint != 0 ? hint : 1) {}

  template <class F>
  bool visit(const Key& key, F f) const {
    typename map::const_accessor entry;
    if (!map_.find(entry, key)) return false;
    f(entry->second);
    return true;
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  void store(const Key& key, const T& value) {
    typename map::accessor entry;
    if (!map_.emplace(entry, key, value)) entry->second = value;
  }
  bool insert(const Key& key, const T& value) { return map_.emplace(key, value); }
  bool erase(const Key& key) { return map_.erase(key); }
  template <class F>
  bool update(const Key& key, F f) {
    typename map::accessor entry;
    if (!map_.find(entry, key)) return false;
    f(entry->second);
    return true;
  }
  template <class F>
  void upsert(const Key& key, const T& value, F f) {
    typename map::accessor entry;
    if (!map_.emplace(entry, key, value)) f(entry->second);
  }
  // Unsafe while others write, which no workload does: there is no traversal that is not.
  template <class F>
  void for_each(F f) const {
    for (const auto& [key, value] : map_) f(key, value);
  }

 private:
  struct compare {
    static std::size_t hash(const Key& key) { return mixing_hash<Key>()(key); }
    static bool equal(const Key& a, const Key& b) { return a == b; }
  };
  using map = tbb::concurrent_hash_map<Key, T, compare>;

  map map_;
};
#endif
