// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// overflow_list.hpp -- the overflow groups of one table, which are freed with it.
//
// Synchronization
//   S1 own-overflow   release: add()   acquire: free_some()
//      Carries the links of the list to whoever frees it.

#pragma once

#include <cstddef>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/memory.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Slot, class P>
class overflow_list {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using overflow = overflow_group<Slot, P>;

 public:
  void add(overflow* one) noexcept {
    count_.fetch_add(1, std::memory_order_relaxed);                  // relaxed (statistic)
    std::size_t deepest = deepest_.load(std::memory_order_relaxed);  // relaxed (statistic)
    // relaxed (statistic), on failure too.
    while (deepest < one->depth &&
           !deepest_.compare_exchange_weak(
               deepest, one->depth, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
    // relaxed (revalidated): the exchange below checks it.
    one->next_owned = first_.load(std::memory_order_relaxed);
    // S1 release. Failure: relaxed (revalidated).
    while (!first_.compare_exchange_weak(
        one->next_owned, one, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // Frees up to `most` of them; true if none are left. REQUIRES: nobody reaches the table.
  template <class M>
  bool free_some(const M& to, std::size_t most) noexcept {
    overflow* one = first_.load(std::memory_order_acquire);  // S1 acquire
    for (; one != nullptr && most != 0; --most) {
      destroy_in(to, std::exchange(one, one->next_owned));
    }
    first_.store(one, std::memory_order_relaxed);  // relaxed (own): nobody reaches the table
    return one == nullptr;
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }
  // The largest number of overflow groups behind one group.
  [[nodiscard]] std::size_t deepest() const noexcept {
    return deepest_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }

 private:
  friend struct group_inspector;  // tests

  atomic<overflow*> first_{nullptr};
  atomic<std::size_t> count_{0};
  atomic<std::size_t> deepest_{0};
};

}  // namespace syncmap::inline v0_1::detail
