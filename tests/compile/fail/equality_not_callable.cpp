// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The equality function object takes another type.
// expect: KeyEqual must be callable

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct int_equal {
  bool operator()(int a, int b) const { return a == b; }
};

syncmap::MAP<std::string, int, std::hash<std::string>, int_equal> map;
