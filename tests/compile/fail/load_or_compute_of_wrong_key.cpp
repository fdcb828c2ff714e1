// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_compute of what is no key.
// first: no matching .*\bload_or_compute\b
// expect: key_can_be_inserted_from

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::string, int>& map) {
  map.load_or_compute(&map, [] { return 1; });
}
