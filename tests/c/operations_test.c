// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Each operation alone, its answers, and the bytes that it takes and gives.

#include <stdint.h>

#include "test.h"

TEST(a_new_map_is_empty) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_size(map) == 0);
  CHECK(lacks(map, BYTES("a")));
  syncmap_destroy(map);
}

TEST(load_finds_what_was_stored) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_store(map, BYTES("a"), BYTES("one")) == SYNCMAP_OK);
  CHECK(has(map, BYTES("a"), BYTES("one")));
  CHECK(syncmap_store(map, BYTES("a"), BYTES("another, and a longer one")) == SYNCMAP_OK);
  CHECK(has(map, BYTES("a"), BYTES("another, and a longer one")));
  CHECK(syncmap_size(map) == 1);
  syncmap_destroy(map);
}

TEST(load_of_an_absent_key_leaves_null_and_0) {
  syncmap_t* const map = new_map();
  void* value = map;
  size_t size = 7;
  CHECK(syncmap_load(map, BYTES("a"), &value, &size) == SYNCMAP_ABSENT);
  CHECK(value == NULL && size == 0);
  syncmap_destroy(map);
}

TEST(load_gives_only_what_it_is_asked_for) {
  syncmap_t* const map = new_map();
  syncmap_store(map, BYTES("a"), BYTES("one"));
  void* value = NULL;
  size_t size = 0;
  CHECK(syncmap_load(map, BYTES("a"), NULL, NULL) == SYNCMAP_OK);
  CHECK(syncmap_load(map, BYTES("a"), NULL, &size) == SYNCMAP_OK && size == 3);
  CHECK(syncmap_load(map, BYTES("a"), &value, NULL) == SYNCMAP_OK);
  CHECK(is(value, 3, BYTES("one")));
  syncmap_destroy(map);
}

TEST(a_loaded_value_is_the_callers) {
  syncmap_t* const map = new_map();
  void* value = NULL;
  size_t size = 0;
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_load(map, BYTES("a"), &value, &size) == SYNCMAP_OK);
  memset(value, 'x', size);
  CHECK(has(map, BYTES("a"), BYTES("one")));
  syncmap_destroy(map);
  CHECK(is(value, size, BYTES("xxx")));
}

TEST(the_map_keeps_copies) {
  syncmap_t* const map = new_map();
  char key[] = "a key that is not short", value[] = "a value that is not short";
  CHECK(syncmap_store(map, BYTES(key), BYTES(value)) == SYNCMAP_OK);
  key[0] = value[0] = 'A';
  CHECK(lacks(map, BYTES(key)));
  CHECK(has(map, BYTES("a key that is not short"), BYTES("a value that is not short")));
  syncmap_destroy(map);
}

TEST(load_into_copies_into_a_buffer_that_is_large_enough) {
  syncmap_t* const map = new_map();
  char buffer[4] = "....";
  size_t size = 0;
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_load_into(map, BYTES("a"), buffer, 3, &size) == SYNCMAP_OK);
  CHECK(size == 3 && memcmp(buffer, "one.", 4) == 0);
  CHECK(syncmap_load_into(map, BYTES("a"), buffer, 4, NULL) == SYNCMAP_OK);
  CHECK(memcmp(buffer, "one.", 4) == 0);
  syncmap_destroy(map);
}

TEST(load_into_tells_the_size_that_a_small_buffer_lacks) {
  syncmap_t* const map = new_map();
  char buffer[4] = "....";
  size_t size = 0;
  syncmap_store(map, BYTES("a"), BYTES("three"));
  CHECK(syncmap_load_into(map, BYTES("a"), buffer, sizeof(buffer), &size) == SYNCMAP_TOO_SMALL);
  CHECK(size == 5 && memcmp(buffer, "....", 4) == 0);
  CHECK(syncmap_load_into(map, BYTES("a"), NULL, 0, &size) == SYNCMAP_TOO_SMALL && size == 5);
  CHECK(syncmap_load_into(map, BYTES("b"), buffer, sizeof(buffer), &size) == SYNCMAP_ABSENT);
  CHECK(size == 0 && memcmp(buffer, "....", 4) == 0);
  syncmap_destroy(map);
}

