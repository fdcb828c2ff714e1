// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// xenium::harris_michael_hash_map: lists without locks, epochs. The number of its buckets is a
// constant: here what suits the sizes that are usually measured, so a small map pays for many. It has no
// operation that replaces a value, so it is left out where that is measured.
#pragma once

namespace bench {
template <class Key, class T>
class xenium_harris_michael;
}

#if __has_include(<xenium/harris_michael_hash_map.hpp>)
#include <cassert>  // which its header forgets
#include <cstddef>
#include <memory>
#include <string>
#include <xenium/harris_michael_hash_map.hpp>
#include <xenium/reclamation/generic_epoch_based.hpp>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::xenium_harris_michael {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "xenium::harris_michael_hash_map"; }
  static std::string version() { return "Debian's"; }

  explicit xenium_harris_michael(std::size_t) : map_(std::make_unique<map>()) {}

  template <class F>
  bool visit(const Key& key, F f) const {
    const auto found = map_->find(key);
    if (found == map_->end()) return false;
    f(found->second);
    return true;
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  bool insert(const Key& key, const T& value) { return map_->emplace(key, value); }
  bool erase(const Key& key) { return map_->erase(key); }
  template <class F>
  void for_each(F f) const {
    for (auto it = map_->begin(); it != map_->end(); ++it) f(it->first, it->second);
  }

 private:
  using map = xenium::harris_michael_hash_map<
      Key, T, xenium::policy::reclaimer<xenium::reclamation::generic_epoch_based<>>,
      xenium::policy::hash<mixing_hash<Key>>, xenium::policy::buckets<std::size_t{1} << 17>>;

  std::unique_ptr<map> map_;
};
#endif
