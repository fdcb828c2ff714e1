// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// xenium::vyukov_hash_map: buckets with locks for writers, optimistic readers, epochs. It has no
// operation that replaces a value, so it is left out where that is measured.
#pragma once

namespace bench {
template <class Key, class T>
class xenium_vyukov;
}

#if __has_include(<xenium/vyukov_hash_map.hpp>)
#include <bit>
#include <cstddef>
#include <string>
#include <xenium/reclamation/generic_epoch_based.hpp>
#include <xenium/vyukov_hash_map.hpp>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::xenium_vyukov {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "xenium::vyukov_hash_map"; }
  static std::string version() { return "Debian's"; }

  explicit xenium_vyukov(std::size_t hint) : map_(hint != 0 ? std::bit_ceil(hint) : 128) {}

  template <class F>
  bool visit(const Key& key, F f) const {
    typename map::accessor value;
    if (!map_.try_get_value(key, value)) return false;
    f(*value);
    return true;
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  bool insert(const Key& key, const T& value) { return map_.emplace(key, value); }
  // Of strings and structs, only what is there: it crashes otherwise (its 0.0.2).
  bool erase(const Key& key) { return map_.erase(key); }
  template <class F>
  void for_each(F f) const {
    for (auto it = map_.begin(); it != map_.end(); ++it) {
      const auto& entry = *it;
      f(entry.first, entry.second);
    }
  }

 private:
  using map =
      xenium::vyukov_hash_map<Key, T,
                              xenium::policy::reclaimer<xenium::reclamation::generic_epoch_based<>>,
                              xenium::policy::hash<mixing_hash<Key>>>;

  mutable map map_;
};
#endif
