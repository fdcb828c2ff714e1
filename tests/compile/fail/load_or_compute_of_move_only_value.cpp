// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_compute returns a copy of the value.
// first: no matching .*\bload_or_compute\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) {
  map.load_or_compute(1, [] { return std::make_unique<int>(1); });
}
