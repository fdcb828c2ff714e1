// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The header of C is one of C++ too, of any version, alone, and may be included twice.
#include <syncmap/c.h>

syncmap_status (*load)(const syncmap_t*, const void*, size_t, void**, size_t*) = syncmap_load;
