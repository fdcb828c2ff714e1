// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map of the standard kind as it is, for one thread: the floor, what the table itself costs.
#pragma once

#include <cstddef>

namespace bench {

template <class Map>
class unsynchronised {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit unsynchronised(std::size_t hint) {
    if (hint != 0) map_.reserve(hint);
  }

  template <class F>
  bool visit(const key_type& key, F f) const {
    const auto it = map_.find(key);
    if (it == map_.end()) return false;
    f(it->second);
    return true;
  }
  bool load(const key_type& key, mapped_type& out) const {
    return visit(key, [&](const mapped_type& value) { out = value; });
  }
  void store(const key_type& key, const mapped_type& value) { map_.insert_or_assign(key, value); }
  bool insert(const key_type& key, const mapped_type& value) {
    return map_.try_emplace(key, value).second;
  }
  bool erase(const key_type& key) { return map_.erase(key) != 0; }
  void shrink() { map_.rehash(0); }

  template <class F>
  bool update(const key_type& key, F f) {
    const auto it = map_.find(key);
    if (it == map_.end()) return false;
    f(it->second);
    return true;
  }

  template <class F>
  void upsert(const key_type& key, const mapped_type& value, F f) {
    const auto [it, inserted] = map_.try_emplace(key, value);
    if (!inserted) f(it->second);
  }

  template <class F>
  void for_each(F f) const {
    for (const auto& [key, value] : map_) f(key, value);
  }

 private:
  Map map_;
};

}  // namespace bench
