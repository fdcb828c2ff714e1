// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A C array is no value; a std::array is.
// expect: the value must be an object type without const, and not an array

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

syncmap::MAP<int, int[2]> map;
