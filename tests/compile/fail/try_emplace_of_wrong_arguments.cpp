// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Arguments that no constructor of the value takes.
// first: no matching .*\btry_emplace\b
// expect: value_can_be_made_from

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::string>& map) { map.try_emplace(1, "a", "b", "c", 4); }
