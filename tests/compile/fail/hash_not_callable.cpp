// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The hash function object takes another type.
// expect: Hash must be callable

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct int_hash {
  std::size_t operator()(int key) const { return static_cast<std::size_t>(key); }
};

syncmap::MAP<std::string, int, int_hash> map;
