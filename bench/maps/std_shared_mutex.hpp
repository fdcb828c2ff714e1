// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// std::unordered_map under one std::shared_mutex: the map most programs have.
#pragma once

#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "maps/support/hash.hpp"
#include "maps/support/unsynchronised.hpp"

namespace bench {

template <class Key, class T>
class std_shared_mutex {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "std::unordered_map + shared_mutex"; }
  static std::string version() { return std::to_string(_GLIBCXX_RELEASE); }

  explicit std_shared_mutex(std::size_t hint) : map_(hint) {}

  template <class F>
  bool visit(const Key& key, F f) const {
    const std::shared_lock lock(mutex_);
    return map_.visit(key, f);
  }
  bool load(const Key& key, T& out) const {
    const std::shared_lock lock(mutex_);
    return map_.load(key, out);
  }
  void store(const Key& key, const T& value) {
    const std::unique_lock lock(mutex_);
    map_.store(key, value);
  }
  bool insert(const Key& key, const T& value) {
    const std::unique_lock lock(mutex_);
    return map_.insert(key, value);
  }
  bool erase(const Key& key) {
    const std::unique_lock lock(mutex_);
    return map_.erase(key);
  }
  template <class F>
  bool update(const Key& key, F f) {
    const std::unique_lock lock(mutex_);
    return map_.update(key, f);
  }
  template <class F>
  void for_each(F f) const {
    const std::shared_lock lock(mutex_);
    map_.for_each(f);
  }

 private:
  mutable std::shared_mutex mutex_;
  unsynchronised<std::unordered_map<Key, T, mixing_hash<Key>>> map_;
};

}  // namespace bench
