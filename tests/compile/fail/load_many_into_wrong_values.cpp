// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_many writes optional values: there may be none.
// first: no matching .*\bload_many\b
// expect: indirectly_writable

#include <iterator>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <vector>

void use(syncmap::MAP<int, int>& map, const std::vector<int>& keys, std::vector<int>& out) {
  map.load_many(keys, std::back_inserter(out));
}
