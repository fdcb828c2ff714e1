// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a library of sharing_library.cpp offers to sharing_host.cpp.
#pragma once

#include <lifecycle.hpp>

namespace sharing {

// With default visibility, as any type has that one library hands to another.
struct SYNCMAP_SHARED functions {
  // Where this library sees what must be there once.
  const void* domain;
  const void* thread_record;
  const std::atomic<long>* texts_living;

  // Writes to and reads the keys that all have in common, `rounds` times.
  void (*use_common)(lifecycle::all_maps& maps, int rounds);
  // Every operation, on keys from `first` on.
  void (*exercise)(lifecycle::all_maps& maps, int first);
  // Computes key -1 of the map of texts by the other library's function; 0: that is done here.
  bool (*compute)(lifecycle::all_maps& maps, const functions* inner);
  // Calls `meanwhile` while a handle, an iterator and a visit of key `i` are in use.
  void (*hold)(lifecycle::all_maps& maps, int i, void (*meanwhile)(void*), void* argument);
};

}  // namespace sharing
