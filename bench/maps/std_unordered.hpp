// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// std::unordered_map, unsynchronised: a floor.
#pragma once

#include <string>
#include <unordered_map>

#include "maps/support/hash.hpp"
#include "maps/support/unsynchronised.hpp"

namespace bench {

template <class Key, class T>
class std_unordered : public unsynchronised<std::unordered_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = false;
  static std::string name() { return "std::unordered_map"; }
  static std::string version() { return std::to_string(_GLIBCXX_RELEASE); }

  using std_unordered::unsynchronised::unsynchronised;
};

}  // namespace bench
