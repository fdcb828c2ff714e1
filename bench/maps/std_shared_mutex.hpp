// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// std::unordered_map under one std::shared_mutex: the map most programs have.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "maps/support/hash.hpp"
#include "maps/support/locked.hpp"

namespace bench {

template <class Key, class T>
class std_shared_mutex
    : public locked<std::unordered_map<Key, T, mixing_hash<Key>>, std::shared_mutex,
                    std::shared_lock<std::shared_mutex>, std::unique_lock<std::shared_mutex>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "std::unordered_map + shared_mutex"; }
  static std::string version() { return std::to_string(_GLIBCXX_RELEASE); }

  using std_shared_mutex::locked::locked;
};

}  // namespace bench
