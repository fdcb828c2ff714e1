// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The benchmark suite of Go's sync.Map, workload for workload, over both maps and over a
// std::unordered_map under a reader-writer lock. `tools/bench/go_table.py` makes the table.
//
// What one figure means. Go gives the wall time of N operations divided by N, N being the sum over
// all threads. Google Benchmark's own `Threads(n)` cannot say that: every thread gets N operations
// of its own and finishes when it finishes, and releases of that library differ in whether they
// divide the mean of those times by the number of threads. So each benchmark here is one call with
// a manual time, which starts its threads itself (run_parallel.hpp). `Go/Calibration` shows that it
// is right: an operation there busily waits for 1 us, so it must report 1000 ns at one thread and
// 500 ns at two (and a little, for the clock), if two processors are idle.
//
// As in Go, the map of each run is new and filled outside the measured time. A run whose threads
// waited for a processor because the machine was busy is repeated a few times; the counter
// `waited_%` is what remained.

#include <benchmark/benchmark.h>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "maps.hpp"
#include "run_parallel.hpp"

namespace {

using number = std::int64_t;
using clock_type = std::chrono::steady_clock;

// --- The harness ---------------------------------------------------------------------------------

// One benchmark: a new map, the workload's setup, then its operations, of which only these count.
template <class Workload, class Map>
bench::parallel_time run_once(int threads, number total) {
  Map map;
  Workload workload;
  workload.setup(map);
  return bench::run_parallel(threads, total, [&] { return workload.operation(map); });
}

template <class Workload, class Map>
void measure(benchmark::State& state) {
  constexpr int attempts = 4;
  constexpr double quiet = 0.025;
  const auto threads = static_cast<int>(state.range(0));
  const auto total = static_cast<number>(state.max_iterations);
  while (state.KeepRunningBatch(total)) {
    auto best = run_once<Workload, Map>(threads, total);
    for (int more = 1; more < attempts && best.waited > quiet; ++more) {
      const auto again = run_once<Workload, Map>(threads, total);
      if (again.waited < best.waited) best = again;
    }
    state.SetIterationTime(best.wall);
    state.counters["waited_%"] = 100 * best.waited;
  }
}

// A map that does not do what its workload expects has no speed worth printing.
void require(bool holds, const char* what) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "go_suite: %s\n", what);
  std::abort();
}

template <class T>
void keep(T&& result) {
  benchmark::DoNotOptimize(result);
}

// Keys 0 to n-1, each mapped to itself; then enough hits to bring every key within reach of a
// look-up without a lock.
template <class Map>
void fill(Map& map, number n) {
  for (number i = 0; i < n; ++i) map.load_or_store(i, i);
}

template <class Map>
void fill_and_prime(Map& map, number n) {
  fill(map, n);
  for (number i = 0; i < 2 * n; ++i) keep(map.load(i % n));
}

constexpr number many = 1023;  // keys that hit, of 1024, in "mostly hits"
constexpr number few = 1;      // and in "mostly misses"
constexpr number half = 128;   // and in "balanced", of 256

// --- Loads and stores ----------------------------------------------------------------------------

template <number Hits>
struct load_mostly {
  void setup(auto& map) { fill_and_prime(map, Hits); }
  auto operation(auto& map) {
    return [&map](number i) { keep(map.load(i % 1024)); };
  }
};

struct load_or_store_balanced {
  void setup(auto& map) { fill_and_prime(map, half); }
  auto operation(auto& map) {
    return [&map](number i) {
      const number j = i % (2 * half);
      if (j < half) {
        require(map.load_or_store(j, i).loaded, "a key stored in the setup is absent");
      } else {
        require(!map.load_or_store(i, i).loaded, "a key that nobody stored is present");
      }
    };
  }
};

struct load_or_store_unique {
  void setup(auto&) {}
  auto operation(auto& map) {
    return [&map](number i) {
      require(!map.load_or_store(i, i).loaded, "a key that nobody stored is present");
    };
  }
};

struct load_or_store_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) { keep(map.load_or_store(0, 0)); };
  }
};

struct adversarial_alloc {
  void setup(auto&) {}
  auto operation(auto& map) {
    // Stores a new key after as many misses as there were stores: just after each promotion.
    return [&map, stores = number{0}, loads_since_store = number{0}](number i) mutable {
      keep(map.load(i));
      if (++loads_since_store > stores) {
        keep(map.load_or_store(i, stores));
        loads_since_store = 0;
        ++stores;
      }
    };
  }
};

