// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Those workloads of the Yahoo! Cloud Serving Benchmark that are not mixes of loads and stores.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "grid/cell.hpp"
#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/types.hpp"

namespace grid {

template <class Map, class Types>
class ycsb : cell<Map, Types> {
  using base = cell<Map, Types>;
  using base::coin_count;
  using base::coins_of;
  using base::data_;
  using base::fill;
  using base::job_;
  using base::map_;
  using base::run;
  using base::walk_of;
  using typename base::key;
  using typename base::value;

 public:
  using base::base;

  // D: 95 % load, the newer the likelier; 5 % insert. The records are dealt to the threads in turn,
  // and each thread inserts those of its own; it loads the newest of all threads, as they tell.
  outcome latest() {
    fill(base_ * threads_);
    const std::vector<std::uint32_t> ranks = ranks_of(base_ * threads_);
    const auto measured = [&](std::uint64_t rounds) {
      std::vector<growing> records(threads_);
      for (growing& one : records) one.count.store(base_, std::memory_order_relaxed);
      const auto make = [&](std::size_t thread) {
        return [&, thread, at = part(ranks.size(), thread, job_.threads),
                coins = coins_of(insert_share, thread)](word& sum) mutable {
          ++at;
          if (coins[at % coin_count] && insert_newest(records[thread], thread)) {
            return std::uint64_t{0};
          }
          return std::uint64_t{!load_late(records, ranks[at % ranks.size()], sum)};
        };
      };
      outcome result = summary(repeat(job_.threads, rounds, make), static_cast<double>(rounds));
      for (std::size_t t = 0; t < threads_; ++t) result.wrong += shrink(records[t], t);
      return result;
    };
    // As many operations as there are keys to insert for.
    const auto most = static_cast<std::uint64_t>(0.9 / insert_share * static_cast<double>(base_));
    return calibrated(job_, std::min<std::uint64_t>(1'000, most), 1, measured, most);
  }

  // F: 50 % load; 50 % change a value: atomically where the map can do that, else by load and store.
  // The second measurement tells which.
  outcome read_modify_write() {
    fill(data_.entries);
    outcome result = run([this](std::size_t thread) {
      return [this, asked = walk_of(data_.present, thread),
              coins = coins_of(0.5, thread)](word& sum) mutable {
        const std::size_t at = asked.position();
        const key& k = asked.next();
        if (!coins[at % coin_count]) return std::uint64_t{!load<Map, Types>(map_, k, sum)};
        return std::uint64_t{!change(k)};
      };
    });
    result.measures[1] = can_update<Map, Types> ? 1 : 0;
    return result;
  }

 private:
  static constexpr double insert_share = 0.05;

  // How many records of a thread there are. The others read it.
  struct alignas(64) growing {
    std::atomic<std::size_t> count = 0;
  };

  const key& record(std::size_t thread, std::size_t i) const {
    return data_.keys[i * threads_ + thread];
  }

  // false if there are no keys left, which is so for threads that wait for the others only, or if
  // the key was there.
  bool insert_newest(growing& mine, std::size_t thread) {
    const std::size_t i = mine.count.load(std::memory_order_relaxed);
    if (i == 2 * base_) return false;
    if (!map_.insert(record(thread, i), data_.value_at(i))) return false;
    mine.count.store(i + 1, std::memory_order_release);
    return true;
  }
  bool load_late(const std::vector<growing>& records, std::size_t rank, word& sum) const {
    const std::size_t thread = rank % threads_;
    const std::size_t newest = records[thread].count.load(std::memory_order_acquire) - 1;
    return load<Map, Types>(map_, record(thread, newest - rank / threads_), sum);
  }
  // How many of the new records were not there.
  std::uint64_t shrink(const growing& of, std::size_t thread) {
    std::uint64_t wrong = 0;
    for (std::size_t i = base_; i < of.count.load(std::memory_order_relaxed); ++i)
      wrong += !map_.erase(record(thread, i));
    return wrong;
  }

  // As many as keep the newest records, those that are asked for most, from repeating soon.
  static std::vector<std::uint32_t> ranks_of(std::size_t records) {
    std::mt19937_64 random(records);
    const zipf rank(records, ycsb_skew);
    std::vector<std::uint32_t> ranks(std::size_t{1} << 18);
    for (std::uint32_t& one : ranks) one = static_cast<std::uint32_t>(rank(random));
    return ranks;
  }

  bool change(const key& k) {
    if constexpr (can_update<Map, Types>) {
      return map_.update(k, [](value& v) { Types::change(v); });
    } else {
      value v{};
      if (!map_.load(k, v)) return false;
      Types::change(v);
      map_.store(k, v);
      return true;
    }
  }

  const std::size_t threads_ = static_cast<std::size_t>(job_.threads);
  const std::size_t base_ = data_.entries / threads_;  // records of each thread at the beginning
};

}  // namespace grid
