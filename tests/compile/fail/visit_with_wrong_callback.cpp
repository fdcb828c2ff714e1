// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of visit takes the value only.
// first: no matching .*\bvisit\b
// expect: value_visitor

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.visit(1, [](int, int) {});
}
