// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// explore.hpp -- how long the checker looks at a program, and where.
//
// First a search (reduction.hpp): of all that can be with one preemption, or with as many as
// SYNCMAP_MODEL_COMPLETE says, however long it takes; then with stale reads and more preemptions, as far as
// the time goes; then random executions. SYNCMAP_MODEL_BUDGET says how many times as long as usual, in time
// that the process has had a processor: on a busy machine no less is looked at. Random executions are those of
// SYNCMAP_TEST_SEED. SYNCMAP_MODEL_REPLAY repeats one execution, as a report has told it.

#pragma once

#include <checker.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <decisions.hpp>
#include <functional>
#include <limits>
#include <string>
#include <test_platform.hpp>

namespace syncmap::model {

struct outcome {
  std::string wrong;     // empty, or the story of an execution
  std::string complete;  // what the search has seen everything of: preemptions+stale reads, each
  std::size_t searched = 0;   // executions
  std::size_t abandoned = 0;  // of them, because others show all that they could
  std::size_t random = 0;     // executions
  std::size_t steps = 0;      // of all
  std::size_t longest = 0;    // execution, in steps
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
  static double setting(const char* name, double usual) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::strtod(given, nullptr) : usual;
  }
  // Seconds that this process has had of a processor.
  static double now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
  static double budget() { return usual_seconds * setting("SYNCMAP_MODEL_BUDGET", 1); }
  static unsigned least_preemptions() {
    return static_cast<unsigned>(setting("SYNCMAP_MODEL_COMPLETE", 1));
  }

  void search_and_draw() {
    for (unsigned preemptions = 1; preemptions <= least_preemptions(); ++preemptions) {
      if (!search({preemptions, 0}, std::numeric_limits<double>::infinity())) break;
    }
    const double begin = now();
    if (found_.wrong.empty()) {
      for (const bounds within : all_bounds) {
        if (within.stale_reads == 0 && within.preemptions <= least_preemptions()) continue;
        if (!search(within, begin + budget() * 0.6)) break;
      }
    }
    found_.searched = all_.executions();
    found_.abandoned = all_.abandoned();
    if (found_.wrong.empty()) draw(begin + budget());
    found_.random = all_.executions() - found_.searched;
  }

  // False if it has found something, or did not come to the end.
  bool search(bounds within, double until) {
    const bool is_complete = all_.search(within, true, body_, [&](const std::string& wrong) {
      if (wrong.empty()) return !is_over(until);
      found_.wrong = all_.retell(body_);
      return false;
    });
    if (!is_complete) return false;
    if (!found_.complete.empty()) found_.complete += ' ';
    found_.complete +=
        std::to_string(within.preemptions) + '+' + std::to_string(within.stale_reads);
    return true;
  }
  void draw(double until) {
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
  bool is_over(double until) { return all_.executions() % 64 == 0 && now() >= until; }

  static constexpr double usual_seconds = 0.12;
  // Without preemptions one thread runs after the other: there stale reads show what is not ordered.
  static constexpr bounds all_bounds[] = {
      {0, 2}, {1, 1}, {2, 0}, {0, 3}, {1, 2}, {2, 1}, {3, 0}, {3, 1}};

  checker& all_ = the_checker();
  std::function<void()> body_;
  outcome found_;
};

}  // namespace syncmap::model
