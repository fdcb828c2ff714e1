// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <syncmap/read_dirty_map.hpp>

int main() {
  syncmap::read_dirty_map<int, int> m;
  m.store(1, 2);
  return m.load(1) == 2 ? 0 : 1;
}
