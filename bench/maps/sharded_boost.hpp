// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// boost::unordered_flat_map in 64 shards with spinlocks.
#pragma once

namespace bench {
template <class Key, class T>
class sharded_boost;
}

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>
#include <string>

#include "maps/support/hash.hpp"
#include "maps/support/sharded.hpp"

template <class Key, class T>
class bench::sharded_boost
    : public sharded<boost::unordered_flat_map<Key, T, mixing_hash<Key>>, mixing_hash<Key>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "sharded boost flat"; }
  static std::string version() { return BOOST_LIB_VERSION; }

  using sharded<boost::unordered_flat_map<Key, T, mixing_hash<Key>>, mixing_hash<Key>>::sharded;
};
#endif
