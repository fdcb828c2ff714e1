// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// boost::concurrent_node_map: as the flat one, with entries that stay where they are. Since 1.84.
#pragma once

namespace bench {
template <class Key, class T>
class boost_concurrent_node;
}

#if __has_include(<boost/unordered/concurrent_node_map.hpp>)
#include <boost/unordered/concurrent_node_map.hpp>
#include <boost/version.hpp>
#include <string>

#include "maps/support/boost_concurrent.hpp"
#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::boost_concurrent_node
    : public boost_concurrent<boost::concurrent_node_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "boost::concurrent_node_map"; }
  static std::string version() { return BOOST_LIB_VERSION; }

  using boost_concurrent<boost::concurrent_node_map<Key, T, mixing_hash<Key>>>::boost_concurrent;
};
#endif
