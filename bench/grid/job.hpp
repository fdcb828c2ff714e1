// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What is measured, as main() tells the cells, and what they tell main().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "grid/traces.hpp"

namespace grid {

enum class workload {
  hit,             // load, the key is there
  miss,            // load, the key is not there
  visit,           // as hit, but the value is read in place instead of copied
  dependent,       // as hit, but which key comes next depends on the value: latency
  mix99,           // 99 % load, 1 % store, all of keys that are there
  mix90,           // 90 % load of keys that stay; 5 % insert a new key, 5 % erase an old one
  mix50,           // 50, 25, 25
  insert,          // all keys into an empty map
  reserve_insert,  // the same, told how many will come
  foreach_entry,   // visit all entries
  hot_write,       // all threads store one key
  hot_update,      // all threads change the value of one key, atomically
  hot_read,        // one thread stores one key, the others load it; these are measured
  pause,           // insert, every single one timed
  load_pause,      // one thread inserts, the others load; every single load timed
  memory,          // bytes for each entry
  memory_kept,     // bytes that stay when entries are erased, for each that was there
  oversubscribed,  // 90 % load, 10 % store, by more threads than there are processors; all timed
  ycsb_a,          // 50 % load, 50 % store
  ycsb_b,          // 95 %, 5 %
  ycsb_c,          // load
  ycsb_d,          // 95 % load of late keys, 5 % insert
  ycsb_f,          // 50 % load, 50 % change
  trace,           // what a cluster of caches does
  word_count,      // all threads count the identifiers of a text, once
};

// What the keys are chosen by.
enum class choice {
  none,   // all are taken
  asked,  // what the user asks for
  zipf,
  own,  // the workload has a set of keys for itself
};

inline constexpr std::size_t most_measures = 8;

struct workload_info {
  workload id;
  const char* name;
  const char* unit;                                 // of the first measurement
  std::array<const char*, most_measures> measures;  // the first is the one that is compared
  grid::choice choice;
  int least_threads = 1, most_threads = 1'000;
  std::array<int, 2> own_threads = {};  // instead of those that were asked for
  std::size_t own_entries = 0;          // if none were asked for
  const trace* cluster = nullptr;       // of which it is
};

constexpr workload_info ycsb_workload(workload id, const char* name, const char* second = nullptr) {
  return {.id = id,
          .name = name,
          .unit = "ns",
          .measures = {"ns", second},
          .choice = choice::zipf,
          .own_entries = 1'000'000};
}

constexpr workload_info trace_workload(const trace& cluster) {
  return {.id = workload::trace,
          .name = cluster.name,
          .unit = "ns",
          .measures = {"ns"},
          .choice = choice::own,
          .own_entries = 100'000,
          .cluster = &cluster};
}

inline constexpr std::array workloads = {
    workload_info{workload::hit, "hit", "ns", {"ns"}, choice::asked},
    workload_info{workload::miss, "miss", "ns", {"ns"}, choice::asked},
    workload_info{workload::visit, "visit", "ns", {"ns"}, choice::asked},
    workload_info{workload::dependent, "dependent", "ns", {"ns"}, choice::asked},
    workload_info{workload::mix99, "mix99", "ns", {"ns"}, choice::asked},
    workload_info{workload::mix90, "mix90", "ns", {"ns"}, choice::asked},
    workload_info{workload::mix50, "mix50", "ns", {"ns"}, choice::asked},
    workload_info{workload::insert, "insert", "ns", {"ns"}, choice::none},
    workload_info{workload::reserve_insert, "reserve_insert", "ns", {"ns"}, choice::none},
    workload_info{workload::foreach_entry, "foreach", "ns", {"ns"}, choice::none},
    workload_info{workload::hot_write, "hot_write", "ns", {"ns"}, choice::none},
    workload_info{workload::hot_update, "hot_update", "ns", {"ns"}, choice::none},
    workload_info{workload::hot_read, "hot_read", "ns", {"ns", "writer"}, choice::none, 2},
    workload_info{workload::pause,
                  "pause",
                  "us",
                  {"max", "p50", "p99", "p99.9", "p99.99", "mean"},
                  choice::none},
    workload_info{workload::load_pause,
                  "load_pause",
                  "us",
                  {"max", "p50", "p99", "p99.9", "p99.99", "mean"},
                  choice::none,
                  2},
    workload_info{workload::memory, "memory", "bytes", {"malloc", "resident"}, choice::none, 1, 1},
    workload_info{workload::memory_kept,
                  "memory_kept",
                  "bytes",
                  {"nine_in_ten_erased", "all_erased", "shrunk"},
                  choice::none,
                  1,
                  1},
    workload_info{.id = workload::oversubscribed,
                  .name = "oversubscribed",
                  .unit = "us",
                  .measures = {"load_p99.9", "load_p50", "load_p99", "load_max", "store_p50",
                               "store_p99", "store_p99.9", "store_max"},
                  .choice = choice::asked,
                  .own_threads = {8, 32}},
    ycsb_workload(workload::ycsb_a, "ycsb_a"),
    ycsb_workload(workload::ycsb_b, "ycsb_b"),
    ycsb_workload(workload::ycsb_c, "ycsb_c"),
    ycsb_workload(workload::ycsb_d, "ycsb_d"),
    ycsb_workload(workload::ycsb_f, "ycsb_f", "atomic"),
    trace_workload(traces[0]),
    trace_workload(traces[1]),
    trace_workload(traces[2]),
    trace_workload(traces[3]),
    trace_workload(traces[4]),
    trace_workload(traces[5]),
    trace_workload(traces[6]),
    trace_workload(traces[7]),
    trace_workload(traces[8]),
    workload_info{.id = workload::word_count,
                  .name = "word_count",
                  .unit = "ms",
                  .measures = {"wall", "ns_per_word"},
                  .choice = choice::own},
};

struct job {
  workload work;
  int threads;
  double seconds;        // how long a measurement should take
  std::uint64_t rounds;  // how much to do in it; 0: find out
  const trace* cluster = nullptr;
};

struct outcome {
  std::array<double, most_measures> measures = {};
  std::uint64_t rounds = 0;
  std::uint64_t wrong = 0;  // operations whose answer was not the expected one
  bool offered = true;      // the map can do that at all
  double waited = 0;  // the longest that a thread waited for a processor, as a share of its time
};

// Of a map that cannot do that.
inline outcome not_offered() {
  outcome nothing;
  nothing.offered = false;
  return nothing;
}

}  // namespace grid
