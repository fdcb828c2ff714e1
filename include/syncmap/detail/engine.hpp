// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// engine.hpp -- the words in which basic_map and an engine talk.
//
// An engine offers four primitives:
//
//   read(key, on_found)     calls on_found(const T&) if the key is present; returns whether it is
//   modify<Op>(key, decide) calls decide(const T* current, next) with what is there (null: nothing)
//                           and does what it answers, if nothing changed meanwhile; else asks again
//   cursor                  walks the entries, as `range` promises
//   clear()                 removes all
//
// User code (hash, value comparison, callbacks, constructors) runs inside these calls and holds no
// lock of the engine; what an engine must do under a lock, it does with results of user code that it
// then validates.

#pragma once

#include <cstddef>
#include <type_traits>

namespace syncmap::inline v0_1::detail {

// The first thing that an engine instantiates, so that a wrong type is told in one line.
template <class Key, class T>
struct check_types {
  static_assert(std::is_object_v<Key> && !std::is_const_v<Key> && !std::is_array_v<Key>,
                "syncmap: the key must be an object type without const, and not an array");
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T>,
                "syncmap: the value must be an object type without const, and not an array");
  static constexpr bool passed = true;
};

// What `decide` answers.
enum class action {
  keep,   // leave everything as it is
  set,    // the value in `next` replaces what is there, or is inserted
  erase,  // remove the entry; nothing to do if there is none
};

// What the caller is about, for engines whose bookkeeping depends on it.
enum class operation {
  store,              // answers set; runs no user code once `next` has a value
  swap,               // the same, but copies the current value
  load_or_store,      // answers keep if something is there, else set
  compare_and_swap,   // answers keep if nothing is there
  erase,              // answers erase if something is there, else keep
  compare_and_erase,  // answers erase or keep; keep if nothing is there
  compute,            // may answer anything
};

// May `decide` be called under a lock, once `next` has a value? Copying a T that is trivially copyable
// runs no code of the user's.
template <class T>
constexpr bool decides_without_user_code(operation op) noexcept {
  return op == operation::store || (op == operation::swap && std::is_trivially_copyable_v<T> &&
                                    std::is_trivially_copy_constructible_v<T>);
}

// Does nothing happen if the key is absent?
constexpr bool keeps_absent(operation op) noexcept {
  return op == operation::compare_and_swap || op == operation::erase ||
         op == operation::compare_and_erase;
}

// What a map has beside its entries once it is needed, of a type that only its user knows.
struct attachment {
  void (*destroy)(attachment*) noexcept;
};

// Calls read(hash, sought(key)) with the keys of a range, in order, and fetch(hashes, count) with the
// hashes of the next few before the first of them.
template <class HashOf, class Fetch, class Read, class It, class End, class Sought>
void read_ahead(const HashOf& hash_of, const Fetch& fetch, const Read& read, It first,
                const End last, const Sought& sought) {
  constexpr std::size_t batch = 16;
  while (first != last) {
    std::size_t hashes[batch];
    std::size_t count = 0;
    for (It at = first; count < batch && at != last; ++at) hashes[count++] = hash_of(sought(*at));
    fetch(hashes, count);
    for (std::size_t i = 0; i < count; ++i) {
      read(hashes[i], sought(*first));
      ++first;
    }
  }
}

}  // namespace syncmap::inline v0_1::detail
