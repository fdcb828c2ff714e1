// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// erase of what is no key.
// first: no matching .*\berase\b
// expect: key_can_be_found_by

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::string, int>& map) { static_cast<void>(map.erase(&map)); }
