// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include "short_memory.h"

#include <fuse.hpp>

void fail_allocation(long nth) { support::fuse::arm(nth); }

bool end_of_short_memory() {
  support::fuse::disarm();
  return support::fuse::has_blown();
}
