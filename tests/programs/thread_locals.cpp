// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Maps that are used in destructors of thread-locals, made before the thread-local and after it, and
// maps that are thread-locals themselves: in threads and in main's, where the library's own
// thread-local is made first, between, and last.

#include <lifecycle.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace {

using lifecycle::all_maps;

// Of the first thread: destroyed after its thread-locals.
all_maps& shared() {
  static all_maps maps;
  return maps;
}

void exercise(all_maps& maps, int first) {
  maps.each([first]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, first); });
  syncmap::reclaim();
}
void leave_some(all_maps& maps) {
  maps.each([]<class Entries>(auto& map) {
    for (const int i : {1, 2, 3}) {
      map.store(Entries::key(i), Entries::value(i, 1));
      map.store(Entries::key(i), Entries::value(i, 2));
    }
  });
}

// Uses maps that are older than it, and some that are younger: those it was given meanwhile.
struct user {
  int first_key;
  std::unique_ptr<all_maps> younger{};
  all_maps* older = nullptr;

  explicit user(int id) : first_key(id * 1000) {}
  user(const user&) = delete;
  user& operator=(const user&) = delete;
  ~user() {
    exercise(shared(), first_key);
    if (older != nullptr) exercise(*older, first_key);
    if (younger != nullptr) exercise(*younger, first_key);
  }  // what is younger is destroyed here, with what leave_some() left
};

void play(int id, bool library_first) {
  if (library_first) exercise(shared(), id * 1000 + 500);  // keys that no user has
  thread_local user first(3 * id);       // its destructor is one of the last to run
  thread_local all_maps own;             // older than `second`, younger than `first`
  thread_local user second(3 * id + 1);  // uses `own`
  thread_local all_maps unused;          // the library's first operation may come after it
  thread_local user third(3 * id + 2);
  first.younger = std::make_unique<all_maps>();
  leave_some(*first.younger);
  second.older = &own;
  second.younger = std::make_unique<all_maps>();
  exercise(own, 500);
  leave_some(own);
  third.older = &unused;
}

}  // namespace

int main() {
  shared();
  const int rounds = syncmap::detail::under_sanitizer ? 2 : 10;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::thread> threads;
    for (int id = 1; id <= 4; ++id) threads.emplace_back(play, id, id % 2 == 0);
    for (auto& each : threads) each.join();
    EXPECT(lifecycle::text::living == 0);
  }
  leave_some(shared());
  play(5, false);
  return 0;
}
