// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_compute keeps a copy of the key while the value is made.
// first: no matching .*\bload_or_compute\b
// expect: key_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::unique_ptr<int>, int>& map) {
  map.load_or_compute(std::make_unique<int>(1), [] { return 1; });
}
