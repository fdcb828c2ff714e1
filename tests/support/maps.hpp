// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps that the contract suite runs over, and the hashes it gives them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <syncmap/reclaim.hpp>
#include <test_platform.hpp>
#include <type_traits>

namespace support {

template <class...>
struct list {};

// What is left of a hash. A test chooses when it begins, and not when it is compiled: all of a family's maps
// are of one type, and compiled once.
struct good_hash {
  static std::string name() { return "good_hash"; }
  static std::size_t reduce(std::size_t full) { return full; }
};
struct constant_hash {
  static std::string name() { return "constant_hash"; }
  static std::size_t reduce(std::size_t) { return 0; }
};
struct four_bit_hash {
  static std::string name() { return "four_bit_hash"; }
  static std::size_t reduce(std::size_t full) { return full & 15; }
};

inline std::size_t (*reduce)(std::size_t) = good_hash::reduce;

// The maps, each with the hashes that the suite gives it: all of them, or, where compiling and running
// take several times as long, some.
template <class All, class Some>
using if_quick = std::conditional_t<syncmap::test::sanitized, Some, All>;

struct read_dirty_family {
  using hashes = if_quick<list<good_hash, constant_hash, four_bit_hash>, list<four_bit_hash>>;
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::read_dirty_map<K, T, H, E>;
  static std::string name() { return "read_dirty_map"; }
};

struct map_family {
  using hashes = if_quick<list<good_hash, constant_hash, four_bit_hash>, list<good_hash>>;
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::map<K, T, H, E>;
  static std::string name() { return "map"; }
};

// The same map, as it is while it grows.
struct growing_map_family {
  using hashes = if_quick<list<good_hash, four_bit_hash>, list<four_bit_hash>>;
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map =
      syncmap::basic_map<syncmap::detail::group_map<K, T, H, E, syncmap::test::growing_platform>>;
  static std::string name() { return "growing_map"; }
};

// syncmap::reclaim(), and the same for what maps of the test platforms have retired.
inline void reclaim() noexcept {
  syncmap::detail::hazard_domain<syncmap::test::growing_platform>::global().reclaim();
  syncmap::reclaim();
}

// Every map of the library: a new one is added here, and nowhere else in the suite. (A growing map is the same
// map; under sanitizers it stands for both.)
using families = if_quick<list<read_dirty_family, map_family, growing_map_family>,
                          list<read_dirty_family, growing_map_family>>;

// Counts its calls, so that a test can prove that it was used.
template <class K>
struct counted_hash {
  static inline std::atomic<std::uint64_t> calls{0};

  std::size_t operator()(const K& key) const {
    calls.fetch_add(1, std::memory_order_relaxed);
    return reduce(std::hash<K>()(key));
  }
};

template <class Family, class Kind>
struct setup {
  template <class K>
  using hash = counted_hash<K>;
  template <class K, class T>
  using map = typename Family::template map<K, T, hash<K>>;
  template <class K, class T, class H, class E>
  using map_with = typename Family::template map<K, T, H, E>;
  static std::string name() { return Family::name() + "_" + Kind::name(); }
  static void choose() { reduce = Kind::reduce; }
};

// Lists one after the other, as gtest wants them.
template <class, class...>
struct joined;
template <class... Done>
struct joined<list<Done...>> {
  using type = ::testing::Types<Done...>;
};
template <class... Done, class... Next, class... Rest>
struct joined<list<Done...>, list<Next...>, Rest...> : joined<list<Done..., Next...>, Rest...> {};

template <class Family, class... Kind>
auto row(list<Kind...>) {
  return list<setup<Family, Kind>...>();
}
template <class... F>
auto all_of(list<F...>) {
  return typename joined<list<>, decltype(row<F>(typename F::hashes()))...>::type();
}
template <class... F>
auto good_of(list<F...>) {
  return ::testing::Types<setup<F, good_hash>...>();
}

using all_setups = decltype(all_of(families()));
using good_setups = decltype(good_of(families()));

struct setup_names {
  template <class Setup>
  static std::string GetName(int) {
    return Setup::name();
  }
};

// What every map does with every hash.
template <class Setup>
class contract : public ::testing::Test {
 public:
  using int_map = typename Setup::template map<int, int>;
  using string_map = typename Setup::template map<std::string, int>;

  contract() { Setup::choose(); }
};

// What every map does, whatever the hash.
template <class Setup>
class each_map : public contract<Setup> {};

}  // namespace support