TEST(load_or_store_stores_only_the_first) {
  syncmap_t* const map = new_map();
  void* value = map;
  size_t size = 7;
  CHECK(syncmap_load_or_store(map, BYTES("a"), BYTES("one"), &value, &size) == SYNCMAP_ABSENT);
  CHECK(value == NULL && size == 0);
  CHECK(syncmap_load_or_store(map, BYTES("a"), BYTES("two"), &value, &size) == SYNCMAP_OK);
  CHECK(is(value, size, BYTES("one")));
  CHECK(syncmap_load_or_store(map, BYTES("a"), BYTES("two"), NULL, NULL) == SYNCMAP_OK);
  CHECK(has(map, BYTES("a"), BYTES("one")));
  CHECK(syncmap_load_or_store(map, BYTES("b"), BYTES("two"), NULL, NULL) == SYNCMAP_ABSENT);
  CHECK(has(map, BYTES("b"), BYTES("two")));
  syncmap_destroy(map);
}

TEST(load_and_erase_returns_what_it_removed) {
  syncmap_t* const map = new_map();
  void* value = map;
  size_t size = 7;
  CHECK(syncmap_load_and_erase(map, BYTES("a"), &value, &size) == SYNCMAP_ABSENT);
  CHECK(value == NULL && size == 0);
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_load_and_erase(map, BYTES("a"), &value, &size) == SYNCMAP_OK);
  CHECK(is(value, size, BYTES("one")));
  CHECK(lacks(map, BYTES("a")) && syncmap_size(map) == 0);
  syncmap_store(map, BYTES("a"), BYTES("two"));
  CHECK(syncmap_load_and_erase(map, BYTES("a"), NULL, NULL) == SYNCMAP_OK);
  CHECK(lacks(map, BYTES("a")));
  syncmap_destroy(map);
}

TEST(erase_tells_whether_the_key_was_there) {
  syncmap_t* const map = new_map();
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_erase(map, BYTES("a")) == SYNCMAP_OK);
  CHECK(syncmap_erase(map, BYTES("a")) == SYNCMAP_ABSENT);
  CHECK(lacks(map, BYTES("a")));
  syncmap_destroy(map);
}

TEST(swap_stores_and_returns_the_previous_value) {
  syncmap_t* const map = new_map();
  void* value = map;
  size_t size = 7;
  CHECK(syncmap_swap(map, BYTES("a"), BYTES("one"), &value, &size) == SYNCMAP_ABSENT);
  CHECK(value == NULL && size == 0);
  CHECK(syncmap_swap(map, BYTES("a"), BYTES("two"), &value, &size) == SYNCMAP_OK);
  CHECK(is(value, size, BYTES("one")));
  CHECK(syncmap_swap(map, BYTES("a"), BYTES("three"), NULL, NULL) == SYNCMAP_OK);
  CHECK(has(map, BYTES("a"), BYTES("three")));
  CHECK(syncmap_swap(map, BYTES("b"), BYTES("four"), NULL, NULL) == SYNCMAP_ABSENT);
  CHECK(has(map, BYTES("b"), BYTES("four")));
  syncmap_destroy(map);
}

TEST(compare_and_swap_replaces_only_the_expected_value) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), BYTES(""), BYTES("x")) == SYNCMAP_UNEQUAL);
  CHECK(lacks(map, BYTES("a")));
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), BYTES("on"), BYTES("x")) == SYNCMAP_UNEQUAL);
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), BYTES("one\0"), BYTES("x")) == SYNCMAP_UNEQUAL);
  CHECK(has(map, BYTES("a"), BYTES("one")));
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), BYTES("one"), BYTES("two")) == SYNCMAP_OK);
  CHECK(has(map, BYTES("a"), BYTES("two")));
  syncmap_destroy(map);
}

TEST(compare_and_erase_removes_only_the_expected_value) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_compare_and_erase(map, BYTES("a"), BYTES("")) == SYNCMAP_UNEQUAL);
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_compare_and_erase(map, BYTES("a"), BYTES("two")) == SYNCMAP_UNEQUAL);
  CHECK(has(map, BYTES("a"), BYTES("one")));
  CHECK(syncmap_compare_and_erase(map, BYTES("a"), BYTES("one")) == SYNCMAP_OK);
  CHECK(lacks(map, BYTES("a")));
  syncmap_destroy(map);
}

