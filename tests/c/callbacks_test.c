// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Callbacks: what they are shown, when they end a range, and that they may call anything.

#include "test.h"

enum { count = 500 };

static syncmap_t* numbers(void) {
  syncmap_t* const map = new_map();
  for (int i = 0; i < count; ++i) {
    const int square = i * i;
    CHECK(syncmap_store(map, &i, sizeof(i), &square, sizeof(square)) == SYNCMAP_OK);
  }
  return map;
}

struct walk {
  syncmap_t* map;
  int seen[count];
  int calls;
  int limit;
};

// Marks the key of an entry of numbers(), and returns it.
static int mark(struct walk* walk, const void* key, size_t key_size, const void* value,
                size_t value_size) {
  int number = -1, square = -1;
  CHECK(key_size == sizeof(number) && value_size == sizeof(square));
  memcpy(&number, key, sizeof(number));
  memcpy(&square, value, sizeof(square));
  CHECK(number >= 0 && number < count && square == number * number);
  ++walk->seen[number];
  ++walk->calls;
  return number;
}

static bool look(const void* key, size_t key_size, const void* value, size_t value_size,
                 void* context) {
  struct walk* const walk = context;
  mark(walk, key, key_size, value, value_size);
  return walk->calls != walk->limit;
}

static void compare(const void* value, size_t value_size, void* context) {
  *(bool*)context = value_size == 3 && memcmp(value, "one", 3) == 0;
}

TEST(visit_shows_the_value) {
  syncmap_t* const map = new_map();
  bool same = false;
  syncmap_store(map, BYTES("a"), BYTES("one"));
  CHECK(syncmap_visit(map, BYTES("a"), compare, &same) == SYNCMAP_OK && same);
  syncmap_destroy(map);
}

TEST(visit_of_an_absent_key_calls_nothing) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_visit(map, BYTES("a"), compare, NULL) == SYNCMAP_ABSENT);
  CHECK(syncmap_visit(map, NULL, 1, compare, NULL) == SYNCMAP_INVALID);
  CHECK(syncmap_visit(NULL, BYTES("a"), compare, NULL) == SYNCMAP_INVALID);
  syncmap_destroy(map);
}

TEST(range_shows_every_entry_once) {
  struct walk walk = {.map = numbers()};
  CHECK(syncmap_range(walk.map, look, &walk) == SYNCMAP_OK);
  for (int i = 0; i < count; ++i) CHECK(walk.seen[i] == 1);
  CHECK(walk.calls == count);
  syncmap_destroy(walk.map);
}

TEST(range_of_an_empty_map_calls_nothing) {
  syncmap_t* const map = new_map();
  CHECK(syncmap_range(map, look, NULL) == SYNCMAP_OK);
  CHECK(syncmap_range(NULL, look, NULL) == SYNCMAP_INVALID);
  syncmap_destroy(map);
}

TEST(range_ends_when_the_callback_says_so) {
  struct walk walk = {.map = numbers()};
  for (walk.limit = 1; walk.limit < 4; ++walk.limit) {
    walk.calls = 0;
    CHECK(syncmap_range(walk.map, look, &walk) == SYNCMAP_OK);
    CHECK(walk.calls == walk.limit);
  }
  syncmap_destroy(walk.map);
}

static bool erase_odd(const void* key, size_t key_size, const void* value, size_t value_size,
                      void* context) {
  struct walk* const walk = context;
  const int number = mark(walk, key, key_size, value, value_size);
  if (number % 2 != 0) CHECK(syncmap_erase(walk->map, key, key_size) == SYNCMAP_OK);
  // What is shown outlives the erasure.
  CHECK(*(const int*)key == number && *(const int*)value == number * number);
  return true;
}

