// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A reference is no value; a pointer is.
// expect: the value must be an object type without const
// lines: 120

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

syncmap::MAP<int, int&> map;
