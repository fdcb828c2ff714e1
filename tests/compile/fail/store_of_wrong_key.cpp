// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A key that does not convert to its type.
// first: no matching .*\bstore\b
// expect: key_can_be_inserted_from

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::string, int>& map) { map.store(&map, 1); }
