// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map stays where it is; to copies out.
// expect: deleted

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) { auto copy = map; }
