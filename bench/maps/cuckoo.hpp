// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// libcuckoo::cuckoohash_map: two buckets of four for each key, striped spinlocks.
#pragma once

namespace bench {
template <class Key, class T>
class cuckoo;
}

#if __has_include(<libcuckoo/cuckoohash_map.hh>)
#include <cstddef>
#include <libcuckoo/cuckoohash_map.hh>
#include <string>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::cuckoo {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "libcuckoo::cuckoohash_map"; }
  static std::string version() { return "Debian's"; }

  explicit cuckoo(std::size_t hint) {
    if (hint != 0) map_.reserve(hint);
  }

  template <class F>
  bool visit(const Key& key, F f) const {
    return map_.find_fn(key, f);
  }
  bool load(const Key& key, T& out) const { return map_.find(key, out); }
  void store(const Key& key, const T& value) { map_.insert_or_assign(key, value); }
  bool insert(const Key& key, const T& value) { return map_.insert(key, value); }
  bool erase(const Key& key) { return map_.erase(key); }
  template <class F>
  bool update(const Key& key, F f) {
    return map_.update_fn(key, f);
  }
  template <class F>
  void upsert(const Key& key, const T& value, F f) {
    map_.upsert(key, f, value);
  }
  // There is no traversal but under all locks.
  template <class F>
  void for_each(F f) const {
    const auto locked = map_.lock_table();
    for (const auto& [key, value] : locked) f(key, value);
  }

 private:
  mutable libcuckoo::cuckoohash_map<Key, T, mixing_hash<Key>> map_;
};
#endif
