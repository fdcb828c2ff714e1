// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// checker.hpp -- runs a program of a few threads in all the ways that decisions.hpp settles, under the
// memory of memory.hpp, until one of them goes wrong.
//
// The threads are fibers. Before each operation that others could notice the running thread asks who
// is next. A thread that yields is not asked again before another has executed an operation; if nothing
// has changed since it last yielded, not before another may have changed something; one that waits, not
// before it is woken.
//
// An execution that goes wrong is left where it is, since the destructors of its threads could not run
// any more, and is repeated, with every operation written down.

#pragma once

#include <atomic>
#include <clock.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <decisions.hpp>
#include <exception>
#include <fibers.hpp>
#include <functional>
#include <memory.hpp>
#include <reduction.hpp>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::model {

class checker {
 public:
  // The most operations of one execution: one that takes more does not end.
  static constexpr std::size_t most_steps = 20000;

  checker() = default;
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  // --- from outside

  // Executes `body` once, as thread 0. Empty, or what went wrong.
  std::string execute(const std::function<void()>& body) {
    reset();
    body_ = &body;
    fibers_.run(&enter_fiber);
    body_ = nullptr;
    ++executions_;
    if (is_abandoned_) ++abandoned_;
    longest_ = std::max(longest_, steps_);
    all_steps_ += steps_;
    return std::exchange(wrong_, {});
  }
  // Repeats the execution that `choices()` has just settled, and tells of it.
  std::string retell(const std::function<void()>& body) {
    const std::string described = choices_.describe();
    is_tracing_ = true;
    memory_.set_tracing(true);
    trace_.clear();
    choices_.repeat(described);
    choices_.begin();
    const std::string wrong = execute(body);
    is_tracing_ = false;
    memory_.set_tracing(false);
    std::string story;
    for (const std::string& line : trace_) story += line + '\n';
    return story + (wrong.empty() ? "nothing wrong this time" : wrong) +
           "\nSYNCMAP_MODEL_REPLAY=" + described + '\n';
  }

  // Executes it in all ways within these bounds, or, reduced, in so many of them that none is missed
  // (reduction.hpp), until `after` says of the outcome of an execution that it is enough.
  // False then.
  template <class F>
  bool search(bounds within, bool reduced, const std::function<void()>& body, const F& after) {
    reduction& less = memory_.reduced();
    less.use(reduced);
    bool is_over = true;
    do {
      less.restart();
      choices_.search(within);
      do {
        choices_.begin();
        const std::string wrong = execute(body);
        if (!is_abandoned_ && !after(wrong)) {
          is_over = false;
          break;
        }
      } while (!less.has_grown() && choices_.next());
    } while (is_over && less.has_grown());
    less.use(false);
    return is_over;
  }

  decisions& choices() noexcept { return choices_; }
  memory& objects() noexcept { return memory_; }
  // Called with each step of the threads that are interleaved, and the number of its thread.
  void observe(std::function<void(std::size_t, const access&)> f) { observer_ = std::move(f); }
  // Called before each execution.
  void on_reset(std::function<void()> f) { on_reset_.push_back(std::move(f)); }

