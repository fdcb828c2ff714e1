// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// load_or_compute takes a factory, not a value.
// first: no matching .*\bload_or_compute\b
// expect: value_factory

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

void use(syncmap::MAP<int, int>& map) { map.load_or_compute(1, 2); }
