// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// reduction.hpp -- which preemptions a search may leave out, because what would come of them comes of
// others too.
//
// Two steps of different threads *conflict* if one of them could notice which came first: accesses to the
// same object unless both are loads, a heavy fence and any fence, the end of an operation and the beginning
// of another. What lies between two steps of a thread belongs to the first one. Two executions are *alike*
// if their threads take the same steps, with the same results, and conflicting ones are in the same order.
// Then both are wrong, or none. A search leaves out a preemption of a thread A in front of its step a if
//
//   R1  no other thread goes on with A's step before a conflicting step has been executed: A *sleeps*
//       from its preemption until then, and is not asked;
//   R2  in no execution so far was a step of A's like a (the same object, and both load or both may
//       store) in a race: with a conflicting step of another thread, and neither happens before the other.
//
// Claim: for each execution e with at most k preemptions, the search has seen one that is alike.
// Of the executions like e with at most k preemptions consider the one in which preemptions come last: the
// first in the order of the search, which tries "goes on" first. It breaks no rule:
//
//   R1  If A is preempted in front of a, and goes on with a after the steps W of others, none of which
//       conflicts with a, then A can execute a first and be preempted in front of its next step. That is
//       alike, comes earlier in the search, and has no more preemptions: if there is no next step, or A
//       waits for it, one less.
//   R2  Then some step w in W conflicts with a, by R1; be it the first. Let A execute a, be preempted there,
//       and W follow as far as w, and then everything without preemptions. This comes earlier in the search
//       and has no more preemptions, so by induction the search has seen one that is alike. In it a and w are
//       in a race, since A does nothing between them. So R2 does not leave a out.
//
// R2 speaks of all executions of the search: when one has shown a new race, the search begins anew.
// Objects are known by their addresses. Those of an object that a thread has made depend on what that
// thread did before, and not on what others did meanwhile (heap.hpp), so they are the same in executions
// that are alike; where two objects share one, more preemptions are tried than need be.
//
// The beginning of an operation counts as a step, which does nothing (checker.hpp), so that a whole
// operation of another thread can be there, and is known to be over. Since steps only move forward, an
// operation ends no later than in the execution that was left out, and begins no earlier in the eyes of
// those that end: its history has at least as much order.
//
// With stale reads also two sequentially consistent loads of an object conflict: the first one may forbid
// the second one an older store.
//
// What it relies on: a thread that yields does so in a loop in which nothing comes of another turn unless
// something has changed; what threads share is known to the platform (the count of a shared_ptr is not: it
// says who frees, not whether). likeness.hpp compares searches with and without it.

#pragma once

#include <clock.hpp>
#include <cstddef>
#include <cstdint>
#include <heap.hpp>
#include <unordered_map>
#include <vector>

namespace syncmap::model {

// What a step does.
struct access {
  enum class kind : std::uint8_t {
    load,
    sequential_load,
    store,        // or a read-modify-write, a try of one, a lock, a wake-up
    announce,     // a store, and a light fence
    heavy_fence,  // of no object
    operation,    // the beginning of one
    anything,
  };
  const void* at = nullptr;
  kind what = kind::anything;

  [[nodiscard]] bool is_load() const noexcept {
    return what == kind::load || what == kind::sequential_load;
  }
};

class reduction {
  using kind = access::kind;

 public:
  explicit reduction(const heap& all) : heap_(all) {}

  // --- of a search

  // Another program, or none: without reduction everything matters and nobody sleeps.
  void use(bool is_used) {
    is_used_ = is_used;
    races_.assign(races_.size(), 0);
    elsewhere_.clear();
    fences_ = 0;
    has_grown_ = false;
  }
  [[nodiscard]] bool is_used() const noexcept { return is_used_; }
  // Has a race been seen that this has not been told before?
  [[nodiscard]] bool has_grown() const noexcept { return has_grown_; }
  // The search begins anew.
  void restart() {
    has_grown_ = false;
    for (const found& one : found_) mask_of(one.at) |= one.mask;
    fences_ |= found_fences_;
    found_.clear();
    found_fences_ = 0;
  }

