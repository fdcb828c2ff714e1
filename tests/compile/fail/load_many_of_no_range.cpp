// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_many takes a range.
// first: no matching .*\bload_many\b
// expect: range

#include <iterator>
#include <optional>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <vector>

void use(syncmap::MAP<int, int>& map, std::vector<std::optional<int>>& out) {
  map.load_many(1, std::back_inserter(out));
}
