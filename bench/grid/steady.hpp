// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The workloads on a map whose size stays the same. All maps run the same loops over the same keys;
// every answer is checked, and the values that are loaded are used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "grid/cell.hpp"
#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/types.hpp"

namespace grid {

template <class Map, class Types>
class steady : cell<Map, Types> {
  using base = cell<Map, Types>;
  using base::coin_count;
  using base::coins_of;
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
  using base::base;

  outcome hit() { return run(loads(data_.present, true)); }
  outcome miss() { return run(loads(data_.absent, false)); }

  outcome visit() {
    return run([this](std::size_t thread) {
      return [&map = map_, asked = walk_of(data_.present, thread)](word& sum) mutable {
        const auto read = [&](const value& v) { sum += Types::digest(v); };
        return std::uint64_t{!map.visit(asked.next(), read)};
      };
    });
  }

  outcome dependent() {
    static volatile word zero = 0;  // the compiler does not know that
    return run([this](std::size_t thread) {
      return [&map = map_, mask = zero, asked = walk_of(data_.present, thread)](word& sum) mutable {
        const bool found = load<Map, Types>(map, asked.next(), sum);
        asked.skip(sum & mask);
        return std::uint64_t{!found};
      };
    });
  }

  outcome loads_and_stores(double store_share) {
    return run([this, store_share](std::size_t thread) {
      return [&map = map_, &data = data_, asked = walk_of(data_.present, thread),
              coins = coins_of(store_share, thread)](word& sum) mutable {
        const std::size_t at = asked.position();
        const key& k = asked.next();
        if (!coins[at % coin_count]) return std::uint64_t{!load<Map, Types>(map, k, sum)};
        map.store(k, data.value_at(at));
        return std::uint64_t{0};
      };
    });
  }

  // Half of the entries stay; these are loaded. As many others come and go: each thread has keys of
  // its own for that, and always has half of them in the map.
  outcome churn(double load_share) {
    const std::size_t stay = data_.entries / 2;
    fill(stay);
    std::vector<come_and_go> changes;
    for (std::size_t t = 0; t < static_cast<std::size_t>(job_.threads); ++t) {
      const std::size_t begin = part(data_.entries, t, job_.threads);
      const std::size_t size = part(data_.entries, t + 1, job_.threads) - begin;
      changes.push_back({data_.keys.data() + stay + begin, size, size / 2});
      for (std::size_t i = 0; i < size / 2; ++i) insert(map_, data_, stay + begin + i);
    }
    return run([this, load_share, &changes](std::size_t thread) {
      return [&map = map_, &data = data_, &mine = changes[thread],
              asked = walk_of(data_.stable, thread),
              coins = coins_of(1 - load_share, thread)](word& sum) mutable {
        const std::size_t at = asked.position();
        const key& k = asked.next();
        if (!coins[at % coin_count]) return std::uint64_t{!load<Map, Types>(map, k, sum)};
        return std::uint64_t{!mine.change(map, data.value_at(at))};
      };
    });
  }

  outcome hot_write() {
    return run([this](std::size_t) {
      return [this, i = std::size_t{0}](word&) mutable {
        map_.store(data_.keys[0], data_.value_at(i++));
        return std::uint64_t{0};
      };
    });
  }

  outcome hot_update() {
    return run([this](std::size_t) {
      return [this](word&) {
        return std::uint64_t{!map_.update(data_.keys[0], [](value& v) { Types::change(v); })};
      };
    });
  }

  // Thread 0 stores, at its own pace, until the others have loaded. Only these are in the time.
  outcome hot_read() {
    fill(data_.entries);
    const auto make = [this](std::size_t thread) {
      return [this, thread, i = std::size_t{0}](word& sum) mutable {
        if (thread != 0) return std::uint64_t{!load<Map, Types>(map_, data_.keys[0], sum)};
        map_.store(data_.keys[0], data_.value_at(i++));
        return std::uint64_t{0};
      };
    };
    return calibrated(job_, 1'000, 1, [&](std::uint64_t rounds) {
      const auto times = static_cast<double>(rounds);
      const std::vector<report> reports = repeat(job_.threads, rounds, make);
      outcome result = summary(reports, times, 1);
      result.measures[1] = 1e9 * reports[0].seconds / times;
      return result;
    });
  }

  outcome for_each() {
    fill(data_.entries);
    const auto entries = static_cast<double>(data_.entries);
    const auto make = [this](std::size_t) {
      return [this](word& sum) {
        std::size_t seen = 0;
        map_.for_each([&](const key&, const value& v) {
          sum += Types::digest(v);
          ++seen;
        });
        return std::uint64_t{seen != data_.entries};
      };
    };
    return calibrated(job_, 1, entries, [&](std::uint64_t rounds) {
      return summary(repeat(job_.threads, rounds, make), entries * static_cast<double>(rounds));
    });
  }

 private:
  auto loads(const sequence<Types>& keys, bool present) {
    return [this, &keys, present](std::size_t thread) {
      return [&map = map_, present, asked = walk_of(keys, thread)](word& sum) mutable {
        return std::uint64_t{load<Map, Types>(map, asked.next(), sum) != present};
      };
    };
  }
};

}  // namespace grid
