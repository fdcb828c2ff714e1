// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Where the two maps of `read_dirty_map` cost something: the first store of a new key after a
// promotion copies the whole table, one step proportional to the number of entries.
//
//   first_insert   that one store, and its cost per entry
//   grow           storing new keys into an empty map, each store timed: the mean, the 99.99th
//                  percentile and the slowest. `store_only` never promotes; `store_load_load` loads
//                  every key twice after storing it, which promotes whenever the map has doubled.
//
// Time in which the thread waited for a processor does not count.

#include <benchmark/benchmark.h>
#include <syncmap/read_dirty_map.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "maps.hpp"
#include "run_delay.hpp"

namespace {

using word = std::uint64_t;
using clock_type = std::chrono::steady_clock;
using read_dirty = syncmap::read_dirty_map<word, word>;
using shared_mutex = bench::shared_mutex_map<word, word>;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

void promote(const read_dirty& map) {
  map.range([](word, word) { return false; });
}

void first_insert(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(entries);
  read_dirty map;
  while (map.size() < entries) map.store(random(), 1U);

  double total = 0;
  for (auto _ : state) {
    promote(map);
    const word fresh = random();
    const double delay = bench::run_delay();
    const auto start = clock_type::now();
    map.store(fresh, 1U);
    const double elapsed = seconds_since(start);
    const double seconds = std::max(0.0, elapsed - (bench::run_delay() - delay));
    state.SetIterationTime(seconds);
    total += seconds;
    map.erase(fresh);  // known to the dirty table only: leaves nothing behind
  }
  state.counters["ns_per_entry"] =
      1e9 * total / static_cast<double>(state.iterations()) / static_cast<double>(entries);
}

template <class Map, int LoadsPerStore>
void grow(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(entries);
  std::vector<word> keys(entries);
  for (word& key : keys) key = random();

  constexpr double slow = 20e-6;  // a store that takes longer may have been interrupted
  std::vector<double> times;
  double delay = bench::run_delay();
  for (auto _ : state) {
    Map map;
    double total = 0;
    for (const word key : keys) {
      const auto start = clock_type::now();
      map.store(key, key);
      double seconds = seconds_since(start);
      if (seconds > slow) {
        const double delay_now = bench::run_delay();
        seconds = std::max(0.0, seconds - (delay_now - delay));
        delay = delay_now;
      }
      times.push_back(seconds);
      total += seconds;
      for (int load = 0; load < LoadsPerStore; ++load) benchmark::DoNotOptimize(map.load(key));
    }
    state.SetIterationTime(total / static_cast<double>(entries));
  }
  std::sort(times.begin(), times.end());
  state.counters["p99.99_us"] = 1e6 * times[times.size() - 1 - times.size() / 10'000];
  state.counters["slowest_ms"] = 1e3 * times.back();
}

void add_grow(const std::string& name, void (*run)(benchmark::State&)) {
  benchmark::RegisterBenchmark(("grow/" + name).c_str(), run)
      ->ArgName("entries")
      ->Arg(100'000)
      ->Arg(1'000'000)
      ->Iterations(3)
      ->UseManualTime();
}

void add_all() {
  benchmark::RegisterBenchmark("first_insert/read_dirty_map", first_insert)
      ->ArgName("entries")
      ->RangeMultiplier(10)
      ->Range(1'000, 1'000'000)
      ->MinTime(0.1)
      ->UseManualTime();
  add_grow("store_only/read_dirty_map", grow<read_dirty, 0>);
  add_grow("store_only/shared_mutex", grow<shared_mutex, 0>);
  add_grow("store_load_load/read_dirty_map", grow<read_dirty, 2>);
  add_grow("store_load_load/shared_mutex", grow<shared_mutex, 2>);
}

[[maybe_unused]] const bool added = (add_all(), true);

}  // namespace
