// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Runs one map under one workload in virtual threads, and counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "scaling/coherence.hpp"
#include "scaling/tracer.hpp"
#include "scaling/virtual_threads.hpp"
#include "scaling/workloads.hpp"

namespace scaling {

struct setting {
  std::size_t threads;
  std::size_t entries;
  workload what;
  std::size_t length = 1;  ///< so many times the usual number of operations
};

struct outcome {
  std::uint64_t operations = 0;
  coherence_counts counts;
  std::uint64_t busiest_line = 0;
};

// Only so many keys are worked on, chosen at random from all: what happens to a line depends on the
// accesses to it, not on how many lines there are besides, and each line must be met by each thread
// several times before the figures stop to depend on the length of the run.
inline constexpr std::size_t keys_worked_on = 1000;

inline std::size_t warming_operations(const setting& cell) {
  return std::max<std::size_t>(20'000, 2 * keys_worked_on * cell.threads) * cell.length;
}
inline std::size_t counted_operations(const setting& cell) { return warming_operations(cell) / 2; }

// The keys are stored, and loaded once: read_dirty_map promotes what was loaded often enough.
template <class Map>
std::unique_ptr<Map> filled(std::size_t entries) {
  auto map = std::make_unique<Map>(entries);
  for (std::size_t i = 0; i < entries; ++i) map->store(key_of(i), i);
  for (std::size_t i = 0; i < entries; ++i) static_cast<void>(map->load(key_of(i)));
  return map;
}

template <class Map>
outcome simulate(const setting& cell) {
  const auto map = filled<Map>(cell.entries);
  coherence caches(cell.threads);
  const std::uint64_t warming = warming_operations(cell);
  const std::uint64_t end = warming + counted_operations(cell);
  outcome result;
  std::uint64_t done = 0;
  const auto body = [&](std::size_t self) {
    actor mine(cell.what, cell.entries, std::min(cell.entries, keys_worked_on), self);
    while (done < end) {
      if (!mine.act(*map)) {
        std::fputs("scaling: a map has given a wrong answer\n", stderr);
        std::abort();
      }
      ++done;
      if (done == warming) caches.start_counting();
      if (done == end) result = {end - warming, caches.counts(), caches.busiest_line()};
    }
  };
  tracer::caches = &caches;
  virtual_threads::run(cell.threads, body, cell.threads * 1000003 + cell.entries);
  tracer::caches = nullptr;
  return result;
}

}  // namespace scaling
