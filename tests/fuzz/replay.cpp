// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Runs inputs that are kept in files: those of the corpus, whatever the compiler; or one that has failed.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <differential.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  fuzz::require(file.is_open(), "cannot read an input");
  const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::uint8_t> input(read.begin(), read.end());
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);  // the last line names what failed
  fuzz::run_any(input);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      replay(argv[i]);
      ++count;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      replay(entry.path());
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 1 : 0;
}
