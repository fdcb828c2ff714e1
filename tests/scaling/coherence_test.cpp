// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The coherence model of bench/scaling counts what it should, on traces short enough to check by hand.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

#include "scaling/coherence.hpp"

namespace {

using scaling::coherence;
using scaling::line_bytes;

struct alignas(line_bytes) memory {
  char line[8][line_bytes];
};

TEST(Coherence, ReadsOfWhatNobodyWritesMissNever) {
  const memory data{};
  coherence caches(128);
  for (std::size_t cache = 0; cache < 128; ++cache) caches.read(cache, &data.line[0]);
  EXPECT_EQ(caches.counts().reads, 128U);
  EXPECT_EQ(caches.counts().coherence_misses(), 0U);
}

TEST(Coherence, EachOtherCacheMissesOnceAfterAWrite) {
  const memory data{};
  coherence caches(3);
  caches.write(0, &data.line[0]);  // 1, 2 give up the line
  EXPECT_EQ(caches.counts().write_misses, 1U);
  caches.write(0, &data.line[0]);  // it is its own now
  caches.read(0, &data.line[0]);
  EXPECT_EQ(caches.counts().write_misses, 1U);
  EXPECT_EQ(caches.counts().read_misses, 0U);
  for (int round = 0; round < 2; ++round) {
    caches.read(1, &data.line[0]);
    caches.read(2, &data.line[0]);
  }
  EXPECT_EQ(caches.counts().read_misses, 2U);
  caches.write(0, &data.line[0]);  // shared again: it must ask
  EXPECT_EQ(caches.counts().write_misses, 2U);
}

TEST(Coherence, WritersOfOneLineHandItToAndFro) {
  const memory data{};
  coherence caches(2);
  for (int round = 0; round < 10; ++round) {
    caches.write(0, &data.line[0][0]);
    caches.write(1, &data.line[0][line_bytes - 1]);  // another byte of the line: false sharing
  }
  EXPECT_EQ(caches.counts().write_misses, 20U);
}

TEST(Coherence, WritersOfTwoLinesDoNotDisturbEachOther) {
  const memory data{};
  coherence caches(2);
  for (int round = 0; round < 10; ++round) {
    caches.write(0, &data.line[0]);
    caches.write(1, &data.line[1]);
  }
  EXPECT_EQ(caches.counts().write_misses, 2U);
}

TEST(Coherence, NewMemoryBelongsToWhoAllocatedIt) {
  const memory data{};
  coherence caches(3);
  caches.read(2, &data.line[0]);  // an older use of the memory
  caches.claim(0, &data, sizeof(data));
  for (const auto& line : data.line) {
    caches.initialize(0, &line);
    caches.write(0, &line);
    caches.read(0, &line);
  }
  EXPECT_EQ(caches.counts().coherence_misses(), 0U);
  caches.read(1, &data.line[0]);
  caches.read(1, &data.line[7]);
  EXPECT_EQ(caches.counts().read_misses, 2U);
  caches.claim(2, &data.line[1], line_bytes);  // freed, and allocated again
  caches.write(2, &data.line[1]);
  EXPECT_EQ(caches.counts().write_misses, 0U);
  caches.initialize(0, &data.line[1]);  // by another than the one who allocated it
  EXPECT_EQ(caches.counts().write_misses, 1U);
}

TEST(Coherence, PrefetchesMoveLinesAndAreCountedApart) {
  const memory data{};
  coherence caches(2);
  caches.write(0, &data.line[0]);
  caches.prefetch(1, &data.line[0], false);
  caches.read(1, &data.line[0]);
  EXPECT_EQ(caches.counts().prefetch_misses, 1U);
  EXPECT_EQ(caches.counts().read_misses, 0U);
  caches.prefetch(1, &data.line[0], true);
  caches.write(1, &data.line[0]);
  EXPECT_EQ(caches.counts().prefetch_misses, 2U);
  EXPECT_EQ(caches.counts().write_misses, 1U);  // the first
}

TEST(Coherence, TheBusiestLineIsFoundAmongMany) {
  coherence caches(2);
  for (std::uintptr_t i = 1; i <= 10'000; ++i) {
    caches.write(0, reinterpret_cast<const void*>(i * line_bytes));
  }
  caches.start_counting();
  for (std::uintptr_t i = 1; i <= 10'000; ++i) {
    caches.write(0, reinterpret_cast<const void*>(i * line_bytes));
  }
  EXPECT_EQ(caches.counts().write_misses, 0U);  // all 10,000 are remembered
  for (int round = 0; round < 5; ++round) {
    caches.write(1, reinterpret_cast<const void*>(77 * line_bytes));
    caches.write(0, reinterpret_cast<const void*>(77 * line_bytes));
  }
  caches.read(1, reinterpret_cast<const void*>(78 * line_bytes));
  EXPECT_EQ(caches.busiest_line(), 10U);
  EXPECT_EQ(caches.counts().coherence_misses(), 11U);
}

}  // namespace
