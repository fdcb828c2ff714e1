// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// How often caches must talk to each other, for each operation of a map: counted in a model, for more
// threads than the machine has. docs/scaling.md says how, and what that shows.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "scaling/syncmap_maps.hpp"
// syncmap_maps.hpp first: see there.
#include "scaling/locked_maps.hpp"
#include "scaling/simulate.hpp"

namespace {

using namespace scaling;

constexpr const char* usage = R"(usage: syncmap_scaling [OPTIONS]

Writes one JSON object a line: first what was run, then for each map, workload, number of threads and
number of entries the coherence misses for each operation. A progress line goes to standard error.

  --threads=N,N,...    virtual threads, 1 to 128 (default 2,4,8,16,32,64,128)
  --entries=N,N,...    entries of the map (default 1000,100000)
  --prefetch=HOW       what a prefetch does: none, shared (a hint to read, the default), or
                       exclusive (a hint to write)
  --length=N           N times as many operations: have the figures settled?
)";

struct options {
  std::vector<std::size_t> threads{2, 4, 8, 16, 32, 64, 128};
  std::vector<std::size_t> entries{1000, 100000};
  std::size_t length = 1;
  std::string_view prefetch = "shared";
};

[[noreturn]] void refuse(std::string_view what) {
  std::fprintf(
      stderr, "%ssyncmap_scaling: %.*s\n", usage, static_cast<int>(what.size()), what.data());
  std::exit(2);
}

std::vector<std::size_t> numbers(const char* at, std::size_t least, std::size_t most) {
  std::vector<std::size_t> all;
  for (;; ++at) {
    char* end = nullptr;
    const unsigned long long one = std::strtoull(at, &end, 10);
    if (end == at || *at < '0' || *at > '9' || one < least || one > most) refuse("bad number");
    all.push_back(static_cast<std::size_t>(one));
    at = end;
    if (*at == '\0') return all;
    if (*at != ',') refuse("numbers are separated by commas");
  }
}

options parse(int count, char** given) {
  options chosen;
  for (int i = 1; i < count; ++i) {
    const std::string_view one = given[i];
    const std::size_t equals = one.find('=');
    const char* const value = equals == one.npos ? "" : given[i] + equals + 1;
    if (one.starts_with("--threads=")) {
      chosen.threads = numbers(value, 1, max_caches);
    } else if (one.starts_with("--entries=")) {
      chosen.entries = numbers(value, 1000, 10'000'000);
    } else if (one.starts_with("--length=")) {
      chosen.length = numbers(value, 1, 1000).front();
    } else if (one == "--prefetch=none") {
      tracer::prefetches = prefetching::none;
      chosen.prefetch = value;
    } else if (one == "--prefetch=shared") {
      tracer::prefetches = prefetching::shared;
      chosen.prefetch = value;
    } else if (one == "--prefetch=exclusive") {
      tracer::prefetches = prefetching::exclusive;
      chosen.prefetch = value;
    } else if (one == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    } else {
      refuse(one);
    }
  }
  return chosen;
}

struct contender {
  const char* name;
  outcome (*run)(const setting&);
};
constexpr contender contenders[] = {
    {"map", &simulate<inline_map>},
    {"map (nodes)", &simulate<node_map>},
    {"read_dirty_map", &simulate<read_dirty_map>},
    {"64 spin locks", &simulate<sharded_map>},
    {"reader-writer lock", &simulate<reader_writer_map>},
};

void print(const contender& map, const setting& cell, const outcome& result) {
  const auto each = [&](std::uint64_t total) {
    return static_cast<double>(total) / static_cast<double>(result.operations);
  };
  const coherence_counts& counts = result.counts;
  std::printf(
      "{\"map\": \"%s\", \"workload\": \"%s\", \"entries\": %zu, \"threads\": %zu, "
      "\"operations\": %llu, \"misses\": %.4f, \"read_misses\": %.4f, \"write_misses\": %.4f, "
      "\"prefetch_misses\": %.4f, \"busiest_line\": %.4f, "
      "\"reads\": %.3f, \"writes\": %.3f}\n",
      map.name, cell.what.name.data(), cell.entries, cell.threads,
      static_cast<unsigned long long>(result.operations), each(counts.coherence_misses()),
      each(counts.read_misses), each(counts.write_misses), each(counts.prefetch_misses),
      each(result.busiest_line), each(counts.reads), each(counts.writes));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** given) {
  const options chosen = parse(count, given);
  std::printf(
      "{\"licence\": \"SPDX-License-Identifier: MIT\", \"what\": \"coherence misses per "
      "operation, simulated\", \"prefetch\": \"%.*s\", \"compiler\": \"%s\"}\n",
      static_cast<int>(chosen.prefetch.size()), chosen.prefetch.data(), __VERSION__);
  const auto start = std::chrono::steady_clock::now();
  for (const contender& map : contenders) {
    for (const std::size_t entries : chosen.entries) {
      for (const workload& what : workloads) {
        for (const std::size_t threads : chosen.threads) {
          const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
          std::fprintf(stderr, "\r\033[K%4.0f s  %s, %s, %zu entries, %zu threads", spent.count(),
                       map.name, what.name.data(), entries, threads);
          const setting cell{threads, entries, what, chosen.length};
          print(map, cell, map.run(cell));
        }
      }
    }
  }
  std::fputc('\n', stderr);
}
