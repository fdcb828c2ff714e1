// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The factory of load_or_compute returns a value.
// first: no matching .*\bload_or_compute\b
// expect: value_factory

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::string>& map) {
  map.load_or_compute(1, [&] { return &map; });
}
