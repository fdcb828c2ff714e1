// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// to copies all values.
// first: no matching .*\bto\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <unordered_map>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) {
  auto copy = map.to<std::unordered_map<int, std::unique_ptr<int>>>();
}
