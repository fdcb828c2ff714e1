// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Clusters of caches, as their operators describe them: Yang, Yue and Rashmi, "A large scale
// analysis of hundreds of in-memory cache clusters at Twitter", OSDI 2020, and the table of its
// traces. Only the figures are used: the operations are drawn anew.
#pragma once

#include <array>
#include <cstddef>

namespace grid {

struct trace {
  const char* name;
  std::size_t key_bytes, value_bytes;
  double set, add, cas;  // shares of the operations; the rest are gets
  double skew;           // the exponent of the Zipf distribution of what is asked for
};

inline constexpr std::array traces = {
    trace{"trace_c2", 21, 68, 0, 0, 0, 1.49},
    trace{"trace_c9", 32, 39, 0, 0, 0, 1.68},
    trace{"trace_c12", 44, 1030, 0.80, 0, 0, 0.30},
    trace{"trace_c15", 18, 102, 1, 0, 0, 0.02},
    trace{"trace_c18", 18, 37, 0, 0.01, 0.01, 2.10},
    trace{"trace_c25", 49, 28, 0, 0.02, 0.02, 0.99},
    trace{"trace_c29", 36, 799, 0.13, 0, 0, 1.23},
    trace{"trace_c45", 10, 120, 0, 0.15, 0, 0.64},
    trace{"trace_c52", 20, 273, 0, 0.04, 0.02, 1.21},
};

}  // namespace grid
