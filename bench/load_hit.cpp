// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What one successful look-up costs: u64 -> u64, one thread, keys chosen uniformly at random, the
// same keys in the same order and the same loop for every map. The unsynchronised maps are the
// floor: nothing but the table.

#include <benchmark/benchmark.h>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "maps.hpp"
#ifdef SYNCMAP_BENCH_HAS_ABSL
#include <absl/container/flat_hash_map.h>
#endif

namespace {

using word = std::uint64_t;

struct key_set {
  std::vector<word> stored;
  std::vector<word> asked;  // a power of two of them, so that the loop needs no division
};

key_set make_keys(std::size_t entries) {
  std::mt19937_64 random(entries);
  key_set keys;
  keys.stored.resize(entries);
  for (word& key : keys.stored) key = random();
  // Long enough that no branch predictor learns it; short enough that reading it stays cheap.
  std::size_t asked = std::size_t{1} << 14;
  while (asked < 2 * entries) asked *= 2;
  std::uniform_int_distribution<std::size_t> choose(0, entries - 1);
  keys.asked.resize(asked);
  for (word& key : keys.asked) key = keys.stored[choose(random)];
  return keys;
}

template <class Map>
void load_hit(benchmark::State& state) {
  const key_set keys = make_keys(static_cast<std::size_t>(state.range(0)));
  Map map;
  for (const word key : keys.stored) map.store(key, ~key);
  map.range([](word, word) { return false; });  // `read_dirty_map` promotes: nothing is locked now

  word sum = 0;
  std::size_t next = 0;
  const std::size_t mask = keys.asked.size() - 1;
  for (auto _ : state) {
    sum += *map.load(keys.asked[next]);
    next = (next + 1) & mask;
  }
  benchmark::DoNotOptimize(sum);
}

template <class Map>
void add(const std::string& name) {
  benchmark::RegisterBenchmark(("load_hit/" + name).c_str(), load_hit<Map>)
      ->ArgName("entries")
      ->Arg(1'000)
      ->Arg(100'000)
      ->Arg(1'000'000);
}

void add_all() {
  add<syncmap::map<word, word>>("map");
  add<syncmap::read_dirty_map<word, word>>("read_dirty_map");
  add<bench::shared_mutex_map<word, word>>("shared_mutex");
  add<bench::unsynchronised<std::unordered_map<word, word>>>("std_unordered_map");
#ifdef SYNCMAP_BENCH_HAS_ABSL
  add<bench::unsynchronised<absl::flat_hash_map<word, word>>>("absl_flat_hash_map");
#endif
}

[[maybe_unused]] const bool added = (add_all(), true);

}  // namespace
