// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_and_erase returns a copy of the value.
// first: no matching .*\bload_and_erase\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) { map.load_and_erase(1); }
