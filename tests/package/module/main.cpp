// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <memory>  // clang 16 wants it; clang 19 does not
import syncmap;

int main() {
  syncmap::map<int, int> stock;
  stock.store(1, 2);
  return stock.load(1).value_or(0) == 2 ? 0 : 1;
}
