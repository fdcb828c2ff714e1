// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The shared library, opened while the program runs, as other languages do it. Linked with nothing of
// ours: `library_test LIBRARY`.

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <syncmap/c.h>

#define CHECK(condition) \
  if (!(condition)) return fprintf(stderr, "%d: not so: %s\n", __LINE__, #condition), 1

// A function of the library, in the type of its declaration. (ISO C has no cast for it.)
#define FIND(name)                                    \
  void* const name##_address = dlsym(library, #name); \
  CHECK(name##_address != NULL);                      \
  __typeof__(&name) name##_found;                     \
  memcpy(&name##_found, &name##_address, sizeof(name##_found))

int main(int argc, char** argv) {
  CHECK(argc == 2);
  void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  CHECK(library != NULL);
  FIND(syncmap_create);
  FIND(syncmap_store);
  FIND(syncmap_size);
  FIND(syncmap_destroy);

  // Its thread-local data stay: they must outlive the last thread, not the last dlclose().
  for (int i = 0; i < 3; ++i) {
    syncmap_t* const map = syncmap_create_found();
    CHECK(map != NULL && syncmap_store_found(map, "a", 1, "one", 3) == SYNCMAP_OK);
    CHECK(syncmap_store_found(map, "a", 1, "two", 3) == SYNCMAP_OK);
    CHECK(syncmap_size_found(map) == 1);
    syncmap_destroy_found(map);
    if (i == 0) CHECK(dlclose(library) == 0);
  }
  return 0;
}
