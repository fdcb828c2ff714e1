// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps that the contract suite runs over, and the hashes it gives them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
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

// What is left of a hash. Whoever starts the program chooses, so that the maps of a family are of one type and
// their tests are compiled once: SYNCMAP_TEST_HASH=constant. tests/CMakeLists.txt has the suite run with each.
struct hash_kind {
  std::string_view name;
  std::size_t (*reduce)(std::size_t full);
};
inline constexpr hash_kind good_hash{"good", [](std::size_t full) { return full; }};
inline constexpr hash_kind constant_hash{"constant", [](std::size_t) { return std::size_t{0}; }};
inline constexpr hash_kind four_bit_hash{"four_bit", [](std::size_t full) { return full & 15; }};

inline const hash_kind& chosen_hash() {
  static const hash_kind chosen = [] {
    const char* const given = std::getenv("SYNCMAP_TEST_HASH");
    if (given == nullptr) return good_hash;
    for (const hash_kind& one : {good_hash, constant_hash, four_bit_hash}) {
      if (one.name == given) return one;
    }
    throw std::invalid_argument("SYNCMAP_TEST_HASH is good, constant or four_bit");
  }();
  return chosen;
}

inline std::size_t (*reduce)(std::size_t) = good_hash.reduce;

// All that is to be tested, or, where compiling and running take several times as long, some of it.
template <class All, class Some>
using if_quick = std::conditional_t<syncmap::test::sanitized, Some, All>;

struct read_dirty_family {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::read_dirty_map<K, T, H, E>;
  static std::string name() { return "read_dirty_map"; }
};

struct map_family {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::map<K, T, H, E>;
  static std::string name() { return "map"; }
};

// The same map, as it is while it grows.
struct growing_map_family {
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

template <class Family>
struct setup {
  template <class K>
  using hash = counted_hash<K>;
  template <class K, class T>
  using map = typename Family::template map<K, T, hash<K>>;
  template <class K, class T, class H, class E>
  using map_with = typename Family::template map<K, T, H, E>;
  static std::string name() { return Family::name(); }
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

template <class... F>
auto setups_of(list<F...>) {
  return ::testing::Types<setup<F>...>();
}
using setups = decltype(setups_of(families()));

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

  explicit contract(const hash_kind& hash = chosen_hash()) { reduce = hash.reduce; }
};

// What every map does, whatever the hash.
template <class Setup>
class each_map : public contract<Setup> {
 public:
  each_map() : contract<Setup>(good_hash) {}
};

}  // namespace support
