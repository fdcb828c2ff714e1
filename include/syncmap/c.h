// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file c.h
/// The map for C, and for every language that can call C: byte strings to byte strings.
///
/// Conventions:
///
/// 1. **Maps** are opaque. `syncmap_create` makes one, `syncmap_destroy` ends it.
/// 2. **Keys and values** are bytes: a pointer and a size. Any byte may occur, zero included, and none has
///    a meaning. No bytes are a key, or a value, like any other. The map keeps copies of what it is given.
/// 3. **Results** are copies. What a function puts into `void** value` belongs to the caller, who frees it
///    with `syncmap_free`; a zero byte follows it that `*value_size` does not count, so that text is a C
///    string. Where there is no value, `*value` is NULL and `*value_size` is 0. Either pointer may be
///    NULL; without both no copy is made. Results must not lie within the bytes of a key or a value.
/// 4. **Errors** are codes below 0, and an operation that failed has had no effect. The other codes are
///    answers. `SYNCMAP_ABSENT` says of every operation that the key was not there when it took effect.
/// 5. **NULL** is invalid for a map and for a callback, and for bytes unless their size is 0; so is a size
///    above `PTRDIFF_MAX`. `syncmap_destroy` and `syncmap_free` take NULL and do nothing.
/// 6. **Threads**: any number may call any functions with one map at once, but for `syncmap_destroy`, after
///    which the map is gone. They need not register. What holds then is in docs/guarantees.md: each operation is
///    atomic (G1), and readers never wait (G4).
/// 7. **Callbacks** run while no lock is held, and may call every function here, also for the same map and
///    key (G5), but must not destroy the map they are called from. What they are shown is valid until they
///    return, and does not change. They must return: no exception, `longjmp` or cancellation may leave one.
/// 8. **Lifecycle**: usable before `main`, after it, and in the child of a `fork` for maps that no other
///    thread was writing then (G10).
///
/// Not here: maps of other types, `compute` and `load_or_compute`, handles, iterators, sizing, statistics,
/// allocators, and `read_dirty_map`.

#ifndef SYNCMAP_C_H
#define SYNCMAP_C_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A map.
typedef struct syncmap_t syncmap_t;

/// What a function answers, or why it failed.
typedef enum syncmap_status {
  SYNCMAP_OK = 0,          ///< done; the key was there
  SYNCMAP_ABSENT = 1,      ///< the key was not there
  SYNCMAP_UNEQUAL = 2,     ///< the key was not there, or had another value than the expected one
  SYNCMAP_TOO_SMALL = 3,   ///< the value needs a larger buffer
  SYNCMAP_NO_MEMORY = -1,  ///< there is not enough memory
  SYNCMAP_INVALID = -2     ///< an argument must not be what it is: convention 5
} syncmap_status;

/// Is shown a value by `syncmap_visit`.
typedef void (*syncmap_visitor)(const void* value, size_t value_size, void* context);

/// Is shown an entry by `syncmap_range`; returns whether it wants to see more.
typedef bool (*syncmap_entry_visitor)(const void* key, size_t key_size, const void* value,
                                      size_t value_size, void* context);

/// A new, empty map; NULL if there is not enough memory.
syncmap_t* syncmap_create(void);

/// Ends a map and frees what it holds. No other call for it may be running, and none may follow.
void syncmap_destroy(syncmap_t* map);

/// Frees what a function has put into a `void**`.
void syncmap_free(void* value);

/// The value of a key. @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_load(const syncmap_t* map, const void* key, size_t key_size, void** value,
                            size_t* value_size);

/// The value of a key, copied into a buffer of the caller's. `*value_size` becomes the value's size, also
/// if that is more than `capacity`: then the answer is TOO_SMALL, and the buffer is left as it was. Ask
/// again in a loop: the value may have changed meanwhile.
/// @return OK, ABSENT, TOO_SMALL, NO_MEMORY, INVALID
syncmap_status syncmap_load_into(const syncmap_t* map, const void* key, size_t key_size,
                                 void* buffer, size_t capacity, size_t* value_size);

/// Shows the value of a key to `visitor`, without a copy. @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_visit(const syncmap_t* map, const void* key, size_t key_size,
                             syncmap_visitor visitor, void* context);

/// Makes `value` the value of a key. @return OK, NO_MEMORY, INVALID
syncmap_status syncmap_store(syncmap_t* map, const void* key, size_t key_size, const void* value,
                             size_t value_size);

/// The value that a key has (OK), or else stores `value` (ABSENT; `*existing` is then NULL). Of several
/// concurrent calls for an absent key exactly one stores. @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_load_or_store(syncmap_t* map, const void* key, size_t key_size,
                                     const void* value, size_t value_size, void** existing,
                                     size_t* existing_size);

/// Removes a key, and returns the value that it had. @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_load_and_erase(syncmap_t* map, const void* key, size_t key_size,
                                      void** value, size_t* value_size);

/// Removes a key. @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_erase(syncmap_t* map, const void* key, size_t key_size);

/// Makes `value` the value of a key, and returns the one that it had (OK), if any (else ABSENT).
/// @return OK, ABSENT, NO_MEMORY, INVALID
syncmap_status syncmap_swap(syncmap_t* map, const void* key, size_t key_size, const void* value,
                            size_t value_size, void** previous, size_t* previous_size);

/// If a key has exactly the bytes of `expected` as its value, makes `desired` its value.
/// @return OK, UNEQUAL, NO_MEMORY, INVALID
syncmap_status syncmap_compare_and_swap(syncmap_t* map, const void* key, size_t key_size,
                                        const void* expected, size_t expected_size,
                                        const void* desired, size_t desired_size);

/// If a key has exactly the bytes of `expected` as its value, removes it.
/// @return OK, UNEQUAL, NO_MEMORY, INVALID
syncmap_status syncmap_compare_and_erase(syncmap_t* map, const void* key, size_t key_size,
                                         const void* expected, size_t expected_size);

/// Shows the entries of the map to `visitor`, in no order, until it returns false. No key comes twice, and
/// every key comes that is there from before the call to its end; others may (G3). Not a snapshot.
/// @return OK, also if `visitor` ended it; NO_MEMORY, after some entries, perhaps; INVALID
syncmap_status syncmap_range(const syncmap_t* map, syncmap_entry_visitor visitor, void* context);

/// Removes all entries, at one instant. @return OK, NO_MEMORY, INVALID
syncmap_status syncmap_clear(syncmap_t* map);

/// How many entries the map has: exact if no write runs meanwhile, else each of those counts or not.
/// 0 for NULL.
size_t syncmap_size(const syncmap_t* map);

/// Frees what the operations of all threads have erased or replaced. It happens by itself, some time later.
void syncmap_reclaim(void);

/// A `syncmap_status` in words, for messages. Never NULL.
const char* syncmap_status_text(int status);

/// The version of the library that runs, as "1.2.3".
const char* syncmap_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // SYNCMAP_C_H
