// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Values are constant anyway.
// expect: the value must be an object type without const

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

syncmap::MAP<int, const int> map;
