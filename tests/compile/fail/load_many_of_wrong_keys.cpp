// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_many of a range of what is no key.
// first: no matching .*\bload_many\b
// expect: key_can_be_found_by

#include <iterator>
#include <optional>
#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <vector>

void use(syncmap::MAP<std::string, int>& map, const std::vector<int*>& keys,
         std::vector<std::optional<int>>& out) {
  map.load_many(keys, std::back_inserter(out));
}
