// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// A program whose end uses maps: in destructors of statics and of thread-locals, before and after
// those of the library, in functions registered with atexit, and in a detached thread that is still
// running. It ends with exit code 0, and checkers find nothing.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <syncmap/syncmap.hpp>
#include <thread>

namespace {

using map_type = syncmap::read_dirty_map<std::string, std::string>;

void use(map_type& map, const std::string& key) {
  const auto expect = [](bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "static_exit: %s\n", what);
    std::_Exit(1);
  };
  map.store(key, "a value that is too long for a small string");
  expect(map.contains(key), "stored, but not there");
  map.store(key, "another value that is too long for a small string");
  expect(map.load(key) == "another value that is too long for a small string", "a wrong value");
  for (int i = 0; i < 2000; ++i) map.store(key + std::to_string(i % 50), std::to_string(i));
  for (int i = 0; i < 50; ++i) expect(map.erase(key + std::to_string(i)), "not erased");
  expect(map.erase(key), "not erased");
  syncmap::reclaim();
}

// Never destroyed, as is usual for what detached threads use.
map_type& immortal() {
  static auto* const map = new map_type;
  return *map;
}

struct user {
  std::string name;
  map_type* map;
  user(std::string called, map_type* used) : name(std::move(called)), map(used) {}
  user(const user&) = delete;
  user& operator=(const user&) = delete;
  ~user() { use(*map, name); }
};

constinit map_type* early_map = nullptr;

// Made before anything of the library was used: destroyed after its thread-local.
struct early_user {
  ~early_user() {
    if (early_map != nullptr) use(*early_map, "early static");
  }
} early;

map_type static_map;                                 // destroyed with what it still holds
user after_map("static", &static_map);               // destroyed before static_map
thread_local user of_thread("thread", &static_map);  // of the main thread: destroyed before statics

}  // namespace

int main() {
  early_map = &immortal();
  std::atexit([] { use(immortal(), "atexit"); });
  static_cast<void>(of_thread.name);
  use(static_map, "main");
  static_map.store("left", "behind");

  std::thread([] {
    thread_local user first("thread_local before", &immortal());
    static_cast<void>(first.name);
    use(immortal(), "thread");
    thread_local user second("thread_local after", &immortal());
    static_cast<void>(second.name);
  }).join();

  std::atomic<bool> running{false};
  std::thread([&running] {
    for (int i = 0;; ++i) {
      immortal().store("detached " + std::to_string(i % 10), "value " + std::to_string(i));
      static_cast<void>(immortal().load("detached 5"));
      if (i == 1000) {
        running = true;
        running.notify_one();
      }
    }
  }).detach();
  running.wait(false);
  return 0;
}
