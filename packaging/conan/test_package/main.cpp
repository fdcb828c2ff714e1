// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <syncmap/map.hpp>

int main() {
  syncmap::map<int, int> stock;
  stock.store(1, 2);
  return stock.load(1).value_or(0) == 2 ? 0 : 1;
}
