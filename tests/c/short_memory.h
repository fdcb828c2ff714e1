// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#ifndef SYNCMAP_TESTS_C_SHORT_MEMORY_H
#define SYNCMAP_TESTS_C_SHORT_MEMORY_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Lets the nth allocation of this thread from now on fail.
void fail_allocation(long nth);
// Lets none fail any more; tells whether one has.
bool end_of_short_memory(void);

#ifdef __cplusplus
}
#endif

#endif  // SYNCMAP_TESTS_C_SHORT_MEMORY_H
