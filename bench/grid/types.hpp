// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The kinds of keys and values that are measured, and the arrays of them that a cell works on.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace grid {

using word = std::uint64_t;

// What the keys and values of a set look like, where their type leaves that open, and how unevenly
// the keys are asked for.
struct shape {
  double skew = 0;  // the exponent of a Zipf distribution; 0: uniform
  std::size_t key_bytes = 20, value_bytes = 32;
};

// Ten characters hold 64 bits in digits of base 95, so no two numbers give the same text.
inline std::string text(std::size_t bytes, word number) {
  constexpr std::size_t digits = 10;
  std::string result(std::max(bytes, digits), '.');
  for (std::size_t i = 0; i < digits; ++i, number /= 95) {
    result[result.size() - 1 - i] = static_cast<char>(' ' + number % 95);
  }
  return result;
}

// u64 -> u64
struct integers {
  using key = word;
  using value = word;
  static constexpr const char* name = "u64";

  static key make_key(word random, const shape&) { return random; }
  static value make_value(word i, const shape&) { return i; }
  static word digest(value v) { return v; }
  static void change(value& v) { ++v; }
};

// A string of 20 characters -> one of 32, unless the shape says otherwise: both beyond what
// std::string keeps inside.
struct strings {
  using key = std::string;
  using value = std::string;
  static constexpr const char* name = "string";

  static key make_key(word random, const shape& s) { return text(s.key_bytes, random); }
  static value make_value(word i, const shape& s) { return text(s.value_bytes, i); }
  static word digest(const value& v) { return static_cast<word>(v.back()) + v.size(); }
  static void change(value& v) { v.back() = v.back() == 'a' ? 'b' : 'a'; }
};

// u64 -> 64 bytes
struct records {
  using key = word;
  using value = std::array<word, 8>;
  static constexpr const char* name = "record";

  static key make_key(word random, const shape&) { return random; }
  static value make_value(word i, const shape&) { return {i, 1, 2, 3, 4, 5, 6, i}; }
  static word digest(const value& v) { return v.front() + v.back(); }
  static void change(value& v) { v.back() = ++v.front(); }
};

// Ranks 0, 1, 2, ... with frequencies proportional to 1 / (rank + 1)^exponent. Rejection-inversion
// (Hoermann and Derflinger, 1996): for any exponent above 0, and without a table or a sum over all
// ranks. The method that YCSB uses (Gray et al.) is for exponents below 1 only.
class zipf {
 public:
  zipf(std::size_t ranks, double exponent)
      : ranks_(static_cast<double>(ranks)),
        exponent_(exponent),
        least_(area(1.5) - 1),
        most_(area(ranks_ + 0.5)),
        always_(2 - from_area(area(2.5) - height(2))) {}

  template <class Random>
  std::size_t operator()(Random& random) const {
    std::uniform_real_distribution<double> any(least_, most_);
    for (;;) {
      const double u = any(random);
      const double x = from_area(u);
      const double k = std::clamp(std::floor(x + 0.5), 1.0, ranks_);
      if (k - x <= always_ || u >= area(k + 0.5) - height(k))
        return static_cast<std::size_t>(k) - 1;
    }
  }

 private:
  // The density, its integral and the inverse of that, such that an exponent of 1 is no exception.
  double height(double x) const { return std::exp(-exponent_ * std::log(x)); }
  double area(double x) const {
    const double log = std::log(x), t = (1 - exponent_) * log;
    return log * (std::abs(t) < 1e-8 ? 1 : std::expm1(t) / t);
  }
  double from_area(double a) const {
    const double t = std::max((1 - exponent_) * a, -1.0);
    return std::exp(a * (std::abs(t) < 1e-8 ? 1 : std::log1p(t) / t));
  }

  double ranks_, exponent_, least_, most_, always_;
};

inline constexpr double ycsb_skew = 0.99;

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

  dataset(std::size_t count, const shape& form) : entries(count) {
    std::mt19937_64 random(count);
    keys.reserve(2 * count);
    for (std::size_t i = 0; i < 2 * count; ++i) keys.push_back(Types::make_key(distinct(i), form));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Types::make_value(i, form);
    present = choose(random, 0, count, form.skew);
    stable = choose(random, 0, count / 2, form.skew);
    absent = choose(random, count, count, form.skew);
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
  sequence<Types> choose(Random& random, std::size_t from, std::size_t count, double skew) const {
    std::size_t length = std::size_t{1} << 16;
    while (length < 2 * count && length < std::size_t{1} << 22) length *= 2;
    sequence<Types> chosen;
    chosen.reserve(length);
    const bool skewed = skew > 0;
    const zipf rank(count, skewed ? skew : 1);
    std::uniform_int_distribution<std::size_t> any(0, count - 1);
    for (std::size_t i = 0; i < length; ++i) {
      chosen.push_back(keys[from + (skewed ? rank(random) : any(random))]);
    }
    return chosen;
  }
};

}  // namespace grid
