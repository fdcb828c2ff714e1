// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What all cells share: threads that repeat something, and what comes of it.
//
// Times are nanoseconds per operation as each thread sees them: two threads that do not disturb
// each other have the times of one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "grid/job.hpp"
#include "grid/threads.hpp"
#include "grid/types.hpp"

namespace grid {

// What one thread tells.
struct report {
  double seconds = 0;
  double waited = 0;
  std::uint64_t wrong = 0;
  word sum = 0;  // of what was loaded, so that it must be loaded

  void take(const stopwatch& watch) {
    seconds = watch.seconds;
    waited = watch.waited;
  }
};

// Where the part of thread t begins, when n things are divided.
inline std::size_t part(std::size_t n, std::size_t t, int threads) {
  return n * t / static_cast<std::size_t>(threads);
}

// Makes the compiler believe that what was loaded matters.
inline void use(word sum) {
  static std::atomic<word> sink;
  sink.store(sum, std::memory_order_relaxed);
}

// The mean time of one unit, over the threads from `first` on. A thread that is alone does not
// depend on others, so the time for which it waited for a processor is taken away.
inline outcome summary(const std::vector<report>& reports, double units_per_thread,
                       std::size_t first = 0) {
  outcome result;
  double seconds = 0;
  word sum = 0;
  for (const report& one : reports) {
    result.wrong += one.wrong;
    if (one.seconds > 0) result.waited = std::max(result.waited, one.waited / one.seconds);
    sum += one.sum;
  }
  for (std::size_t t = first; t < reports.size(); ++t) seconds += reports[t].seconds;
  if (reports.size() == 1) seconds -= std::min(seconds, reports[0].waited);
  const auto threads = static_cast<double>(reports.size() - first);
  result.measures[0] = 1e9 * seconds / threads / units_per_thread;
  use(sum);
  return result;
}

// measure(rounds) measures that many. How many are enough is found out here, unless it is known;
// `most` are the most that there can be.
template <class Measure>
outcome calibrated(const job& what, std::uint64_t rounds, double units_per_round,
                   const Measure& measure, std::uint64_t most = UINT64_MAX) {
  if (what.rounds != 0) rounds = what.rounds;
  for (;;) {
    outcome result = measure(rounds);
    result.rounds = rounds;
    const double seconds =
        1e-9 * result.measures[0] * units_per_round * static_cast<double>(rounds);
    const bool enough = what.rounds != 0 || seconds > 0.8 * what.seconds || rounds >= most;
    if (enough || result.wrong != 0) return result;
    const double more = std::clamp(what.seconds / seconds, 1.3, 32.0);
    rounds = static_cast<std::uint64_t>(static_cast<double>(rounds) * more) + 1;
    rounds = std::min(rounds, most);
  }
}

// make(thread) makes what a thread does again and again: operation(sum) returns how much was wrong.
// A thread that is done goes on, unmeasured, until all are.
template <class Make>
std::vector<report> repeat(int threads, std::uint64_t times, const Make& make) {
  std::vector<report> reports(static_cast<std::size_t>(threads));
  spin_barrier barrier(threads);
  std::atomic<int> unfinished = threads;
  on_threads(threads, [&](int thread) {
    const auto t = static_cast<std::size_t>(thread);
    auto operation = make(t);
    report mine;
    stopwatch watch;
    barrier.arrive_and_wait();
    watch.start();
    for (std::uint64_t i = 0; i < times; ++i) mine.wrong += operation(mine.sum);
    watch.stop();
    unfinished.fetch_sub(1, std::memory_order_relaxed);
    while (unfinished.load(std::memory_order_relaxed) != 0) operation(mine.sum);
    mine.take(watch);
    reports[t] = mine;
  });
  return reports;
}

// A map that is never destroyed: the process ends soon, and that is faster.
template <class Map>
Map& lasting_map() {
  return *std::make_unique<Map>(0).release();
}

// 0 if it was inserted
template <class Map, class Types>
std::uint64_t insert(Map& map, const dataset<Types>& data, std::size_t i) {
  return std::uint64_t{!map.insert(data.keys[i], data.value_at(i))};
}

template <class Map, class Types>
inline constexpr bool can_store =
    requires(Map& map, const typename Types::key& key, const typename Types::value& value) {
      map.store(key, value);
    };

// The map can change a value in one atomic step.
template <class Map, class Types>
inline constexpr bool can_update = requires(
    Map& map, const typename Types::key& key) { map.update(key, [](typename Types::value&) {}); };

// A new copy each time, as a caller has it.
template <class Map, class Types>
bool load(const Map& map, const typename Types::key& key, word& sum) {
  typename Types::value copy{};
  if (!map.load(key, copy)) return false;
  sum += Types::digest(copy);
  return true;
}

}  // namespace grid
