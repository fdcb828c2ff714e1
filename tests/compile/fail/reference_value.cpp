// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A reference is no value; a pointer is.
// expect: the value must be an object type without const

#include <syncmap/syncmap.hpp>

syncmap::read_dirty_map<int, int&> map;
