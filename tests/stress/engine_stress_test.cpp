// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: threads that do everything to a few keys see only values that somebody stored under
// that key, never a poisoned one; the values of one key that one thread stores are seen by any
// other in the order in which they were stored; each inserted value is taken out once; and when all
// threads rest, every invariant of the engine holds and nothing is left behind.
//
// SYNCMAP_STRESS_SECONDS sets how long it runs, SYNCMAP_TEST_SEED what it does.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <figures.hpp>
#include <inspector.hpp>
#include <key_states.hpp>
#include <optional>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <vector>

namespace syncmap::test {
namespace {

constexpr int key_count = 6;
constexpr std::size_t thread_count = 4;

// Says which key it belongs to, who stored it, as which of its values, and that it is whole.
class stamp {
 public:
  static inline std::atomic<int> living{0};

  stamp(int key, std::size_t writer, std::uint32_t number) noexcept
      : bits_(number | std::uint64_t{static_cast<unsigned>(key)} << 32 |
              std::uint64_t{writer} << 40),
        check_(~bits_) {
    living.fetch_add(1, std::memory_order_relaxed);
  }
  stamp(const stamp& other) noexcept : bits_(other.bits_), check_(other.check_) {
    living.fetch_add(1, std::memory_order_relaxed);
  }
  stamp& operator=(const stamp&) = delete;
  ~stamp() { living.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] bool belongs_to(int key) const noexcept {
    return check_ == ~bits_ && ((bits_ >> 32) & 0xff) == static_cast<unsigned>(key);
  }
  [[nodiscard]] std::size_t writer() const noexcept { return (bits_ >> 40) % thread_count; }
  [[nodiscard]] std::uint32_t number() const noexcept { return static_cast<std::uint32_t>(bits_); }
  friend bool operator==(const stamp& a, const stamp& b) noexcept { return a.bits_ == b.bits_; }

 private:
  std::uint64_t bits_;
  std::uint64_t check_;
};

struct weak_hash {
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key) & 1; }
};

template <class P>
using stamp_map = basic_map<detail::read_dirty<int, stamp, weak_hash, std::equal_to<int>, P>>;

template <class P>
class player {
 public:
  player(stamp_map<P>& map, std::size_t number, std::uint64_t stream)
      : map_(map), number_(number), random_(stream) {}

  // Inserted less removed, by this thread.
  long balance = 0;
  std::string wrong;

  void play(int turns) {
    for (int i = 0; i < turns && wrong.empty(); ++i) turn();
  }

 private:
  stamp next(int key) { return stamp(key, number_, ++stored_); }

  // Each thread sees the values of another under one key in the order they were stored in. A value
  // that comes back (compare_and_swap never does that here) would break it.
  void see(int key, const stamp& value) {
    if (!value.belongs_to(key)) {
      wrong = "a value that nobody stored under this key";
      return;
    }
    auto& last = seen_[static_cast<std::size_t>(key)][value.writer()];
    if (value.number() < last) wrong = "an older value after a newer one";
    last = value.number();
  }
  template <class Optional>
  bool look(int key, const Optional& value) {
    if (value) see(key, *value);
    return value.has_value();
  }

