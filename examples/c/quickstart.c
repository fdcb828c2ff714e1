// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The first example of docs/c_api.md.
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <syncmap/c.h>

// Sells a thousand apples. Of several sellers who saw the same number, one sells.
static void* sell(void* context) {
  syncmap_t* stock = context;
  for (int i = 0; i < 1000; ++i) {
    long seen, sold;
    do {
      if (syncmap_load_into(stock, "apples", 6, &seen, sizeof seen, NULL) != SYNCMAP_OK)
        return NULL;
      sold = seen - 1;
    } while (syncmap_compare_and_swap(stock, "apples", 6, &seen, sizeof seen, &sold, sizeof sold) !=
             SYNCMAP_OK);
  }
  return NULL;
}

static bool print(const void* key, size_t key_size, const void* value, size_t value_size,
                  void* context) {
  (void)value, (void)value_size, (void)context;
  printf("left: %.*s\n", (int)key_size, (const char*)key);
  return true;  // go on
}

int main(void) {
  syncmap_t* stock = syncmap_create();
  if (stock == NULL) return 1;

  // Text in, text out: what is loaded ends with a zero byte, and is yours.
  void* value;
  size_t size;
  syncmap_store(stock, "pears", 5, "5", 1);
  if (syncmap_load(stock, "pears", 5, &value, &size) == SYNCMAP_OK) {
    printf("pears: %s\n", (char*)value);
    syncmap_free(value);
  }

  // Numbers, or any other bytes, in and out of variables of yours.
  long apples = 5000;
  syncmap_store(stock, "apples", 6, &apples, sizeof apples);
  pthread_t sellers[2];
  for (int i = 0; i < 2; ++i) pthread_create(&sellers[i], NULL, sell, stock);
  for (int i = 0; i < 2; ++i) pthread_join(sellers[i], NULL);
  long left = 0;
  syncmap_load_into(stock, "apples", 6, &left, sizeof left, NULL);
  printf("apples sold: %ld\n", apples - left);

  syncmap_erase(stock, "pears", 5);
  syncmap_range(stock, print, NULL);
  syncmap_destroy(stock);
  return 0;
}
