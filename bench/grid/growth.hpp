// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The workloads on a map that grows from empty.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "grid/histogram.hpp"
#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/memory_use.hpp"
#include "grid/types.hpp"
#include "run_delay.hpp"

namespace grid {

// Times single operations. What took long may have been an interruption: of that, the time for
// which the thread waited for a processor is taken away. The time-stamp counter itself takes some
// ns, which are in.
class timer {
 public:
  template <class Operation>
  std::uint64_t operator()(const Operation& operation) {
    const std::uint64_t before = ticks();
    const std::uint64_t wrong = operation();
    std::uint64_t taken = ticks() - before;
    if (taken > long_ticks) {
      const double delay = bench::run_delay();
      taken -= std::min(taken, static_cast<std::uint64_t>((delay - delay_) / seconds_per_tick_));
      delay_ = delay;
    }
    times.add(taken);
    return wrong;
  }
  void begin() { delay_ = bench::run_delay(); }

  histogram times;

 private:
  static constexpr std::uint64_t long_ticks = 50'000;
  double seconds_per_tick_ = 1e-9 * ns_per_tick();
  double delay_ = 0;
};

template <class Map, class Types>
class growth {
 public:
  growth(const job& what, const dataset<Types>& data)
      : job_(what), data_(data), reports_(static_cast<std::size_t>(what.threads)) {}

  // A round is a new map that the threads fill, each with its part of the keys.
  outcome inserts(std::size_t hint) {
    { const Map first(hint); }  // starts the helper threads of maps that have them: not pinned
    return calibrated(job_, 1, per_thread_, [&](std::uint64_t rounds) {
      std::fill(reports_.begin(), reports_.end(), report());
      std::unique_ptr<Map> map;
      spin_barrier barrier(job_.threads);
      on_threads(job_.threads, [&](int thread) {
        const auto t = static_cast<std::size_t>(thread);
        const std::size_t begin = begin_of(t), end = begin_of(t + 1);
        stopwatch watch;
        for (std::uint64_t round = 0; round < rounds; ++round) {
          if (t == 0) map.reset();
          if (t == 0) map = std::make_unique<Map>(hint);
          barrier.arrive_and_wait();
          watch.start();
          std::uint64_t wrong = 0;
          for (std::size_t i = begin; i < end; ++i) wrong += insert(*map, data_, i);
          watch.stop();
          reports_[t].wrong += wrong;
          barrier.arrive_and_wait();
        }
        reports_[t].take(watch);
      });
      return summary(reports_, per_thread_ * static_cast<double>(rounds));
    });
  }

  // Every insert timed.
  outcome pauses() {
    Map& map = lasting_map<Map>();
    return percentiles(0, [&](std::size_t t, timer& timed) {
      const std::size_t end = begin_of(t + 1);
      for (std::size_t i = begin_of(t); i < end; ++i) {
        reports_[t].wrong += timed([&] { return insert(map, data_, i); });
      }
    });
  }

  // Thread 0 inserts; every load that the others do meanwhile is timed. They ask for what was there
  // at the beginning, a sixteenth of the final size.
  outcome load_pauses() {
    Map& map = lasting_map<Map>();
    const std::size_t old = std::max<std::size_t>(data_.entries / 16, 1);
    for (std::size_t i = 0; i < old; ++i) insert(map, data_, i);
    std::atomic<bool> done = false;
    return percentiles(1, [&](std::size_t t, timer& timed) {
      if (t == 0) {
        for (std::size_t i = old; i < data_.entries; ++i)
          reports_[t].wrong += insert(map, data_, i);
        done.store(true, std::memory_order_relaxed);
        return;
      }
      std::size_t i = 0;
      do {
        const auto& key = data_.keys[i];
        reports_[t].wrong +=
            timed([&] { return std::uint64_t{!load<Map, Types>(map, key, reports_[t].sum)}; });
        if (++i == old) i = 0;
      } while (!done.load(std::memory_order_relaxed));
    });
  }

  // While the number of entries doubles, 16 times: what malloc has handed out (its own headers
  // included), and what is resident, both less what was there before the map. For a map that has
  // memory from elsewhere, only the latter means something.
  outcome memory() {
    constexpr std::size_t samples = 16;
    outcome result;
    const memory_use before = memory_use::now();
    Map& map = lasting_map<Map>();
    std::size_t stored = 0;
    for (std::size_t sample = 1; sample <= samples; ++sample) {
      const std::size_t wanted = data_.entries + data_.entries * sample / samples;
      for (; stored < wanted; ++stored) result.wrong += insert(map, data_, stored);
      const memory_use now = memory_use::now();
      const double per_entry = 1 / static_cast<double>(stored) / samples;
      result.measures[0] += (now.allocated - before.allocated) * per_entry;
      result.measures[1] += (now.resident - before.resident) * per_entry;
    }
    if constexpr (requires { Map::own_allocator; }) result.measures[0] = result.measures[1];
    result.rounds = 1;
    return result;
  }

  // What is left of the memory when nine in ten entries are erased, when all are, and when the map was
  // asked to shrink (where its adapter can ask): for each entry that was there.
  outcome memory_kept() {
    outcome result;
    const memory_use before = memory_use::now();
    Map& map = lasting_map<Map>();
    for (std::size_t i = 0; i < data_.entries; ++i) result.wrong += insert(map, data_, i);
    std::size_t erased = 0;
    const auto erase_to = [&](std::size_t end) {
      for (; erased < end; ++erased) result.wrong += std::uint64_t{!map.erase(data_.keys[erased])};
    };
    const auto kept = [&] {
      const memory_use now = memory_use::now();
      const bool only_resident = requires { Map::own_allocator; };
      const double bytes =
          only_resident ? now.resident - before.resident : now.allocated - before.allocated;
      return bytes / static_cast<double>(data_.entries);
    };
    erase_to(data_.entries / 10 * 9);
    result.measures[0] = kept();
    erase_to(data_.entries);
    result.measures[1] = kept();
    if constexpr (requires { map.shrink(); }) map.shrink();
    result.measures[2] = kept();
    result.rounds = 1;
    return result;
  }

 private:
  std::size_t begin_of(std::size_t t) const { return part(data_.entries, t, job_.threads); }

  // body(thread, timer) on all threads; what the timers from `first` on have seen, in us.
  template <class Body>
  outcome percentiles(std::size_t first, const Body& body) {
    std::vector<timer> timers(reports_.size());
    spin_barrier barrier(job_.threads);
    on_threads(job_.threads, [&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      stopwatch watch;
      barrier.arrive_and_wait();
      watch.start();
      timers[t].begin();
      body(t, timers[t]);
      watch.stop();
      reports_[t].take(watch);
    });
    histogram& all = timers[first].times;
    for (std::size_t t = first + 1; t < timers.size(); ++t) all.add(timers[t].times);
    outcome result = summary(reports_, per_thread_);
    result.measures = {microseconds(all.largest()),        microseconds(all.quantile(0.5)),
                       microseconds(all.quantile(0.99)),   microseconds(all.quantile(0.999)),
                       microseconds(all.quantile(0.9999)), microseconds(1) * all.mean()};
    result.rounds = 1;
    return result;
  }

  const job job_;
  const dataset<Types>& data_;
  std::vector<report> reports_;
  const double per_thread_ = static_cast<double>(data_.entries) / job_.threads;
};

}  // namespace grid
