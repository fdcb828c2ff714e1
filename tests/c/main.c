// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// `c_tests NAME...` runs these tests; without a name all.

#include "test.h"

#define RUN(name) TEST(name);
#include "tests.inc"
#undef RUN

static const struct {
  const char* name;
  void (*run)(void);
} tests[] = {
#define RUN(name) {#name, name},
#include "tests.inc"
#undef RUN
};

int main(int argc, char** argv) {
  int ran = 0;
  for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); ++i) {
    bool wanted = argc < 2;
    for (int j = 1; j < argc; ++j) wanted = wanted || strcmp(argv[j], tests[i].name) == 0;
    if (!wanted) continue;
    printf("%s\n", tests[i].name);
    fflush(stdout);
    tests[i].run();
    ++ran;
  }
  return ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
