// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys are destroyed where nobody can catch.
// expect: destructors of keys and values must not throw

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct explosive {
  ~explosive() noexcept(false) {}
  bool operator==(const explosive&) const = default;
};
struct explosive_hash {
  std::size_t operator()(const explosive&) const { return 0; }
};

syncmap::MAP<explosive, int, explosive_hash> map;
