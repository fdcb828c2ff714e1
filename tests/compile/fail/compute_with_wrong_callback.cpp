// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of compute takes a pointer: there may be no value.
// first: no matching .*\bcompute\b
// expect: value_computer

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.compute(1, [](const int& now) { return now + 1; });
}
