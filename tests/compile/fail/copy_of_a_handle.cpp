// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A handle can be moved, not copied.
// expect: deleted

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) {
  const auto found = map.find(1);
  auto copy = found;
}
