// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_many copies the values.
// first: no matching .*\bload_many\b
// expect: value_can_be_copied

#include <iterator>
#include <memory>
#include <optional>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <vector>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map, const std::vector<int>& keys,
         std::vector<std::optional<std::unique_ptr<int>>>& out) {
  map.load_many(keys, std::back_inserter(out));
}