  // May it make a difference that `thread` is preempted in front of this?
  [[nodiscard]] bool matters(const access& next, std::size_t thread) const {
    switch (next.what) {
      case kind::load:
      case kind::sequential_load:
        return (known(next.at) & load_by(thread)) != 0;
      case kind::store:
        return (known(next.at) & store_by(thread)) != 0;
      case kind::announce:
        return (known(next.at) & store_by(thread)) != 0 || (fences_ & load_by(thread)) != 0;
      case kind::heavy_fence:
        return (fences_ & store_by(thread)) != 0;
      default:
        return true;
    }
  }

  // A step of this thread was in a race.
  void raced(const void* at, std::size_t thread, bool is_store) {
    if (!is_used_) return;
    const std::uint8_t mask = is_store ? store_by(thread) : load_by(thread);
    if ((known(at) & mask) != 0) return;
    found_.push_back({at, mask});
    has_grown_ = true;
  }
  void fences_raced(std::size_t thread, bool is_heavy) {
    if (!is_used_) return;
    const std::uint8_t mask = is_heavy ? store_by(thread) : load_by(thread);
    if ((fences_ & mask) != 0) return;
    found_fences_ |= mask;
    has_grown_ = true;
  }

  // --- of an execution

  void begin() noexcept { asleep_ = 0; }
  void preempted(std::size_t thread, const access& next) noexcept {
    if (!is_used_) return;
    asleep_ |= 1U << thread;
    next_[thread] = next;
  }
  [[nodiscard]] bool sleeps(std::size_t thread) const noexcept {
    return (asleep_ >> thread & 1) != 0;
  }
  // What a step wakes.
  void executed(const access& what, bool may_read_stale) noexcept {
    if (asleep_ == 0) return;
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (sleeps(i) && conflict(next_[i], what, may_read_stale)) asleep_ &= ~(1U << i);
    }
  }
  void operation_ended() noexcept {
    for (std::size_t i = 1; asleep_ != 0 && i < max_threads; ++i) {
      if (next_[i].what == kind::operation) asleep_ &= ~(1U << i);
    }
  }

 private:
  struct found {
    const void* at;
    std::uint8_t mask;
  };
  static constexpr std::size_t granule = 4;

  static std::uint8_t load_by(std::size_t thread) noexcept {
    return static_cast<std::uint8_t>(1U << 2 * thread);
  }
  static std::uint8_t store_by(std::size_t thread) noexcept {
    return static_cast<std::uint8_t>(2U << 2 * thread);
  }

  static bool conflict(const access& a, const access& b, bool may_read_stale) noexcept {
    if (a.what == kind::anything || b.what == kind::anything) return true;
    if (a.what == kind::operation || b.what == kind::operation) return false;
    if (a.what == kind::heavy_fence || b.what == kind::heavy_fence) {
      const kind other = a.what == kind::heavy_fence ? b.what : a.what;
      return other == kind::heavy_fence || other == kind::announce;
    }
    if (a.at != b.at) return false;
    if (!a.is_load() || !b.is_load()) return true;
    return may_read_stale && a.what == kind::sequential_load && b.what == kind::sequential_load;
  }

  // Which steps at an address were in a race.
  [[nodiscard]] std::uint8_t known(const void* at) const {
    if (heap_.has(at)) return races_[heap_.offset(at) / granule];
    const auto one = elsewhere_.find(at);
    return one == elsewhere_.end() ? std::uint8_t{0} : one->second;
  }
  std::uint8_t& mask_of(const void* at) {
    return heap_.has(at) ? races_[heap_.offset(at) / granule] : elsewhere_[at];
  }

  const heap& heap_;
  bool is_used_ = false;
  std::vector<std::uint8_t> races_ = std::vector<std::uint8_t>(heap::capacity / granule);
  std::unordered_map<const void*, std::uint8_t> elsewhere_;
  std::uint8_t fences_ = 0;
  std::vector<found> found_;
  std::uint8_t found_fences_ = 0;
  bool has_grown_ = false;

  unsigned asleep_ = 0;  // a bit for each thread
  access next_[max_threads];
};

}  // namespace syncmap::model