TEST(clear_removes_everything) {
  syncmap_t* const map = new_map();
  for (int i = 0; i < 1000; ++i) {
    CHECK(syncmap_store(map, &i, sizeof(i), &i, sizeof(i)) == SYNCMAP_OK);
  }
  CHECK(syncmap_size(map) == 1000);
  CHECK(syncmap_clear(map) == SYNCMAP_OK);
  CHECK(syncmap_size(map) == 0);
  for (int i = 0; i < 1000; ++i) CHECK(lacks(map, &i, sizeof(i)));
  CHECK(syncmap_clear(map) == SYNCMAP_OK);
  syncmap_destroy(map);
}

TEST(keys_and_values_may_have_any_bytes) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_store(map, BYTES("a\0b"), BYTES("1\0")) == SYNCMAP_OK);
  CHECK(syncmap_store(map, BYTES("a\0c"), BYTES("\0\0\0")) == SYNCMAP_OK);
  CHECK(syncmap_store(map, BYTES("a"), BYTES("\xff\xfe")) == SYNCMAP_OK);
  CHECK(syncmap_store(map, BYTES("a\0"), BYTES("2")) == SYNCMAP_OK);
  CHECK(syncmap_size(map) == 4);
  CHECK(has(map, BYTES("a\0b"), BYTES("1\0")));
  CHECK(has(map, BYTES("a\0c"), BYTES("\0\0\0")));
  CHECK(has(map, BYTES("a"), BYTES("\xff\xfe")));
  CHECK(has(map, BYTES("a\0"), BYTES("2")));
  CHECK(lacks(map, BYTES("a\0d")));
  syncmap_destroy(map);
}

TEST(no_bytes_are_a_key_and_a_value) {
  syncmap_t* const map = new_map();
  CHECK(lacks(map, NULL, 0));
  CHECK(syncmap_store(map, NULL, 0, BYTES("one")) == SYNCMAP_OK);
  CHECK(has(map, "x", 0, BYTES("one")));
  CHECK(syncmap_compare_and_swap(map, NULL, 0, BYTES("one"), NULL, 0) == SYNCMAP_OK);
  void* value = NULL;
  size_t size = 7;
  CHECK(syncmap_load(map, NULL, 0, &value, &size) == SYNCMAP_OK);
  CHECK(is(value, size, BYTES("")));
  CHECK(syncmap_swap(map, "", 0, NULL, 0, &value, &size) == SYNCMAP_OK);
  CHECK(is(value, size, BYTES("")));
  CHECK(syncmap_load_into(map, NULL, 0, NULL, 0, &size) == SYNCMAP_OK && size == 0);
  CHECK(syncmap_compare_and_erase(map, NULL, 0, NULL, 0) == SYNCMAP_OK);
  CHECK(syncmap_size(map) == 0);
  syncmap_destroy(map);
}

TEST(every_length_up_to_1000_comes_back_whole) {
  syncmap_t* const map = new_map();
  char bytes[1000];
  for (size_t i = 0; i < sizeof(bytes); ++i) bytes[i] = (char)(i * 31);
  for (size_t size = 0; size <= sizeof(bytes); ++size) {
    CHECK(syncmap_store(map, bytes, size, bytes, size) == SYNCMAP_OK);
  }
  CHECK(syncmap_size(map) == sizeof(bytes) + 1);
  for (size_t size = 0; size <= sizeof(bytes); ++size) CHECK(has(map, bytes, size, bytes, size));
  syncmap_destroy(map);
}

TEST(a_value_of_16_megabytes_comes_back_whole) {
  syncmap_t* const map = new_map();
  const size_t size = (size_t)16 << 20;
  char* const bytes = malloc(size);
  CHECK(bytes != NULL);
  for (size_t i = 0; i < size; ++i) bytes[i] = (char)(i * 31 + (i >> 16));
  CHECK(syncmap_store(map, bytes, size, BYTES("a large key")) == SYNCMAP_OK);
  CHECK(syncmap_store(map, BYTES("a"), bytes, size) == SYNCMAP_OK);
  CHECK(has(map, bytes, size, BYTES("a large key")));
  CHECK(has(map, BYTES("a"), bytes, size));
  void* value = NULL;
  size_t found = 0;
  CHECK(syncmap_load_and_erase(map, BYTES("a"), &value, &found) == SYNCMAP_OK);
  CHECK(is(value, found, bytes, size));
  free(bytes);
  syncmap_destroy(map);
}

TEST(reclaim_may_be_called_at_any_time) {
  syncmap_reclaim();
  syncmap_t* const map = new_map();
  for (int i = 0; i < 1000; ++i) CHECK(syncmap_store(map, BYTES("a"), &i, sizeof(i)) == SYNCMAP_OK);
  syncmap_reclaim();
  CHECK(syncmap_size(map) == 1);
  syncmap_destroy(map);
  syncmap_reclaim();
}

