// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a handle shows does not change.
// expect: assign

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) { *map.find(1) = 2; }
