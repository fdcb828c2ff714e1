// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The lock of those who wait for a flight belongs to a process.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <semaphore>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/wait_graph.hpp>
#include <thread>

namespace {

struct many_processes : syncmap::detail::platform {
  static inline std::uint64_t current = 0;
  static std::uint64_t process() noexcept { return current; }
};

// A lock that is not free is a test that does not end.
TEST(wait_graph, g10_the_child_of_a_fork_takes_a_lock_that_its_parent_held) {
  for (const std::uint64_t parent : {4U, 5U, 4194303U}) {
    for (const std::uint64_t child : {parent + 1, parent - 1, parent + 2}) {
      syncmap::detail::graph_lock<many_processes> lock;
      many_processes::current = parent;
      lock.lock();
      many_processes::current = child;
      lock.lock();
      lock.unlock();
      lock.lock();
      lock.unlock();
    }
  }
}

TEST(wait_graph, a_flight_that_has_landed_is_not_waited_for) {
  using flight = syncmap::detail::flight<many_processes>;
  many_processes::current = 1;
  const flight::leading here;
  flight one;
  EXPECT_FALSE(one.has_landed());
  EXPECT_FALSE(one.await()) << "it is led by who would wait for it";
  one.land();
  EXPECT_TRUE(one.has_landed());
  EXPECT_TRUE(one.await());
}

// Says when somebody begins to wait.
template <class Base>
struct telling_waits : Base {
  static inline std::counting_semaphore<> begun{0};
  template <class Atomic, class T>
  static void wait_while(const Atomic& word, T old, std::memory_order order) noexcept {
    begun.release();
    Base::wait_while(word, old, order);
  }
};

// Changes once it has been looked at often enough.
class changing_word {
 public:
  explicit changing_word(int looks) : looks_(looks) {}
  int load(std::memory_order) const noexcept { return looks_-- > 0 ? 0 : 1; }
  [[nodiscard]] int left() const { return looks_; }

 private:
  mutable int looks_;
};

// Where atomics lose wake-ups: whoever waits looks, at first often and then now and then, and not once more than
// he must.
TEST(wait_graph, a_wait_that_nobody_ends_with_a_wake_up_ends) {
  for (const int looks : {0, 1, 999, 1000, 1001, 1100}) {
    const changing_word word(looks);
    syncmap::detail::platform::look_until_not(word, 0, std::memory_order_acquire);
    EXPECT_EQ(word.left(), -1) << looks;
  }
}

struct without_wake_ups : syncmap::detail::platform {
  template <class Atomic, class T>
  static void wait_while(const Atomic& word, T old, std::memory_order order) noexcept {
    look_until_not(word, old, order);
  }
  template <class Atomic>
  static void wake_all(Atomic&) noexcept {}
};

TEST(wait_graph, who_waits_sees_what_the_leader_did_without_being_woken) {
  using waits = telling_waits<without_wake_ups>;
  using flight = syncmap::detail::flight<waits>;
  for (int round = 0; round < 200; ++round) {
    std::promise<std::shared_ptr<flight>> begun;
    int result = 0;
    std::thread leader([&] {
      const flight::leading here;
      const auto one = std::make_shared<flight>();
      begun.set_value(one);
      waits::begun.acquire();
      result = 1;
      one->land();
    });
    EXPECT_TRUE(begun.get_future().get()->await());
    EXPECT_EQ(result, 1);
    leader.join();
  }
}

// Not each wait of a thread that leads is a part of a circle.
TEST(wait_graph, who_leads_waits_for_a_flight_whose_leader_waits_for_nobody) {
  using waits = telling_waits<syncmap::detail::platform>;
  using flight = syncmap::detail::flight<waits>;
  std::promise<std::shared_ptr<flight>> begun;
  std::thread other([&] {
    const flight::leading there;
    const auto one = std::make_shared<flight>();
    begun.set_value(one);
    waits::begun.acquire();
    one->land();
  });
  const flight::leading here;
  flight mine;
  const std::shared_ptr<flight> its = begun.get_future().get();
  EXPECT_TRUE(its->await());
  waits::begun.release();  // if nobody waited, the other goes on all the same
  other.join();
  EXPECT_TRUE(its->has_landed());
  mine.land();
}

}  // namespace
