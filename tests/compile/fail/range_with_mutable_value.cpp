// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of range gets constant references.
// expect: entry_visitor

#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, int>& map) {
  map.range([](const int&, int& value) { ++value; });
}
