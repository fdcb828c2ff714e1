// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A hash is a number.
// expect: Hash must be callable

#include <string>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct text_hash {
  std::string operator()(int key) const { return std::to_string(key); }
};

syncmap::MAP<int, int, text_hash> map;
