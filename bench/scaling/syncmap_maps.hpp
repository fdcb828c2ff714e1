// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps of the library, as they are, on the platform that records what they do.
#pragma once

#include "scaling/traced_platform.hpp"
// The platform comes before the library.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>
#include <syncmap/hash.hpp>

namespace scaling {

template <class Engine>
class syncmap_members {
 public:
  using value = typename Engine::mapped_type;

  explicit syncmap_members(std::size_t entries) {
    if constexpr (requires { map_.reserve(entries); }) map_.reserve(entries);
  }
  auto load(std::uint64_t key) const { return map_.load(key); }
  void store(std::uint64_t key, std::uint64_t bits) { map_.store(key, value{bits}); }
  bool erase(std::uint64_t key) { return map_.erase(key); }

 private:
  syncmap::basic_map<Engine> map_;
};

// Does not fit in a slot, so that each entry is a node.
struct two_words {
  std::uint64_t first;
  std::uint64_t second = 0;
};

template <class T>
using group_engine = syncmap::detail::group_map<std::uint64_t, T, syncmap::hash<std::uint64_t>,
                                                std::equal_to<std::uint64_t>, traced_platform>;

// Keys and values in the slots.
using inline_map = syncmap_members<group_engine<std::uint64_t>>;
using node_map = syncmap_members<group_engine<two_words>>;
using read_dirty_map = syncmap_members<
    syncmap::detail::read_dirty<std::uint64_t, std::uint64_t, syncmap::hash<std::uint64_t>,
                                traced_equal<std::uint64_t>, traced_platform>>;

}  // namespace scaling
