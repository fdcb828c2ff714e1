// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of update does not change the value in place.
// expect: value_updater

#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, int>& map) {
  map.update(1, [](const int&) {});
}
