// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of range gets constant references.
// first: no matching .*\brange\b
// expect: entry_visitor

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.range([](const int&, int& value) { ++value; });
}
