// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of range takes a key and a value.
// expect: entry_visitor

#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, int>& map) {
  map.range([](int) {});
}
