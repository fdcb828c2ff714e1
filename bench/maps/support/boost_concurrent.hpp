// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The visiting interface that the concurrent maps of boost share.
#pragma once

#include <cstddef>

namespace bench {

template <class Map>
class boost_concurrent {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit boost_concurrent(std::size_t hint) : map_(hint) {}

  template <class F>
  bool visit(const key_type& key, F f) const {
    return map_.cvisit(key, [&](const auto& entry) { f(entry.second); }) != 0;
  }
  bool load(const key_type& key, mapped_type& out) const {
    return visit(key, [&](const mapped_type& value) { out = value; });
  }
  void store(const key_type& key, const mapped_type& value) { map_.insert_or_assign(key, value); }
  bool insert(const key_type& key, const mapped_type& value) {
    return map_.try_emplace(key, value);
  }
  bool erase(const key_type& key) { return map_.erase(key) != 0; }
  void shrink() { map_.rehash(0); }

  template <class F>
  bool update(const key_type& key, F f) {
    return map_.visit(key, [&](auto& entry) { f(entry.second); }) != 0;
  }
  template <class F>
  void upsert(const key_type& key, const mapped_type& value, F f) {
    map_.try_emplace_or_visit(key, value, [&](auto& entry) { f(entry.second); });
  }
  template <class F>
  void for_each(F f) const {
    map_.cvisit_all([&](const auto& entry) { f(entry.first, entry.second); });
  }

 private:
  Map map_;
};

}  // namespace bench
