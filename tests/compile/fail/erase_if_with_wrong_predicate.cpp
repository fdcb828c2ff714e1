// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The predicate of erase_if takes a key and a value.
// expect: entry_predicate

#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, int>& map) {
  map.erase_if([](int key) { return key == 1; });
}
