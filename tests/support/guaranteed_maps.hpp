// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps whose guarantees are tested, each with entries in its slots, words in nodes, and nodes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <kinds.hpp>
#include <maps.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/hash.hpp>
#include <test_platform.hpp>

namespace support {

// The same maps, where a thread may stand still at each atomic operation while others go on.
struct yielding_read_dirty_family {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map =
      syncmap::basic_map<syncmap::detail::read_dirty<K, T, H, E, syncmap::test::yield_platform>>;
  static std::string name() { return "yielding_read_dirty_map"; }
};
struct yielding_map_family {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::basic_map<
      syncmap::detail::group_map<K, T, H, E, syncmap::test::yielding_growing_platform>>;
  static std::string name() { return "yielding_map"; }
};

template <class Family>
using every_kind = if_quick<
    list<kind_setup<Family, words>, kind_setup<Family, texts>, kind_setup<Family, text_to_word>>,
    list<kind_setup<Family, words>, kind_setup<Family, texts>>>;
template <class... Families>
auto kinds_of(list<Families...>) {
  return typename joined<list<>, every_kind<Families>...>::type();
}
}  // namespace support
