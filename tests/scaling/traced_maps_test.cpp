// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The claim that lets reads scale: once warm, a hit writes no line that another thread reads, and so
// causes no traffic between caches at all. And that the instrument which shows it can see the contrary.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "scaling/syncmap_maps.hpp"
// The headers of the library come with their platform: syncmap_maps.hpp first.
#include "scaling/locked_maps.hpp"
#include "scaling/simulate.hpp"

namespace {

using namespace scaling;

constexpr workload hits = workloads[0];
constexpr workload one_store_in_hundred = workloads[1];
constexpr workload changes = workloads[3];

outcome run(outcome (*map)(const setting&), const workload& what, std::size_t threads) {
  return map({threads, 1000, what});
}

TEST(Scaling, HitsOnMapCauseNoCoherenceMisses) {
  for (const std::size_t threads : {2U, 13U, 32U}) {
    const outcome counted = run(&simulate<inline_map>, hits, threads);
    EXPECT_GE(counted.counts.reads, 4 * counted.operations);  // state, tags, key, value
    EXPECT_EQ(counted.counts.coherence_misses(), 0U);
  }
}

TEST(Scaling, HitsOnMapWithNodesCauseNoCoherenceMisses) {
  EXPECT_EQ(run(&simulate<node_map>, hits, 16).counts.coherence_misses(), 0U);
}

TEST(Scaling, HitsOnReadDirtyMapCauseNoCoherenceMisses) {
  EXPECT_EQ(run(&simulate<read_dirty_map>, hits, 16).counts.coherence_misses(), 0U);
}

TEST(Scaling, HitsUnderALockCauseSome) {
  const outcome shards = run(&simulate<sharded_map>, hits, 16);
  EXPECT_GT(shards.counts.coherence_misses(), shards.operations / 2);
  const outcome shared = run(&simulate<reader_writer_map>, hits, 16);
  EXPECT_GT(shared.counts.coherence_misses(), shared.operations);
}

TEST(Scaling, StoresAreSeenByTheInstrument) {
  const outcome few = run(&simulate<inline_map>, one_store_in_hundred, 16);
  const outcome many = run(&simulate<inline_map>, changes, 16);
  EXPECT_GT(few.counts.coherence_misses(), 0U);
  EXPECT_GT(many.counts.coherence_misses(), few.counts.coherence_misses());
}

// Both load, then both store: an addition is lost. One operation at a time would lose none.
TEST(Scaling, VirtualThreadsTakeTurnsBetweenAccesses) {
  traced_var<std::size_t> sum{0};
  coherence caches(2);
  tracer::caches = &caches;
  virtual_threads::run(
      2,
      [&sum](std::size_t) {
        for (int i = 0; i < 1000; ++i) ++sum;
      },
      1);
  tracer::caches = nullptr;
  EXPECT_GT(sum, 1U);
  EXPECT_LT(sum, 2000U);
  EXPECT_EQ(caches.counts().reads, 2000U);
  EXPECT_EQ(caches.counts().writes, 2000U);
}

TEST(Scaling, AMutexKeepsVirtualThreadsApart) {
  traced_var<std::size_t> sum{0};
  traced_mutex mutex;
  coherence caches(16);
  tracer::caches = &caches;
  const std::function<void(std::size_t)> body = [&](std::size_t) {
    for (int i = 0; i < 100; ++i) {
      mutex.lock();
      ++sum;
      mutex.unlock();
    }
  };
  virtual_threads::run(16, body, 1);
  tracer::caches = nullptr;
  EXPECT_EQ(sum, 1600U);
}

}  // namespace
