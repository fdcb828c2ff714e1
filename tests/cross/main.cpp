// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// cross [PERCENT]: both maps, with every layout and every operation, by one thread and by four. A
// program without a test framework, exceptions or RTTI, for every compiler and processor that can be
// had; PERCENT of the work, for those that are slow. Says how many checks were made; fails if one did.

#include <checks.hpp>
#include <cstdio>
#include <cstdlib>

namespace cross {

void test_map();
void test_read_dirty_map();

}  // namespace cross

int main(int argc, char** argv) {
  if (argc > 1) cross::scale = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
  if (cross::scale == 0 || cross::scale > 100) {
    std::fprintf(stderr, "usage: cross [PERCENT], from 1 to 100\n");
    return 2;
  }
  cross::test_map();
  cross::test_read_dirty_map();
  const unsigned made = cross::checks_made;
  const unsigned failed = cross::checks_failed;
  std::printf("cross: %u checks, %u failed\n", made, failed);
  return failed == 0 && made > 0 ? 0 : 1;
}
