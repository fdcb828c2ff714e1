// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The whole of the everyday interface. Every call may come from any thread, without a lock of
// yours.
#include <iostream>
#include <string>
#include <syncmap/map.hpp>

int main() {
  syncmap::map<std::string, int> stock;

  stock.store("apples", 3);
  stock.store("pears", 5);
  if (const auto apples = stock.load("apples")) std::cout << "apples: " << *apples << '\n';
  std::cout << "plums known: " << std::boolalpha << stock.load("plums").has_value() << '\n';

  // The first caller sets the value; every later one is told what is there.
  const auto first = stock.load_or_store("plums", 7);
  const auto second = stock.load_or_store("plums", 9);
  std::cout << "plums: " << first.value << " (loaded: " << first.loaded << "), then "
            << second.value << " (loaded: " << second.loaded << ")\n";

  // Writes only if the value is still the expected one: of two such callers, one wins.
  std::cout << "sold an apple: " << stock.compare_and_swap("apples", 3, 2) << '\n';
  std::cout << "sold it again: " << stock.compare_and_swap("apples", 3, 2) << '\n';

  // However many threads ask for it at once, one makes the value; the others wait for that, and get it.
  std::cout << "figs: " << stock.load_or_compute("figs", [] { return 11; }).value << '\n';

  // What a handle shows lives as long as the handle, whatever becomes of the entry.
  if (const auto figs = stock.find("figs")) {
    stock.erase("figs");
    std::cout << "there were " << *figs << ' ' << figs.key() << '\n';
  }

  // A callback may call anything on the map, also for the key it is looking at.
  stock.range([&](const std::string& fruit, int count) {
    std::cout << fruit << ": " << count << '\n';
    if (count < 3) stock.erase(fruit);
  });
  std::cout << "apples left: " << stock.contains("apples") << ", kinds: " << stock.size() << '\n';
}
