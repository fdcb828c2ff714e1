// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Tests in C. CMake finds every line that begins with `TEST(name)`, makes it a test of ctest, and writes
// tests.inc, from which main.c has its list.

#ifndef SYNCMAP_TESTS_C_TEST_H
#define SYNCMAP_TESTS_C_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syncmap/c.h>

#define TEST(name) void name(void)

// Ends the test, from any thread.
#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(EXIT_FAILURE);                                                     \
    }                                                                         \
  } while (false)

// The bytes of a literal, with their number, as two arguments.
#define BYTES(literal) (literal), (sizeof(literal) - 1)

// Is this what a function has returned? Frees it.
static inline bool is(void* value, size_t size, const char* expected, size_t expected_size) {
  const bool same = value != NULL && size == expected_size && memcmp(value, expected, size) == 0 &&
                    ((const char*)value)[size] == '\0';
  syncmap_free(value);
  return same;
}

// Has the key this value?
static inline bool has(const syncmap_t* map, const void* key, size_t key_size, const char* value,
                       size_t value_size) {
  void* found = NULL;
  size_t size = 0;
  return syncmap_load(map, key, key_size, &found, &size) == SYNCMAP_OK &&
         is(found, size, value, value_size);
}

static inline bool lacks(const syncmap_t* map, const void* key, size_t key_size) {
  return syncmap_load(map, key, key_size, NULL, NULL) == SYNCMAP_ABSENT;
}

static inline syncmap_t* new_map(void) {
  syncmap_t* const map = syncmap_create();
  CHECK(map != NULL);
  return map;
}

#endif  // SYNCMAP_TESTS_C_TEST_H
