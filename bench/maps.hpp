// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the benchmarks compare syncmap with, behind the same member names.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bench {

// The map most programs write by hand: a std::unordered_map under one reader-writer lock. Only
// `load` and the first half of `range` share the lock; whatever may write takes it for itself. The
// hash is the one people get: for integers the identity, which suits keys that count up.
template <class Key, class T, class Hash = std::hash<Key>>
class shared_mutex_map {
 public:
  struct load_or_store_result {
    T value;
    bool loaded;
  };

  std::optional<T> load(const Key& key) const {
    const std::shared_lock lock(mutex_);
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    return it->second;
  }

  void store(const Key& key, const T& value) {
    const std::unique_lock lock(mutex_);
    entries_.insert_or_assign(key, value);
  }

  load_or_store_result load_or_store(const Key& key, const T& value) {
    const std::unique_lock lock(mutex_);
    const auto [it, stored] = entries_.try_emplace(key, value);
    return {it->second, !stored};
  }

  std::optional<T> load_and_erase(const Key& key) {
    const std::unique_lock lock(mutex_);
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    std::optional<T> removed(std::move(it->second));
    entries_.erase(it);
    return removed;
  }

  bool erase(const Key& key) {
    const std::unique_lock lock(mutex_);
    return entries_.erase(key) != 0;
  }

  std::optional<T> swap(const Key& key, const T& value) {
    const std::unique_lock lock(mutex_);
    const auto [it, stored] = entries_.try_emplace(key, value);
    if (stored) return std::nullopt;
    return std::exchange(it->second, value);
  }

  bool compare_and_swap(const Key& key, const T& expected, const T& desired) {
    const std::unique_lock lock(mutex_);
    const auto it = entries_.find(key);
    if (it == entries_.end() || !(it->second == expected)) return false;
    it->second = desired;
    return true;
  }

  bool compare_and_erase(const Key& key, const T& expected) {
    const std::unique_lock lock(mutex_);
    const auto it = entries_.find(key);
    if (it == entries_.end() || !(it->second == expected)) return false;
    entries_.erase(it);
    return true;
  }

  // Copies the keys under the lock, then loads each: `f` may call anything on the map.
  template <class F>
  void range(F f) const {
    std::vector<Key> keys;
    {
      const std::shared_lock lock(mutex_);
      keys.reserve(entries_.size());
      for (const auto& [key, value] : entries_) keys.push_back(key);
    }
    for (const Key& key : keys) {
      const std::optional<T> value = load(key);
      if (value && !f(key, *value)) return;
    }
  }

  void clear() {
    const std::unique_lock lock(mutex_);
    entries_.clear();
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<Key, T, Hash> entries_;
};

// One thread only: what a look-up costs before anything is shared.
template <class Map>
class unsynchronised {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  std::optional<mapped_type> load(const key_type& key) const {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    return it->second;
  }

  void store(const key_type& key, const mapped_type& value) {
    entries_.insert_or_assign(key, value);
  }

  template <class F>
  void range(F f) const {
    for (const auto& [key, value] : entries_) {
      if (!f(key, value)) return;
    }
  }

 private:
  Map entries_;
};

}  // namespace bench
