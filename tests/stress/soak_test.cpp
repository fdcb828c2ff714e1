// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Everything at once: each way in which a map keeps its entries, each operation of the contract, tables
// that grow and shrink, threads that come and go, others that stand still inside a visit, a range,
// an iteration, a compute or a factory of every map, or hold handles, from the beginning to the end.
//
// Property: what each stage says of its map; no seat stands still; and memory is bounded: garbage by
// what the threads that there are may keep, and what the process has does not go up with time.
//
// SYNCMAP_SOAK_SECONDS says how long it runs, or else SYNCMAP_STRESS_SECONDS (2 if neither is set);
// SYNCMAP_TEST_SEED how it begins.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <figures.hpp>
#include <latch>
#include <memory>
#include <mutex>
#include <soak_stages.hpp>
#include <stage.hpp>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <threads.hpp>
#include <utility>
#include <validated.hpp>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::duration;
using stress::stages;

double seconds() {
  const char* given = std::getenv("SYNCMAP_SOAK_SECONDS");
  if (given == nullptr) given = std::getenv("SYNCMAP_STRESS_SECONDS");
  return given != nullptr ? std::strtod(given, nullptr) : 2;
}

// Those who stand still inside all maps, one in the other, until they are let go.
class stalls {
 public:
  explicit stalls(const stages& all) {
    for (const stress::stall each : stress::all_stalls) {
      threads_.emplace_back([&, each] { enter(all, each, 0); });
    }
    all_in_.wait();
  }
  void let_go() {
    go_.count_down();
    threads_.clear();
  }

 private:
  void enter(const stages& all, stress::stall where, std::size_t number) {
    if (number == all.size()) {
      all_in_.count_down();
      go_.wait();
      return;
    }
    all[number]->stand_still(where, [&] { enter(all, where, number + 1); });
  }

  std::latch all_in_{static_cast<std::ptrdiff_t>(stress::all_stalls.size())};
  std::latch go_{1};
  std::vector<std::jthread> threads_;
};

// What the seats have done, and when each was last seen.
struct ledger {
  std::array<std::atomic<std::uint64_t>, stress::seats> operations{};
  std::atomic<std::uint64_t> threads{0};
  std::atomic<bool> over{false};

  [[nodiscard]] std::uint64_t all() const {
    std::uint64_t sum = 0;
    for (const auto& each : operations) sum += each.load();
    return sum;
  }
};

// Threads take turns at a seat; each plays at all maps.
void sit(const stages& all, std::size_t seat, ledger& book) {
  constexpr int turns = 20;
  while (!book.over) {
    const std::uint64_t number = book.threads.fetch_add(1);
    std::thread([&] {
      syncmap::test::random_source random(number);
      std::vector<std::unique_ptr<stress::player>> players;
      for (std::size_t i = 0; i < all.size(); ++i) {
        players.push_back(all[i]->enter(seat, number * all.size() + i));
      }
      // Some threads hardly begin.
      for (std::size_t left = 1 + random.below(200); left > 0 && !book.over; --left) {
        players[random.below(players.size())]->play(turns);
        book.operations[seat] += turns;
        if (::testing::Test::HasFailure()) book.over = true;
      }
    }).join();
  }
}

// Wakes up ten times a second: memory is looked at, each seat has to have done something, and when time is
// up, it says so.
class warden {
 public:
  // Counted in looks, of which there are ten a second: a process that was stopped stands still for no reason of
  // its own, and a machine may be busy with something else.
  static constexpr int patience = 6000;

