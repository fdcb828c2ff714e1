// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// syncmap::map, as its users call it: what `load` returns is a copy.
#pragma once

namespace bench {
template <class Key, class T>
class syncmap_map;
}

#if __has_include(<syncmap/map.hpp>)
#include <string>
#include <syncmap/map.hpp>

#include "maps/support/hash.hpp"
#include "maps/support/syncmap_members.hpp"

template <class Key, class T>
class bench::syncmap_map : public syncmap_members<syncmap::map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "syncmap::map"; }
  static std::string version() { return "this"; }

  using syncmap_members<syncmap::map<Key, T, mixing_hash<Key>>>::syncmap_members;
};
#endif
