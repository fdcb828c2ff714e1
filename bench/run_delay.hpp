// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// How long a thread had to wait for a processor: what to know on a machine that others use too.
#pragma once

#include <cstdio>

namespace bench {

// Seconds that the calling thread was ready to run but did not, since it began; 0 where the system
// does not say (Linux does).
inline double run_delay() {
  std::FILE* const file = std::fopen("/proc/thread-self/schedstat", "r");
  if (file == nullptr) return 0;
  double ran = 0;
  double waited = 0;
  const bool known = std::fscanf(file, "%lf %lf", &ran, &waited) == 2;
  std::fclose(file);
  return known ? waited * 1e-9 : 0;
}

}  // namespace bench
