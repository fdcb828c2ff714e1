// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A value that its type cannot be made from.
// first: no matching .*\binsert_or_assign\b
// expect: value_can_be_made_from

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::string>& map) { map.insert_or_assign(1, &map); }
