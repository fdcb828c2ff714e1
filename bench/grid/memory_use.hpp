// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// How much memory this process uses.
#pragma once

#include <malloc.h>
#include <unistd.h>

#include <cstdio>

namespace grid {

struct memory_use {
  double allocated;  // bytes that malloc and operator new have handed out, with their headers
  double resident;   // bytes of its own, not of files, that are in memory

  static memory_use now() {
    const auto info = mallinfo2();  // all arenas' small blocks, and the large ones
    double pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
      double total = 0, resident = 0, of_files = 0;
      if (std::fscanf(file, "%lf %lf %lf", &total, &resident, &of_files) == 3) {
        pages = resident - of_files;
      }
      std::fclose(file);
    }
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    return {static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd), pages * page};
  }
};

}  // namespace grid
