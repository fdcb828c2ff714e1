// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// boost::unordered_flat_map, unsynchronised: a floor.
#pragma once

namespace bench {
template <class Key, class T>
class boost_flat;
}

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>
#include <string>

#include "maps/support/hash.hpp"
#include "maps/support/unsynchronised.hpp"

template <class Key, class T>
class bench::boost_flat
    : public unsynchronised<boost::unordered_flat_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = false;
  static std::string name() { return "boost::unordered_flat_map"; }
  static std::string version() { return BOOST_LIB_VERSION; }

  using unsynchronised<boost::unordered_flat_map<Key, T, mixing_hash<Key>>>::unsynchronised;
};
#endif
