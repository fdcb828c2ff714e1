// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// swap returns a copy of the previous value.
// expect: value_can_be_copied

#include <memory>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, std::unique_ptr<int>>& map) {
  map.swap(1, std::make_unique<int>(1));
}
