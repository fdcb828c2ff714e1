// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a cluster of caches does, on a map that keeps its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "grid/cell.hpp"
#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/traces.hpp"
#include "grid/types.hpp"

namespace grid {

template <class Map, class Types>
class replay : cell<Map, Types> {
  using base = cell<Map, Types>;
  using base::coin_count;
  using base::data_;
  using base::fill;
  using base::job_;
  using base::map_;
  using base::run;
  using base::walk_of;
  using typename base::come_and_go;
  using typename base::key;
  using typename base::value;

 public:
  replay(const job& what, const dataset<Types>& data) : base(what, data), trace_(*what.cluster) {}

  outcome operations() {
    if (!offered()) return not_offered();
    fill(data_.entries);
    std::vector<come_and_go> added;
    for (std::size_t t = 0; t < static_cast<std::size_t>(job_.threads); ++t) {
      added.push_back(added_by(t));
    }
    return run([this, &added](std::size_t thread) {
      return [this, &mine = added[thread], asked = walk_of(data_.present, thread),
              kinds = kinds_of(trace_, thread)](word& sum) mutable {
        const std::size_t at = asked.position();
        const key& k = asked.next();
        return std::uint64_t{!operation(kinds[at % coin_count], k, data_.value_at(at), mine, sum)};
      };
    });
  }

 private:
  enum class kind : char { get, set, add, cas };

  static constexpr bool can_swap =
      requires(Map& map, const key& k, const value& v) { map.compare_and_swap(k, v, v); };

  bool offered() const {
    const bool sets = trace_.set == 0 || can_store<Map, Types>;
    const bool swaps = trace_.cas == 0 || can_swap || can_update<Map, Types>;
    return sets && swaps;
  }

  static std::vector<kind> kinds_of(const trace& of, std::size_t seed) {
    std::mt19937_64 random(seed);
    std::discrete_distribution<int> any{1 - of.set - of.add - of.cas, of.set, of.add, of.cas};
    std::vector<kind> kinds(coin_count);
    for (kind& one : kinds) one = static_cast<kind>(any(random));
    return kinds;
  }

  // Keys of its own for what this thread adds; a few of them are there from the beginning.
  come_and_go added_by(std::size_t thread) {
    const std::size_t begin = part(data_.entries, thread, job_.threads);
    const std::size_t size = part(data_.entries, thread + 1, job_.threads) - begin;
    const std::size_t there = trace_.add > 0 ? size / 16 : 0;
    for (std::size_t i = 0; i < there; ++i) insert(map_, data_, data_.entries + begin + i);
    return {data_.keys.data() + data_.entries + begin, size, there};
  }

  bool operation(kind what, const key& k, const value& v, come_and_go& mine, word& sum) {
    if (what == kind::get) return load<Map, Types>(map_, k, sum);
    if (what == kind::set) {
      if constexpr (can_store<Map, Types>) map_.store(k, v);
      return true;
    }
    // A cache adds what it missed, and something old has to go for it.
    if (what == kind::add) return mine.change(map_, v) && mine.change(map_, v);
    value expected{};
    if (!map_.load(k, expected)) return false;
    swap(k, expected, v);  // others may have been faster
    return true;
  }

  void swap(const key& k, const value& expected, const value& desired) {
    if constexpr (can_swap) {
      map_.compare_and_swap(k, expected, desired);
    } else if constexpr (can_update<Map, Types>) {
      map_.update(k, [&](value& v) {
        if (v == expected) v = desired;
      });
    }
  }

  const trace& trace_;
};

}  // namespace grid
