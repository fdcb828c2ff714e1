// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A key that does not convert to its type.
// expect: key_can_be_made_from

#include <string>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<std::string, int>& map) { map.store(&map, 1); }
