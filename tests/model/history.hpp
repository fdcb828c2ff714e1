// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// history.hpp -- what threads do to a map, what came of it, and whether some order explains it.
//
// An operation takes effect at one instant between its beginning and its end. A walk does not: of each
// key it shows what was there at some instant of its own, so it counts as one load of each key. Nor does
// size(), which may count what another thread writes meanwhile before what that thread wrote earlier:
// where it is asked for, only one operation writes at a time, and some instant must explain it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::model {

enum class call : std::uint8_t {
  load,
  contains,
  store,
  swap,
  load_or_store,
  load_or_compute,
  load_or_throw,  // load_or_compute with a factory that throws
  erase,
  load_and_erase,
  compare_and_swap,
  compare_and_erase,
  update,   // adds
  compute,  // removes what is there, or stores what is not
  clear,
  range,
  size,
  reserve,
  shrink,
  reclaim,
  find,  // keeps a handle
  look,  // at the entry of the handle
  load_many,
  stats,
};

// An operation, as data.
struct step {
  call what;
  int key = 0;
  int value = 0;
  int expected = 0;
};

inline std::string name_of(const step& one) {
  static constexpr const char* names[] = {"load",
                                          "contains",
                                          "store",
                                          "swap",
                                          "load_or_store",
                                          "load_or_compute",
                                          "load_or_throw",
                                          "erase",
                                          "load_and_erase",
                                          "compare_and_swap",
                                          "compare_and_erase",
                                          "update",
                                          "compute",
                                          "clear",
                                          "range",
                                          "size",
                                          "reserve",
                                          "shrink",
                                          "reclaim",
                                          "find",
                                          "look",
                                          "load_many",
                                          "stats"};
  return std::string(names[static_cast<std::size_t>(one.what)]) + '(' + std::to_string(one.key) +
         ", " + std::to_string(one.value) + ')';
}

// What an operation returns, as one number.
using result = long long;
inline constexpr result nothing = -1;
inline constexpr result thrown = -2;

using contents = std::map<int, int>;

struct event {
  step did;
  result got = nothing;
  std::size_t thread = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// What it would return, and do, if it were alone. REQUIRES: it is one instant, and no look().
inline result meaning(const step& one, contents& map) {
  const auto at = map.find(one.key);
  const bool is_there = at != map.end();
  const result before = is_there ? at->second : nothing;
  switch (one.what) {
    case call::load:
    case call::find:
      return before;
    case call::contains:
      return is_there ? 1 : 0;
    case call::store:
      map[one.key] = one.value;
      return 0;
    case call::swap:
      map[one.key] = one.value;
      return before;
    case call::load_or_store:
    case call::load_or_compute:
      if (!is_there) map[one.key] = one.value;
      return is_there ? 2 * before + 1 : 2 * one.value;
    case call::load_or_throw:
      return is_there ? 2 * before + 1 : thrown;
    case call::erase:
      return static_cast<result>(map.erase(one.key));
    case call::load_and_erase:
      map.erase(one.key);
      return before;
    case call::compare_and_swap:
      if (before != one.expected) return 0;
      map[one.key] = one.value;
      return 1;
    case call::compare_and_erase:
      if (before != one.expected) return 0;
      map.erase(one.key);
      return 1;
    case call::update:
      if (is_there) at->second += one.value;
      return is_there ? at->second : nothing;
    case call::compute:
      if (is_there) {
        map.erase(at);
        return nothing;
      }
      map[one.key] = one.value;
      return one.value;
    case call::clear:
      map.clear();
      return 0;
    case call::size:
      return static_cast<result>(map.size());
    default:
      return 0;
  }
}

class explanations {
 public:
  explicit explanations(contents before) : before_(std::move(before)) {}

  // Is there an order of the events that explains all results, and in which those that ended before
  // others began come before those?
  bool explain(const std::vector<event>& events) {
    std::vector<result> key;
    for (const event& one : events) {
      key.push_back(one.got);
      result earlier = 0;
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].end < one.begin) earlier |= result{1} << i;
      }
      key.push_back(earlier);
    }
    if (known_.contains(key)) return true;
    std::vector<bool> done(events.size(), false);
    if (!search(events, done, events.size(), before_)) return false;
    known_.insert(std::move(key));
    return true;
  }

 private:
  static bool search(const std::vector<event>& events, std::vector<bool>& done, std::size_t left,
                     const contents& now) {
    if (left == 0) return true;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (done[i] || !may_be_next(events, done, i)) continue;
      contents after = now;
      if (meaning(events[i].did, after) != events[i].got) continue;
      done[i] = true;
      if (search(events, done, left - 1, after)) return true;
      done[i] = false;
    }
    return false;
  }
  static bool may_be_next(const std::vector<event>& events, const std::vector<bool>& done,
                          std::size_t which) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!done[i] && events[i].end < events[which].begin) return false;
    }
    return true;
  }

  contents before_;
  std::set<std::vector<result>> known_;  // those that can be explained
};

}  // namespace syncmap::model
