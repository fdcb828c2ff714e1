// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A value that its type cannot be made from.
// expect: value_can_be_made_from

#include <string>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, std::string>& map) { map.store(1, &map); }
