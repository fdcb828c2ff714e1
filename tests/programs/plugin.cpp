// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A shared library that has maps and uses them; see plugin_host.cpp.

#include <lifecycle.hpp>

namespace {

lifecycle::all_maps maps;  // destroyed by dlclose(), if that unloads, or at exit

}  // namespace

// Uses the library's maps and one of its own, on keys that are the thread's. Leaves something.
extern "C" [[gnu::visibility("default")]] void plugin_use(int id) {
  lifecycle::all_maps own;
  const auto use = [id]<class Entries>(auto& map) {
    lifecycle::exercise<Entries>(map, id * 1000 + 100);
    for (int i = id * 1000; i < id * 1000 + 5; ++i) {
      map.store(Entries::key(i), Entries::value(i, 1));
      map.store(Entries::key(i), Entries::value(i, 2));
    }
  };
  maps.each(use);
  own.each(use);
}

// Empties the maps; nothing is left.
extern "C" [[gnu::visibility("default")]] void plugin_clear() {
  maps.each([]<class Entries>(auto& map) { map.clear(); });
  syncmap::reclaim();
  EXPECT(lifecycle::text::living == 0);
}
