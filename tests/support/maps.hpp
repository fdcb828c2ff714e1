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
#include <syncmap/syncmap.hpp>
#include <type_traits>

namespace support {

struct read_dirty_family {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::read_dirty_map<K, T, H, E>;
  static std::string name() { return "read_dirty_map"; }
};

template <class...>
struct list {};

// Every map of the library: a new one is added here, and nowhere else in the suite.
using families = list<read_dirty_family>;

// Hashes that count their calls, so that a test can prove that they were used.
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
using hashes = list<good_hash, constant_hash, four_bit_hash>;

template <class Kind, class K>
struct counted_hash {
  static inline std::atomic<std::uint64_t> calls{0};

  std::size_t operator()(const K& key) const {
    calls.fetch_add(1, std::memory_order_relaxed);
    return Kind::reduce(std::hash<K>()(key));
  }
};

template <class Family, class Kind>
struct setup {
  template <class K>
  using hash = counted_hash<Kind, K>;
  template <class K, class T>
  using map = typename Family::template map<K, T, hash<K>>;
  template <class K, class T, class H, class E>
  using map_with = typename Family::template map<K, T, H, E>;
  static std::string name() { return Family::name() + "_" + Kind::name(); }
};

// list<F...> x list<H...>, as gtest wants it.
template <class, class...>
struct joined;
template <class... Done>
struct joined<list<Done...>> {
  using type = ::testing::Types<Done...>;
};
template <class... Done, class... Next, class... Rest>
struct joined<list<Done...>, list<Next...>, Rest...> : joined<list<Done..., Next...>, Rest...> {};

template <class... F, class... H>
auto product(list<F...>, list<H...> kinds) {
  const auto row = []<class Family, class... Kind>(
                       list<Family>, list<Kind...>) { return list<setup<Family, Kind>...>(); };
  return typename joined<list<>, decltype(row(list<F>(), kinds))...>::type();
}

using all_setups = decltype(product(families(), hashes()));
using good_setups = decltype(product(families(), list<good_hash>()));

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
};

// What every map does, whatever the hash.
template <class Setup>
class each_map : public contract<Setup> {};

}  // namespace support
