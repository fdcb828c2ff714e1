// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Being compiled as C99 alone, and twice, is the test.
#include <syncmap/c.h>

typedef syncmap_status (*load)(const syncmap_t*, const void*, size_t, void**, size_t*);
extern const load header_test;
const load header_test = syncmap_load;
