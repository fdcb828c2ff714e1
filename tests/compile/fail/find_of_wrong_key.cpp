// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// find of what is no key.
// first: no matching .*\bfind\b
// expect: key_can_be_found_by

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::string, int>& map) { static_cast<void>(map.find(&map)); }
