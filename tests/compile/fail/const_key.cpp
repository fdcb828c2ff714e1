// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys are constant anyway.
// expect: the key must be an object type without const
// lines: 75

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

syncmap::MAP<const int, int> map;
