// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The factory of load_or_compute takes nothing.
// first: no matching .*\bload_or_compute\b
// expect: value_factory

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.load_or_compute(1, [](int key) { return key; });
}
