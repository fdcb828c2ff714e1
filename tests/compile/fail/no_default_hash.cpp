// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// std::hash does not know this key.
// expect: Hash must be callable
// lines: 65

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct point {
  int x, y;
  bool operator==(const point&) const = default;
};

syncmap::MAP<point, int> map;
