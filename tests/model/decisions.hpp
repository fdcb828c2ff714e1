// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// decisions.hpp -- what an execution leaves open, and who settles it.
//
// An execution asks choose() whenever it could go on in more than one way: which thread is next, which
// store a load reads. The answers are the execution: the same answers give the same one again. They
// come from a depth-first search, from a random source, or from a recorded execution.
//
// Alternative 0 is always the ordinary one: the running thread goes on, a load reads the newest value, a
// store becomes the newest one. Another one is a *deviation*: a preemption, or a stale read (or a store
// that comes before others, or a weak exchange that fails). The search is complete up to a bound on the
// number of each. It need not look at every alternative that there is (reduction.hpp).

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <clock.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::model {

enum class choice : std::uint8_t {
  thread,      // the running thread cannot go on: no alternative is a deviation
  preemption,  // it could
  value,
};

struct bounds {
  unsigned preemptions = 0;
  unsigned stale_reads = 0;
};

class decisions {
 public:
  // The next executions are those of a search, from the first on.
  void search(bounds within) {
    source_ = source::search;
    within_ = within;
    trail_.clear();
  }
  // Each is random, and may have more deviations.
  void randomize(std::uint64_t seed) {
    source_ = source::random;
    random_ = seed;
  }
  // The one that describe() has told of.
  void repeat(const std::string& described) {
    source_ = source::record;
    trail_.clear();
    const char* at = described.c_str();
    while (*at != '\0') {
      char* end = nullptr;
      const unsigned long ordinary = std::strtoul(at, &end, 10);
      trail_.insert(trail_.end(), ordinary, {});
      if (*end != ':') break;
      const unsigned long chosen = std::strtoul(end + 1, &end, 10);
      trail_.push_back({static_cast<std::uint8_t>(chosen), 0, choice::thread});
      at = *end == ',' ? end + 1 : end;
    }
  }

  void begin() {
    at_ = 0;
    used_ = {};
    asked_of_all_ = 0;
    deviations_.clear();
    if (source_ != source::random) return;
    // Half of the executions run by priority, which changes at a few points (the PCT scheduler of
    // Burckhardt et al., 2010); half switch at any point, with the same probability.
    by_priority_ = below(2) == 0;
    eagerness_ = 4 + below(28);
    staleness_ = 2 + below(14);
    for (std::size_t i = 0; i < max_threads; ++i) priority_[i] = static_cast<int>(i) + 1;
    for (std::size_t i = max_threads; i > 1; --i) std::swap(priority_[i - 1], priority_[below(i)]);
    for (std::size_t& each : changes_) each = below(longest_ + 1);
    asked_ = 0;
    lowest_ = 0;
  }
  // After an execution of a search: is there another one?
  [[nodiscard]] bool next() {
    while (!trail_.empty()) {
      decision& last = trail_.back();
      forget(last);
      if (last.chosen + 1 < last.count && may_deviate(last.what)) {
        ++last.chosen;
        return true;
      }
      trail_.pop_back();
    }
    return false;
  }

  // One of `count` alternatives, at least two. Of threads: `threads` are their numbers. A search takes only
  // those whose bits are in `useful`; 0 is among them if the others are deviations.
  std::size_t choose(choice what, std::size_t count, const std::size_t* threads = nullptr,
                     unsigned useful = ~0U) {
    std::size_t chosen = 0;
    switch (source_) {
      case source::search:
        chosen = next_of_search(what, useful & ((1U << count) - 1));
        break;
      case source::random:
        chosen = draw(what, count, threads);
        break;
      case source::record:
        if (at_ < trail_.size()) chosen = std::min<std::size_t>(trail_[at_++].chosen, count - 1);
        break;
    }
    if (chosen != 0) deviations_.push_back({asked_of_all_, chosen});
    ++asked_of_all_;
    return chosen;
  }

  [[nodiscard]] bool may_read_stale() const noexcept { return within_.stale_reads > 0; }

  // A thread that waits for others has the lowest priority from now on.
  void yielded(std::size_t thread) noexcept { priority_[thread] = lowest_--; }

  // For repeat(): how many ordinary choices, and then which other one, and so on.
  [[nodiscard]] std::string describe() const {
    std::string all;
    std::size_t next = 0;
    for (const deviation& each : deviations_) {
      if (!all.empty()) all += ',';
      all += std::to_string(each.at - next) + ':' + std::to_string(each.chosen);
      next = each.at + 1;
    }
    return all.empty() ? "0" : all;
  }

 private:
  enum class source { search, random, record };
  struct decision {
    std::uint8_t chosen = 0;
    std::uint8_t count = 0;
    choice what = choice::thread;
  };
  // Another alternative than the ordinary one: at which of all questions, asked in a search or not.
  struct deviation {
    std::size_t at;
    std::size_t chosen;
  };

  // --- of a search

  std::size_t next_of_search(choice what, unsigned useful) {
    const auto count = static_cast<std::uint8_t>(std::popcount(useful));
    if (count > 1 && may_deviate(what)) {
      if (at_ == trail_.size()) trail_.push_back({0, count, what});
      const decision& one = trail_[at_++];
      note(one);
      for (std::uint8_t i = 0; i < one.chosen; ++i) useful &= useful - 1;
    }
    return static_cast<std::size_t>(std::countr_zero(useful));
  }
  [[nodiscard]] bool may_deviate(choice what) const noexcept {
    switch (what) {
      case choice::preemption:
        return used_.preemptions < within_.preemptions;
      case choice::value:
        return used_.stale_reads < within_.stale_reads;
      default:
        return true;
    }
  }
  void note(const decision& one) noexcept {
    if (one.chosen == 0) return;
    if (one.what == choice::preemption) ++used_.preemptions;
    if (one.what == choice::value) ++used_.stale_reads;
  }
  void forget(const decision& one) noexcept {
    if (one.chosen == 0) return;
    if (one.what == choice::preemption) --used_.preemptions;
    if (one.what == choice::value) --used_.stale_reads;
  }

  // --- of a random execution

  std::size_t draw(choice what, std::size_t count, const std::size_t* threads) {
    if (what == choice::value) return below(staleness_) == 0 ? below(count) : 0;
    ++asked_;
    longest_ = std::max(longest_, asked_);
    if (!by_priority_) {
      return what == choice::thread || below(eagerness_) == 0 ? below(count) : 0;
    }
    if (what == choice::preemption &&
        std::find(changes_.begin(), changes_.end(), asked_) != changes_.end()) {
      priority_[threads[0]] = lowest_--;
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i) {
      if (priority_[threads[i]] > priority_[threads[best]]) best = i;
    }
    return best;
  }
  std::size_t below(std::size_t end) noexcept {
    random_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = random_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>(((mixed ^ (mixed >> 31)) >> 32) * end >> 32);
  }

  source source_ = source::search;
  bounds within_;
  bounds used_;
  std::vector<decision> trail_;
  std::size_t at_ = 0;
  std::size_t asked_of_all_ = 0;
  std::vector<deviation> deviations_;

  std::uint64_t random_ = 0;
  bool by_priority_ = false;
  std::size_t eagerness_ = 1;
  std::size_t staleness_ = 1;
  std::array<int, max_threads> priority_{};
  std::array<std::size_t, 3> changes_{};
  std::size_t asked_ = 0;    // for a thread, in this execution
  std::size_t longest_ = 1;  // the most that any has asked
  int lowest_ = 0;
};

}  // namespace syncmap::model
