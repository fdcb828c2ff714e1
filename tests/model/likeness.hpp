// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// likeness.hpp -- whether what a search leaves out (reduction.hpp) is nothing new.
//
// Both searches, with and without reduction, of the same scenario and bounds must come to the same
// executions: the same steps, with the same results, with conflicting ones in the same order. A thread that
// yields may have done so more often in vain than the reduced search shows: where one has, the results of the
// operations and what is left are compared.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <map_model.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::model {

// A number for an execution: the same for those that are alike. Of each step: whose it is, what it does,
// and which steps of each thread it must come after. It knows nothing of clocks and races. A load that
// repeats the step before it, and has the same result, does not count: so threads wait.
class likeness {
 public:
  void begin() { *this = {}; }
  void executed(std::size_t thread, const access& one) {
    clock& mine = threads_[thread];
    if (one.what == access::kind::operation) return;
    const access before = std::exchange(last_[thread], one);
    if (one.is_load() && before.at == one.at && before.is_load() && knows(mine, one.at)) return;
    if (one.what == access::kind::heavy_fence || one.what == access::kind::announce) {
      mine.join(heavy_);
      if (one.what == access::kind::heavy_fence) mine.join(light_);
    }
    if (one.at != nullptr) {
      object& here = objects_[one.at];
      mine.join(here.stored);
      if (!one.is_load()) mine.join(here.loaded);
      ++mine.of[thread];
      (one.is_load() ? here.loaded : here.stored).join(mine);
    } else {
      ++mine.of[thread];
    }
    if (one.what == access::kind::heavy_fence) heavy_.join(mine);
    if (one.what == access::kind::announce) light_.join(mine);
    std::uint64_t step = mixed(thread * 16 + static_cast<std::uint64_t>(one.what));
    step = mixed(step ^ reinterpret_cast<std::uintptr_t>(one.at));
    for (const epoch each : mine.of) step = mixed(step ^ each);
    sum_ += step;
  }
  [[nodiscard]] std::uint64_t number() const noexcept { return sum_; }

 private:
  struct object {
    clock loaded;
    clock stored;
  };
  [[nodiscard]] bool knows(const clock& mine, const void* at) {
    clock more = mine;
    more.join(objects_[at].stored);
    return std::equal(std::begin(more.of), std::end(more.of), std::begin(mine.of));
  }
  static std::uint64_t mixed(std::uint64_t one) noexcept {
    one = (one + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
    return one ^ (one >> 29);
  }

  clock threads_[max_threads];
  access last_[max_threads];
  clock heavy_;
  clock light_;
  std::map<const void*, object> objects_;
  std::uint64_t sum_ = 0;
};

struct seen {
  // How each came about.
  std::map<std::pair<std::uint64_t, std::vector<result>>, std::string> likenesses;
  std::set<std::vector<result>> results;
  std::size_t executions = 0;
  bool is_over = false;
};

template <class Map>
seen all_of(const scenario& what, bounds within, bool reduced, std::size_t most) {
  checker& all = the_checker();
  performance<Map> one(what);
  likeness now;
  seen found;
  all.forget_figures();
  all.observe([&](std::size_t thread, const access& step) { now.executed(thread, step); });
  const std::function<void()> body = [&] {
    now.begin();
    one();
  };
  found.is_over = all.search(within, reduced, body, [&](const std::string& wrong) {
    EXPECT_EQ(wrong, "");
    found.results.insert(one.results());
    if (all.has_yielded()) return wrong.empty() && all.executions() < most;
    const std::pair like(now.number(), one.results());
    if (!found.likenesses.contains(like)) found.likenesses[like] = all.choices().describe();
    return wrong.empty() && all.executions() < most;
  });
  all.observe(nullptr);
  found.executions = all.executions();
  return found;
}

template <class Map>
std::string story(const scenario& what, const std::string& choices) {
  performance<Map> one(what);
  checker& all = the_checker();
  all.choices().repeat(choices);
  all.choices().begin();
  all.execute([&one] { one(); });
  return all.retell([&one] { one(); });
}

// Searches with and without; those without reduction that do not end soon are not compared.
// SYNCMAP_MODEL_BUDGET: how many times as long as usual.
template <class Map>
void compare(const char* map_name, const scenario& what) {
  const char* const times = std::getenv("SYNCMAP_MODEL_BUDGET");
  const auto most =
      static_cast<std::size_t>(3000 * (times != nullptr ? std::strtod(times, nullptr) : 1));
  for (const bounds within : {bounds{1, 0}, bounds{2, 0}, bounds{1, 1}}) {
    const seen full = all_of<Map>(what, within, false, most);
    if (!full.is_over) continue;
    const seen reduced = all_of<Map>(what, within, true, static_cast<std::size_t>(-1));
    ASSERT_TRUE(reduced.is_over);
    std::printf("reduction %s/%s, %u+%u: %zu executions, %zu reduced, %zu different, %zu results\n",
                map_name, what.name, within.preemptions, within.stale_reads, full.executions,
                reduced.executions, full.likenesses.size(), full.results.size());
    EXPECT_EQ(full.results, reduced.results);
    for (const auto& [each, choices] : full.likenesses) {
      if (reduced.likenesses.contains(each)) continue;
      ADD_FAILURE() << "nothing is like SYNCMAP_MODEL_REPLAY=" << choices << " of "
                    << within.preemptions << '+' << within.stale_reads << ":\n"
                    << story<Map>(what, choices);
      break;
    }
  }
}

}  // namespace syncmap::model