  warden(const stages& all, ledger& book, support::figures& told)
      : all_(all), book_(book), told_(told), thread_([this] { watch(); }) {}
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  // KiB an hour, by least squares over what was seen after the first quarter.
  [[nodiscard]] double slope() const {
    const std::size_t first = samples_.size() / 4;
    const double count = static_cast<double>(samples_.size() - first);
    double t = 0;
    double y = 0;
    double tt = 0;
    double ty = 0;
    for (std::size_t i = first; i < samples_.size(); ++i) {
      t += samples_[i].hours;
      y += samples_[i].kib;
      tt += samples_[i].hours * samples_[i].hours;
      ty += samples_[i].hours * samples_[i].kib;
    }
    const double spread = count * tt - t * t;
    return spread <= 0 ? 0 : (count * ty - t * y) / spread;
  }
  // Of the second quarter, and of the last: KiB.
  [[nodiscard]] double median_of_quarter(std::size_t quarter) const {
    const auto begin = static_cast<std::ptrdiff_t>(samples_.size() * quarter / 4);
    const auto end = static_cast<std::ptrdiff_t>(samples_.size() * (quarter + 1) / 4);
    std::vector<double> part;
    for (auto i = begin; i < end; ++i) part.push_back(samples_[static_cast<std::size_t>(i)].kib);
    if (part.empty()) return 0;
    std::nth_element(
        part.begin(), part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2), part.end());
    return part[part.size() / 2];
  }

 private:
  struct sample {
    double hours;
    double kib;
  };

  void watch() {
    const auto start = clock::now();
    std::array<std::uint64_t, stress::seats> last{};
    std::array<int, stress::seats> looks{};  // since it did something
    auto told = start;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(100), [&] { return stopped_; })) {
      const auto now = clock::now();
      if (duration<double>(now - start).count() > seconds()) book_.over = true;
      for (std::size_t seat = 0; seat < stress::seats; ++seat) {
        const std::uint64_t done = book_.operations[seat].load();
        looks[seat] = done != std::exchange(last[seat], done) ? 0 : looks[seat] + 1;
        if (looks[seat] > patience) give_up(seat, done);
      }
      look();
      samples_.push_back({duration<double, std::ratio<3600>>(now - start).count(),
                          static_cast<double>(support::resident_bytes()) / 1024});
      if (now - told > std::chrono::minutes(1)) {
        told = now;
        std::printf("%4.0f minutes: %llu operations, %llu threads, %.0f KiB resident\n",
                    duration<double, std::ratio<60>>(now - start).count(),
                    static_cast<unsigned long long>(book_.all()),
                    static_cast<unsigned long long>(book_.threads.load()), samples_.back().kib);
        std::fflush(stdout);
      }
    }
  }

  void look() {
    std::size_t retired = 0;
    std::size_t texts = 0;
    for (const auto& each : all_) {
      const syncmap::map_stats now = each->stats();
      retired = std::max(retired, now.retired_bytes);  // of all maps on the same platform
      if (each->name().ends_with("to texts")) texts += now.entries;
    }
    told_.look(retired);
    const long living = support::text_value::living.load();
    told_.garbage_objects.tell(
        static_cast<std::size_t>(std::max(0L, living - static_cast<long>(texts))));
  }

  [[noreturn]] void give_up(std::size_t seat, std::uint64_t done) const {
    std::printf("FAILED: seat %zu stands still after %llu operations; SYNCMAP_TEST_SEED=%llu\n",
                seat, static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(syncmap::test::test_seed()));
    std::fflush(stdout);
    std::abort();
  }

  const stages& all_;
  ledger& book_;
  support::figures& told_;
  std::vector<sample> samples_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

// Each thread that there is at once may keep so much that nobody reads, by the bounds of
// hazard_domain.hpp; and some read a table or a list.
constexpr std::size_t threads_at_once = stress::seats * 2 + stress::all_stalls.size() + 2;
constexpr std::size_t garbage_objects = threads_at_once * 1024 + 8192;
constexpr std::size_t garbage_bytes = threads_at_once * 1024 * 256 * 2;

TEST(soak, everything_at_once_stays_right_and_bounded) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  const long texts_before = support::text_value::living.load();
  support::figures told;
  ledger book;
  {
    stages all;
    const bool with_clear = syncmap::test::random_source(0).below(2) == 0;
    stress::add_maps(all, with_clear);
    stress::add_read_dirty_maps(all, with_clear);
    stress::add_yielding_maps(all, with_clear);
    stress::add_yielding_read_dirty_maps(all, with_clear);

    stalls parked(all);
    warden watching(all, book, told);
    support::run_together(static_cast<int>(stress::seats),
                          [&](int seat) { sit(all, static_cast<std::size_t>(seat), book); });
    watching.stop();
    parked.let_go();

    for (const auto& each : all) each->close();
    support::reclaim();
    syncmap::detail::hazard_domain<syncmap::test::yield_platform>::global().reclaim();
    syncmap::detail::hazard_domain<syncmap::test::yielding_growing_platform>::global().reclaim();
    for (const auto& each : all) EXPECT_EQ(each->stats().retired_bytes, 0U) << each->name();

    told.operations = book.all();
    const double grown = watching.median_of_quarter(3) - watching.median_of_quarter(1);
    told.more = std::to_string(book.threads.load()) + " threads; resident " +
                std::to_string(static_cast<long>(watching.median_of_quarter(1))) + " KiB and " +
                std::to_string(static_cast<long>(grown)) + " more two quarters later, " +
                std::to_string(static_cast<long>(watching.slope())) + " KiB an hour";
    EXPECT_LE(told.garbage_objects.get(), garbage_objects);
    EXPECT_LE(told.garbage_bytes.get(), garbage_bytes);
    // A sanitizer keeps what was freed, and what it knows of each address.
    if (!syncmap::test::sanitized) {
      EXPECT_LE(grown, 32 * 1024);
    }
  }
  EXPECT_EQ(support::text_value::living.load(), texts_before);
  EXPECT_GT(told.operations, 0U);
  support::report(told);
}

}  // namespace
