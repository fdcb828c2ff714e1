// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property (asym_fence:T1): of a thread that announces and then loads X, and one that changes X,
// executes the heavy fence and then loads the announcement, at least one sees the other's store.
//
// The test can fail. On x86-64, 71 of 200,000 rounds broke it with a compiler barrier as the light
// side of a full fence, 469 with announce() and no heavy fence, none as it should be.

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/asym_fence.hpp>
#include <thread>

namespace syncmap::test {
namespace {

struct alignas(detail::cache_line) line {
  std::atomic<int> value{0};
};

// Both threads run their halves of a round at the same time: the slower one to come starts it.
class rounds {
 public:
  void meet(int number) noexcept {
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == 2 * number) return;
    for (int spins = 0; arrived_.load(std::memory_order_acquire) < 2 * number; ++spins) {
      if (spins > 2000) std::this_thread::yield();
    }
  }

 private:
  std::atomic<int> arrived_{0};
};

// How many of `count` rounds broke the property; of fewer if the machine is so busy that the
// threads hardly ever run at the same time.
template <class Light, class Heavy>
int violations(int count, Light light, Heavy heavy) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  line announced;
  line changed;
  line seen_by_light;
  rounds start;
  rounds end;
  std::atomic<bool> stop{false};
  int bad = 0;
  std::thread other([&] {
    for (int i = 1;; ++i) {
      start.meet(i);
      if (stop.load(std::memory_order_relaxed)) return;
      light(announced.value, i);
      seen_by_light.value.store(
          changed.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
      end.meet(i);
    }
  });
  for (int i = 1;; ++i) {
    if (i > count || (i % 64 == 0 && std::chrono::steady_clock::now() > deadline)) stop = true;
    start.meet(i);
    if (stop.load(std::memory_order_relaxed)) break;
    changed.value.store(i, std::memory_order_relaxed);
    heavy();
    const int seen = announced.value.load(std::memory_order_relaxed);
    end.meet(i);
    if (seen != i && seen_by_light.value.load(std::memory_order_relaxed) != i) ++bad;
  }
  other.join();
  return bad;
}

TEST(asym_fence, one_of_two_threads_sees_the_other) {
  const auto mode = detail::decide_fence_mode();
  EXPECT_NE(mode, detail::fence_mode::undecided);
  EXPECT_EQ(violations(
                50000, [](std::atomic<int>& slot, int value) { detail::announce(slot, value); },
                [] { EXPECT_TRUE(detail::fence_heavy()); }),
            0);
}
TEST(asym_fence, a18_one_of_two_threads_sees_the_other_with_full_fences_on_both_sides) {
  EXPECT_EQ(violations(
                20000,
                [](std::atomic<int>& slot, int value) {
                  slot.store(value, std::memory_order_release);
                  detail::full_fence();
                },
                [] { detail::full_fence(); }),
            0);
}
TEST(asym_fence, the_mode_is_decided_once) {
  const auto first = detail::decide_fence_mode();
  EXPECT_EQ(detail::decide_fence_mode(), first);
  EXPECT_EQ(detail::process_fence_mode.load(), first);
}
TEST(asym_fence, fences_leave_errno_alone) {
  errno = 4711;
  static_cast<void>(detail::process_wide_fence());
  static_cast<void>(detail::fence_heavy());
  EXPECT_EQ(errno, 4711);
}
TEST(asym_fence, announce_stores_the_value) {
  std::atomic<int> slot{0};
  detail::announce(slot, 5);
  EXPECT_EQ(slot.load(), 5);
}

}  // namespace
}  // namespace syncmap::test
