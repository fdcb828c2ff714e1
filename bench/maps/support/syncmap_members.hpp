// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The members that all maps of this library share.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace bench {

template <class Map>
class syncmap_members {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit syncmap_members(std::size_t hint) {
    if constexpr (requires { map_.reserve(hint); }) {
      if (hint != 0) map_.reserve(hint);
    }
  }

  template <class F>
  bool visit(const key_type& key, F f) const {
    return map_.visit(key, f);
  }
  bool load(const key_type& key, mapped_type& out) const {
    std::optional<mapped_type> found = map_.load(key);
    if (!found) return false;
    out = *std::move(found);
    return true;
  }
  void store(const key_type& key, const mapped_type& value) { map_.store(key, value); }
  bool insert(const key_type& key, const mapped_type& value) {
    return map_.try_emplace(key, value);
  }
  bool erase(const key_type& key) { return map_.erase(key); }
  void shrink()
    requires requires(Map& map) { map.shrink_to_fit(); }
  {
    map_.shrink_to_fit();
  }
  template <class F>
  bool update(const key_type& key, F f) {
    return map_
        .update(key,
                [&](mapped_type value) {
                  f(value);
                  return value;
                })
        .has_value();
  }
  bool compare_and_swap(const key_type& key, const mapped_type& expected,
                        const mapped_type& desired) {
    return map_.compare_and_swap(key, expected, desired);
  }
  template <class F>
  void for_each(F f) const {
    map_.range(f);
  }

 private:
  Map map_;
};

}  // namespace bench