// --- Erases --------------------------------------------------------------------------------------

struct load_and_erase_balanced {
  void setup(auto& map) { fill_and_prime(map, half); }
  auto operation(auto& map) {
    return [&map](number i) {
      const number j = i % (2 * half);
      keep(map.load_and_erase(j < half ? j : i));
    };
  }
};

struct load_and_erase_unique {
  void setup(auto&) {}
  auto operation(auto& map) {
    return [&map](number i) { keep(map.load_and_erase(i)); };
  }
};

struct load_and_erase_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) {
      if (map.load_and_erase(0)) map.store(0, 0);
    };
  }
};

struct erase_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) { keep(map.erase(0)); };
  }
};

struct adversarial_delete {
  void setup(auto& map) {
    for (number i = 0; i < 1024; ++i) map.store(i, i);
  }
  auto operation(auto& map) {
    return [&map](number i) {
      keep(map.load(i));
      if (i % 1024 != 0) return;
      map.range([&map](number key, number) {
        map.erase(key);
        return false;
      });
      map.store(i, i);
    };
  }
};

// --- Range and clear -----------------------------------------------------------------------------

struct range_all {
  void setup(auto& map) {
    for (number i = 0; i < 1024; ++i) map.store(i, i);
  }
  auto operation(auto& map) {
    return [&map](number) {
      map.range([](number key, number value) {
        keep(key);
        keep(value);
        return true;
      });
    };
  }
};

struct clear_and_store {
  void setup(auto&) {}
  auto operation(auto& map) {
    return [&map](number i) {
      map.clear();
      map.store(i % 256, i % 256);
    };
  }
};

// --- Swaps ---------------------------------------------------------------------------------------

struct swap_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) { keep(map.swap(0, 0)); };
  }
};

template <number Hits>
struct swap_mostly {
  void setup(auto& map) { fill_and_prime(map, Hits); }
  auto operation(auto& map) {
    return [&map](number i) {
      const number r = i % 1024;
      if (r < Hits) {
        keep(map.swap(r, r));
      } else {
        keep(map.swap(i, i));
        keep(map.erase(i));
      }
    };
  }
};

// --- Compare and swap, compare and erase ---------------------------------------------------------

struct compare_and_swap_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) {
      if (map.compare_and_swap(0, 0, 42)) keep(map.compare_and_swap(0, 42, 0));
    };
  }
};

struct compare_and_swap_no_existing_key {
  void setup(auto&) {}
  auto operation(auto& map) {
    return [&map](number i) {
      if (map.compare_and_swap(i, 0, 0)) map.erase(i);
    };
  }
};

struct compare_and_swap_value_not_equal {
  void setup(auto& map) { map.store(0, 0); }
  auto operation(auto& map) {
    return [&map](number) { keep(map.compare_and_swap(0, 1, 2)); };
  }
};

// A key that hits while its index is below `Hits` of every 1024, else one that is not there.
template <number Hits>
number mostly(number i) {
  const number r = i % 1024;
  return r < Hits ? r : i;
}

template <number Hits>
struct compare_and_swap_mostly {
  void setup(auto& map) { fill_and_prime(map, Hits); }
  auto operation(auto& map) {
    return [&map](number i) {
      const number v = mostly<Hits>(i);
      keep(map.compare_and_swap(v, v, v));
    };
  }
};

struct compare_and_erase_collision {
  void setup(auto& map) { fill(map, 1); }
  auto operation(auto& map) {
    return [&map](number) {
      if (map.compare_and_erase(0, 0)) map.store(0, 0);
    };
  }
};

template <number Hits>
struct compare_and_erase_mostly {
  void setup(auto& map) { fill_and_prime(map, Hits); }
  auto operation(auto& map) {
    return [&map](number i) {
      const number v = mostly<Hits>(i);
      if (map.compare_and_erase(v, v)) map.store(v, v);
    };
  }
};

// --- String keys: the suite of the trie that replaced the two maps in Go -------------------------

// The decimal digits of 0 to Count-1. Every thread goes through them from the first to the last,
// again and again; `Stored` says whether the map holds them from the start.
template <number Count, bool Stored>
struct string_keys {
  std::vector<std::string> keys;

