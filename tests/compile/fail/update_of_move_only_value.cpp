// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// update returns a copy of the new value.
// first: no matching .*\bupdate\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) {
  map.update(1, [](const std::unique_ptr<int>& now) { return std::make_unique<int>(*now + 1); });
}
