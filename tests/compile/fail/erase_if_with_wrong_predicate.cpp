// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The predicate of erase_if takes a key and a value.
// first: no matching .*\berase_if\b
// expect: entry_predicate

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.erase_if([](int key) { return key == 1; });
}
