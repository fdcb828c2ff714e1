// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The callback of visit takes the value only.
// expect: value_visitor

#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, int>& map) {
  map.visit(1, [](int, int) {});
}
