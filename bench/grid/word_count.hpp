// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// All threads count the words of a text in one map.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "grid/job.hpp"
#include "grid/measuring.hpp"
#include "grid/threads.hpp"
#include "grid/words.hpp"

namespace grid {

// In one call where the map has one that inserts or changes.
template <class Map>
void count_one(Map& map, const std::string& token) {
  const auto more = [](word& count) { ++count; };
  if constexpr (requires { map.upsert(token, word{1}, more); }) {
    map.upsert(token, word{1}, more);
  } else {
    while (!map.update(token, more) && !map.insert(token, word{1})) {
    }
  }
}

// How far the map is from the right answer.
template <class Map>
std::uint64_t miscounted(const Map& map, const dataset<words>& text) {
  std::size_t entries = 0, sum = 0;
  map.for_each([&](const std::string&, word count) {
    ++entries;
    sum += count;
  });
  const auto difference = [](std::size_t a, std::size_t b) { return a < b ? b - a : a - b; };
  return difference(entries, text.entries) + difference(sum, text.tokens.size());
}

template <class Map>
outcome count_words(const job& what, const dataset<words>& text) {
  if constexpr (can_update<Map, words>) {
    Map& map = lasting_map<Map>();
    std::vector<report> reports(static_cast<std::size_t>(what.threads));
    spin_barrier barrier(what.threads);
    on_threads(what.threads, [&](int thread) {
      const auto t = static_cast<std::size_t>(thread);
      const std::size_t end = part(text.tokens.size(), t + 1, what.threads);
      stopwatch watch;
      barrier.arrive_and_wait();
      watch.start();
      for (std::size_t i = part(text.tokens.size(), t, what.threads); i < end; ++i) {
        count_one(map, text.tokens[i]);
      }
      watch.stop();
      reports[t].take(watch);
    });
    outcome result = summary(reports, 1);
    double seconds = 0;  // until the last one is done
    for (const report& one : reports) seconds = std::max(seconds, one.seconds);
    if (what.threads == 1) seconds = 1e-9 * result.measures[0];
    result.measures = {1e3 * seconds, 1e9 * seconds / static_cast<double>(text.tokens.size())};
    result.rounds = 1;
    result.wrong = miscounted(map, text);
    return result;
  } else {
    return not_offered();
  }
}

}  // namespace grid
