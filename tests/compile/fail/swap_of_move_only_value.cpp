// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// swap returns a copy of the previous value.
// first: no matching .*\bswap\b
// expect: value_can_be_copied

#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, std::unique_ptr<int>>& map) { map.swap(1, std::make_unique<int>(1)); }
