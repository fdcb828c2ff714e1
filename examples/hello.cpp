// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The first example of the README.
#include <iostream>
#include <string>
#include <syncmap/map.hpp>
#include <thread>

syncmap::map<std::string, int> stock;  // any thread may use it, without a lock of yours

int main() {
  std::thread clerk([] { stock.store("apples", 3); });
  stock.load_or_store("pears", 5);  // one of several callers stores; all are told what is there
  clerk.join();
  stock.range([](const std::string& fruit, int count) {
    std::cout << fruit << ": " << count << '\n';
    if (count < 5) stock.erase(fruit);  // a callback may call anything: no lock is held
  });
}
