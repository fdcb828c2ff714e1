// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of update returns a value.
// first: no matching .*\bupdate\b
// expect: value_updater

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::string>& map) {
  map.update(1, [](const std::string& now) { return &now; });
}
