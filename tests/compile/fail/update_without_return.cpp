// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of update does not change the value in place.
// first: no matching .*\bupdate\b
// expect: value_updater

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  map.update(1, [](const int&) {});
}
