// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// `plugin_host LIBRARY [own]` opens a shared library that has maps, uses it, closes it, and opens it
// again, many times: from main, from threads that end before it is closed, and from threads that end
// after that. With `own` the host has maps, too.
//
// Whether dlclose() unloads is the platform's affair. GCC makes inline variables of a library unique in
// the process (STB_GNU_UNIQUE), and glibc never unloads a library that has such a symbol; nor, until the
// thread ends, one in which a thread has a thread-local with a destructor; and musl unloads nothing.
// Built with -fno-gnu-unique the library does go. In each case nothing may crash.

#include <cstdio>

#if defined(__unix__) || defined(__APPLE__)

#include <dlfcn.h>

#include <cstring>
#include <latch>
#include <lifecycle.hpp>
#include <thread>
#include <vector>

namespace {

class library {
 public:
  explicit library(const char* path) : handle_(::dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) std::fprintf(stderr, "%s\n", ::dlerror());
    EXPECT(handle_ != nullptr);
    use = reinterpret_cast<void (*)(int)>(::dlsym(handle_, "plugin_use"));
    clear = reinterpret_cast<void (*)()>(::dlsym(handle_, "plugin_clear"));
    EXPECT(use != nullptr && clear != nullptr);
  }
  library(const library&) = delete;
  library& operator=(const library&) = delete;
  ~library() { EXPECT(::dlclose(handle_) == 0); }

  void (*use)(int);
  void (*clear)();

 private:
  void* handle_;
};

lifecycle::all_maps hosts;
void use_own(bool wanted, int id) {
  if (!wanted) return;
  hosts.each([id]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, id * 1000); });
}

bool is_open(const char* path) {
  void* const handle = ::dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (handle != nullptr) EXPECT(::dlclose(handle) == 0);
  return handle != nullptr;
}
int stayed_open = 0;

void cycle(const char* path, bool own, bool outliving, bool in_main) {
  constexpr int count = 3;
  std::latch used(count);
  std::latch closed(1);
  std::vector<std::thread> threads;
  {
    const library opened(path);
    if (in_main) opened.use(0);
    for (int id = 1; id <= count; ++id) {
      threads.emplace_back([&, id, use = opened.use] {
        use_own(own, id);
        use(id);
        use(id + count);
        use_own(own, id);
        used.count_down();
        if (outliving) closed.wait();
        use_own(own, id);
      });
    }
    used.wait();
    if (!outliving) {
      for (auto& each : threads) each.join();
      threads.clear();
    }
    std::thread([&] {
      opened.clear();
      opened.use(0);
    }).join();
  }
  if (!outliving && is_open(path)) ++stayed_open;
  closed.count_down();
  for (auto& each : threads) each.join();
}

}  // namespace

int main(int argc, char** argv) {
  EXPECT(argc == 2 || argc == 3);
  const bool own = argc == 3 && std::strcmp(argv[2], "own") == 0;
  const int cycles = syncmap::detail::under_sanitizer ? 3 : 20;
  // Main does not use the library in the first half: else it would stay until the end.
  for (int i = 0; i < 2 * cycles; ++i) cycle(argv[1], own, i % 2 == 1, false);
  std::printf("of %d times that no thread was left, dlclose() unloaded %d times\n", cycles,
              cycles - stayed_open);
  for (int i = 0; i < 2 * cycles; ++i) cycle(argv[1], own, i % 2 == 1, true);
  return 0;
}

#else

int main() { return 77; }

#endif
