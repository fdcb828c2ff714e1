// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A move-only value must be moved in.
// first: no matching .*\bstore\b
// expect: value_can_be_made_from

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map, const std::unique_ptr<int>& value) {
  map.store(1, value);
}
