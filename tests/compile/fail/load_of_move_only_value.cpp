// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load copies the value; visit does not.
// expect: value_can_be_copied

#include <memory>
#include <syncmap/syncmap.hpp>

void use(syncmap::read_dirty_map<int, std::unique_ptr<int>>& map) { auto value = map.load(1); }
