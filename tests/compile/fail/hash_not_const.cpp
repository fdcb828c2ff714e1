// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// All threads share the hash function object.
// expect: Hash must be callable

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct counting_hash {
  std::size_t operator()(int key) { return static_cast<std::size_t>(key) + calls++; }
  std::size_t calls = 0;
};

syncmap::MAP<int, int, counting_hash> map;
