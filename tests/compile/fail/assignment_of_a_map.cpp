// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Like a mutex, a map stays where it is.
// expect: deleted

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& to, const syncmap::MAP<int, int>& from) { to = from; }