  void setup(auto& map) {
    for (number i = 0; i < Count; ++i) keys.push_back(std::to_string(i));
    if constexpr (Stored) {
      for (number i = 0; i < Count; ++i) map.load_or_store(keys[static_cast<std::size_t>(i)], i);
    }
  }

  auto operation(auto& map) {
    return [&map, &all = keys, next = std::size_t{0}](number) mutable {
      if constexpr (Stored) {
        keep(map.load(all[next]));
      } else {
        keep(map.load_or_store(all[next], static_cast<number>(next)));
      }
      if (++next == all.size()) next = 0;
    };
  }
};

// --- Calibration ---------------------------------------------------------------------------------

struct wait_one_microsecond {
  void setup(auto&) {}
  auto operation(auto&) {
    return [](number) {
      const auto until = clock_type::now() + std::chrono::microseconds(1);
      while (clock_type::now() < until) {
      }
    };
  }
};

struct no_map {};

// --- The list ------------------------------------------------------------------------------------

constexpr benchmark::IterationCount as_needed = 0;

template <class Workload, class Map>
void add_one(const std::string& name, benchmark::IterationCount iterations) {
  auto* one = benchmark::RegisterBenchmark(("Go/" + name).c_str(), measure<Workload, Map>);
  one->ArgName("threads")->Arg(1)->Arg(2)->UseManualTime();
  if (iterations != as_needed) one->Iterations(iterations);
}

// Workloads that keep what they store get a fixed number of operations: about what Go's harness
// arrives at in its second, so that their maps grow to the same size and not without limit.
template <class Workload, class Key = number>
void add(const std::string& name, benchmark::IterationCount iterations = as_needed) {
  add_one<Workload, syncmap::map<Key, number>>(name + "/map", iterations);
  add_one<Workload, syncmap::read_dirty_map<Key, number>>(name + "/read_dirty_map", iterations);
  add_one<Workload, bench::shared_mutex_map<Key, number>>(name + "/shared_mutex", iterations);
}

void add_all() {
  add_one<wait_one_microsecond, no_map>("Calibration/none", as_needed);

  add<load_mostly<many>>("LoadMostlyHits");
  add<load_mostly<few>>("LoadMostlyMisses");
  add<load_or_store_balanced>("LoadOrStoreBalanced", 1 << 21);
  add<load_or_store_unique>("LoadOrStoreUnique", 1 << 20);
  add<load_or_store_collision>("LoadOrStoreCollision");
  add<load_and_erase_balanced>("LoadAndDeleteBalanced");
  add<load_and_erase_unique>("LoadAndDeleteUnique");
  add<load_and_erase_collision>("LoadAndDeleteCollision");
  add<range_all>("Range");
  add<adversarial_alloc>("AdversarialAlloc");
  add<adversarial_delete>("AdversarialDelete");
  add<erase_collision>("DeleteCollision");
  add<swap_collision>("SwapCollision");
  add<swap_mostly<many>>("SwapMostlyHits");
  add<swap_mostly<few>>("SwapMostlyMisses");
  add<compare_and_swap_collision>("CompareAndSwapCollision");
  add<compare_and_swap_no_existing_key>("CompareAndSwapNoExistingKey");
  add<compare_and_swap_value_not_equal>("CompareAndSwapValueNotEqual");
  add<compare_and_swap_mostly<many>>("CompareAndSwapMostlyHits");
  add<compare_and_swap_mostly<few>>("CompareAndSwapMostlyMisses");
  add<compare_and_erase_collision>("CompareAndDeleteCollision");
  add<compare_and_erase_mostly<many>>("CompareAndDeleteMostlyHits");
  add<compare_and_erase_mostly<few>>("CompareAndDeleteMostlyMisses");
  add<clear_and_store>("Clear");

  using text = std::string;
  add<string_keys<8, true>, text>("String/LoadSmall");
  add<string_keys<128, true>, text>("String/Load");
  add<string_keys<131072, true>, text>("String/LoadLarge");
  add<string_keys<128, false>, text>("String/LoadOrStore");
  add<string_keys<131072, false>, text>("String/LoadOrStoreLarge");
}

[[maybe_unused]] const bool added = (add_all(), true);

}  // namespace
