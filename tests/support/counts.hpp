// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a test has done, for the totals that ./dev test prints.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace support {

// Adds to the file that SYNCMAP_TEST_COUNTS names, if it names one: a line for each call.
inline void count_done(const char* guarantee, std::size_t number, const char* what) {
  const char* const path = std::getenv("SYNCMAP_TEST_COUNTS");  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr || number == 0) return;
  if (std::FILE* const file = std::fopen(path, "a")) {
    std::fprintf(file, "%s %zu %s\n", guarantee, number, what);
    std::fclose(file);
  }
}

}  // namespace support
