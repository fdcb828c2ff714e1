// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Detached threads that are still using maps when the process ends: by a return from main, by exit()
// in main or in another thread, by quick_exit(). Their maps are never destroyed; others, which only
// main used, are destroyed meanwhile. `detached HOW` runs itself some times as `detached HOW once`.

#include <lifecycle.hpp>

#if defined(__unix__) || defined(__APPLE__)

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

constexpr int running_threads = 3;

lifecycle::all_maps& immortal() {
  static auto* const maps = new lifecycle::all_maps;
  return *maps;
}

// Destroyed while the threads run, and used until then.
struct mortal {
  lifecycle::all_maps maps;
  mortal() = default;
  mortal(const mortal&) = delete;
  mortal& operator=(const mortal&) = delete;
  ~mortal() {
    use(1000);
    use(2000);
  }
  void use(int first) {
    maps.each([first]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, first); });
  }
} all_mains;

std::atomic<int> busy{0};

[[noreturn]] void work(int id) {
  for (int round = 0;; ++round) {
    immortal().each([&]<class Entries>(auto& map) {
      lifecycle::exercise<Entries>(map, id * 100);
      const int common = 10000 + round % 5;
      map.store(Entries::key(common), Entries::value(common, round));
      EXPECT(Entries::fits(
          map.load_or_compute(Entries::key(common), [&] { return Entries::value(common, id); })
              .value,
          common));
      if (round % 3 == id) map.erase(Entries::key(common));
    });
    if (round == 1) {
      ++busy;
      busy.notify_all();
    }
  }
}

int once(const char* how) {
  immortal();
  all_mains.use(0);
  for (int id = 0; id < running_threads; ++id) std::thread(work, id).detach();
  for (int seen = busy; seen < running_threads; seen = busy) busy.wait(seen);
  if (std::strcmp(how, "return") == 0) return 0;
  if (std::strcmp(how, "exit") == 0) std::exit(0);
  if (std::strcmp(how, "quick_exit") == 0) std::quick_exit(0);
  if (std::strcmp(how, "exit_in_a_thread") == 0) {
    std::thread([] { std::exit(0); }).join();
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) return once(argv[1]);
  EXPECT(argc == 2);
  const int times = syncmap::detail::under_sanitizer ? 2 : 20;
  for (int i = 0; i < times; ++i) {
    const pid_t child = ::fork();  // this process has no other thread
    EXPECT(child >= 0);
    if (child == 0) {
      ::execl(argv[0], argv[0], argv[1], "once", nullptr);
      std::_Exit(2);
    }
    int status = -1;
    EXPECT(::waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  return 0;
}

#else

int main() { return lifecycle::skipped; }

#endif
