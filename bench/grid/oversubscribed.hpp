// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// More threads than processors: whoever waits for a thread that holds a lock, and has no processor,
// waits for a time slice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "grid/cell.hpp"
#include "grid/histogram.hpp"
#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/threads.hpp"
#include "grid/types.hpp"

namespace grid {

template <class Map, class Types>
class oversubscribed : cell<Map, Types> {
  using base = cell<Map, Types>;
  using base::coin_count;
  using base::coins_of;
  using base::data_;
  using base::fill;
  using base::job_;
  using base::map_;
  using base::walk_of;

 public:
  using base::base;

  // All that a thread waits for is in the times, also that it had no processor: a waiting thread
  // that yields looks like that too, and it is what is asked here. What hits a thread by chance in
  // an operation hits one in some ten thousand, far above p99.9; the maximum shows it.
  outcome loads_and_stores() {
    fill(data_.entries);
    std::vector<seen> all(static_cast<std::size_t>(job_.threads));
    spin_barrier barrier(job_.threads);
    on_threads(job_.threads, [&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      const auto coins = coins_of(0.1, t);
      barrier.arrive_and_wait();
      work(all[t], coins, t);
    });
    for (std::size_t t = 1; t < all.size(); ++t) all[0].add(all[t]);
    const histogram &loads = all[0].loads, &stores = all[0].stores;
    const auto at = [](const histogram& h, double q) { return microseconds(h.quantile(q)); };
    outcome result;
    result.measures = {
        at(loads, 0.999), at(loads, 0.5),   at(loads, 0.99),   microseconds(loads.largest()),
        at(stores, 0.5),  at(stores, 0.99), at(stores, 0.999), microseconds(stores.largest())};
    result.rounds = 1;
    result.wrong = all[0].wrong;
    return result;
  }

 private:
  struct seen {
    histogram loads, stores;
    std::uint64_t wrong = 0;

    void add(const seen& other) {
      loads.add(other.loads);
      stores.add(other.stores);
      wrong += other.wrong;
    }
  };

  // By the clock, not by a count: threads that are done would leave processors to the others.
  void work(seen& mine, const std::vector<char>& coins, std::size_t thread) {
    auto asked = walk_of(data_.present, thread);
    word sum = 0;
    std::uint64_t now = ticks();
    const auto end = now + static_cast<std::uint64_t>(1e9 * job_.seconds / ns_per_tick());
    while (now < end) {
      const std::size_t at = asked.position();
      const auto& k = asked.next();
      const std::uint64_t begin = ticks();
      const bool stores = coins[at % coin_count] != 0;
      if (stores) {
        map_.store(k, data_.value_at(at));
      } else {
        mine.wrong += std::uint64_t{!load<Map, Types>(map_, k, sum)};
      }
      now = ticks();
      (stores ? mine.stores : mine.loads).add(now - begin);
    }
    use(sum);
  }
};

}  // namespace grid
