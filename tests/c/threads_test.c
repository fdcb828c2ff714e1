// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Threads that hammer one map. Every value can be checked by itself: it says its key and its writer, has
// a length that follows from them, and ends with a sum over all of it.

#include <pthread.h>
#include <stdint.h>

#include "test.h"

enum { threads = 4, keys = 16, rounds = 10000, longest = 120 };

struct job {
  syncmap_t* map;
  unsigned id;
  uint64_t random;
  long balance;  // entries that this thread has added, less those it has removed
};

static uint64_t next(struct job* job) {
  job->random ^= job->random << 13;
  job->random ^= job->random >> 7;
  job->random ^= job->random << 17;
  return job->random;
}

static void in_threads(syncmap_t* map, struct job* jobs, void* (*run)(void*)) {
  pthread_t running[threads];
  for (unsigned i = 0; i < threads; ++i) {
    jobs[i] = (struct job){.map = map, .id = i, .random = 0x9e3779b97f4a7c15U + i};
    CHECK(pthread_create(&running[i], NULL, run, &jobs[i]) == 0);
  }
  for (unsigned i = 0; i < threads; ++i) CHECK(pthread_join(running[i], NULL) == 0);
}

static unsigned char sum(const unsigned char* bytes, size_t size) {
  unsigned total = 7;
  for (size_t i = 0; i < size; ++i) total = total * 31 + bytes[i];
  return (unsigned char)total;
}

// Writes a value of the key; returns its size.
static size_t make(struct job* job, unsigned char key, unsigned char* value) {
  const size_t size = 3 + next(job) % (longest - 3);
  value[0] = key;
  value[1] = (unsigned char)size;
  for (size_t i = 2; i + 1 < size; ++i) value[i] = (unsigned char)(job->id + i);
  value[size - 1] = sum(value, size - 1);
  return size;
}

static void check(const void* key, size_t key_size, const void* value, size_t size) {
  const unsigned char* const bytes = value;
  CHECK(key_size == 1 && size >= 3 && size < longest);
  CHECK(bytes[0] == *(const unsigned char*)key && bytes[1] == size);
  CHECK(bytes[size - 1] == sum(bytes, size - 1));
}
static void check_and_free(unsigned char key, void* value, size_t size) {
  check(&key, 1, value, size);
  syncmap_free(value);
}
static bool check_entry(const void* key, size_t key_size, const void* value, size_t value_size,
                        void* context) {
  ++*(int*)context;
  check(key, key_size, value, value_size);
  return true;
}
static void check_value(const void* value, size_t value_size, void* context) {
  check(context, 1, value, value_size);
}

static void do_something(struct job* job) {
  syncmap_t* const map = job->map;
  unsigned char key = (unsigned char)(next(job) % keys), made[longest], read[longest];
  const size_t made_size = make(job, key, made);
  void* value = NULL;
  size_t size = 0;
  int seen = 0;
  switch (next(job) % 11) {
    case 0:
      if (syncmap_load(map, &key, 1, &value, &size) == SYNCMAP_OK) check_and_free(key, value, size);
      break;
    case 1:
      if (syncmap_load_into(map, &key, 1, read, sizeof(read), &size) == SYNCMAP_OK) {
        check(&key, 1, read, size);
      }
      break;
    case 2:
      CHECK(syncmap_visit(map, &key, 1, check_value, &key) >= SYNCMAP_OK);
      break;
    case 3:
    case 4:
      if (syncmap_load_or_store(map, &key, 1, made, made_size, &value, &size) == SYNCMAP_OK) {
        check_and_free(key, value, size);
      } else {
        ++job->balance;
      }
      break;
    case 5:
      if (syncmap_swap(map, &key, 1, made, made_size, &value, &size) == SYNCMAP_OK) {
        check_and_free(key, value, size);
      } else {
        ++job->balance;
      }
      break;
    case 6:
      if (syncmap_load_and_erase(map, &key, 1, &value, &size) == SYNCMAP_OK) {
        check_and_free(key, value, size);
        --job->balance;
      }
      break;
    case 7:
      if (syncmap_erase(map, &key, 1) == SYNCMAP_OK) --job->balance;
      break;
    case 8:
      if (syncmap_load_into(map, &key, 1, read, sizeof(read), &size) == SYNCMAP_OK) {
        CHECK(syncmap_compare_and_swap(map, &key, 1, read, size, made, made_size) >= SYNCMAP_OK);
      }
      break;
    case 9:
      if (syncmap_load_into(map, &key, 1, read, sizeof(read), &size) == SYNCMAP_OK &&
          syncmap_compare_and_erase(map, &key, 1, read, size) == SYNCMAP_OK) {
        --job->balance;
      }
      break;
    default:
      CHECK(syncmap_range(map, check_entry, &seen) == SYNCMAP_OK && seen <= keys);
  }
}

static void* hammer(void* context) {
  for (int i = 0; i < rounds; ++i) do_something(context);
  return NULL;
}

TEST(threads_that_do_everything_see_whole_values_and_lose_no_entry) {
  syncmap_t* const map = new_map();
  struct job jobs[threads];
  in_threads(map, jobs, hammer);
  long balance = 0;
  for (int i = 0; i < threads; ++i) balance += jobs[i].balance;
  CHECK(balance >= 0 && syncmap_size(map) == (size_t)balance);
  int seen = 0;
  CHECK(syncmap_range(map, check_entry, &seen) == SYNCMAP_OK && seen == balance);
  syncmap_destroy(map);
}

static void* increment(void* context) {
  struct job* const job = context;
  for (int i = 0; i < rounds; ++i) {
    long old = 0, next = 0;
    do {
      CHECK(syncmap_load_into(job->map, BYTES("count"), &old, sizeof(old), NULL) == SYNCMAP_OK);
      next = old + 1;
    } while (syncmap_compare_and_swap(
                 job->map, BYTES("count"), &old, sizeof(old), &next, sizeof(next)) != SYNCMAP_OK);
  }
  return NULL;
}

TEST(no_increment_by_compare_and_swap_is_lost) {
  syncmap_t* const map = new_map();
  struct job jobs[threads];
  long count = 0;
  CHECK(syncmap_store(map, BYTES("count"), &count, sizeof(count)) == SYNCMAP_OK);
  in_threads(map, jobs, increment);
  CHECK(syncmap_load_into(map, BYTES("count"), &count, sizeof(count), NULL) == SYNCMAP_OK);
  CHECK(count == (long)threads * rounds);
  syncmap_destroy(map);
}

static void* claim(void* context) {
  struct job* const job = context;
  for (int i = 0; i < rounds; ++i) {
    if (syncmap_load_or_store(job->map, &i, sizeof(i), &job->id, sizeof(job->id), NULL, NULL) ==
        SYNCMAP_ABSENT) {
      ++job->balance;
    }
  }
  return NULL;
}

TEST(of_all_threads_exactly_one_stores_a_key_that_was_absent) {
  syncmap_t* const map = new_map();
  struct job jobs[threads];
  in_threads(map, jobs, claim);
  long claimed = 0;
  for (int i = 0; i < threads; ++i) claimed += jobs[i].balance;
  CHECK(claimed == rounds && syncmap_size(map) == rounds);
  syncmap_destroy(map);
}
