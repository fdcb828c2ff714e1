// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// syncmap::read_dirty_map, as its users call it.
#pragma once

#include <string>
#include <syncmap/read_dirty_map.hpp>

#include "maps/support/hash.hpp"
#include "maps/support/syncmap_members.hpp"

namespace bench {

template <class Key, class T>
class syncmap_read_dirty
    : public syncmap_members<syncmap::read_dirty_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "syncmap::read_dirty_map"; }
  static std::string version() { return "this"; }

  using syncmap_members<syncmap::read_dirty_map<Key, T, mixing_hash<Key>>>::syncmap_members;
};

}  // namespace bench
