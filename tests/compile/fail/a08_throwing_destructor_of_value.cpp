// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Values are destroyed where nobody can catch.
// expect: destructors of keys and values must not throw

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct explosive {
  ~explosive() noexcept(false) {}
};

syncmap::MAP<int, explosive> map;
