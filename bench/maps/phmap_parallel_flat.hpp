// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// phmap::parallel_flat_hash_map: 64 flat maps, a std::mutex for each.
#pragma once

namespace bench {
template <class Key, class T>
class phmap_parallel_flat;
}

#if __has_include(<parallel_hashmap/phmap.h>)
#include <parallel_hashmap/phmap.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::phmap_parallel_flat {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "phmap::parallel_flat_hash_map"; }
  static std::string version() {
    return std::to_string(PHMAP_VERSION_MAJOR) + '.' + std::to_string(PHMAP_VERSION_MINOR);
  }

  explicit phmap_parallel_flat(std::size_t hint) {
    if (hint != 0) map_.reserve(hint);
  }

  template <class F>
  bool visit(const Key& key, F f) const {
    return map_.if_contains(key, [&](const auto& entry) { f(entry.second); });
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  void store(const Key& key, const T& value) {
    map_.try_emplace_l(
        key, [&](auto& entry) { entry.second = value; }, value);
  }
  bool insert(const Key& key, const T& value) {
    return map_.try_emplace_l(
        key, [](auto&) {}, value);
  }
  bool erase(const Key& key) { return map_.erase(key) != 0; }
  template <class F>
  bool update(const Key& key, F f) {
    return map_.modify_if(key, [&](auto& entry) { f(entry.second); });
  }
  template <class F>
  void upsert(const Key& key, const T& value, F f) {
    map_.try_emplace_l(
        key, [&](auto& entry) { f(entry.second); }, value);
  }
  template <class F>
  void for_each(F f) const {
    map_.for_each([&](const auto& entry) { f(entry.first, entry.second); });
  }

 private:
  static constexpr std::size_t submaps_log2 = 6;

  phmap::parallel_flat_hash_map<Key, T, mixing_hash<Key>, std::equal_to<Key>,
                                std::allocator<std::pair<const Key, T>>, submaps_log2, std::mutex>
      map_;
};
#endif
