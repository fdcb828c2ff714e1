// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the workloads on a map of steady size share: the map, and what its threads go through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/types.hpp"

namespace grid {

template <class Map, class Types>
class cell {
 public:
  cell(const job& what, const dataset<Types>& data) : job_(what), data_(data) {}

 protected:
  using key = typename Types::key;
  using value = typename Types::value;

  template <class Make>
  outcome run(const Make& make) {
    if (filled_ == 0) fill(data_.entries);
    return calibrated(job_, 1'000, 1, [&](std::uint64_t rounds) {
      return summary(repeat(job_.threads, rounds, make), static_cast<double>(rounds));
    });
  }

  void fill(std::size_t count) {
    for (; filled_ < count; ++filled_) insert(map_, data_, filled_);
  }

  // Goes round a sequence, each thread from another place.
  class walk {
   public:
    walk(const sequence<Types>& keys, std::size_t begin)
        : keys_(keys.data()), mask_(keys.size() - 1), at_(begin) {}
    const key& next() { return keys_[at_++ & mask_]; }
    std::size_t position() const { return at_; }
    void skip(std::size_t n) { at_ += n; }

   private:
    const key* keys_;
    std::size_t mask_, at_;
  };
  walk walk_of(const sequence<Types>& keys, std::size_t thread) const {
    return walk(keys, part(keys.size(), thread, job_.threads));
  }

  // Which operations change something: `share` of them, at random.
  static constexpr std::size_t coin_count = std::size_t{1} << 16;
  static std::vector<char> coins_of(double share, std::size_t seed) {
    std::mt19937_64 random(seed);
    std::bernoulli_distribution change(share);
    std::vector<char> coins(coin_count);
    for (char& one : coins) one = change(random) ? 1 : 0;
    return coins;
  }

  // Inserts and erases in turn, the oldest first.
  struct alignas(64) come_and_go {
    const key* own;
    std::size_t size;
    std::size_t to_insert, to_erase = 0;
    bool inserts = true;

    bool change(Map& map, const value& v) {
      std::size_t& place = inserts ? to_insert : to_erase;
      const key& k = own[place];
      if (++place == size) place = 0;
      const bool done = inserts ? map.insert(k, v) : map.erase(k);
      inserts = !inserts;
      return done;
    }
  };

  const job job_;
  const dataset<Types>& data_;
  Map& map_ = lasting_map<Map>();
  std::size_t filled_ = 0;
};

}  // namespace grid
