// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// update returns a copy of the new value.
// expect: value_can_be_copied

#include <memory>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, std::unique_ptr<int>>& map) {
  map.update(1, [](const std::unique_ptr<int>& now) { return std::make_unique<int>(*now + 1); });
}
