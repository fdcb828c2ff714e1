// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of update returns a value.
// expect: value_updater

#include <string>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, std::string>& map) {
  map.update(1, [](const std::string& now) { return &now; });
}
