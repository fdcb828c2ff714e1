// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Prints docs/interactive/traces.js: what the map does in each story, recorded while it does it. With
// the name of a file: compares the file with that.

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stories.hpp>

namespace {

std::string all() {
  std::ostringstream out;
  out << "// SPDX-FileCopyrightText: The syncmap authors\n"
         "// SPDX-License-Identifier: MIT\n"
         "//\n"
         "// Recorded from the C++ code by tests/page/record.cpp. Not to be edited.\n"
         "\"use strict\";\n"
         "window.syncmapStories = ";
  syncmap::page::put_list(
      out, syncmap::page::all_stories(),
      [&](const syncmap::page::story& one) { syncmap::page::put(out, one); }, ",\n");
  out << ";\n";
  return out.str();
}

// The first line that differs, or 0.
int differs(std::istream& kept, std::istream& now) {
  std::string kept_line;
  std::string now_line;
  for (int number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(now, now_line));
    if (static_cast<bool>(std::getline(kept, kept_line)) != more) return number;
    if (!more) return 0;
    if (kept_line == now_line) continue;
    std::cerr << "kept: " << kept_line << "\nnow:  " << now_line << '\n';
    return number;
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 1) {
    std::cout << all();
    return std::cout.flush() ? 0 : 1;
  }
  std::ifstream kept(argv[1]);
  std::istringstream now(all());
  const int line = differs(kept, now);
  if (line == 0) return 0;
  std::cerr << argv[1] << ':' << line << ": not what the map does now. To record it again:\n  "
            << argv[0] << " > " << argv[1] << '\n';
  return 1;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
