// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// N operations shared by several threads, timed as Go's benchmarks time them.
#pragma once

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "run_delay.hpp"

namespace bench {

struct parallel_time {
  double wall;    // seconds, from the first operation of any thread to the last of any
  double waited;  // what a thread waited for a processor on average, as a share of `wall`
};

// Runs `total` operations on `threads` threads, which share them in small batches until none is
// left. Each thread calls `make_operation()` for its own operation, and that with its own indices:
// thread t begins at t * total and counts up, so no two threads see the same index.
template <class MakeOperation>
parallel_time run_parallel(int threads, std::int64_t total, MakeOperation make_operation) {
  using clock = std::chrono::steady_clock;
  struct report {
    clock::time_point first, last;
    bool worked;  // false if it came when all was done
    double waited;
  };
  // Small enough that the threads end together, large enough that sharing is not felt.
  const auto batch = std::clamp<std::int64_t>(total / (std::int64_t{100} * threads), 1, 10'000);
  std::vector<report> reports(static_cast<std::size_t>(threads));
  std::atomic<std::int64_t> handed_out = 0;
  std::barrier start(threads);

  const auto work = [&](int thread) {
    auto operation = make_operation();
    std::int64_t i = thread * total;
    const double waited_before = run_delay();
    start.arrive_and_wait();
    const auto first = clock::now();
    auto last = first;
    bool worked = false;
    for (;;) {
      const std::int64_t from = handed_out.fetch_add(batch, std::memory_order_relaxed);
      if (from >= total) break;
      const std::int64_t end = i + std::min(batch, total - from);
      for (; i < end; ++i) operation(i);
      last = clock::now();
      worked = true;
    }
    reports[static_cast<std::size_t>(thread)] = {first, last, worked, run_delay() - waited_before};
  };
  std::vector<std::thread> workers;
  workers.reserve(reports.size());
  for (int thread = 0; thread < threads; ++thread) workers.emplace_back(work, thread);
  for (std::thread& worker : workers) worker.join();

  auto first = clock::time_point::max();
  auto last = clock::time_point::min();
  double waited = 0;
  for (const report& one : reports) {
    waited += one.waited;
    if (!one.worked) continue;
    first = std::min(first, one.first);
    last = std::max(last, one.last);
  }
  const double wall = std::chrono::duration<double>(last - first).count();
  return {wall, wall > 0 ? waited / (wall * threads) : 0};
}

}  // namespace bench