TEST(range_may_erase_what_it_is_shown) {
  struct walk walk = {.map = numbers()};
  CHECK(syncmap_range(walk.map, erase_odd, &walk) == SYNCMAP_OK);
  CHECK(walk.calls == count && syncmap_size(walk.map) == count / 2);
  for (int i = 0; i < count; ++i) CHECK(lacks(walk.map, &i, sizeof(i)) == (i % 2 != 0));
  syncmap_destroy(walk.map);
}

// Every operation, for the key that is shown. The key has its value again in the end.
static void call_everything(syncmap_t* map, const void* key, size_t key_size, const void* value,
                            size_t value_size) {
  bool same = false;
  char buffer[64];
  CHECK(syncmap_load_into(map, key, key_size, buffer, sizeof(buffer), NULL) == SYNCMAP_OK);
  CHECK(syncmap_load_or_store(map, key, key_size, BYTES("x"), NULL, NULL) == SYNCMAP_OK);
  CHECK(syncmap_swap(map, key, key_size, BYTES("one"), NULL, NULL) == SYNCMAP_OK);
  CHECK(syncmap_visit(map, key, key_size, compare, &same) == SYNCMAP_OK && same);
  CHECK(syncmap_compare_and_swap(map, key, key_size, BYTES("one"), BYTES("y")) == SYNCMAP_OK);
  CHECK(syncmap_compare_and_erase(map, key, key_size, BYTES("y")) == SYNCMAP_OK);
  CHECK(syncmap_erase(map, key, key_size) == SYNCMAP_ABSENT);
  CHECK(syncmap_load_and_erase(map, key, key_size, NULL, NULL) == SYNCMAP_ABSENT);
  CHECK(syncmap_store(map, key, key_size, value, value_size) == SYNCMAP_OK);
  CHECK(syncmap_size(map) > 0);
  syncmap_reclaim();
  CHECK(has(map, key, key_size, value, value_size));
}

static bool call_everything_in_range(const void* key, size_t key_size, const void* value,
                                     size_t value_size, void* context) {
  struct walk* const walk = context;
  call_everything(walk->map, key, key_size, value, value_size);
  mark(walk, key, key_size, value, value_size);
  if (walk->calls == 1) {
    struct walk inner = {.map = walk->map};
    CHECK(syncmap_range(walk->map, look, &inner) == SYNCMAP_OK && inner.calls == count);
  }
  return true;
}

TEST(a_callback_of_range_may_call_everything) {
  struct walk walk = {.map = numbers()};
  CHECK(syncmap_range(walk.map, call_everything_in_range, &walk) == SYNCMAP_OK);
  CHECK(walk.calls >= count);
  syncmap_destroy(walk.map);
}

static void call_everything_in_visit(const void* value, size_t value_size, void* context) {
  call_everything(context, BYTES("a"), value, value_size);
  CHECK(syncmap_clear(context) == SYNCMAP_OK);
  CHECK(value_size == 5 && memcmp(value, "first", 5) == 0);
}

TEST(a_callback_of_visit_may_call_everything) {
  syncmap_t* const map = new_map();
  syncmap_store(map, BYTES("a"), BYTES("first"));
  CHECK(syncmap_visit(map, BYTES("a"), call_everything_in_visit, map) == SYNCMAP_OK);
  CHECK(syncmap_size(map) == 0);
  syncmap_destroy(map);
}

static bool make_and_destroy(const void* key, size_t key_size, const void* value, size_t value_size,
                             void* context) {
  syncmap_t* const other = new_map();
  CHECK(syncmap_store(other, key, key_size, value, value_size) == SYNCMAP_OK);
  CHECK(has(other, key, key_size, value, value_size));
  syncmap_destroy(other);
  return look(key, key_size, value, value_size, context);
}

TEST(a_callback_may_make_and_destroy_other_maps) {
  struct walk walk = {.map = numbers()};
  CHECK(syncmap_range(walk.map, make_and_destroy, &walk) == SYNCMAP_OK);
  CHECK(walk.calls == count);
  syncmap_destroy(walk.map);
}
