// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// to copies all values.
// expect: value_can_be_copied

#include <memory>
#include <syncmap/syncmap.hpp>
#include <unordered_map>

void use(syncmap::read_dirty_map<int, std::unique_ptr<int>>& map) {
  auto copy = map.to<std::unordered_map<int, std::unique_ptr<int>>>();
}
