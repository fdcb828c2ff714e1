// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The program of docs/debugging.md: it ends where something is wrong, with a core file.

#include <cstdlib>
#include <string>
#include <syncmap/gdb_printers.hpp>
#include <syncmap/syncmap.hpp>

syncmap::map<std::string, int> stock;
syncmap::read_dirty_map<std::string, std::string> settings;

void sell_ten(const std::string& fruit) {
  if (const auto found = stock.find(fruit)) {
    if (*found < 10) std::abort();
    stock.store(fruit, *found - 10);
  }
}

int main() {
  stock.store("apples", 3);
  stock.store("pears", 5);
  stock.store("plums", 8);
  settings.store("currency", "EUR");
  settings.store("language", "de");
  settings.range([](const std::string&, const std::string&) {});
  settings.erase("language");
  settings.store("colour", "green");
  sell_ten("pears");
}