TEST(null_is_invalid_where_it_is_said_to_be) {
  syncmap_t* const map = new_map();
  void* value = map;
  size_t size = 7;
  char buffer[1] = "";
  CHECK(syncmap_load(NULL, BYTES("a"), &value, &size) == SYNCMAP_INVALID);
  CHECK(value == NULL && size == 0);
  CHECK(syncmap_load(map, NULL, 1, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_load_into(NULL, BYTES("a"), buffer, 1, &size) == SYNCMAP_INVALID);
  CHECK(syncmap_load_into(map, NULL, 1, buffer, 1, &size) == SYNCMAP_INVALID);
  CHECK(syncmap_load_into(map, BYTES("a"), NULL, 1, &size) == SYNCMAP_INVALID);
  CHECK(syncmap_visit(map, BYTES("a"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_store(NULL, BYTES("a"), BYTES("b")) == SYNCMAP_INVALID);
  CHECK(syncmap_store(map, NULL, 1, BYTES("b")) == SYNCMAP_INVALID);
  CHECK(syncmap_store(map, BYTES("a"), NULL, 1) == SYNCMAP_INVALID);
  CHECK(syncmap_load_or_store(NULL, BYTES("a"), BYTES("b"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_load_or_store(map, NULL, 1, BYTES("b"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_load_or_store(map, BYTES("a"), NULL, 1, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_load_and_erase(NULL, BYTES("a"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_load_and_erase(map, NULL, 1, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_erase(NULL, BYTES("a")) == SYNCMAP_INVALID);
  CHECK(syncmap_erase(map, NULL, 1) == SYNCMAP_INVALID);
  CHECK(syncmap_swap(NULL, BYTES("a"), BYTES("b"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_swap(map, NULL, 1, BYTES("b"), NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_swap(map, BYTES("a"), NULL, 1, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_swap(NULL, BYTES("a"), BYTES("b"), BYTES("c")) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_swap(map, NULL, 1, BYTES("b"), BYTES("c")) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), NULL, 1, BYTES("c")) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_swap(map, BYTES("a"), BYTES("b"), NULL, 1) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_erase(NULL, BYTES("a"), BYTES("b")) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_erase(map, NULL, 1, BYTES("b")) == SYNCMAP_INVALID);
  CHECK(syncmap_compare_and_erase(map, BYTES("a"), NULL, 1) == SYNCMAP_INVALID);
  CHECK(syncmap_range(map, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_clear(NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_size(NULL) == 0 && syncmap_size(map) == 0);
  syncmap_free(NULL);
  syncmap_destroy(NULL);
  syncmap_destroy(map);
}

TEST(a_negative_size_is_invalid) {
  syncmap_t* const map = new_map();
  const size_t negative = (size_t)-1, smallest = (size_t)PTRDIFF_MAX + 1;
  CHECK(syncmap_store(map, "a", negative, BYTES("b")) == SYNCMAP_INVALID);
  CHECK(syncmap_store(map, BYTES("a"), "b", smallest) == SYNCMAP_INVALID);
  CHECK(syncmap_load(map, "a", smallest, NULL, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_erase(map, NULL, negative) == SYNCMAP_INVALID);
  CHECK(syncmap_size(map) == 0);
  syncmap_destroy(map);
}

TEST(every_status_has_a_text_of_its_own) {
  const syncmap_status all[] = {SYNCMAP_OK,        SYNCMAP_ABSENT,    SYNCMAP_UNEQUAL,
                                SYNCMAP_TOO_SMALL, SYNCMAP_NO_MEMORY, SYNCMAP_INVALID};
  const size_t count = sizeof(all) / sizeof(all[0]);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < i; ++j) {
      CHECK(strcmp(syncmap_status_text(all[i]), syncmap_status_text(all[j])) != 0);
    }
    CHECK(strcmp(syncmap_status_text(all[i]), "unknown status") != 0);
  }
  CHECK(strcmp(syncmap_status_text(4), "unknown status") == 0);
  CHECK(strcmp(syncmap_status_text(-3), "unknown status") == 0);
}

TEST(the_version_is_that_of_the_project) { CHECK(strcmp(syncmap_version(), PROJECT_VERSION) == 0); }
