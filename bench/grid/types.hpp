// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The kinds of keys and values that are measured, and the arrays of them that a cell works on.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace grid {

using word = std::uint64_t;

inline std::string hex(const char* format, word value) {
  char text[40];
  std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
  return text;
}

// u64 -> u64
struct integers {
  using key = word;
  using value = word;
  static constexpr const char* name = "u64";

  static key make_key(word random) { return random; }
  static value make_value(word i) { return i; }
  static word digest(value v) { return v; }
  static void change(value& v) { ++v; }
};

// A string of 20 characters -> one of 32: both beyond what std::string keeps inside.
struct strings {
  using key = std::string;
  using value = std::string;
  static constexpr const char* name = "string";

  static key make_key(word random) { return hex("key:%016llx", random); }
  static value make_value(word i) { return hex("a value of 32 chars:%012llx", i); }
  static word digest(const value& v) { return static_cast<word>(v.back()) + v.size(); }
  static void change(value& v) { v.back() = v.back() == 'a' ? 'b' : 'a'; }
};

// u64 -> 64 bytes
struct records {
  using key = word;
  using value = std::array<word, 8>;
  static constexpr const char* name = "record";

  static key make_key(word random) { return random; }
  static value make_value(word i) { return {i, 1, 2, 3, 4, 5, 6, i}; }
  static word digest(const value& v) { return v.front() + v.back(); }
  static void change(value& v) { v.back() = ++v.front(); }
};

// Ranks 0, 1, 2, ... with frequencies proportional to 1 / (rank + 1)^0.99, as in YCSB (the method
// of Gray et al., "Quickly generating billion-record synthetic databases").
class zipf {
 public:
  explicit zipf(std::size_t ranks) : ranks_(static_cast<double>(ranks)) {
    for (std::size_t i = 1; i <= ranks; ++i) zeta_ += std::pow(static_cast<double>(i), -theta);
    const double zeta_of_2 = 1 + std::pow(2, -theta);
    eta_ = (1 - std::pow(2 / ranks_, 1 - theta)) / (1 - zeta_of_2 / zeta_);
  }

  template <class Random>
  std::size_t operator()(Random& random) const {
    const double u = std::uniform_real_distribution<double>()(random);
    if (u * zeta_ < 1) return 0;
    if (u * zeta_ < 1 + std::pow(2, -theta)) return 1;
    const double rank = ranks_ * std::pow(eta_ * u - eta_ + 1, 1 / (1 - theta));
    return std::min(static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks_) - 1);
  }

 private:
  static constexpr double theta = 0.99;
  double ranks_, zeta_ = 0, eta_ = 0;
};

// What is asked for, in order: a power of two of keys, so that going round needs no division.
template <class Types>
using sequence = std::vector<typename Types::key>;

// Made once, before any clock starts, for all maps and all workloads.
template <class Types>
struct dataset {
  std::size_t entries = 0;
  sequence<Types> keys;     // random, distinct: the first `entries` are in the map, the rest not
  sequence<Types> present;  // chosen among the first `entries` of `keys`
  sequence<Types> stable;   // chosen among the first half of those
  sequence<Types> absent;   // chosen among the rest of `keys`
  std::array<typename Types::value, 64> values;  // to store in turn

  const typename Types::value& value_at(std::size_t i) const { return values[i % values.size()]; }

  dataset(std::size_t count, bool skewed) : entries(count) {
    std::mt19937_64 random(count);
    keys.reserve(2 * count);
    for (std::size_t i = 0; i < 2 * count; ++i) keys.push_back(Types::make_key(distinct(i)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Types::make_value(i);
    present = choose(random, 0, count, skewed);
    stable = choose(random, 0, count / 2, skewed);
    absent = choose(random, count, count, skewed);
  }

 private:
  // A bijection (the finalizer of splitmix64): no two keys are equal, and they look random.
  static word distinct(word i) {
    word z = (i + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  // Long enough that no branch predictor learns it and that it touches most entries; short enough
  // that making it stays cheap.
  template <class Random>
  sequence<Types> choose(Random& random, std::size_t from, std::size_t count, bool skewed) const {
    std::size_t length = std::size_t{1} << 16;
    while (length < 2 * count && length < std::size_t{1} << 22) length *= 2;
    sequence<Types> chosen;
    chosen.reserve(length);
    const zipf rank(skewed ? count : 2);
    std::uniform_int_distribution<std::size_t> any(0, count - 1);
    for (std::size_t i = 0; i < length; ++i) {
      chosen.push_back(keys[from + (skewed ? rank(random) : any(random))]);
    }
    return chosen;
  }
};

}  // namespace grid
