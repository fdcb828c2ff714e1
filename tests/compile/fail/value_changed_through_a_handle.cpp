// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a handle shows does not change.
// expect: assign

#include <syncmap/syncmap.hpp>

void use(syncmap::MAP<int, int>& map) { *map.find(1) = 2; }
