// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map of the standard kind under one lock, which readers may share or not.
#pragma once

#include <cstddef>

#include "maps/support/unsynchronised.hpp"

namespace bench {

template <class Map, class Mutex, class ReadLock, class WriteLock>
class locked {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit locked(std::size_t hint) : map_(hint) {}

  template <class F>
  bool visit(const key_type& key, F f) const {
    const ReadLock lock(mutex_);
    return map_.visit(key, f);
  }
  bool load(const key_type& key, mapped_type& out) const {
    const ReadLock lock(mutex_);
    return map_.load(key, out);
  }
  void store(const key_type& key, const mapped_type& value) {
    const WriteLock lock(mutex_);
    map_.store(key, value);
  }
  bool insert(const key_type& key, const mapped_type& value) {
    const WriteLock lock(mutex_);
    return map_.insert(key, value);
  }
  bool erase(const key_type& key) {
    const WriteLock lock(mutex_);
    return map_.erase(key);
  }
  template <class F>
  bool update(const key_type& key, F f) {
    const WriteLock lock(mutex_);
    return map_.update(key, f);
  }
  template <class F>
  void upsert(const key_type& key, const mapped_type& value, F f) {
    const WriteLock lock(mutex_);
    map_.upsert(key, value, f);
  }
  template <class F>
  void for_each(F f) const {
    const ReadLock lock(mutex_);
    map_.for_each(f);
  }

 private:
  mutable Mutex mutex_;
  unsynchronised<Map> map_;
};

}  // namespace bench
