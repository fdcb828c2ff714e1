// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// boost::concurrent_flat_map: open addressing, a spinlock for each group of 15 entries.
#pragma once

namespace bench {
template <class Key, class T>
class boost_concurrent_flat;
}

#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)
#include <boost/unordered/concurrent_flat_map.hpp>
#include <boost/version.hpp>
#include <string>

#include "maps/support/boost_concurrent.hpp"
#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::boost_concurrent_flat
    : public boost_concurrent<boost::concurrent_flat_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "boost::concurrent_flat_map"; }
  static std::string version() { return BOOST_LIB_VERSION; }

  using boost_concurrent<boost::concurrent_flat_map<Key, T, mixing_hash<Key>>>::boost_concurrent;
};
#endif
