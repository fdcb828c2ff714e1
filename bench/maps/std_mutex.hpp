// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// std::unordered_map under one std::mutex.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "maps/support/hash.hpp"
#include "maps/support/locked.hpp"

namespace bench {

template <class Key, class T>
class std_mutex : public locked<std::unordered_map<Key, T, mixing_hash<Key>>, std::mutex,
                                std::unique_lock<std::mutex>, std::unique_lock<std::mutex>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "std::unordered_map + mutex"; }
  static std::string version() { return std::to_string(_GLIBCXX_RELEASE); }

  using std_mutex::locked::locked;
};

}  // namespace bench
