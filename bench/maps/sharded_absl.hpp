// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// absl::flat_hash_map in 64 shards with spinlocks.
#pragma once

namespace bench {
template <class Key, class T>
class sharded_absl;
}

#if __has_include(<absl/container/flat_hash_map.h>)
#include <absl/base/config.h>
#include <absl/container/flat_hash_map.h>

#include <string>

#include "maps/support/hash.hpp"
#include "maps/support/sharded.hpp"

template <class Key, class T>
class bench::sharded_absl
    : public sharded<absl::flat_hash_map<Key, T, mixing_hash<Key>>, mixing_hash<Key>> {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "sharded absl flat"; }
  static std::string version() { return std::to_string(ABSL_LTS_RELEASE_VERSION); }

  using sharded<absl::flat_hash_map<Key, T, mixing_hash<Key>>, mixing_hash<Key>>::sharded;
};
#endif
