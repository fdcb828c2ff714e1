// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A value is an object of its own; a pointer to an abstract class would be one.
// expect: abstract
// lines: 100

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct shape {
  virtual ~shape() = default;
  virtual double area() const = 0;
};

syncmap::MAP<int, shape> map;
