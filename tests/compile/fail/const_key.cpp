// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys are constant anyway.
// expect: the key must be an object type without const

#include <syncmap/syncmap.hpp>

syncmap::read_dirty_map<const int, int> map;
