// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// absl::flat_hash_map, unsynchronised: a floor.
#pragma once

namespace bench {
template <class Key, class T>
class absl_flat;
}

#if __has_include(<absl/container/flat_hash_map.h>)
#include <absl/base/config.h>
#include <absl/container/flat_hash_map.h>

#include <string>

#include "maps/support/hash.hpp"
#include "maps/support/unsynchronised.hpp"

template <class Key, class T>
class bench::absl_flat : public unsynchronised<absl::flat_hash_map<Key, T, mixing_hash<Key>>> {
 public:
  static constexpr bool concurrent = false;
  static std::string name() { return "absl::flat_hash_map"; }
  static std::string version() { return std::to_string(ABSL_LTS_RELEASE_VERSION); }

  using unsynchronised<absl::flat_hash_map<Key, T, mixing_hash<Key>>>::unsynchronised;
};
#endif
