// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// compare_and_swap needs == of values.
// first: no matching .*\bcompare_and_swap\b
// expect: value_has_equality

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

struct incomparable {
  int number;
};

void use(syncmap::MAP<int, incomparable>& map) {
  map.compare_and_swap(1, incomparable{1}, incomparable{2});
}
