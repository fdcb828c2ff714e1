// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// compute returns a copy of the new value.
// first: no matching .*\bcompute\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) {
  map.compute(1, [](const std::unique_ptr<int>*) { return std::make_unique<int>(1); });
}
