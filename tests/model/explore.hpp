// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// explore.hpp -- how long the checker looks at a program, and where.
//
// First a search, complete up to one preemption, then up to more and to stale reads, as far as the time
// goes; then random executions. SYNCMAP_MODEL_BUDGET says how many times as long as usual. Random ones
// are those of SYNCMAP_TEST_SEED. SYNCMAP_MODEL_REPLAY repeats one execution, as a report has told it.

#pragma once

#include <checker.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <decisions.hpp>
#include <functional>
#include <string>
#include <test_platform.hpp>

namespace syncmap::model {

struct outcome {
  std::string wrong;         // empty, or the story of an execution
  std::string complete;      // up to what the search has seen everything
  std::size_t searched = 0;  // executions
  std::size_t random = 0;    // executions
  std::size_t steps = 0;     // of all
  std::size_t longest = 0;   // execution, in steps
  [[nodiscard]] std::size_t executions() const noexcept { return searched + random; }
};

class explorer {
 public:
  explicit explorer(std::function<void()> body) : body_(std::move(body)) {}

  outcome run() {
    all_.forget_figures();
    if (const char* const described = std::getenv("SYNCMAP_MODEL_REPLAY")) {
      all_.choices().repeat(described);
      all_.choices().begin();
      if (!all_.execute(body_).empty()) found_.wrong = all_.retell(body_);
    } else {
      search_and_draw();
    }
    found_.steps = all_.all_steps();
    found_.longest = all_.longest();
    return found_;
  }

 private:
  using time = std::chrono::steady_clock;

  static std::chrono::duration<double> budget() {
    const char* const given = std::getenv("SYNCMAP_MODEL_BUDGET");
    return std::chrono::duration<double>(usual_seconds *
                                         (given != nullptr ? std::strtod(given, nullptr) : 1));
  }

  void search_and_draw() {
    const auto begin = time::now();
    const auto until_search_ends = begin + budget() * 0.6;
    for (const bounds within : all_bounds) {
      if (!search(within, until_search_ends)) break;
    }
    found_.searched = all_.executions();
    if (found_.wrong.empty()) draw(begin + budget());
    found_.random = all_.executions() - found_.searched;
  }

  // False if it has found something, or did not come to the end.
  template <class Time>
  bool search(bounds within, Time until) {
    all_.choices().search(within);
    do {
      if (!execute()) return false;
      if (is_over(until)) return false;
    } while (all_.choices().next());
    found_.complete = std::to_string(within.preemptions) + " preemptions, " +
                      std::to_string(within.stale_reads) + " stale reads";
    return true;
  }
  template <class Time>
  void draw(Time until) {
    all_.choices().randomize(test::test_seed());
    while (!is_over(until)) {
      if (!execute()) return;
    }
  }
  bool execute() {
    all_.choices().begin();
    if (all_.execute(body_).empty()) return true;
    found_.wrong = all_.retell(body_);
    return false;
  }
  template <class Time>
  bool is_over(Time until) {
    return all_.executions() % 64 == 0 && time::now() >= until;
  }

  static constexpr double usual_seconds = 0.25;
  // Without preemptions one thread runs after the other: there stale reads show what is not ordered.
  static constexpr bounds all_bounds[] = {
      {1, 0}, {0, 2}, {0, 3}, {1, 1}, {2, 0}, {1, 2}, {2, 1}, {3, 0}, {3, 1}};

  checker& all_ = the_checker();
  std::function<void()> body_;
  outcome found_;
};

}  // namespace syncmap::model