  [[nodiscard]] std::size_t executions() const noexcept { return executions_; }
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }
  [[nodiscard]] std::size_t all_steps() const noexcept { return all_steps_; }
  // Executions that were given up, since all that could come of them comes of others.
  [[nodiscard]] std::size_t abandoned() const noexcept { return abandoned_; }
  // Did a thread yield in the last execution?
  [[nodiscard]] bool has_yielded() const noexcept { return has_yielded_; }
  void forget_figures() noexcept { executions_ = longest_ = all_steps_ = abandoned_ = 0; }

  // --- from thread 0

  // Runs f(1), ..., f(count), each as the thread of that number, until all have returned. Not
  // interleaved unless asked for.
  void run_threads(std::size_t count, bool interleaved, std::function<void(std::size_t)> f) {
    thread_body_ = std::move(f);
    for (std::size_t i = 1; i <= count; ++i) {
      memory_.synchronize(0, i);
      threads_[i].now = state::ready;
      fibers_.restart(i);
    }
    is_interleaved_ = interleaved;
    memory_.set_shared(interleaved);
    threads_[0].now = state::waits;
    give_up_turn();
    is_interleaved_ = false;
    memory_.set_shared(false);
    for (std::size_t i = 1; i <= count; ++i) memory_.synchronize(i, 0);
  }

  // --- from any thread

  [[nodiscard]] std::size_t self() const noexcept { return fibers_.current(); }
  [[nodiscard]] std::size_t now() const noexcept { return steps_; }

  // Before every operation that another thread could notice.
  void step(access next = {}) {
    if (++steps_ > most_steps) fail("a livelock: the execution does not end");
    if (!is_interleaved_) return;
    const std::size_t me = self();
    for (std::size_t i = 1; i < max_threads; ++i) {
      thread& each = threads_[i];
      if (i == me || each.now != state::yielded) continue;
      if (each.is_patient && next.is_load()) continue;
      each.now = state::ready;
    }
    std::size_t able[max_threads] = {me};
    std::size_t count = 1;
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (i != me && threads_[i].now == state::ready) able[count++] = i;
    }
    if (count > 1) {
      next.at = memory_.identity(next.at);
      const unsigned useful =
          is_reduced() && !reduced().matters(next, me) ? 1U : awake(able, count);
      const std::size_t chosen = able[choices_.choose(choice::preemption, count, able, useful)];
      if (chosen != me) {
        reduced().preempted(me, next);
        go_to(chosen);
      }
    }
    goes_on(next);
  }
  // What others may have waited for, if that is no step: the end of waiting.
  void goes_on(const access& now) {
    if (!is_interleaved_) return;
    const access known = {memory_.identity(now.at), now.what};
    reduced().executed(known, choices_.may_read_stale());
    if (!now.is_load()) {
      ++changes_;
      ++threads_[self()].changes;
    }
    if (observer_) observer_(self(), known);
  }
  // An operation of the caller's begins, or has ended.
  void begin_operation() { step({nullptr, access::kind::operation}); }
  void end_operation() { reduced().operation_ended(); }

  void yield() {
    if (!is_interleaved_) return;
    if (++steps_ > most_steps) fail("a livelock: the execution does not end");
    note([] { return std::string("yields"); });
    has_yielded_ = true;
    choices_.yielded(self());
    thread& me = threads_[self()];
    me.now = state::yielded;
    me.is_patient = std::exchange(me.saw, changes_ - me.changes) == changes_ - me.changes;
    give_up_turn();
  }
  // Until somebody wakes those that wait for this address.
  void wait(const void* address) {
    note([&] { return "waits for " + memory_.name(address); });
    threads_[self()].now = state::waits;
    threads_[self()].waits_for = address;
    give_up_turn();
  }
  void wake(const void* address) {
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (threads_[i].now == state::waits && threads_[i].waits_for == address) {
        threads_[i].now = state::ready;
      }
    }
  }

  template <class Tell>
  void note(const Tell& tell) {
    if (!is_tracing_ || (!is_interleaved_ && steps_ != 0 && self() == 0 && is_quiet_)) return;
    trace_.push_back("thread " + std::to_string(self()) + "  " + tell());
  }
  [[nodiscard]] bool is_tracing() const noexcept { return is_tracing_; }
  // Leaves what thread 0 does out of the story.
  void be_quiet(bool quiet) noexcept { is_quiet_ = quiet; }

  [[noreturn]] void give_up(const std::string& what) {
    wrong_ = "thread " + std::to_string(self()) + ": " + what;
    fibers_.leave();
  }

 private:
  enum class state : std::uint8_t { idle, ready, yielded, waits };
  struct thread {
    state now = state::idle;
    bool is_patient = false;  // it has yielded, and others had changed nothing
    std::size_t changes = 0;  // steps that may have changed something
    std::size_t saw = 0;      // of those of others, when it last yielded
    const void* waits_for = nullptr;
  };

  void reset() {
    steps_ = changes_ = 0;
    is_abandoned_ = has_yielded_ = false;
    is_interleaved_ = false;
    memory_.reset();
    for (thread& each : threads_) each = {};
    for (const auto& f : on_reset_) f();
  }

  static void enter_fiber();
  void run_fiber() {
    const std::size_t me = self();
    try {
      me == 0 ? (*body_)() : thread_body_(me);
    } catch (const std::exception& thrown) {
      fail(std::string("an exception: ") + thrown.what());
    } catch (...) {
      fail("an exception");
    }
    if (me == 0) fibers_.leave();
    threads_[me].now = state::idle;
    fibers_.enter(after_me());
  }

  reduction& reduced() noexcept { return memory_.reduced(); }
  bool is_reduced() noexcept { return reduced().is_used(); }
  // A bit for each that does not sleep.
  unsigned awake(const std::size_t* able, std::size_t count) noexcept {
    unsigned all = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!reduced().sleeps(able[i])) all |= 1U << i;
    }
    return all;
  }

  void go_to(std::size_t next) { fibers_.switch_to(next); }
  void give_up_turn() {
    const std::size_t next = after_me();
    if (next != self()) go_to(next);
  }
  // Who goes on if the running thread cannot.
  std::size_t after_me() {
    std::size_t able[max_threads];
    std::size_t count = collect(state::ready, able);
    if (count == 0) {
      count = collect(state::yielded, able);
      for (std::size_t i = 0; i < count; ++i) threads_[able[i]].now = state::ready;
    }
    if (count == 0) {
      for (std::size_t i = 1; i < max_threads; ++i) {
        if (threads_[i].now == state::waits) fail("a deadlock: every thread waits");
      }
      threads_[0].now = state::ready;
      return 0;
    }
    const unsigned useful = awake(able, count);
    if (useful == 0) {
      is_abandoned_ = true;
      fibers_.leave();
    }
    if (count == 1 || !is_interleaved_) return able[0];
    return able[choices_.choose(choice::thread, count, able, useful)];
  }
  std::size_t collect(state which, std::size_t* able) const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (threads_[i].now == which) able[count++] = i;
    }
    return count;
  }

  decisions choices_;
  memory memory_{choices_};
  fibers fibers_;
  thread threads_[max_threads];
  const std::function<void()>* body_ = nullptr;
  std::function<void(std::size_t)> thread_body_;
  std::vector<std::function<void()>> on_reset_;
  std::function<void(std::size_t, const access&)> observer_;
  bool is_interleaved_ = false;
  bool is_tracing_ = false;
  bool is_quiet_ = false;
  std::vector<std::string> trace_;
  std::string wrong_;
  std::size_t steps_ = 0;
  std::size_t changes_ = 0;  // of all threads
  std::size_t executions_ = 0;
  std::size_t longest_ = 0;
  std::size_t all_steps_ = 0;
  std::size_t abandoned_ = 0;
  bool is_abandoned_ = false;
  bool has_yielded_ = false;
};

// There is one: the engines know their platform by its type only.
inline checker& the_checker() {
  static checker one;
  return one;
}

inline void checker::enter_fiber() { the_checker().run_fiber(); }

[[noreturn]] inline void fail(const std::string& what) { the_checker().give_up(what); }

}  // namespace syncmap::model
