// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load copies the value; visit does not.
// first: no matching .*\bload\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) { auto value = map.load(1); }
