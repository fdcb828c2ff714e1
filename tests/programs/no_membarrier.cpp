// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// A process in which membarrier(2) fails with ENOSYS, as in some sandboxes and on old kernels:
// `no_membarrier before` the library uses it first, or `no_membarrier after` it was granted.
// Without it both sides of the asymmetric fence are full ones. If it was granted and then taken
// back, nothing may be reclaimed any more, and everything else still works. Exit code 77: cannot be
// tried here.

#include <cstdio>
#include <cstring>

#if defined(__linux__)

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <syncmap/detail/asym_fence.hpp>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <vector>

namespace {

bool forbid_membarrier() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{static_cast<unsigned short>(sizeof(program) / sizeof(program[0])), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 &&
         ::syscall(SYS_membarrier, 0, 0, 0) == -1 && errno == ENOSYS;
}

std::atomic<int> living{0};
struct counted {
  std::string text;
  explicit counted(int i) : text("a text too long for a small string " + std::to_string(i)) {
    ++living;
  }
  counted(const counted& other) : text(other.text) { ++living; }
  counted& operator=(const counted&) = delete;
  ~counted() {
    text = "destroyed";
    --living;
  }
};

// Whether concurrent replacing and reading shows only whole values.
bool works(syncmap::read_dirty_map<int, counted>& map) {
  std::atomic<bool> good{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        map.store(i % 4, counted(i));
        map.visit((i + t) % 4, [&](const counted& value) {
          if (value.text.compare(0, 6, "a text") != 0) good = false;
        });
        if (i % 5 == t) map.erase(i % 4);
      }
    });
  }
  for (auto& each : threads) each.join();
  return good;
}

int fail(const char* what) {
  std::fprintf(stderr, "no_membarrier: %s\n", what);
  return 1;
}

int before() {
  if (!forbid_membarrier()) return 77;
  {
    syncmap::read_dirty_map<int, counted> map;
    if (!works(map)) return fail("a destroyed value was read");
    if (syncmap::detail::decide_fence_mode() != syncmap::detail::fence_mode::symmetric) {
      return fail("the mode is not symmetric");
    }
    map.clear();
    syncmap::reclaim();
    if (living != 0) return fail("reclaim() left something behind");
    map.store(1, counted(1));
  }
  return living == 0 ? 0 : fail("the destructor left something behind");
}

int after() {
  // Never destroyed: what cannot be reclaimed refers to it until the end.
  static auto& map = *new syncmap::read_dirty_map<int, counted>;
  if (!works(map)) return fail("a destroyed value was read");
  if (syncmap::detail::decide_fence_mode() != syncmap::detail::fence_mode::asymmetric) return 77;
  syncmap::reclaim();
  if (!forbid_membarrier()) return 77;
  if (!works(map)) return fail("a destroyed value was read after membarrier had gone");
  const int before_reclaim = living;
  syncmap::reclaim();
  return living == before_reclaim ? 0 : fail("reclaimed without a fence");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "before") == 0) return before();
  if (argc == 2 && std::strcmp(argv[1], "after") == 0) return after();
  std::fputs("usage: no_membarrier before|after\n", stderr);
  return 2;
}

#else

int main() { return 77; }

#endif