  void turn() {
    const int key = static_cast<int>(random_.below(key_count));
    switch (random_.below(20)) {
      case 0:
      case 1:
      case 2:
        look(key, map_.load(key));
        break;
      case 3:
        map_.visit(key, [&](const stamp& value) {
          see(key, value);
          if (random_.below(4) == 0) std::this_thread::yield();
          see(key, value);
        });
        break;
      case 4:
      case 5:
      case 6:
        if (!look(key, map_.swap(key, next(key)))) ++balance;
        break;
      case 7:
        if (map_.insert_or_assign(key, next(key))) ++balance;
        break;
      case 8: {
        const auto result = map_.load_or_store(key, next(key));
        see(key, result.value);
        if (!result.loaded) ++balance;
        break;
      }
      case 9:
      case 10:
        if (look(key, map_.load_and_erase(key))) --balance;
        break;
      case 11:
        if (map_.erase(key)) --balance;
        break;
      case 12:
        if (const auto now = map_.load(key)) {
          see(key, *now);
          map_.compare_and_swap(key, *now, next(key));
        }
        break;
      case 13:
      case 14:
        if (const auto now = map_.load(key)) {
          see(key, *now);
          if (map_.compare_and_erase(key, *now)) --balance;
        }
        break;
      case 15:
        look(key, map_.update(key, [&](const stamp& now) {
          see(key, now);
          return next(key);
        }));
        break;
      case 16: {
        bool was = false;
        const auto result = map_.compute(key, [&](const stamp* now) -> std::optional<stamp> {
          was = now != nullptr;
          if (was) see(key, *now);
          if (random_.below(2) == 0) return std::nullopt;
          return std::optional<stamp>(next(key));
        });
        balance += (result ? 1 : 0) - (was ? 1 : 0);
        break;
      }
      case 17: {
        std::array<int, key_count> times{};
        map_.range([&](int each, const stamp& value) {
          see(each, value);
          if (++times[static_cast<std::size_t>(each)] > 1) wrong = "range shows a key twice";
        });
        break;
      }
      case 18:
        balance -= static_cast<long>(map_.erase_if([&](int each, const stamp& value) {
          see(each, value);
          return random_.below(2) == 0;
        }));
        break;
      default:
        if (map_.size() > key_count + 2 * thread_count) wrong = "size() is out of range";
        if (clears && random_.below(4) == 0) map_.clear();
        break;
    }
  }

 public:
  bool clears = false;

 private:
  stamp_map<P>& map_;
  std::size_t number_;
  random_source random_;
  std::uint32_t stored_ = 0;
  std::array<std::array<std::uint32_t, thread_count>, key_count> seen_{};
};

double seconds() {
  const char* const given = std::getenv("SYNCMAP_STRESS_SECONDS");
  return given != nullptr ? std::strtod(given, nullptr) : 2.0;
}

template <class P>
class engine_stress : public ::testing::Test {};
struct platform_names {
  template <class P>
  static std::string GetName(int) {
    return std::is_same_v<P, tiny_platform> ? "tiny" : "yield";
  }
};
using platforms = ::testing::Types<tiny_platform, yield_platform>;
TYPED_TEST_SUITE(engine_stress, platforms, platform_names);

TYPED_TEST(engine_stress, threads_that_do_everything_break_no_promise) {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::duration<double>(seconds() / 2);  // there are two of these tests
  std::uint64_t stream = 0;
  std::size_t rounds = 0;
  constexpr int turns = 300;
  support::figures told;
  do {
    {
      const bool clears = rounds % 2 == 1;
      stamp_map<TypeParam> map;
      std::vector<player<TypeParam>> players;
      for (std::size_t i = 0; i < thread_count; ++i) {
        players.emplace_back(map, i, ++stream);
        players.back().clears = clears;
      }
      std::atomic<bool> go{false};
      std::vector<std::thread> threads;
      for (auto& each : players) {
        threads.emplace_back([&] {
          go.wait(false);
          each.play(turns);
        });
      }
      go = true;
      go.notify_all();
      for (auto& each : threads) each.join();
      told.garbage_objects.tell(static_cast<std::size_t>(stamp::living.load()) - map.size());
      told.look(map.stats().retired_bytes);

      long balance = 0;
      for (const auto& each : players) {
        ASSERT_EQ(each.wrong, "") << "round " << rounds;
        balance += each.balance;
      }
      ASSERT_EQ(validate(map), "") << "round " << rounds;
      long present = 0;
      for (int key = 0; key < key_count; ++key) present += map.contains(key) ? 1 : 0;
      ASSERT_EQ(map.size(), static_cast<std::size_t>(present)) << "round " << rounds;
      if (!clears) {
        ASSERT_EQ(balance, present) << "round " << rounds;
      }
    }
    ASSERT_EQ(stamp::living.load(), 0) << "round " << rounds;
    ++rounds;
  } while (std::chrono::steady_clock::now() < end);
  EXPECT_GT(rounds, 0U);
  told.operations = rounds * thread_count * turns;
  support::report(told);
}

}  // namespace
}  // namespace syncmap::test
