// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// contains of what is no key.
// first: no matching .*\bcontains\b
// expect: key_can_be_found_by

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<std::string, int>& map) { static_cast<void>(map.contains(&map)); }
