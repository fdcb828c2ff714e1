// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// fork() while other threads use maps, many times. The child uses maps that no other thread was using:
// it reads, writes, computes and destroys; and maps of its own, in threads of its own.

#include <lifecycle.hpp>

#if defined(__unix__) || defined(__APPLE__)

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using lifecycle::all_maps;

constexpr int quiet_keys = 20;

void fill(all_maps& maps) {
  maps.each([]<class Entries>(auto& map) {
    for (int i = 0; i < quiet_keys; ++i) map.store(Entries::key(i), Entries::value(i, 0));
    for (int i = 0; i < quiet_keys; ++i) EXPECT(map.contains(Entries::key(i)));
  });
}

// All the time in the middle of something: growing, retiring, a pass, a flight that others wait for.
class busy_threads {
 public:
  busy_threads() {
    for (int id = 0; id < 3; ++id) threads_.emplace_back([this, id] { work(id); });
    for (int seen = started_; seen < 3; seen = started_) started_.wait(seen);
  }
  busy_threads(const busy_threads&) = delete;
  busy_threads& operator=(const busy_threads&) = delete;
  ~busy_threads() {
    stop_ = true;
    for (auto& each : threads_) each.join();
  }

 private:
  void work(int id) {
    for (int round = 0; !stop_; ++round) {
      if constexpr (lifecycle::under_asan) {
        use_without_allocating(id, round);
      } else {
        maps_.each([&]<class Entries>(auto& map) {
          lifecycle::exercise<Entries>(map, id * 100);
          for (int i = 1000; i < 1050; ++i) {
            map.load_or_compute(Entries::key(i), [&] { return Entries::value(i, round); });
            if (i % 3 == id) map.erase(Entries::key(i));
          }
        });
        cleared_.each([&]<class Entries>(auto& map) {
          for (int i = 0; i < 50; ++i) map.store(Entries::key(i), Entries::value(i, round));
          if (round % 3 == id) map.clear();
        });
        if (round % 5 == 4) syncmap::reclaim();
      }
      if (round == 1) {
        ++started_;
        started_.notify_all();
      }
    }
  }

  // AddressSanitizer's allocator (of GCC 12) does not take its locks before a fork: a child whose
  // parent was allocating in another thread may wait for ever.
  void use_without_allocating(int id, int round) {
    auto& map = maps_.table_of_numbers;
    for (int i = 0; i < 10; ++i) {
      const auto key = static_cast<std::uint64_t>(i);
      if (round == 0) {
        map.store(key, 0);
      } else if (round > 1) {
        map.store(key, static_cast<std::uint64_t>(id));
        map.update(key, [](std::uint64_t now) { return now + 1; });
        static_cast<void>(map.load(key));
      }
    }
  }

  all_maps maps_;
  all_maps cleared_;
  std::atomic<bool> stop_{false};
  std::atomic<int> started_{0};
  std::vector<std::thread> threads_;
};

// What the child does with maps that were quiet.
void use(all_maps& maps, int first) {
  maps.each([first]<class Entries>(auto& map) {
    EXPECT(map.size() == static_cast<std::size_t>(quiet_keys));
    for (int i = 0; i < quiet_keys; ++i) {
      EXPECT(map.load(Entries::key(i)) == Entries::value(i, 0));
    }
    lifecycle::exercise<Entries>(map, first);
    const auto computed =
        map.load_or_compute(Entries::key(first), [&] { return Entries::value(first, 1); });
    EXPECT(!computed.loaded && computed.value == Entries::value(first, 1));
    for (int i = 0; i < 500; ++i) {  // beyond some growths
      map.store(Entries::key(first + i), Entries::value(first + i, 2));
    }
    for (int i = 0; i < 500; ++i) {
      EXPECT(map.load(Entries::key(first + i)) == Entries::value(first + i, 2));
    }
    for (int i = 0; i < quiet_keys; i += 2) EXPECT(map.erase(Entries::key(i)));
    EXPECT(map.size() == static_cast<std::size_t>(quiet_keys / 2 + 500));
  });
}

int child(std::unique_ptr<all_maps> quiet, bool clears, bool with_threads) {
  ::alarm(60);  // instead of hanging
  use(*quiet, 1000);
  if (clears) {
    quiet->each([]<class Entries>(auto& map) {
      map.clear();
      EXPECT(map.empty() && !map.contains(Entries::key(1)));
    });
  }
  syncmap::reclaim();
  const long before = lifecycle::text::living;
  quiet.reset();
  const long fewer = clears ? 0 : 2 * (quiet_keys / 2 + 500);
  EXPECT(lifecycle::text::living == before - fewer);
  all_maps own;
  fill(own);
  use(own, 2000);
  if (with_threads) {
    std::vector<std::thread> threads;
    for (int id = 3; id < 5; ++id) {
      threads.emplace_back([&own, id] {
        own.each([id]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, id * 1000); });
      });
    }
    for (auto& each : threads) each.join();
  }
  return 0;
}

}  // namespace

int main() {
  // ThreadSanitizer's runtime is not made for the child of a process with threads.
  if (syncmap::detail::under_tsan) return lifecycle::skipped;
  const int rounds = lifecycle::under_asan ? 20 : 200;
  busy_threads busy;
  for (int round = 0; round < rounds; ++round) {
    auto quiet = std::make_unique<all_maps>();
    fill(*quiet);
    const pid_t forked = ::fork();
    EXPECT(forked >= 0);
    if (forked == 0) std::_Exit(child(std::move(quiet), round % 2 == 1, round % 4 >= 2));
    int status = -1;
    EXPECT(::waitpid(forked, &status, 0) == forked);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  return 0;
}

#else

int main() { return lifecycle::skipped; }

#endif
