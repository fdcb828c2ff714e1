// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A C array is no key; a std::array is.
// expect: the key must be an object type without const, and not an array
// lines: 75

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

syncmap::MAP<int[2], int> map;
