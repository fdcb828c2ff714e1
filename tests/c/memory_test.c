// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Each operation is repeated with its first allocation failing, then its second, and so on until none
// fails. Whenever one does, the operation must say so and have had no effect.

#include "short_memory.h"
#include "test.h"

// Longer than what a string keeps in itself.
static const char long_key[] = "a key of many letters, which need an allocation";
static const char old_value[] = "the old value, which is not a short one either";
static const char new_value[] = "the new value, which is not a short one, by far";

typedef syncmap_status (*operation)(syncmap_t* map);

static bool ignore(const void* key, size_t key_size, const void* value, size_t value_size,
                   void* context) {
  (void)key, (void)key_size, (void)value, (void)value_size, (void)context;
  return true;
}
static void ignore_value(const void* value, size_t value_size, void* context) {
  (void)value, (void)value_size, (void)context;
}

static void* given;
static size_t given_size;

static syncmap_status load(syncmap_t* map) {
  return syncmap_load(map, BYTES(long_key), &given, &given_size);
}
static syncmap_status load_into(syncmap_t* map) {
  char buffer[100];
  return syncmap_load_into(map, BYTES(long_key), buffer, sizeof(buffer), &given_size);
}
static syncmap_status visit(syncmap_t* map) {
  return syncmap_visit(map, BYTES(long_key), ignore_value, NULL);
}
static syncmap_status store(syncmap_t* map) {
  return syncmap_store(map, BYTES(long_key), BYTES(new_value));
}
static syncmap_status load_or_store(syncmap_t* map) {
  return syncmap_load_or_store(map, BYTES(long_key), BYTES(new_value), &given, &given_size);
}
static syncmap_status load_and_erase(syncmap_t* map) {
  return syncmap_load_and_erase(map, BYTES(long_key), &given, &given_size);
}
static syncmap_status load_and_erase_unseen(syncmap_t* map) {
  return syncmap_load_and_erase(map, BYTES(long_key), NULL, NULL);
}
static syncmap_status erase(syncmap_t* map) { return syncmap_erase(map, BYTES(long_key)); }
static syncmap_status swap(syncmap_t* map) {
  return syncmap_swap(map, BYTES(long_key), BYTES(new_value), &given, &given_size);
}
static syncmap_status compare_and_swap(syncmap_t* map) {
  return syncmap_compare_and_swap(map, BYTES(long_key), BYTES(old_value), BYTES(new_value));
}
static syncmap_status compare_and_erase(syncmap_t* map) {
  return syncmap_compare_and_erase(map, BYTES(long_key), BYTES(old_value));
}
static syncmap_status range(syncmap_t* map) { return syncmap_range(map, ignore, NULL); }
static syncmap_status clear(syncmap_t* map) { return syncmap_clear(map); }

// How many allocations had to fail before the operation gave `expected`.
static long failures_before(operation run, bool present, syncmap_status expected) {
  for (long nth = 1;; ++nth) {
    syncmap_t* const map = new_map();
    if (present) CHECK(syncmap_store(map, BYTES(long_key), BYTES(old_value)) == SYNCMAP_OK);
    CHECK(syncmap_store(map, BYTES("other"), BYTES("entry")) == SYNCMAP_OK);
    given = NULL;
    fail_allocation(nth);
    const syncmap_status status = run(map);
    const bool failed = end_of_short_memory();
    CHECK(status == (failed ? SYNCMAP_NO_MEMORY : expected));
    if (failed) {
      CHECK(given == NULL);
      CHECK(has(map, BYTES("other"), BYTES("entry")));
      CHECK(present ? has(map, BYTES(long_key), BYTES(old_value)) : lacks(map, BYTES(long_key)));
      CHECK(syncmap_size(map) == (present ? 2 : 1));
    }
    syncmap_free(given);
    syncmap_destroy(map);
    if (!failed) return nth - 1;
  }
}

TEST(an_operation_without_memory_says_so_and_has_no_effect) {
  CHECK(failures_before(load, true, SYNCMAP_OK) >= 1);
  CHECK(failures_before(store, false, SYNCMAP_OK) >= 2);
  CHECK(failures_before(store, true, SYNCMAP_OK) >= 2);
  CHECK(failures_before(load_or_store, false, SYNCMAP_ABSENT) >= 2);
  CHECK(failures_before(load_or_store, true, SYNCMAP_OK) >= 1);
  CHECK(failures_before(load_and_erase, true, SYNCMAP_OK) >= 1);
  CHECK(failures_before(swap, false, SYNCMAP_ABSENT) >= 2);
  CHECK(failures_before(swap, true, SYNCMAP_OK) >= 3);
  CHECK(failures_before(compare_and_swap, true, SYNCMAP_OK) >= 2);
  // The first of a thread makes a record.
  CHECK(failures_before(range, true, SYNCMAP_OK) <= 1);
}

TEST(what_only_looks_or_removes_needs_no_memory) {
  syncmap_t* const map = new_map();
  CHECK(store(map) == SYNCMAP_OK && range(map) == SYNCMAP_OK);  // makes the records of this thread
  syncmap_destroy(map);
  CHECK(failures_before(load, false, SYNCMAP_ABSENT) == 0);
  CHECK(failures_before(load_into, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(visit, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(load_and_erase, false, SYNCMAP_ABSENT) == 0);
  CHECK(failures_before(load_and_erase_unseen, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(erase, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(compare_and_swap, false, SYNCMAP_UNEQUAL) == 0);
  CHECK(failures_before(compare_and_erase, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(range, true, SYNCMAP_OK) == 0);
  CHECK(failures_before(clear, true, SYNCMAP_OK) == 0);
}

TEST(a_map_without_memory_is_null) {
  fail_allocation(1);
  syncmap_t* const map = syncmap_create();
  CHECK(end_of_short_memory());
  CHECK(map == NULL);
}

TEST(a_map_goes_on_growing_after_memory_was_short) {
  syncmap_t* const map = new_map();
  for (int i = 0; i < 2000; ++i) {
    for (long nth = 1;; ++nth) {
      fail_allocation(nth);
      const syncmap_status status = syncmap_store(map, &i, sizeof(i), BYTES(old_value));
      const bool failed = end_of_short_memory();
      if (status == SYNCMAP_OK) break;
      CHECK(failed && status == SYNCMAP_NO_MEMORY && lacks(map, &i, sizeof(i)));
    }
  }
  CHECK(syncmap_size(map) == 2000);
  for (int i = 0; i < 2000; ++i) CHECK(has(map, &i, sizeof(i), BYTES(old_value)));
  syncmap_destroy(map);
}

TEST(a_comparison_copies_nothing) {
  syncmap_t* const map = new_map();
  syncmap_store(map, BYTES(long_key), BYTES(old_value));
  fail_allocation(1);
  const syncmap_status status =
      syncmap_compare_and_swap(map, BYTES(long_key), BYTES(new_value), BYTES(new_value));
  CHECK(!end_of_short_memory() && status == SYNCMAP_UNEQUAL);
  syncmap_destroy(map);
}
