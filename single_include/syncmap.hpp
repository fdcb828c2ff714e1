// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// syncmap 0.1.0 in one file, made by tools/amalgamate.py: do not edit it.
//
// MIT License
//
// Copyright (c) The syncmap authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.

#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

// ---- syncmap/detail/arch.hpp
// arch.hpp -- what depends on the compiler or the processor, and nothing else.

// Headers are chosen for what they take to compile (decision 11): of the vector instructions those that are
// used, and of <functional> std::equal_to, where it can be had alone.
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif
#if defined(__GLIBCXX__) && __has_include(<bits/stl_function.h>)
#include <bits/stl_function.h>
#else
#include <functional>
#endif

// Makes one object per process of what each shared library would otherwise have for itself. It must
// stand on a template and on every type that it is instantiated with, or it has no effect.
#if defined(_WIN32)
#define SYNCMAP_SHARED
#else
#define SYNCMAP_SHARED [[gnu::visibility("default")]]
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define SYNCMAP_NOINLINE __declspec(noinline)
#define SYNCMAP_INLINE __forceinline
#define SYNCMAP_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define SYNCMAP_NOINLINE [[gnu::noinline]]
// Who does not optimise wants to compile quickly, and to step from one function into another (decision 12).
#if defined(__OPTIMIZE__)
#define SYNCMAP_INLINE [[gnu::always_inline]] inline
#else
#define SYNCMAP_INLINE inline
#endif
#define SYNCMAP_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

// For what a user can do wrong: a condition that costs next to nothing, and what to tell him. The standard's
// assert, so nothing at all with NDEBUG; no type may depend on it, since parts of a program may differ in that.
#define SYNCMAP_ASSERT(condition, message) assert((condition) && (message))
#define SYNCMAP_DESTROYED                                                                         \
  "syncmap: this map was destroyed: let the threads, callbacks and iterators that use a map end " \
  "first"
#define SYNCMAP_IN_USE                                                                          \
  "syncmap: a map is destroyed while it is in use: join the threads, and leave the callbacks, " \
  "that use it first"
#if defined(NDEBUG)
#define SYNCMAP_ASSERTS false
#else
#define SYNCMAP_ASSERTS true
#endif

// Static probes, for programs that are compiled with SYNCMAP_USDT and where <sys/sdt.h> is: an instruction that
// does nothing, where a debugger or a tracer may put its own.
#if defined(SYNCMAP_USDT) && __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define SYNCMAP_PROBE2(name, a, b) STAP_PROBE2(syncmap, name, a, b)
#define SYNCMAP_PROBE3(name, a, b, c) STAP_PROBE3(syncmap, name, a, b, c)
#else
#define SYNCMAP_PROBE2(name, a, b) static_cast<void>(0)
#define SYNCMAP_PROBE3(name, a, b, c) static_cast<void>(0)
#endif

// Puts a script into the program for the debugger, as lines of an assembler; see gdb_printers.hpp.
#if defined(__ELF__)
#define SYNCMAP_DEBUGGER_SCRIPT(lines) asm(lines)
#else
#define SYNCMAP_DEBUGGER_SCRIPT(lines) static_assert(true)
#endif

namespace syncmap::inline v0_1::detail {

// Two threads that write at this distance do not disturb each other.
inline constexpr std::size_t cache_line = 64;

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(leak_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = under_tsan;
#endif
#else
inline constexpr bool under_sanitizer = under_tsan;
#endif

// Is the memory of a thread's thread-local objects freed before their destructors run? So it is where
// GCC emulates them on Windows.
#if defined(__MINGW32__) && !defined(__clang__)
inline constexpr bool thread_locals_end_early = true;
#else
inline constexpr bool thread_locals_end_early = false;
#endif

// May std::atomic::wait() miss notify_all(), and wait for ever? Without a futex, whoever notifies takes no lock in
// libstdc++ 11 and 12: that comes between the waiter's look and its wait, and wakes nobody. Until 15 a notification
// may also be seen before the value, where processors may swap stores.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX) && \
    (_GLIBCXX_RELEASE < 13 ||                                      \
     (_GLIBCXX_RELEASE < 16 && !defined(__x86_64__) && !defined(__i386__)))
inline constexpr bool atomics_lose_wake_ups = true;
#else
inline constexpr bool atomics_lose_wake_ups = false;
#endif

// std::max, without <algorithm>.
constexpr std::size_t larger(std::size_t a, std::size_t b) noexcept { return a < b ? b : a; }

// Tells the processor that this is a waiting loop.
inline void pause() noexcept {
#if defined(_MSC_VER) && !defined(__clang__) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__i386__) || defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Starts to bring the line of `address` near. Inlined, like every function that calls it and
// does nothing else: g++ 12 takes a call of such a function for one without effect, and leaves it out.
SYNCMAP_INLINE void prefetch(const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  static_cast<void>(address);
#endif
}

// Sixteen bytes, the first one lowest in `low`: bit i of the result says whether byte i is `byte`.
inline std::uint32_t match_bytes(std::uint64_t low, std::uint64_t high,
                                 std::uint8_t byte) noexcept {
#if defined(__SSE2__) || defined(_M_X64)
  const __m128i all = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  const __m128i equal = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(byte)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
#else
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t sevens = 0x7f7f7f7f7f7f7f7fU;
  const auto match_eight = [byte](std::uint64_t eight) {
    const std::uint64_t differ = eight ^ (ones * byte);
    // The top bit of every byte that is zero; no carry crosses a byte, so there are no others.
    const std::uint64_t equal = ~(((differ & sevens) + sevens) | differ | sevens);
    // Gathers the eight top bits: each product lands on a bit of its own.
    return static_cast<std::uint32_t>(((equal >> 7) * 0x0102040810204080U) >> 56);
  };
  return match_eight(low) | match_eight(high) << 8;
#endif
}

// Can sixteen bytes be loaded by one instruction that is an acquire load of each half? On x86 every
// load is an acquire load, and an aligned one is never torn within eight bytes. Sanitizers do not see
// into it.
#if (defined(__x86_64__) && defined(__SSE2__)) && defined(__GNUC__)
inline constexpr bool has_wide_load = !under_sanitizer;
// The same with the sixteen bytes, aligned to eight, at `address`.
inline std::uint32_t match_bytes_at(const void* address, std::uint8_t byte) noexcept {
  struct sixteen {
    std::uint64_t halves[2];
  };
  __m128i all;
#if defined(__AVX__)
  asm volatile("vmovdqu %1, %0"
               : "=x"(all)
               : "m"(*static_cast<const sixteen*>(address))
               : "memory");
#else
  asm volatile("movdqu %1, %0" : "=x"(all) : "m"(*static_cast<const sixteen*>(address)) : "memory");
#endif
  const __m128i equal = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(byte)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
}
#else
inline constexpr bool has_wide_load = false;
inline std::uint32_t match_bytes_at(const void*, std::uint8_t) noexcept { return 0; }
#endif

// Calls `f`; false if it threw.
template <class F>
inline bool completes(F&& f) noexcept {
#if defined(__cpp_exceptions)
  try {
    f();
    return true;
  } catch (...) {
    return false;
  }
#else
  f();
  return true;
#endif
}

// Without exceptions nothing is left but to end the program, as the standard library does.
[[noreturn]] inline void throw_length_error(const char* what) {
#if defined(__cpp_exceptions)
  throw std::length_error(what);
#else
  static_cast<void>(what);
  std::terminate();
#endif
}

[[noreturn]] inline void throw_logic_error(const char* what) {
#if defined(__cpp_exceptions)
  throw std::logic_error(what);
#else
  static_cast<void>(what);
  std::terminate();
#endif
}

// The two halves of the 128-bit product, folded into one word: every bit of the result depends on
// every bit of both factors.
inline std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t a_low = a & 0xffffffffU;
  const std::uint64_t a_high = a >> 32;
  const std::uint64_t b_low = b & 0xffffffffU;
  const std::uint64_t b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + ((a_low * b_low) >> 32);
  const std::uint64_t carry = a_low * b_high + (middle & 0xffffffffU);
  return (a * b) ^ (a_high * b_high + (middle >> 32) + (carry >> 32));
#endif
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/hash.hpp
/// The default hash, and what the maps do with any hash.

namespace syncmap::inline v0_1 {

/// The default hash function object: `std::hash<Key>`.
///
/// The maps never use a hash as it comes: they mix it with a random number that every map draws for
/// itself. A weak hash (the identity that `std::hash` is for integers) is as good as a strong one,
/// and keys that were chosen to meet in one place of one map are spread in every other (G11). Keys
/// with *equal* hashes stay together: against an adversary who can choose keys, pass a keyed hash.
///
/// A hash function object that says of itself that all bits of its result depend on all bits of the key
/// - a member type `is_avalanching`, as Boost and others know it - is taken at its word: `map` then only
/// multiplies the result by its random, odd number.
template <class Key>
struct hash : std::hash<Key> {};

/// That of a string takes whatever converts to a `std::string_view` of its characters: with the default
/// equality, strings are looked up, and stored, without a `std::string` being made for it.
template <class Char, class Allocator>
  requires std::is_default_constructible_v<std::hash<std::basic_string_view<Char>>>
struct hash<std::basic_string<Char, std::char_traits<Char>, Allocator>> {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::basic_string_view<Char> key) const noexcept {
    return std::hash<std::basic_string_view<Char>>()(key);
  }
};

namespace detail {

template <class Hash>
inline constexpr bool is_mixed =
    sizeof(std::size_t) == sizeof(std::uint64_t) && requires { typename Hash::is_avalanching; };

/// Spreads `hash` over all 64 bits, differently for every seed.
inline std::uint64_t mix(std::size_t hash, std::uint64_t seed) noexcept {
  return multiply_fold(static_cast<std::uint64_t>(hash) ^ seed, 0x9e3779b97f4a7c15U);
}

template <class Function>
inline constexpr Function stateless{};

// A second hash, for keys whose first is the same: of types that we can hash without their owner's help
// and that are compared by their bits.
template <class Key>
inline constexpr bool is_string = false;
template <class Char, class Allocator>
inline constexpr bool is_string<std::basic_string<Char, std::char_traits<Char>, Allocator>> =
    std::is_integral_v<Char>;
template <class Key, class KeyEqual>
inline constexpr bool is_compared_by_bits =
    (std::is_integral_v<Key> || is_string<Key>)&&  // an enumeration may have its own operator==
    (std::is_same_v<KeyEqual, std::equal_to<Key>> || std::is_same_v<KeyEqual, std::equal_to<>>);

// What a string is looked up by; nothing for other keys.
template <class Key>
struct view_for {
  struct type {};
};
template <class Char, class Allocator>
struct view_for<std::basic_string<Char, std::char_traits<Char>, Allocator>> {
  using type = std::basic_string_view<Char>;
};
template <class Key>
using view_of = typename view_for<Key>::type;

// Of a number, or of a string or its view.
template <class Key, class K>
std::uint64_t second_hash(const K& key, std::uint64_t seed) noexcept {
  if constexpr (is_string<Key>) {
    std::uint64_t mixed = seed;
    for (const auto each : view_of<Key>(key)) {
      mixed = multiply_fold(mixed ^ static_cast<std::uint64_t>(each), seed);
    }
    return mixed;
  } else {
    return multiply_fold(static_cast<std::uint64_t>(key) ^ seed, seed);
  }
}

template <class K, class Key>
using sought_as =
    std::conditional_t<std::is_convertible_v<const K&, view_of<Key>>, view_of<Key>, K>;

// Do both say that they take other types than the key?
template <class Hash, class KeyEqual>
concept are_transparent = requires {
  typename Hash::is_transparent;
  typename KeyEqual::is_transparent;
};

// What compares keys: KeyEqual, but for strings that are compared as usual one that takes other types.
template <class Key, class KeyEqual>
using comparison =
    std::conditional_t<is_string<Key> && std::is_same_v<KeyEqual, std::equal_to<Key>>,
                       std::equal_to<>, KeyEqual>;
template <class Key, class KeyEqual>
constexpr const comparison<Key, KeyEqual>& comparison_by(const KeyEqual& equal) noexcept {
  if constexpr (std::is_same_v<comparison<Key, KeyEqual>, KeyEqual>) {
    return equal;
  } else {
    return stateless<comparison<Key, KeyEqual>>;
  }
}

// May entries be told apart by second_hash()? Not if a hash of the user's takes types that we do not know.
template <class Key, class Hash, class KeyEqual>
inline constexpr bool has_second_hash =
    is_compared_by_bits<Key, KeyEqual> &&
    (!are_transparent<Hash, KeyEqual> || std::is_same_v<Hash, hash<Key>>);

}  // namespace detail
}  // namespace syncmap::inline v0_1

// ---- syncmap/concepts.hpp
/// What the operations of a map ask of the types and callables that they are given.

namespace syncmap::inline v0_1 {

/// What operations ask of a value type. An operation that is called without them is an error in
/// which the name of the concept says what is missing. (`Asker` is a parameter of the operation, and
/// nothing is asked of it: what depends on none, clang 14 and 15 ask already when the map is declared,
/// where the value type may not be complete yet.)
template <class T, class Asker = void>
concept value_can_be_copied = std::copy_constructible<T>;
template <class T, class Asker = void>
concept value_has_equality = std::equality_comparable<T>;
template <class T, class... Args>
concept value_can_be_made_from = std::constructible_from<T, Args...>;
template <class Key, class Asker = void>
concept key_can_be_copied = std::copy_constructible<Key>;
template <class K, class Key>
concept key_can_be_made_from =
    std::convertible_to<K, Key> &&
    (std::same_as<std::remove_cvref_t<K>, Key> || std::move_constructible<Key>);
/// A type that the map's hash and equality take as it is, because both are transparent (they have a
/// member type `is_transparent`): no key is made to look for one, or before one is inserted.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_compared_with =
    detail::are_transparent<Hash, detail::comparison<Key, KeyEqual>> &&
    std::is_invocable_r_v<std::size_t, const Hash&, const detail::sought_as<K, Key>&> &&
    std::is_invocable_r_v<bool, const detail::comparison<Key, KeyEqual>&, const Key&,
                          const detail::sought_as<K, Key>&>;
/// What a key can be looked up by: a key, what becomes one, or what can be compared with one.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_found_by =
    std::same_as<std::remove_cvref_t<K>, Key> ||
    key_can_be_compared_with<std::remove_cvref_t<K>, Key, Hash, KeyEqual> ||
    key_can_be_made_from<const K&, Key>;
/// What a key can be inserted from.
template <class K, class Key, class Hash, class KeyEqual>
concept key_can_be_inserted_from =
    key_can_be_made_from<K, Key> ||
    (key_can_be_compared_with<std::remove_cvref_t<K>, Key, Hash, KeyEqual> &&
     std::constructible_from<Key, K>);

/// A visitor of entries: returns nothing, or a `bool` that is false to end the visit.
template <class F, class Key, class T>
concept entry_visitor = requires(F& f, const Key& key, const T& value) {
  f(key, value);
  requires std::is_void_v<decltype(f(key, value))> ||
               std::same_as<std::remove_cvref_t<decltype(f(key, value))>, bool>;
};
template <class F, class T>
concept value_visitor = requires(F& f, const T& value) { f(value); };
template <class F, class T>
concept value_updater = requires(F& f, const T& current) {
  { f(current) } -> std::convertible_to<T>;
};
template <class F, class T>
concept value_computer = requires(F& f, const T* current) {
  { f(current) } -> std::convertible_to<std::optional<T>>;
};
template <class F, class T>
concept value_factory = requires(F& f) {
  { f() } -> std::convertible_to<T>;
};
template <class F, class Key, class T>
concept entry_predicate = requires(F& f, const Key& key, const T& value) {
  { f(key, value) } -> std::convertible_to<bool>;
};

namespace detail {

// The types of what deduction guides see: pairs, tuples of two.
template <class Pair>
using key_in_pair = std::remove_cvref_t<std::tuple_element_t<0, std::remove_cvref_t<Pair>>>;
template <class Pair>
using value_in_pair = std::remove_cvref_t<std::tuple_element_t<1, std::remove_cvref_t<Pair>>>;

// What of the header ranges is needed: all of it takes longer to compile than this library (decision 11).
template <class Range>
using iterator_of = decltype(std::ranges::begin(std::declval<Range&>()));
template <class Range>
concept is_range = requires(Range& range) {
  std::ranges::begin(range);
  std::ranges::end(range);
};
template <class Range>
concept input_range = is_range<Range> && std::input_iterator<iterator_of<Range>>;
template <class Range>
concept forward_range = is_range<Range> && std::forward_iterator<iterator_of<Range>>;
template <class Range>
using element_of = std::remove_reference_t<std::iter_reference_t<iterator_of<Range>>>;

template <class Entries>
using key_of_pairs = key_in_pair<std::iter_value_t<iterator_of<Entries>>>;
template <class Entries>
using value_of_pairs = value_in_pair<std::iter_value_t<iterator_of<Entries>>>;

}  // namespace detail
}  // namespace syncmap::inline v0_1

// ---- syncmap/detail/engine.hpp
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

// ---- syncmap/detail/asym_fence.hpp
// asym_fence.hpp -- what depends on the operating system: a pair of fences of unequal cost.
//
// The idea is that of P1202 ("asymmetric thread fence"): one side runs often and pays a compiler
// barrier, the other runs rarely and makes every processor that runs a thread of this process
// execute a full fence (Linux membarrier(2), Windows FlushProcessWriteBuffers).
//
// Invariants
//   I1  `process_fence_mode` leaves `undecided` once, and never changes after that.
//   I2  `asymmetric` is published only after the process has registered for membarrier.
//
// Synchronization
//   S1 publish-mode   release: decide_fence_mode()   acquire: fence_heavy(), decide_fence_mode()
//      Carries the registration (I2). announce() needs no acquire: a light side that sees
//      `asymmetric` relies on the heavy side alone, and a heavy side that runs after the decision
//      always acts by it (T1).
//   T1 announce-scan   light: announce()   heavy: fence_heavy()
//      A announces, then loads X. B changes X, then calls fence_heavy(), then loads what A
//      announced. Either A's store comes before the heavy fence, and B sees it; or it comes after,
//      and then A's load of X comes after too, and A sees the change. In `symmetric` mode both sides
//      execute a full fence, which gives the same two cases. A light side that still sees `undecided`
//      executes one too, for either mode; a heavy side decides first.

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) void __stdcall FlushProcessWriteBuffers();
extern "C" __declspec(dllimport) unsigned long __stdcall FlsAlloc(void(__stdcall*)(void*));
extern "C" __declspec(dllimport) int __stdcall FlsSetValue(unsigned long, void*);
#elif defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace syncmap::inline v0_1::detail {

enum class fence_mode : std::uint32_t { undecided, asymmetric, symmetric };

SYNCMAP_SHARED inline constinit std::atomic<fence_mode> process_fence_mode{fence_mode::undecided};

// The number of this process; it changes in the child of a fork. 0 where there is no fork.
inline std::uint64_t process_id() noexcept {
#if defined(__unix__) || defined(__APPLE__)
  return static_cast<std::uint64_t>(::getpid());
#else
  return 0;
#endif
}

#if defined(__linux__) && defined(SYS_membarrier)
// Makes every running thread of this process execute a full fence. False if the kernel refuses.
inline bool process_wide_fence() noexcept {
  constexpr int expedited = 1 << 3;
  constexpr int register_expedited = 1 << 4;
  const int saved = errno;
  bool done = ::syscall(SYS_membarrier, expedited, 0, 0) == 0;
  if (!done && errno == EPERM) {  // not registered yet
    done = ::syscall(SYS_membarrier, register_expedited, 0, 0) == 0 &&
           ::syscall(SYS_membarrier, expedited, 0, 0) == 0;
  }
  errno = saved;
  return done;
}
#elif defined(_WIN32)
inline bool process_wide_fence() noexcept {
  ::FlushProcessWriteBuffers();
  return true;
}
#else
inline bool process_wide_fence() noexcept { return false; }
#endif

// Calls Run(data) when the calling thread ends: for thread_locals_end_early. One data for each Run.
template <auto Run>
void at_thread_end([[maybe_unused]] void* data) noexcept {
#if defined(_WIN32)
  struct callback {
    static void __stdcall call(void* kept) noexcept {
      if (kept != nullptr) Run(kept);
    }
  };
  static const unsigned long index = ::FlsAlloc(&callback::call);
  static_cast<void>(::FlsSetValue(index, data));
#endif
}

inline void full_fence() noexcept {
  if constexpr (under_tsan) {
    // ThreadSanitizer does not know fences; it knows read-modify-writes.
    static constinit std::atomic<unsigned> everyone{0};
    everyone.fetch_add(1, std::memory_order_seq_cst);  // T1
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // T1
  }
}

// Finds out, once, whether this process may use the cheap light side. Called before a thread's
// first announcement; a thread that announces earlier pays the full fence.
inline fence_mode decide_fence_mode() noexcept {
  fence_mode known = process_fence_mode.load(std::memory_order_acquire);  // S1 acquire
  if (known != fence_mode::undecided) return known;
  const fence_mode found = process_wide_fence() ? fence_mode::asymmetric : fence_mode::symmetric;
  // S1 release, S1 acquire: of two threads that find different answers one decides (I1).
  const bool decided = process_fence_mode.compare_exchange_strong(
      known, found, std::memory_order_acq_rel, std::memory_order_acquire);
  return decided ? found : known;
}

// T1, light side: stores `value`, and orders the store before every later load of this thread with
// respect to fence_heavy(). The store also releases what the thread did before it.
template <class T>
inline void announce(std::atomic<T>& slot, T value) noexcept {
  if constexpr (under_tsan) {
    slot.exchange(value, std::memory_order_seq_cst);  // T1
  } else {
    slot.store(value, std::memory_order_release);  // T1
    // relaxed (statistic): any earlier value only costs a full fence.
    if (process_fence_mode.load(std::memory_order_relaxed) == fence_mode::asymmetric) [[likely]] {
      std::atomic_signal_fence(std::memory_order_seq_cst);  // T1
    } else {
      full_fence();
    }
  }
}

// The same where the process is known to be in `asymmetric` mode.
template <class T>
inline void announce_lightly(std::atomic<T>& slot, T value) noexcept {
  if constexpr (under_tsan) {
    slot.exchange(value, std::memory_order_seq_cst);  // T1
  } else {
    slot.store(value, std::memory_order_release);         // T1
    std::atomic_signal_fence(std::memory_order_seq_cst);  // T1
  }
}

// T1, heavy side. False if the fence could not be executed: then nothing may be concluded from what
// is loaded afterwards. That happens only if the kernel takes back a membarrier it had granted.
inline bool fence_heavy() noexcept {
  if (decide_fence_mode() == fence_mode::asymmetric) return process_wide_fence();
  full_fence();
  return true;
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/block_cache.hpp
// block_cache.hpp -- small blocks that a thread has freed, kept for its next allocations.
//
// A thread frees what it replaced in batches, and much of that was allocated by other threads: the
// worst case of a general allocator, which takes such blocks back to where they came from. Here the
// thread that frees keeps them (decision 5 has the figures).
//
// Bounds: `limit` blocks of each of `bins` sizes, 576 KiB for a thread; given back when the thread
// ends, or by release(). Nothing is kept under a sanitizer, which must see every free.

namespace syncmap::inline v0_1::detail {

class SYNCMAP_SHARED block_cache {
 public:
  static constexpr std::size_t granule = 16;
  static constexpr std::size_t bins = 8;
  static constexpr std::size_t limit = 1024;

  // May blocks of this kind be kept? Then they are allocated in the size that rounded() says.
  static constexpr bool serves(std::size_t bytes, std::size_t alignment) noexcept {
    return !under_sanitizer && bytes <= granule * bins &&
           alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  }
  static constexpr std::size_t rounded(std::size_t bytes) noexcept {
    return (bytes + granule - 1) / granule * granule;
  }

  // A kept block, or null. REQUIRES: serves().
  static void* take(std::size_t bytes) noexcept {
    bin& from = mine.all[index(bytes)];
    block* const first = from.first;
    if (first == nullptr) return nullptr;
    from.first = first->next;
    --from.count;
    return first;
  }

  // Keeps the block; false if it is to be freed. REQUIRES: serves(), and the size is rounded.
  static bool give(void* memory, std::size_t bytes) noexcept {
    bin& to = mine.all[index(bytes)];
    if (to.count >= mine.room && !open(to)) return false;
    to.first = ::new (memory) block{to.first};
    ++to.count;
    return true;
  }

  // Frees what the calling thread keeps.
  static void release() noexcept {
    for (bin& each : mine.all) {
      while (each.first != nullptr) {
        ::operator delete(static_cast<void*>(std::exchange(each.first, each.first->next)));
      }
      each.count = 0;
    }
  }

 private:
  struct block {
    block* next;
  };
  struct bin {
    block* first = nullptr;
    std::size_t count = 0;
  };
  enum class phase { unused, open, ended };
  struct state {
    bin all[bins];
    std::size_t room = 0;  // 0 unless open
    phase now = phase::unused;
  };
  struct exit_hook {
    ~exit_hook() {
      release();
      mine.room = 0;
      mine.now = phase::ended;
    }
    void arm() noexcept {}
  };

  static constexpr std::size_t index(std::size_t bytes) noexcept { return (bytes - 1) / granule; }

  // The first block that a thread keeps makes it give all back when it ends.
  SYNCMAP_NOINLINE static bool open(const bin& to) noexcept {
    if constexpr (thread_locals_end_early) return false;
    if (mine.now == phase::unused) {
      static thread_local exit_hook hook;
      hook.arm();
      mine.now = phase::open;
      mine.room = limit;
    }
    return to.count < mine.room;
  }

  static constinit thread_local state mine;
};

inline constinit thread_local block_cache::state block_cache::mine{};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/entropy.hpp
// entropy.hpp -- a number that nobody can guess, from the operating system.

// <random> takes longer to compile than this library, so it is left to where nothing else is known.
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 25)
#define SYNCMAP_HAS_GETENTROPY
#endif
#endif
#if defined(SYNCMAP_HAS_GETENTROPY)
#include <sys/auxv.h>
#include <unistd.h>

#include <cstring>
#else
#include <random>
#endif

namespace syncmap::inline v0_1::detail {

// 0 if there is none to be had: an exhausted descriptor table, a sandbox.
inline std::uint64_t draw_entropy() noexcept {
  std::uint64_t drawn = 0;
#if defined(SYNCMAP_HAS_GETENTROPY)
  if (::getentropy(&drawn, sizeof(drawn)) != 0) {
    // Then what the kernel has given the process at its start.
    const auto* const given = reinterpret_cast<const void*>(::getauxval(AT_RANDOM));
    if (given != nullptr) std::memcpy(&drawn, given, sizeof(drawn));
  }
#else
  completes([&] {
    std::random_device device;
    drawn = (static_cast<std::uint64_t>(device()) << 32) | device();
  });
#endif
  return drawn;
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/large_pages.hpp
// large_pages.hpp -- asks the operating system for large pages where a table is large.
//
// A look-up in a table that is larger than the caches needs two lines of memory, and as many
// translations of addresses; those are missed less often when a page is 2 MiB (decision 6).

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace syncmap::inline v0_1::detail {

inline constexpr std::size_t large_page = std::size_t{1} << 21;
// Below this a page that is used only in part costs more than it brings.
inline constexpr std::size_t large_page_threshold = std::size_t{1} << 22;

// A wish: nothing depends on its being granted. `memory` is aligned to large_page.
inline void prefer_large_pages(void* memory, std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const int saved = errno;
  static_cast<void>(::madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
  errno = saved;
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/platform.hpp
// platform.hpp -- the seam: every atomic, mutex, thread-local, allocation and random number of the
// engines comes from here.
//
// The engines take a platform as their last template parameter; users never see it. `platform` is
// the real one and adds nothing to what it forwards to. A test can put another type in its place: to
// yield at every atomic operation, to fail an allocation, to run threads as fibers under a scheduler
// it controls, to poison what is reclaimed.

namespace syncmap::inline v0_1::detail {

// A thread's own pointer to its record, and a call when the thread ends. The pointer needs no
// construction and no destruction, so it can be used before and after every other thread-local.
template <class Record>
struct SYNCMAP_SHARED thread_state {
  static inline constinit thread_local Record* record = &Record::unattached;

  struct exit_hook {
    void (*run)() noexcept = nullptr;
    ~exit_hook() {
      if (run != nullptr) run();
    }
  };

  static void at_exit(void (*run)() noexcept) noexcept {
    if constexpr (thread_locals_end_early) {
      what_to_run.store(run, std::memory_order_relaxed);  // relaxed (statistic): always the same
      at_thread_end<run_late>(record);
    } else {
      static thread_local exit_hook hook;
      hook.run = run;
    }
  }

  // The pointer has been forgotten by then, and is made anew.
  static inline constinit std::atomic<void (*)() noexcept> what_to_run{nullptr};
  static void run_late(void* kept) noexcept {
    record = static_cast<Record*>(kept);
    what_to_run.load(std::memory_order_relaxed)();  // relaxed (statistic): always the same
  }
};

// For assertions: the process that began to use maps. The child of a fork is another one. Where processes have no
// number there is none.
struct SYNCMAP_SHARED first_process {
  static void begin() noexcept {
    std::uint64_t none = 0;
    // relaxed (statistic), relaxed (statistic)
    first.compare_exchange_strong(
        none, process_id(), std::memory_order_relaxed, std::memory_order_relaxed);
  }
  static bool goes_on() noexcept {
    const std::uint64_t began = first.load(std::memory_order_relaxed);  // relaxed (statistic)
    return began != 0 && began == process_id();
  }

 private:
  static inline constinit std::atomic<std::uint64_t> first{0};
};

struct SYNCMAP_SHARED platform {
  // Data that more than one thread touches.
  template <class T>
  using atomic = std::atomic<T>;  // ordered by itself
  template <class T>
  using var = T;  // ordered by something else: a mutex, or a publication
  using mutex = std::mutex;

  // asym_fence:T1, both sides.
  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    detail::announce(slot, value);
  }
  // The same, once announces_lightly() is true.
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    detail::announce_lightly(slot, value);
  }
  static bool announces_lightly() noexcept { return decide_fence_mode() == fence_mode::asymmetric; }
  static bool fence_heavy() noexcept { return detail::fence_heavy(); }
  static void prepare_fences() noexcept { decide_fence_mode(); }

  // Threads.
  template <class Record>
  static Record*& this_thread() noexcept {
    return thread_state<Record>::record;
  }
  template <class Record>
  static void at_thread_exit(void (*run)() noexcept) noexcept {
    if constexpr (SYNCMAP_ASSERTS) first_process::begin();
    thread_state<Record>::at_exit(run);
  }
  static bool is_first_process() noexcept { return first_process::goes_on(); }
  static void yield() noexcept { std::this_thread::yield(); }
  // Waits until the word is not `old`; wakes whoever waits for it.
  template <class Atomic, class T>
  static void wait_while(const Atomic& word, T old, std::memory_order order) noexcept {
    if constexpr (atomics_lose_wake_ups) {
      look_until_not(word, old, order);
    } else {
      word.wait(old, order);
    }
  }
  // The same, without being woken: at most a tick of the system's clock too late.
  template <class Atomic, class T>
  static void look_until_not(const Atomic& word, T old, std::memory_order order) noexcept {
    int yields = 1000;
    while (word.load(order) == old) {
      if (yields > 0) {
        --yields;
        yield();
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }
  template <class Atomic>
  static void wake_all(Atomic& word) noexcept {
    word.notify_all();
  }
  static std::uint64_t process() noexcept { return process_id(); }

  // Memory. `on_reclaim` sees every object that other threads could once reach, just before it goes.
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    if (block_cache::serves(bytes, alignment)) {
      void* const kept = block_cache::take(bytes);
      return kept != nullptr ? kept : ::operator new(block_cache::rounded(bytes));
    }
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(bytes);
    return ::operator new(bytes, std::align_val_t{alignment});
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    if (block_cache::serves(bytes, alignment) && block_cache::give(memory, bytes)) return;
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(memory);
    } else {
      ::operator delete(memory, std::align_val_t{alignment});
    }
  }
  static void on_reclaim(void*, std::size_t) noexcept {}

  // Memory of a whole table. Nothing is expected of its contents.
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    void* const memory = ::operator new(bytes, std::align_val_t{table_alignment(bytes, alignment)});
    if (bytes >= large_page_threshold) prefer_large_pages(memory, bytes);
    return memory;
  }
  static void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    ::operator delete(memory, std::align_val_t{table_alignment(bytes, alignment)});
  }
  static constexpr std::size_t table_alignment(std::size_t bytes, std::size_t least) noexcept {
    return bytes >= large_page_threshold ? large_page : least;
  }

  // The group table. Slots of a group that are used, bit i for slot i.
  static constexpr std::uint32_t usable_slots = 0xffff;
  // It grows when more than one group in so many overflows: at a load of about 0.84.
  static constexpr std::size_t groups_per_overflow = 5;
  // While it grows, each write moves so many units to the next table.
  static constexpr std::size_t units_per_write = 8;
  // Reads of many keys ask for the memory of a table first if it is not likely to be near anyway.
  static constexpr std::size_t least_bytes_to_prefetch = std::size_t{256} * 1024;
  // A pass takes the nodes of so many groups of a table that was cleared, or frees so many overflow
  // groups; the next write of the thread takes more.
  static constexpr std::size_t overflow_per_reclaim = 256;
  static constexpr std::size_t units_per_reclaim = 16;

  // A thread looks for what can be reclaimed after this many retired objects. Scanning costs a
  // process-wide fence of some microseconds, which this number divides.
  static constexpr std::size_t reclaim_batch = 1024;
  // A retired object counts once more for each so many bytes, so that large ones do not wait.
  static constexpr std::size_t reclaim_bytes = 256;

  // A number nobody can guess: the seed of a map. A source of randomness that is not there (an
  // exhausted descriptor table, a sandbox) must not make a map unusable: the addresses and the
  // counter that are mixed in later then stand alone.
  static std::uint64_t random() noexcept {
    static const std::uint64_t secret = draw_entropy();
    static std::atomic<std::uint64_t> calls{0};
    // relaxed (statistic): only that no two calls see the same number matters.
    const std::uint64_t call = calls.fetch_add(1, std::memory_order_relaxed);
    const auto address = reinterpret_cast<std::uintptr_t>(&calls);
    return multiply_fold(secret ^ address, 0x9e3779b97f4a7c15U + 2 * call);
  }
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/memory.hpp
// memory.hpp -- where the memory of one map comes from: the platform, or an allocator of the user's.
//
// The classes of a map take a *memory* `M`. Almost always it is the platform itself, whose functions
// are static: then it takes no room and costs nothing. With an allocator it is an allocator_memory, a
// copy of which is kept by every block that may be given back when the map is not at hand (a node that
// a pass of another thread reclaims), next to what the block is for.
//
// Whatever a map itself holds comes from its memory. Not so what a thread keeps for all maps (its record,
// the slots of handles), and what an operation borrows until it returns.

namespace syncmap::inline v0_1::detail {

template <class P, class Allocator>
class allocator_memory {
  // Allocators are asked for arrays of these, so that they need not know of larger alignments.
  struct unit {
    alignas(std::max_align_t) unsigned char bytes[alignof(std::max_align_t)];
  };
  using unit_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;
  using traits = std::allocator_traits<unit_allocator>;
  static_assert(std::is_same_v<typename traits::pointer, unit*>,
                "syncmap: the allocator must give plain pointers, not a class that acts as one");

 public:
  using platform = P;
  using allocator_type = Allocator;

  constexpr allocator_memory() = default;
  constexpr explicit allocator_memory(const Allocator& from) noexcept : allocator_(from) {}
  [[nodiscard]] Allocator allocator() const noexcept { return Allocator(allocator_); }

  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) const {
    unit_allocator from(allocator_);
    if (alignment <= alignof(unit)) return traits::allocate(from, units(bytes));
    unit* const block = traits::allocate(from, units(bytes + alignment));
    void* const memory = after(block, alignment);
    ::new (static_cast<void*>(static_cast<unit**>(memory) - 1)) unit*(block);
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, std::size_t alignment) const noexcept {
    unit_allocator to(allocator_);
    if (alignment <= alignof(unit)) {
      traits::deallocate(to, static_cast<unit*>(memory), units(bytes));
    } else {
      traits::deallocate(to, *(static_cast<unit**>(memory) - 1), units(bytes + alignment));
    }
  }

  [[nodiscard]] void* allocate_table(std::size_t bytes, std::size_t alignment) const {
    return allocate(bytes, alignment);
  }
  void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) const noexcept {
    deallocate(memory, bytes, alignment);
  }

 private:
  static constexpr std::size_t units(std::size_t bytes) noexcept {
    return (bytes + sizeof(unit) - 1) / sizeof(unit);
  }
  // The first aligned address behind the block's, with room for a pointer before it.
  static void* after(unit* block, std::size_t alignment) noexcept {
    auto* const bytes = reinterpret_cast<unsigned char*>(block);
    return bytes + (alignment - reinterpret_cast<std::uintptr_t>(block) % alignment);
  }

  SYNCMAP_NO_UNIQUE_ADDRESS unit_allocator allocator_;
};

// The memory for an allocator. std::allocator says no more than the platform does.
template <class P, class Allocator>
struct memory_for {
  using type = allocator_memory<P, Allocator>;
};
template <class P, class X>
struct memory_for<P, std::allocator<X>> {
  using type = P;
};
template <class P, class Allocator>
using memory_with = typename memory_for<P, Allocator>::type;

template <class M>
struct memory_traits {
  using platform = M;
  template <class X>
  using allocator_of = std::allocator<X>;
};
template <class P, class Allocator>
struct memory_traits<allocator_memory<P, Allocator>> {
  using platform = P;
  template <class X>
  using allocator_of = typename std::allocator_traits<Allocator>::template rebind_alloc<X>;
};
// The platform of a memory.
template <class M>
using platform_of = typename memory_traits<M>::platform;

// The allocator of a memory, for objects of type X.
template <class X, class M>
auto allocator_of(const M& memory) noexcept {
  using allocator = typename memory_traits<M>::template allocator_of<X>;
  if constexpr (std::is_same_v<M, platform_of<M>>) {
    return allocator();
  } else {
    return allocator(memory.allocator());
  }
}

template <class M, class Allocator>
constexpr M memory_from([[maybe_unused]] const Allocator& allocator) noexcept {
  if constexpr (std::is_same_v<M, platform_of<M>>) {
    return M();
  } else {
    return M(typename M::allocator_type(allocator));
  }
}

// An X made from the arguments, which gets the allocator if it takes one (std::uses_allocator). The
// cast says that a conversion is meant (an int for an unsigned X).
template <class X, class M, class... Args>
X made_with([[maybe_unused]] const M& memory, Args&&... args) {
  if constexpr (!std::is_same_v<M, platform_of<M>>) {
    return std::make_obj_using_allocator<X>(memory.allocator(), std::forward<Args>(args)...);
  } else if constexpr (sizeof...(Args) == 1) {
    return (static_cast<X>(std::forward<Args>(args)), ...);
  } else {
    return X(std::forward<Args>(args)...);
  }
}

// Objects made and destroyed through a memory.
template <class X, class M, class... Args>
[[nodiscard]] X* make_in(const M& memory, Args&&... args) {
  struct block {
    const M& from;
    void* memory;
    ~block() {
      if (memory != nullptr) from.deallocate(memory, sizeof(X), alignof(X));
    }
  } guard{memory, memory.allocate(sizeof(X), alignof(X))};
  X* const object = ::new (guard.memory) X(std::forward<Args>(args)...);
  guard.memory = nullptr;
  return object;
}

// By value: `memory` may be a part of the object.
template <class M, class X>
void destroy_in(const M memory, X* object) noexcept {
  object->~X();
  platform_of<M>::on_reclaim(object, sizeof(X));
  memory.deallocate(object, sizeof(X), alignof(X));
}

template <class M>
struct destroyer {
  template <class X>
  void operator()(X* object) const noexcept {
    destroy_in(memory, object);
  }
  SYNCMAP_NO_UNIQUE_ADDRESS M memory;
};

template <class M, class X>
using owned = std::unique_ptr<X, destroyer<M>>;

// Those of the process: through the platform.
template <class P, class X, class... Args>
[[nodiscard]] X* make(Args&&... args) {
  return make_in<X>(P(), std::forward<Args>(args)...);
}
template <class P, class X>
void destroy(X* object) noexcept {
  destroy_in(P(), object);
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/load_or_store_result.hpp
/// What `load_or_store` returns.

namespace syncmap::inline v0_1 {

template <class Engine>
class core_map;
template <class Engine>
class basic_map;

/// What `load_or_store` returns: `result.value`, `result.loaded`, or
/// `const auto [value, loaded] = map.load_or_store(...)`.
///
/// Not a plain pair, because the copy of the value has to be in its place before the store takes
/// effect: a value that throws when it is moved must not turn a store that was done into an exception.
template <class T>
class load_or_store_result {
 public:
  union {
    T value;  ///< what was there, or what was stored
  };
  bool loaded = false;  ///< whether it was there

  load_or_store_result(T made, bool was_loaded) : loaded(was_loaded), engaged_(true) {
    std::construct_at(std::addressof(value), std::move(made));
  }
  load_or_store_result(const load_or_store_result& other) : loaded(other.loaded), engaged_(true) {
    std::construct_at(std::addressof(value), other.value);
  }
  load_or_store_result(load_or_store_result&& other) noexcept(
      std::is_nothrow_move_constructible_v<T>)
      : loaded(other.loaded), engaged_(true) {
    std::construct_at(std::addressof(value), std::move(other.value));
  }
  load_or_store_result& operator=(const load_or_store_result&) = delete;
  ~load_or_store_result() {
    if (engaged_) std::destroy_at(std::addressof(value));
  }

  template <std::size_t Index>
  [[nodiscard]] decltype(auto) get() const& noexcept {
    return std::get<Index>(std::tie(value, loaded));
  }
  template <std::size_t Index>
  [[nodiscard]] decltype(auto) get() && noexcept {
    return std::get<Index>(std::forward_as_tuple(std::move(value), loaded));
  }

 private:
  template <class Engine>
  friend class core_map;
  template <class Engine>
  friend class basic_map;

  load_or_store_result() noexcept {}
  void emplace(const T& copied, bool was_loaded) {
    if (std::exchange(engaged_, false)) std::destroy_at(std::addressof(value));
    std::construct_at(std::addressof(value), copied);
    engaged_ = true;
    loaded = was_loaded;
  }

  bool engaged_ = false;
};

}  // namespace syncmap::inline v0_1

/// @cond
template <class T>
struct std::tuple_size<syncmap::load_or_store_result<T>> : std::integral_constant<std::size_t, 2> {
};
template <class T>
struct std::tuple_element<0, syncmap::load_or_store_result<T>> {
  using type = T;
};
template <class T>
struct std::tuple_element<1, syncmap::load_or_store_result<T>> {
  using type = bool;
};
/// @endcond

// ---- syncmap/map_stats.hpp
/// What `stats()` returns.

namespace syncmap::inline v0_1 {

/// What happens inside a map, in numbers. Each is exact if no other thread writes, and close otherwise;
/// they are read one after the other. What an algorithm does not have is 0.
struct map_stats {
  std::size_t entries = 0;   ///< as `size()`
  std::size_t capacity = 0;  ///< about how many entries there can be before a table grows
  /// What the map holds: its tables, the entries in them, its counters. Without what keys and values
  /// hold themselves.
  std::size_t bytes = 0;
  /// What was erased or replaced and is not destroyed yet: of all maps of the process, which share it.
  /// Of what `clear` has removed, which `map` takes up a part at a time, the parts taken up so far.
  std::size_t retired_bytes = 0;
  std::size_t longest_probe = 0;  ///< the most groups or buckets that a lookup may have to look at

  std::size_t groups = 0;              ///< `map`: groups of sixteen slots
  std::size_t overflowing_groups = 0;  ///< `map`: groups with entries beyond their sixteen slots
  std::size_t growths = 0;  ///< `map`: how often a larger or smaller table became the table

  std::size_t promotions = 0;  ///< `read_dirty_map`: how often dirty became read
  std::size_t misses = 0;      ///< `read_dirty_map`: lookups that took the mutex and were counted
  std::size_t expunged = 0;    ///< `read_dirty_map`: erased keys in read that dirty lacks
};

}  // namespace syncmap::inline v0_1

// ---- syncmap/version.hpp
/// Which version this is.

/// All that a user may name. What can break a user's program gets a new inline namespace (`v0_1`: each minor
/// version below 1.0; `v1`: each major version from then on), so that two of them can be in one program and
/// never take each other's objects for their own.
namespace syncmap::inline v0_1 {

/// @name Semantic versioning 2.0: major.minor.patch
/// @{
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr const char* version = "0.1.0";
/// @}

}  // namespace syncmap::inline v0_1

// ---- syncmap/core_map.hpp
/// Construction, and the ten operations of Go's sync.Map, over an engine's four primitives.

namespace syncmap::inline v0_1 {

/// What a `basic_map` is made of first: construction, and the ten operations of Go's `sync.Map`.
template <class Engine>
class core_map {
  using memory = typename Engine::memory;

 public:
  using key_type = typename Engine::key_type;
  using mapped_type = typename Engine::mapped_type;
  using value_type = std::pair<const key_type, mapped_type>;
  using hasher = typename Engine::hasher;
  using key_equal = typename Engine::key_equal;
  using size_type = std::size_t;
  using allocator_type = typename detail::memory_traits<memory>::template allocator_of<value_type>;

  static_assert(std::is_invocable_r_v<std::size_t, const hasher&, const key_type&>,
                "syncmap: Hash must be callable as size_t(const Key&) on a const object");
  static_assert(
      std::is_invocable_r_v<bool, const key_equal&, const key_type&, const key_type&>,
      "syncmap: KeyEqual must be callable as bool(const Key&, const Key&) on a const object");

  /// An empty map: allocates nothing, and is a constant initialiser if `Hash`, `KeyEqual` and the
  /// allocator are.
  constexpr core_map()
    requires std::default_initializable<hasher> && std::default_initializable<key_equal> &&
                 std::default_initializable<memory>
  = default;
  /// An empty map with these function objects, and this allocator.
  constexpr explicit core_map(const hasher& hash, const key_equal& equal = key_equal())
    requires std::default_initializable<memory>
      : engine_(hash, equal) {}
  constexpr core_map(const hasher& hash, const key_equal& equal, const allocator_type& allocator)
      : engine_(hash, equal, detail::memory_from<memory>(allocator)) {}
  constexpr explicit core_map(const allocator_type& allocator)
    requires std::default_initializable<hasher> && std::default_initializable<key_equal>
      : engine_(hasher(), key_equal(), detail::memory_from<memory>(allocator)) {}
  /// With the entries that pairs tell, of a key that comes twice the first.
  /// @throws what the conversions, hash, equality and allocation throw
  template <std::input_iterator It, std::sentinel_for<It> End>
  core_map(It first, End last, const hasher& hash = hasher(), const key_equal& equal = key_equal(),
           const allocator_type& allocator = allocator_type())
      : core_map(hash, equal, allocator) {
    if constexpr (std::sized_sentinel_for<End, It>) {
      SYNCMAP_ASSERT(
          last - first >= 0, "syncmap: a map is made from a range that ends before it begins");
    }
    for (; first != last; ++first) insert_pair(*first);
  }
  template <std::input_iterator It, std::sentinel_for<It> End>
  core_map(It first, End last, const allocator_type& allocator)
      : core_map(std::move(first), std::move(last), hasher(), key_equal(), allocator) {}
  core_map(std::initializer_list<value_type> entries, const hasher& hash = hasher(),
           const key_equal& equal = key_equal(), const allocator_type& allocator = allocator_type())
      : core_map(entries.begin(), entries.end(), hash, equal, allocator) {}
  core_map(std::initializer_list<value_type> entries, const allocator_type& allocator)
      : core_map(entries.begin(), entries.end(), allocator) {}
  template <class Entries>  // what is no map comes first: a map may be a part of its own values
    requires(!std::derived_from<std::remove_cvref_t<Entries>, core_map>) &&
            (!std::convertible_to<Entries, hasher>) &&
            (!std::convertible_to<Entries, allocator_type>) && detail::input_range<Entries>
  explicit core_map(Entries&& entries, const hasher& hash = hasher(),
                    const key_equal& equal = key_equal(),
                    const allocator_type& allocator = allocator_type())
      : core_map(std::ranges::begin(entries), std::ranges::end(entries), hash, equal, allocator) {}
  /// Like a mutex, a map stays where it is: other threads hold its address. `to` copies out.
  core_map(const core_map&) = delete;
  core_map& operator=(const core_map&) = delete;
  /// Destroys all keys and values, those retired earlier included (G9). A map that is destroyed by a
  /// reclamation, as a value of another map, may leave some of them to that same reclamation.
  /// @par Progress: waits, as `reclaim()` does, if anything was ever erased or replaced.
  /// @pre no other member is running, and no iterator or handle is left.
  ~core_map() {  // here, not in the class: a type may have a map of itself as a member
    static_assert(
        std::is_nothrow_destructible_v<key_type> && std::is_nothrow_destructible_v<mapped_type>,
        "syncmap: destructors of keys and values must not throw");
    static_assert(!std::is_abstract_v<mapped_type>, "syncmap: the value must not be abstract");
  }

  /// @name The operations of sync.Map
  /// @{

  /// The value of `key`, or nothing. (Go: Load)
  /// @throws what hash, equality and the copy of the value throw
  /// @par Progress: that of reads, see the map. Allocates nothing itself. Complexity: constant.
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, K>
  [[nodiscard]] SYNCMAP_INLINE std::optional<mapped_type> load(const K& key) const {
    std::optional<mapped_type> result;
    engine_.read(as_sought(key), [&](const mapped_type& value) { result.emplace(value); });
    return result;
  }

  /// Makes `value` the value of `key`. (Go: Store)
  /// @throws what hash, equality, the construction of key and value, and allocation throw
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V>
  void store(K&& key, V&& value) {
    engine_.template modify<detail::operation::store>(
        as_key(std::forward<K>(key)), [&](const mapped_type*, auto& next) {
          if (!next) next.emplace(std::forward<V>(value));
          return detail::action::set;
        });
  }

  /// The value of `key` if there is one (`loaded`), else stores `value` and returns that.
  /// (Go: LoadOrStore) Of several concurrent calls for an absent key exactly one stores.
  /// @throws as store, and what the copy of a value throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V> && value_can_be_copied<mapped_type, K>
  load_or_store_result<mapped_type> load_or_store(K&& key, V&& value) {
    load_or_store_result<mapped_type> result;
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          const bool loaded = current != nullptr;
          if (!loaded && !next) next.emplace(std::forward<V>(value));
          result.emplace(loaded ? *current : *next, loaded);
          return loaded ? detail::action::keep : detail::action::set;
        });
    return result;
  }

  /// Removes `key`; returns the value it had, or nothing. (Go: LoadAndDelete)
  /// @throws as load
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> load_and_erase(const K& key) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          assign(result, current);
          return current != nullptr ? detail::action::erase : detail::action::keep;
        });
    return result;
  }

  /// Removes `key`; returns whether it was there. (Go: Delete)
  /// @throws what hash and equality throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  bool erase(const K& key) {
    bool present = false;
    engine_.template modify<detail::operation::erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          present = current != nullptr;
          return present ? detail::action::erase : detail::action::keep;
        });
    return present;
  }

  /// Makes `value` the value of `key`; returns the value it had before, or nothing. (Go: Swap)
  /// @throws as store, and what the copy of a value throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V> && value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> swap(K&& key, V&& value) {
    std::optional<mapped_type> previous;
    engine_.template modify<detail::operation::swap>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          if (!next) next.emplace(std::forward<V>(value));
          assign(previous, current);
          return detail::action::set;
        });
    return previous;
  }

  /// If `key` has a value that is `== expected`, makes `desired` its value and returns true.
  /// (Go: CompareAndSwap) An absent key equals no value. `desired` may be equal to `expected`: that
  /// is a write.
  /// @throws as store, and what `==` of values throws
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_has_equality<mapped_type, K> && value_can_be_made_from<mapped_type, V>
  bool compare_and_swap(const K& key, const mapped_type& expected, V&& desired) {
    bool swapped = false;
    engine_.template modify<detail::operation::compare_and_swap>(
        as_sought(key), [&](const mapped_type* current, auto& next) {
          swapped = current != nullptr && *current == expected;
          if (!swapped) return detail::action::keep;
          if (!next) next.emplace(std::forward<V>(desired));
          return detail::action::set;
        });
    return swapped;
  }

  /// If `key` has a value that is `== expected`, removes it and returns true.
  /// (Go: CompareAndDelete) An absent key equals no value.
  /// @throws what hash, equality and `==` of values throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> &&
             value_has_equality<mapped_type, K>
  bool compare_and_erase(const K& key, const mapped_type& expected) {
    bool erased = false;
    engine_.template modify<detail::operation::compare_and_erase>(
        as_sought(key), [&](const mapped_type* current, auto&) {
          erased = current != nullptr && *current == expected;
          return erased ? detail::action::erase : detail::action::keep;
        });
    return erased;
  }

  /// Calls `f(key, value)` for the entries of the map, in no order, until it returns false. (Go:
  /// Range) `f` may return nothing, to see all.
  ///
  /// Visits no key twice, and every key that is there from before the call to its end; of a key that
  /// is stored or erased meanwhile shows a value that it had during the call, or nothing (G3). `f` may
  /// call any member of this map, `range` included.
  /// @throws what `f` throws
  /// @par Complexity: linear.
  template <class F>
    requires entry_visitor<F, key_type, mapped_type>
  void range(F&& f) const {
    typename Engine::cursor at(engine_);
    while (at.next()) {
      using result = decltype(f(at.key(), at.value()));
      if constexpr (std::is_void_v<result>) {
        f(at.key(), at.value());
      } else {
        if (!f(at.key(), at.value())) return;
      }
    }
  }

  /// Removes all entries, at one instant (G1). (Go: Clear, since 1.23) Operations that run meanwhile
  /// take effect before or after it. Does nothing, and takes no lock, if the map is empty.
  void clear() { engine_.clear(); }

  /// @}

 protected:
  friend struct basic_map_inspector;  // tests

  // What the engine gets for a key that was passed: itself; what can be compared with keys (of a string
  // its view, so that its length is looked for once); or a key made from it. It lives until the end of the call.
  template <class K>
  SYNCMAP_INLINE static decltype(auto) as_key(K&& key) {
    using other = std::remove_cvref_t<K>;
    if constexpr (std::same_as<other, key_type>) {
      return std::forward<K>(key);
    } else if constexpr (key_can_be_compared_with<other, key_type, hasher, key_equal>) {
      if constexpr (std::is_convertible_v<const other&, detail::view_of<key_type>>) {
        return detail::view_of<key_type>(key);
      } else {
        return std::forward<K>(key);
      }
    } else {
      return static_cast<key_type>(std::forward<K>(key));
    }
  }
  template <class K>
  SYNCMAP_INLINE static decltype(auto) as_sought(const K& key) {
    return as_key(key);
  }

  template <class Pair>
  void insert_pair(Pair&& pair) {
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::get<0>(std::forward<Pair>(pair))), [&](const mapped_type* current, auto& next) {
          if (current != nullptr) return detail::action::keep;
          if (!next) next.emplace(std::get<1>(std::forward<Pair>(pair)));
          return detail::action::set;
        });
  }

  static void assign(std::optional<mapped_type>& to, const mapped_type* from) {
    to.reset();
    if (from != nullptr) to.emplace(*from);
  }

  Engine engine_;
};

}  // namespace syncmap::inline v0_1

// ---- syncmap/detail/group.hpp
// group.hpp -- sixteen slots of the group table: what guards them, and what says which are taken.
//
//   group          32 bytes: a state word, sixteen tags of one byte, a link to more slots
//   overflow       a group with its slots, for entries that found the sixteen before it taken
//
// The *tag* of a slot is 0 if the slot is empty, else eight bits of its key's hash. The slots lie
// elsewhere (group_table.hpp), so that a search for an absent key touches compact memory. Tags and
// slots are changed only under the group's lock, which also guards the overflow groups behind it;
// readers look at everything without it.
//
// Invariants
//   I1  A slot whose tag is not 0 holds an entry, whole and reachable. An insert fills the slot before
//       it sets the tag; an erase clears the tag before it empties the slot.
//   I2  An insert, an erase and a forwarding change the version when they unlock. So between two
//       loads of the state that show one version no slot came to hold another key: at most, at the
//       end, an insert or erase that has not unlocked yet. An update of a value keeps the version.
//   I3  A group is forwarded once and for all; its tags and slots do not change any more.
//   I4  If a key is in an overflow group, the state's filter has the bit of its hash. The filter is
//       empty if and only if the overflow groups are.
//   I5  An overflow group stays linked as long as its table lives.
//
// Synchronization
//   S1 lock           release: unlock(), publish()   acquire: try_lock()
//      Carries tags, slots and links from one holder of the lock to the next.
//   S2 version        release: unlock(), publish()   acquire: state(), is_still()
//      Carries tags, slots and links as of that unlock, the slots of a forwarded group's successor,
//      and the entry behind a filter bit.
//   S3 tag            release: set_tag()             acquire: match()
//      Carries the slot (I1); through the 0 of an erase, what its thread did before.
//   S4 overflow-link  release: link()                acquire: more()
//      Carries the empty overflow group.
//   T1 group-order    sites: state(), publish(), match(), set_tag()
//      Sequentially consistent: operations on different keys take effect in one order that all
//      threads agree on (two threads that each store a key and then load the other's cannot both
//      miss). A single lock's release would not give that.

namespace syncmap::inline v0_1::detail {

// How many slots a group has.
inline constexpr std::size_t group_slots = 16;

// Never 0, which marks an empty slot.
inline std::uint8_t tag_of(std::uint64_t hash) noexcept {
  const auto low = static_cast<std::uint8_t>(hash);
  return static_cast<std::uint8_t>(low + (low == 0 ? 1 : 0));
}

// lock : 1 | forwarded : 1 | unused : 6 | filter : 8 | version : 48
class group_state {
 public:
  constexpr group_state() noexcept = default;
  explicit constexpr group_state(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  [[nodiscard]] constexpr bool is_locked() const noexcept { return (bits_ & lock_bit) != 0; }
  // The entries are in the next table.
  [[nodiscard]] constexpr bool is_forwarded() const noexcept {
    return (bits_ & forwarded_bit) != 0;
  }
  // May a key with this hash be in an overflow group?
  [[nodiscard]] constexpr bool may_overflow(std::uint64_t hash) const noexcept {
    return (bits_ & filter_bit(hash)) != 0;
  }
  [[nodiscard]] constexpr bool overflows() const noexcept { return (bits_ & filter_bits) != 0; }
  [[nodiscard]] constexpr bool is_same_version(group_state other) const noexcept {
    return ((bits_ ^ other.bits_) & ~lock_bit) == 0;
  }

  // Of an unlocked state.
  [[nodiscard]] constexpr group_state locked() const noexcept {
    return group_state(bits_ | lock_bit);
  }
  [[nodiscard]] constexpr group_state changed() const noexcept {
    return group_state(bits_ + version_one);
  }
  [[nodiscard]] constexpr group_state forwarded() const noexcept {
    return group_state(changed().bits_ | forwarded_bit);
  }
  [[nodiscard]] constexpr group_state with_overflow(std::uint64_t hash) const noexcept {
    return group_state(bits_ | filter_bit(hash));
  }
  [[nodiscard]] constexpr group_state without_overflow() const noexcept {
    return group_state(bits_ & ~filter_bits);
  }

 private:
  static constexpr std::uint64_t lock_bit = 1;
  static constexpr std::uint64_t forwarded_bit = 2;
  static constexpr std::uint64_t filter_bits = 0xff00;
  static constexpr std::uint64_t version_one = 0x10000;
  static constexpr std::uint64_t filter_bit(std::uint64_t hash) noexcept {
    return std::uint64_t{0x100} << ((hash >> 8) & 7);  // the tag has the bits below
  }

  std::uint64_t bits_ = 0;
};

template <class Slot, class P>
struct overflow_group;

template <class Slot, class P>
class alignas(32) group {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using overflow = overflow_group<Slot, P>;

 public:
  // A set of slots, bit i for slot i.
  using mask = std::uint32_t;
  static constexpr mask all_slots = 0xffff;

  group() noexcept = default;

  [[nodiscard]] group_state state() const noexcept {
    return group_state(state_.load(std::memory_order_seq_cst));  // S2 acquire, T1
  }
  // Has no other key come to a slot since `seen`?
  [[nodiscard]] bool is_still(group_state seen) const noexcept {
    return group_state(state_.load(std::memory_order_acquire))  // S2 acquire
        .is_same_version(seen);
  }

  // Takes the lock, if nothing has changed since `seen`, which is not locked.
  [[nodiscard]] bool try_lock(group_state seen) noexcept {
    std::uint64_t expected = seen.bits();
    // S1 acquire. Failure: relaxed (revalidated).
    return state_.compare_exchange_strong(
        expected, seen.locked().bits(), std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock(group_state next) noexcept {
    state_.store(next.bits(), std::memory_order_release);  // S1 release, S2 release
  }
  // An unlock that makes something visible: a filter bit, or the successor.
  void publish(group_state next) noexcept {
    state_.store(next.bits(), std::memory_order_seq_cst);  // S1 release, S2 release, T1
  }
  // Before the group can be reached.
  void start(group_state first) noexcept {
    state_.store(first.bits(), std::memory_order_relaxed);  // relaxed (unpublished)
  }

  // The slots that have this tag; 0: that are empty.
  [[nodiscard]] mask match(std::uint8_t tag) const noexcept {
    if constexpr (has_wide_load && std::is_same_v<atomic<int>, std::atomic<int>>) {
      return match_bytes_at(&tags_, tag);  // S3 acquire, T1
    } else {
      const std::uint64_t low = tags_[0].load(std::memory_order_seq_cst);   // S3 acquire, T1
      const std::uint64_t high = tags_[1].load(std::memory_order_seq_cst);  // S3 acquire, T1
      return match_bytes(low, high, tag);
    }
  }
  [[nodiscard]] mask taken() const noexcept { return ~match(0) & all_slots; }

  // REQUIRES: the lock.
  void set_tag(std::size_t index, std::uint8_t tag) noexcept {
    atomic<std::uint64_t>& eight = tags_[index / 8];
    eight.store(with_tag(eight, index, tag), std::memory_order_seq_cst);  // S3 release, T1
  }
  // The same, before the group can be reached.
  void start_tag(std::size_t index, std::uint8_t tag) noexcept {
    atomic<std::uint64_t>& eight = tags_[index / 8];
    // relaxed (unpublished)
    eight.store(with_tag(eight, index, tag), std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint8_t tag(std::size_t index) const noexcept {
    // relaxed (locked)
    return static_cast<std::uint8_t>(tags_[index / 8].load(std::memory_order_relaxed) >>
                                     (index % 8 * 8));
  }

  [[nodiscard]] overflow* more() const noexcept {
    return more_.load(std::memory_order_acquire);  // S4 acquire
  }
  // REQUIRES: the lock, or that the group cannot be reached.
  void link(overflow* next) noexcept {
    more_.store(next, std::memory_order_release);  // S4 release
  }

 private:
  static std::uint64_t with_tag(const atomic<std::uint64_t>& eight, std::size_t index,
                                std::uint8_t tag) noexcept {
    const std::size_t shift = index % 8 * 8;
    const std::uint64_t others = eight.load(std::memory_order_relaxed) &
                                 ~(std::uint64_t{0xff} << shift);  // relaxed (locked)
    return others | std::uint64_t{tag} << shift;
  }

  atomic<std::uint64_t> state_{0};
  atomic<std::uint64_t> tags_[group_slots / 8] = {};
  atomic<overflow*> more_{nullptr};
};

template <class Slot, class P>
struct overflow_group {
  group<Slot, P> head;
  Slot slots[group_slots] = {};
  overflow_group* next_owned = nullptr;  // of one table (group_table.hpp)
  std::size_t depth = 0;                 // how many are linked up to this one: constant then
};

// Sixteen slots and their tags: those of a group, or of an overflow group behind it.
template <class Slot, class P>
struct group_part {
  group<Slot, P>* head = nullptr;
  Slot* slots = nullptr;

  explicit operator bool() const noexcept { return head != nullptr; }
  [[nodiscard]] group_part next() const noexcept {
    overflow_group<Slot, P>* const more = head->more();
    return more == nullptr ? group_part() : group_part{&more->head, more->slots};
  }
};

// One slot.
template <class Slot, class P>
struct group_position {
  group_part<Slot, P> part;
  std::size_t index = 0;
  bool in_overflow = false;

  explicit operator bool() const noexcept { return static_cast<bool>(part); }
  [[nodiscard]] Slot& slot() const noexcept { return part.slots[index]; }
};

// Calls `f` with the slots that are taken, those in overflow groups too, until it returns false; then
// false.
template <class Slot, class P, class F>
bool for_each_taken(const group_part<Slot, P>& main, group_state seen, F&& f) {
  for (group_part<Slot, P> here = main; here; here = here.next()) {
    for (auto set = here.head->taken(); set != 0; set &= set - 1) {
      if (!f(here.slots[static_cast<std::size_t>(std::countr_zero(set))])) return false;
    }
    if (!seen.overflows()) break;
  }
  return true;
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/retired.hpp
// retired.hpp -- objects that wait to be destroyed, of hazard_domain.hpp.

namespace syncmap::inline v0_1::detail {

// Base of whatever can be retired.
struct hazard_pointer_obj_base {
  hazard_pointer_obj_base* next_retired = nullptr;
  // Destroys it; returns how many bytes that gave back.
  std::size_t (*reclaim)(hazard_pointer_obj_base*) noexcept = nullptr;
};

// The objects of one pass, found by address without allocating.
class retired_batch {
  using obj = hazard_pointer_obj_base;

 public:
  static constexpr unsigned bits = 7;
  obj* heads[std::size_t{1} << bits] = {};

  obj*& chain(const void* address) noexcept {
    const auto number = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address));
    return heads[(number * 0x9e3779b97f4a7c15U) >> (64 - bits)];
  }
  bool add(obj* list) noexcept {
    const bool any = list != nullptr;
    while (list != nullptr) {
      obj* const object = std::exchange(list, list->next_retired);
      object->next_retired = std::exchange(chain(object), object);
    }
    return any;
  }
  obj* extract(const void* address) noexcept {
    for (obj** at = &chain(address); *at != nullptr; at = &(*at)->next_retired) {
      if (*at == address) return std::exchange(*at, (*at)->next_retired);
    }
    return nullptr;
  }
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/hazard_domain.hpp
// hazard_domain.hpp -- hazard pointers: who reads an object says so, and whoever wants to free it
// looks. Here is what threads share; hazard.hpp has what an operation holds.
//
// Names follow C++26 [saferecl.hp] (P2530). The method is Michael's ("Hazard pointers: safe memory
// reclamation for lock-free objects", 2004), with the reader's fence replaced by asym_fence:T1.
//
//   thread --> record { own slots, cache of free units, list of retired objects }
//   domain --> record -> record -> ...       domain --> unit { slots } -> unit -> ...
//
// An operation protects with its thread's own slots, which costs it no more than a flag. Operations
// inside that operation (from a callback), and hazard pointers that outlive it, take a unit.
//
// Invariants
//   I1  Records and units are linked once and never freed: whoever walks the lists needs no care.
//   I2  A unit is in exactly one place: in use, in one record's cache, or unused.
//   I3  The slots of a unit that is not in use, and a record's own while it is not busy, hold null.
//   I4  An object is retired once, after no new reader can reach it (or could, but would look again and
//       let go: node_slot:I2), and freed only by a pass that took it off its list, then executed the
//       heavy fence, then saw no slot that holds it.
//   I5  User code (destructors) runs in a pass that holds no lock, and no list but that of the objects
//       it destroys: it may use any map, retire, and pass again. But whoever calls reclaim(), or
//       destroys a map, waits for passes under way: he must not hold a lock that a destructor takes.
//
// Synchronization
//   S1 link-list      release: link()            acquire: first()
//      Carries the constant fields of records and units.
//   S2 hand-record    release: let_go()          acquire: claim()
//      Carries the fields that only the owner of a record touches.
//   S3 hand-retired   release: push()            acquire: take_list()
//      Carries the retired objects, and in the other direction (the exchange is both) that a pass
//      announced itself before it took them (S5).
//   S4 clear-slot     release: reset_protection(), asym_fence's announce()   acquire: pass()
//      Carries every access of the reader to what the slot held before. A relaxed store would not:
//      since C++20 it does not continue the release sequence of the announcement before it.
//   S5 pass-mark      release: pass()            acquire: passes_of_others()
//      Carries the destructions of a pass, and what it put back, to whoever waits for it.
//   S6 free-unit      release: put_unit()        acquire: take_unit_slow()
//      Carries the nulls that the slots hold (I3).
//   T1 announce-scan  light: protector's announce()          heavy: pass()
//      The two cases of asym_fence:T1. Either the pass sees the announcement and keeps the object, or
//      the reader's second load comes after the object was made unreachable, differs, and the reader
//      tries again. A unit linked too late for the pass to see belongs to the second case.
//
// Bounds: a thread keeps at most reclaim_batch retired objects (weighed by size) that nobody
// protects, plus those that some slot protected when it looked, at most one for each slot in use in
// the process. What a pass sets free in turn, and the nodes of a table that was cleared, which are retired
// a few at a time, wait for the thread's next write. What a thread retires without a record (it never
// protected anything, or its thread-local destructors have run) waits for a pass of another.

namespace syncmap::inline v0_1::detail {

template <class P>
class SYNCMAP_SHARED hazard_domain {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using obj = hazard_pointer_obj_base;

 public:
  using slot = atomic<const void*>;
  static constexpr std::size_t slots_per_unit = 3;

  struct slot_set {
    slot each[slots_per_unit] = {};
  };

  struct alignas(cache_line) unit : slot_set {
    unit* next = nullptr;  // constant once linked
    atomic<bool> used{true};
  };

  struct alignas(cache_line) record : slot_set {  // its own slots
    static constexpr std::size_t cache_size = 8;

    constexpr record(std::size_t at, bool shared) noexcept
        : use(shared ? in_use : 0), is_shared(shared), index(at) {}

    // What a thread's pointer shows before its first operation, and after our thread-local destructor.
    // Shared between threads: always busy, and only their lists of retired objects are used.
    static record unattached;
    static record exited;

    // Touched by the owner (S2).
    static constexpr std::uint8_t in_use = 1;  // its own slots are in use
    static constexpr std::uint8_t costly = 2;  // an announcement needs a full fence
    std::uint8_t use;
    const bool is_shared;
    std::size_t cached = 0;
    unit* cache[cache_size] = {};
    // Constant once linked.
    record* next = nullptr;
    const std::size_t index;
    // Touched by the owner (S2).
    std::size_t pending = 0;  // weight of what was retired since the last pass
    std::size_t depth = 0;    // of passes within destructors within passes
    std::size_t heavy = 0;    // what a write adds to `pending`: see reclaim_if_due()
    std::size_t kept = 0;     // objects that the last pass has put back
    bool at_once = false;     // it is in reclaim(): what goes in parts otherwise, goes whole
    // Statistics, of what this record's threads have retired and destroyed so far.
    atomic<std::size_t> bytes_retired{0};
    atomic<std::size_t> bytes_destroyed{0};
    // Any thread.
    atomic<bool> owned{true};
    atomic<obj*> retired{nullptr};
    atomic<std::uint64_t> pass_mark{0};  // the process, and a count of passes begun and ended
  };

  static hazard_domain& global() noexcept;

  // The calling thread's record, if it has one whose own slots are free.
  static record& this_record() noexcept { return *P::template this_thread<record>(); }

  // For a thread whose record is busy: makes it one, if it has none yet, and says whether that one
  // is free. Throws std::bad_alloc if a new record is needed and memory is out.
  SYNCMAP_NOINLINE bool attach() {
    record*& current = P::template this_thread<record>();
    if (current != &record::unattached) return false;
    P::prepare_fences();
    record* const mine = claim();
    if (current == &record::unattached) {
      current = mine;
      P::template at_thread_exit<record>(&detach);
    } else {  // an allocation function that uses a map came first
      let_go(*mine);
    }
    return true;
  }

  // Slots for the calling thread, all null. Throws std::bad_alloc if no unit is free and memory is out.
  unit* take_unit() {
    record& mine = this_record();
    return mine.cached != 0 ? mine.cache[--mine.cached] : take_unit_slow();
  }

  // REQUIRES: the slots hold null.
  void put_unit(unit* one) noexcept {
    record& mine = this_record();
    if (!mine.is_shared && mine.cached < record::cache_size) {
      mine.cache[mine.cached++] = one;
    } else {
      one->used.store(false, std::memory_order_release);  // S6 release
    }
  }

  // Hands over an object that no new reader can reach. `bytes` is what freeing it gives back, `urgency`
  // how many bytes it is to count for. May run destructors of retired objects: the caller holds no lock.
  void retire(obj* object, std::size_t bytes, std::size_t urgency) noexcept {
    record& mine = this_record();
    push(mine, object);
    count(mine, mine.bytes_retired, bytes);
    if (mine.is_shared) return;
    const std::size_t weight = 1 + urgency / P::reclaim_bytes;
    mine.pending += weight;
    if (weight > P::reclaim_batch) mine.heavy = P::reclaim_batch / 16;
    reclaim_if_due();
  }

  // One pass, if enough has come together: what that sets free in turn waits for the next call, so that none
  // does more than its share. The caller holds no lock. While an object that was due by itself may still be
  // there, because somebody protected it, every call counts: it does not wait for as many as a small one.
  static void reclaim_if_due() noexcept {
    record& mine = this_record();
    if (mine.heavy != 0) mine.pending += mine.heavy;  // never of a shared record
    if (mine.pending < P::reclaim_batch) [[likely]]
      return;
    if (mine.depth != 0) return;
    mine.pending = 0;
    mine.kept = 0;
    global().pass(mine, false);
    mine.heavy = mine.kept == 0 ? 0 : (mine.heavy + 1) / 2;
  }

  // On return everything that was retired before the call, and all that this set free in turn, has been
  // destroyed, except what a slot protects. Blocks while another thread destroys such objects; called from a
  // destructor that a pass runs, it does not wait.
  void reclaim() noexcept {
    const borrowed_record borrowed(*this);
    if (borrowed.mine == nullptr) return;
    record& mine = *borrowed.mine;
    const bool outer = std::exchange(mine.at_once, true);
    // While other threads keep retiring there is no end to it: then this many looks are enough.
    for (int patience = 64; patience > 0;) {
      const std::uint64_t before = passes_of_others(mine, false);
      const std::size_t freed = pass(mine, true);
      // What that set free in turn nobody else can see: it is destroyed whatever others do, and has an end.
      for (std::size_t more = freed; more != 0;) more = pass(mine, false);
      // A pass that ran meanwhile may have put back, or retired, what ours could not see.
      const bool others = passes_of_others(mine, mine.depth == 0) != before;
      if (!others && freed == 0) break;
      if (others) --patience;
    }
    mine.at_once = outer;
  }
  static bool reclaims_at_once() noexcept { return this_record().at_once; }

  // What was retired, by any map, and has not been destroyed yet. Wait-free.
  [[nodiscard]] std::size_t retired_bytes() const noexcept {
    std::size_t difference = 0;
    const auto add = [&difference](const record& each) {
      // relaxed (statistic): a destruction may be seen before its retirement, hence the clamp below.
      difference += each.bytes_retired.load(std::memory_order_relaxed) -
                    each.bytes_destroyed.load(std::memory_order_relaxed);  // relaxed (statistic)
    };
    add(record::unattached);
    add(record::exited);
    for (const record* each = first(records_); each != nullptr; each = each->next) add(*each);
    return difference > static_cast<std::size_t>(-1) / 2 ? 0 : difference;
  }

  // Does the calling thread run destructors of what it reclaims? Then it must not wait for others.
  static bool is_in_pass() noexcept { return this_record().depth != 0; }

  // A number from 1 on that differs between threads that run at the same time, the smaller the fewer
  // there are; 0 for threads without a record.
  static std::size_t thread_index() noexcept { return this_record().index; }

 private:
  // --- lists that only grow (I1)

  template <class X>
  static X* first(const atomic<X*>& list) noexcept {
    return list.load(std::memory_order_acquire);  // S1 acquire
  }

  template <class X>
  static void link(atomic<X*>& list, X* fresh) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    fresh->next = list.load(std::memory_order_relaxed);
    // S1 release. Failure: relaxed (revalidated).
    while (!list.compare_exchange_weak(
        fresh->next, fresh, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // --- records

  // A record for a thread that has none: one that another thread left, or a new one.
  record* claim() {
    for (record* each = first(records_); each != nullptr; each = each->next) {
      bool expected = false;
      // S2 acquire. Failure: relaxed (revalidated), the record is not touched.
      if (each->owned.compare_exchange_strong(
              expected, true, std::memory_order_acquire, std::memory_order_relaxed)) {
        return each;
      }
    }
    // relaxed (statistic): only that numbers differ matters.
    const std::size_t index = 1 + record_count_.fetch_add(1, std::memory_order_relaxed);
    record* const fresh = detail::make<P, record>(index, false);
    if (!P::announces_lightly()) fresh->use = record::costly;
    link(records_, fresh);
    return fresh;
  }

  static void let_go(record& mine) noexcept {
    mine.owned.store(false, std::memory_order_release);  // S2 release
  }

  // Runs when a thread ends. What it retired stays in its record, for the next pass of any thread:
  // no user code runs here, where thread-locals that it may need are already gone.
  static void detach() noexcept {
    record*& current = P::template this_thread<record>();
    record& mine = *std::exchange(current, &record::exited);
    if (mine.is_shared) return;
    if (mine.depth != 0) {  // a destructor has called exit(): its pass will not be resumed
      mine.depth = 0;
      mine.at_once = false;
      mine.pass_mark.fetch_add(1, std::memory_order_release);  // S5 release
    }
    let_go(mine);
  }

  // Gives a thread without a record one for the duration of a call.
  struct borrowed_record {
    explicit borrowed_record(hazard_domain& domain) noexcept
        : before(P::template this_thread<record>()), mine(before) {
      if (!before->is_shared) return;
      mine = nullptr;
      completes([&] { mine = domain.claim(); });
      if (mine != nullptr) P::template this_thread<record>() = mine;
    }
    borrowed_record(const borrowed_record&) = delete;
    borrowed_record& operator=(const borrowed_record&) = delete;
    ~borrowed_record() {
      if (mine == nullptr || mine == before) return;
      P::template this_thread<record>() = before;
      let_go(*mine);
    }
    record* const before;
    record* mine;
  };

  // --- units

  SYNCMAP_NOINLINE unit* take_unit_slow() {
    attach();
    std::size_t seen = 0;
    for (unit* each = first(units_); each != nullptr; each = each->next, ++seen) {
      bool used = false;
      // S6 acquire. Failure: relaxed (revalidated), the unit is not touched.
      if (each->used.compare_exchange_strong(
              used, true, std::memory_order_acquire, std::memory_order_relaxed)) {
        return each;
      }
    }
    unit* const mine = detail::make<P, unit>();
    link(units_, mine);
    // A quarter more, so that searching in vain gets rare when units get many.
    completes([&] {
      for (; seen >= 4; seen -= 4) {
        unit* const more = detail::make<P, unit>();
        more->used.store(false, std::memory_order_relaxed);  // relaxed (unpublished)
        link(units_, more);
      }
    });
    return mine;
  }

  // --- retired objects

  static void count(const record& mine, atomic<std::size_t>& total, std::size_t bytes) noexcept {
    if (mine.is_shared) {
      total.fetch_add(bytes, std::memory_order_relaxed);  // relaxed (statistic)
    } else {
      // relaxed (statistic): nobody else writes it.
      total.store(total.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }
  }

  static void push(record& to, obj* object) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    object->next_retired = to.retired.load(std::memory_order_relaxed);
    // S3 release. Failure: relaxed (revalidated).
    while (!to.retired.compare_exchange_weak(
        object->next_retired, object, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // Takes the retired objects of this thread and of no thread (of every thread, if `everyone`),
  // destroys those that no slot protects, and puts the others back. Returns how many it destroyed.
  std::size_t pass(record& mine, bool everyone) noexcept {
    if (mine.depth++ == 0) {
      const auto count = mine.pass_mark.load(std::memory_order_relaxed) + 1;  // relaxed (own)
      // Odd: under way. relaxed (after S3): the exchange that takes a list publishes it.
      mine.pass_mark.store((P::process() << 32) | (count & 0xffffffffU), std::memory_order_relaxed);
    }
    SYNCMAP_PROBE2(reclaim_start, mine.index, everyone);
    retired_batch taken;
    bool any = taken.add(take_list(record::unattached));
    any |= taken.add(take_list(record::exited));
    for (record* each = first(records_); each != nullptr; each = each->next) {
      // relaxed (statistic): a list that looks owned waits for another pass.
      if (everyone || each == &mine || !each->owned.load(std::memory_order_relaxed)) {
        any |= taken.add(take_list(*each));
      }
    }
    const std::size_t freed = any ? destroy_unprotected(mine, taken) : 0;
    if (--mine.depth == 0) mine.pass_mark.fetch_add(1, std::memory_order_release);  // S5 release
    SYNCMAP_PROBE2(reclaim_end, mine.index, freed);
    return freed;
  }

  static obj* take_list(record& from) noexcept {
    // S3 acquire: an empty list too carries the mark of the pass that emptied it.
    if (from.retired.load(std::memory_order_acquire) == nullptr) return nullptr;
    return from.retired.exchange(nullptr, std::memory_order_acq_rel);  // S3 acquire, S3 release
  }

  std::size_t destroy_unprotected(record& mine, retired_batch& taken) noexcept {
    const bool fenced = P::fence_heavy();  // T1
    const auto keep = [&](const slot& one) {
      const void* const address = one.load(std::memory_order_acquire);  // S4 acquire, T1
      if (address == nullptr) return;
      if (obj* const object = taken.extract(address)) {
        push(mine, object);
        ++mine.kept;
      }
    };
    for (record* each = first(records_); each != nullptr && fenced; each = each->next) {
      for (const slot& one : each->each) keep(one);
    }
    for (unit* each = first(units_); each != nullptr && fenced; each = each->next) {
      for (const slot& one : each->each) keep(one);
    }
    std::size_t freed = 0;
    std::size_t bytes = 0;
    for (obj* list : taken.heads) {
      while (list != nullptr) {
        obj* const object = std::exchange(list, list->next_retired);
        if (fenced) {
          bytes += object->reclaim(object);
          ++freed;
        } else {
          push(mine, object);
        }
      }
    }
    count(mine, mine.bytes_destroyed, bytes);
    return freed;
  }

  // A number that changes whenever another thread begins or ends a pass. Waits first, if asked to,
  // for those that are under way. In the child of a fork, those of the parent are not.
  std::uint64_t passes_of_others(const record& mine, bool wait) noexcept {
    std::uint64_t sum = 0;
    for (const record* each = first(records_); each != nullptr; each = each->next) {
      if (each == &mine) continue;
      std::uint64_t mark = each->pass_mark.load(std::memory_order_acquire);  // S5 acquire
      const std::uint64_t seen = mark;
      while (wait && mark == seen && mark % 2 != 0 && mark >> 32 == P::process()) {
        P::yield();
        mark = each->pass_mark.load(std::memory_order_acquire);  // S5 acquire
      }
      sum += mark;
    }
    return sum;
  }

  atomic<record*> records_{nullptr};
  atomic<unit*> units_{nullptr};
  atomic<std::size_t> record_count_{0};
};

template <class P>
constinit inline typename hazard_domain<P>::record hazard_domain<P>::record::unattached{0, true};
template <class P>
constinit inline typename hazard_domain<P>::record hazard_domain<P>::record::exited{0, true};

// Never destroyed: threads and maps that outlive static destruction find it in place.
template <class P>
SYNCMAP_SHARED inline constinit hazard_domain<P> hazard_domain_v{};

template <class P>
hazard_domain<P>& hazard_domain<P>::global() noexcept {
  return hazard_domain_v<P>;
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/small_buffer.hpp
// small_buffer.hpp -- a vector of plain objects whose first few need no allocation.

namespace syncmap::inline v0_1::detail {

template <class P, class X, std::size_t Inside>
class small_buffer {
  static_assert(std::is_trivially_copyable_v<X> && std::is_trivially_destructible_v<X>);

 public:
  small_buffer() noexcept {}  // NOLINT(modernize-use-equals-default): leaves the memory alone
  small_buffer(const small_buffer&) = delete;
  small_buffer& operator=(const small_buffer&) = delete;
  small_buffer(small_buffer&& other) noexcept
      : capacity_(std::exchange(other.capacity_, Inside)), size_(std::exchange(other.size_, 0)) {
    if (other.is_inside()) {
      std::uninitialized_copy_n(other.data_, size_, data_);
    } else {
      data_ = std::exchange(other.data_, other.inside());
    }
  }
  small_buffer& operator=(small_buffer&& other) noexcept {
    if (this != &other) {
      this->~small_buffer();
      ::new (static_cast<void*>(this)) small_buffer(std::move(other));
    }
    return *this;
  }
  ~small_buffer() {
    if (!is_inside()) P::deallocate(data_, capacity_ * element, alignof(X));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] X& operator[](std::size_t index) noexcept { return data_[index]; }
  [[nodiscard]] const X& operator[](std::size_t index) const noexcept { return data_[index]; }
  void clear() noexcept { size_ = 0; }
  // REQUIRES: size <= size().
  void resize_down(std::size_t size) noexcept { size_ = size; }
  // Throws std::bad_alloc; nothing has changed then.
  void push_back(const X& one) {
    ::new (static_cast<void*>(space_for(1))) X(one);
    ++size_;
  }
  // Memory for `count` more behind the last, of which as many become elements as added() says. Throws
  // std::bad_alloc; nothing has changed then.
  [[nodiscard]] X* space_for(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(size_ + count);
    return data_ + size_;
  }
  void added(std::size_t count) noexcept { size_ += count; }

 private:
  static constexpr std::size_t element =
      sizeof(X);  // NOLINT(bugprone-sizeof-expression): X may well be a pointer
  X* inside() noexcept { return reinterpret_cast<X*>(inside_); }
  [[nodiscard]] bool is_inside() const noexcept {
    return data_ == reinterpret_cast<const X*>(inside_);
  }

  SYNCMAP_NOINLINE void grow(std::size_t least) {
    const std::size_t wider = larger(least, 2 * capacity_);
    auto* const fresh = static_cast<X*>(P::allocate(wider * element, alignof(X)));
    std::uninitialized_copy_n(data_, size_, fresh);
    if (!is_inside()) P::deallocate(data_, capacity_ * element, alignof(X));
    data_ = fresh;
    capacity_ = wider;
  }

  X* data_ = inside();
  std::size_t capacity_ = Inside;
  std::size_t size_ = 0;
  alignas(X) unsigned char inside_[Inside * element];
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/hazard.hpp
// hazard.hpp -- what an operation or a handle holds to keep an object alive: the reader's side of
// hazard_domain.hpp.
//
//   hazard_scope     the protectors of one operation, on the stack of one thread
//   hazard_leaf      one for an operation that runs no code of the user's
//   hazard_row       as many as are asked for
//   hazard_pointer   protectors that can be kept, moved, and destroyed on another thread
//   protector        what both give: protect(), reset_protection(), as C++26 names them
//   retire()         hands over an object that no new reader can reach

namespace syncmap::inline v0_1::detail {

// Calls `load` until what it returned is still there after it was announced, and returns that.
template <class Load, class Announce>
SYNCMAP_INLINE auto load_protected(Load load, Announce announce) noexcept {
  for (auto seen = load();;) {
    announce(seen.address());
    const auto again = load();
    if (again == seen) [[likely]]
      return again;
    seen = again;
  }
}

// Protects one object at a time, with a slot that somebody else owns.
template <class P>
class protector {
  using slot = typename hazard_domain<P>::slot;

 public:
  explicit protector(slot* one) noexcept : slot_(one) {}

  // Calls `load` until what it returns is protected, and returns that: a word with an `address()`,
  // null if there is nothing to protect. `load` reads where the object is published.
  // Lock-free: it loads again only if somebody else published something new.
  template <class Load>
  SYNCMAP_INLINE auto protect(Load load) const noexcept {
    return detail::load_protected(load, [this](auto address) { this->announce(address); });
  }

  // Protects `object`, which something else (a lock) keeps from being retired until the return.
  template <class X>
  void reset_protection(const X* object) const noexcept {
    announce(object);
  }
  void reset_protection(std::nullptr_t = nullptr) const noexcept {
    slot_->store(nullptr, std::memory_order_release);  // hazard_domain:S4 release
  }

 private:
  void announce(const hazard_pointer_obj_base* object) const noexcept {
    announce(static_cast<const void*>(object));
  }
  void announce(const void* address) const noexcept {
    P::announce(*slot_, address);  // hazard_domain:S4 release, hazard_domain:T1
  }

  slot* slot_;
};

// The protectors of one operation, `Count` of them, from its start to its end on one thread.
template <class P, std::size_t Count>
class hazard_scope {
  using domain = hazard_domain<P>;
  static_assert(Count <= domain::slots_per_unit);

 public:
  SYNCMAP_INLINE hazard_scope() : record_(&domain::this_record()), slots_(record_) {
    if ((record_->use & domain::record::in_use) == 0) [[likely]] {
      record_->use |= domain::record::in_use;
    } else {
      std::tie(record_, slots_) = take_other_slots();
    }
  }
  hazard_scope(const hazard_scope&) = delete;
  hazard_scope& operator=(const hazard_scope&) = delete;
  SYNCMAP_INLINE ~hazard_scope() {
    typename domain::record* const record = record_;
    typename domain::slot_set* const slots = slots_;
    for (std::size_t index = 0; index < Count; ++index) {
      protector<P>(&slots->each[index]).reset_protection();
    }
    if (record != nullptr) [[likely]] {
      record->use &= domain::record::costly;
    } else {
      domain::global().put_unit(static_cast<typename domain::unit*>(slots));
    }
  }

  SYNCMAP_INLINE protector<P> operator[](std::size_t index) const noexcept {
    return protector<P>(&slots_->each[index]);
  }

 private:
  using owner_and_slots = std::pair<typename domain::record*, typename domain::slot_set*>;

  // The record is new, or an operation of this thread further out uses its slots.
  SYNCMAP_NOINLINE static owner_and_slots take_other_slots() {
    if (!domain::global().attach()) return {nullptr, domain::global().take_unit()};
    auto& mine = domain::this_record();
    mine.use |= domain::record::in_use;
    return {&mine, &mine};
  }

  typename domain::record* record_;  // null: the slots are a unit's
  typename domain::slot_set* slots_;
};

// A protector for an operation in which no user code runs, so that no other operation of the thread
// can begin meanwhile: it needs not even the flag.
template <class P>
class hazard_leaf {
  using domain = hazard_domain<P>;

 public:
  // Not if the thread's own slots are in use, if it has none yet, or if an announcement needs a full
  // fence in this process.
  [[nodiscard]] SYNCMAP_INLINE static bool can_be_had() noexcept {
    return domain::this_record().use == 0;
  }

  // REQUIRES: can_be_had().
  SYNCMAP_INLINE hazard_leaf() noexcept : record_(domain::this_record()) {}
  hazard_leaf(const hazard_leaf&) = delete;
  hazard_leaf& operator=(const hazard_leaf&) = delete;
  SYNCMAP_INLINE ~hazard_leaf() {
    own().store(nullptr, std::memory_order_release);  // hazard_domain:S4 release
  }

  // As protector::protect().
  template <class Load>
  SYNCMAP_INLINE auto protect(Load load) const noexcept {
    return detail::load_protected(load, [this](const void* address) {
      P::announce_lightly(own(), address);  // hazard_domain:S4 release, hazard_domain:T1
    });
  }

 private:
  typename domain::slot& own() const noexcept { return record_.each[0]; }

  typename domain::record& record_;
};

// Owns protectors, or none. Move it, also to another thread; destroy it anywhere.
template <class P>
class hazard_pointer {
  using domain = hazard_domain<P>;

 public:
  hazard_pointer() noexcept = default;
  hazard_pointer(hazard_pointer&& other) noexcept : unit_(std::exchange(other.unit_, nullptr)) {}
  hazard_pointer& operator=(hazard_pointer&& other) noexcept {
    hazard_pointer(std::move(other)).swap(*this);
    return *this;
  }
  ~hazard_pointer() {
    if (unit_ == nullptr) return;
    for (std::size_t which = 0; which < domain::slots_per_unit; ++which) {
      get(which).reset_protection();
    }
    domain::global().put_unit(unit_);
  }
  void swap(hazard_pointer& other) noexcept { std::swap(unit_, other.unit_); }
  [[nodiscard]] bool empty() const noexcept { return unit_ == nullptr; }

  // One of its protectors: it has as many as an operation. REQUIRES: !empty().
  [[nodiscard]] protector<P> get(std::size_t which = 0) const noexcept {
    return protector<P>(&unit_->each[which]);
  }

 private:
  template <class Platform>
  friend hazard_pointer<Platform> make_hazard_pointer();
  explicit hazard_pointer(typename domain::unit* one) noexcept : unit_(one) {}

  typename domain::unit* unit_ = nullptr;
};

template <class P>
hazard_pointer<P> make_hazard_pointer() {
  return hazard_pointer<P>(hazard_domain<P>::global().take_unit());
}

// As many protectors as are asked for, one after the other; kept until the end. Movable.
template <class P>
class hazard_row {
  using domain = hazard_domain<P>;
  static constexpr std::size_t per_unit = domain::slots_per_unit;

 public:
  hazard_row() noexcept = default;
  hazard_row(hazard_row&&) noexcept = default;
  hazard_row& operator=(hazard_row&& other) noexcept {
    if (this != &other) {
      give_back();
      units_ = std::move(other.units_);
    }
    return *this;
  }
  ~hazard_row() { give_back(); }

  // Makes sure that protectors [0, count) exist. Throws std::bad_alloc.
  void reserve(std::size_t count) {
    while (units_.size() * per_unit < count) {
      struct owner {
        typename domain::unit* one;
        ~owner() {
          if (one != nullptr) domain::global().put_unit(one);
        }
      } fresh{domain::global().take_unit()};
      units_.push_back(fresh.one);
      fresh.one = nullptr;
    }
  }
  [[nodiscard]] protector<P> operator[](std::size_t index) const noexcept {
    return protector<P>(&units_[index / per_unit]->each[index % per_unit]);
  }
  void reset_protection() noexcept {
    for (std::size_t i = 0; i < units_.size() * per_unit; ++i) (*this)[i].reset_protection();
  }

 private:
  void give_back() noexcept {
    reset_protection();
    for (std::size_t i = 0; i < units_.size(); ++i) domain::global().put_unit(units_[i]);
    units_.clear();
  }

  small_buffer<P, typename domain::unit*, 6> units_;
};

// Hands `object` over to be destroyed when nobody protects it. X derives from the base above, and has
// reclaimed(X*), which returns how many bytes it gave back unless that is sizeof(X).
template <class P, class X>
void retire(X* object, std::size_t bytes, std::size_t urgency) noexcept {
  object->reclaim = [](hazard_pointer_obj_base* base) noexcept {
    if constexpr (std::is_void_v<decltype(X::reclaimed(static_cast<X*>(base)))>) {
      X::reclaimed(static_cast<X*>(base));
      return sizeof(X);
    } else {
      return X::reclaimed(static_cast<X*>(base));
    }
  };
  hazard_domain<P>::global().retire(object, bytes, urgency);
}
template <class P, class X>
void retire(X* object, std::size_t bytes = sizeof(X)) noexcept {
  detail::retire<P>(object, bytes, bytes);
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/seed.hpp
// seed.hpp -- the random number with which a map mixes every hash.

namespace syncmap::inline v0_1::detail {

// Drawn when the first table is made, so that a map needs no code to be constructed; constant then.
template <class P>
class map_seed {
 public:
  constexpr map_seed() noexcept = default;

  // Before there is a table: the seed of the map from now on.
  std::uint64_t draw() noexcept {
    // relaxed (statistic): whoever draws first, all threads agree on the result.
    std::uint64_t drawn = value_.load(std::memory_order_relaxed);
    if (drawn != 0) return drawn;
    const std::uint64_t fresh = P::random() | 1;
    // relaxed (statistic), on failure too: nothing else depends on it.
    return value_.compare_exchange_strong(
               drawn, fresh, std::memory_order_relaxed, std::memory_order_relaxed)
               ? fresh
               : drawn;
  }

  // REQUIRES: the caller has seen a table.
  template <class Hash>
  [[nodiscard]] std::uint64_t mixed(std::size_t hash) const noexcept {
    // relaxed (statistic): it was drawn before the table was published, and never changes.
    const std::uint64_t seed = value_.load(std::memory_order_relaxed);
    return is_mixed<Hash> ? hash * seed : mix(hash, seed);
  }

  // The tag of a key that overflows, whose hash may be that of many others. REQUIRES: the same.
  template <class Key, class Hash, class KeyEqual, class K>
  [[nodiscard]] std::uint64_t mixed_again(std::uint64_t mixed_hash, const K& key) const noexcept {
    if constexpr (has_second_hash<Key, Hash, KeyEqual>) {
      return second_hash<Key>(key, value_.load(std::memory_order_relaxed));  // relaxed (statistic)
    } else {
      return mixed_hash;
    }
  }

 private:
  typename P::template atomic<std::uint64_t> value_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/striped_counter.hpp
// striped_counter.hpp -- how many entries a map has, without a line that all writers share.
//
// Each thread counts on a stripe, the first threads each on one of its own: what it added and what it
// removed. A clear starts a new *generation*: every number carries the generation it belongs to, so an
// operation that began before the clear and counts after it changes nothing.
//
// Invariants
//   I1  A word holds a generation and a count of that generation; both only grow (modulo their width,
//       which takes longer than a reading). So two equal readings of all words are one reading at
//       one instant.
//   I2  A stripe below `exclusive` is written by the one running thread that has its number, and by
//       restart(), which it may overtake: a word of an older generation counts as 0 anyway.
//   I3  The stripes are allocated once, before the first count, and live as long as the counter.
//
// Synchronization
//   S1 make-stripes   release: make_stripes()   acquire: stripes()
//      Carries the zeroed stripes.
//   S2 count          release: count(), raise()   acquire: total()
//      Carries the order of counts on different words, which I1's last sentence needs.

namespace syncmap::inline v0_1::detail {

// A generation number in the width that a word has for it.
inline constexpr unsigned generation_bits = 24;

template <class M>
class striped_counter {
  using P = platform_of<M>;
  template <class X>
  using atomic = typename P::template atomic<X>;

 public:
  constexpr striped_counter() noexcept = default;
  striped_counter(const striped_counter&) = delete;
  striped_counter& operator=(const striped_counter&) = delete;
  ~striped_counter() {
    if (block* const mine = stripes()) destroy_in(mine->memory, mine);
  }

  // Makes the stripes. Call it, where throwing is harmless, before the first count.
  void prepare(const M& memory = M()) {
    if (stripes() == nullptr) [[unlikely]]
      make_stripes(memory);
  }

  // REQUIRES: prepare() was called (I3). `thread` is a number of the hazard domain's.
  void add(std::uint32_t generation, std::size_t thread) noexcept {
    count(&stripe::added, generation, thread);
  }
  void remove(std::uint32_t generation, std::size_t thread) noexcept {
    count(&stripe::removed, generation, thread);
  }

  // Begins `generation` on every stripe, so that no word is ever older than half the numbers.
  void restart(std::uint32_t generation) noexcept {
    block* const all = stripes();
    if (all == nullptr) return;
    for (stripe& each : all->each) {
      raise(each.added, generation, 0);
      raise(each.removed, generation, 0);
    }
  }

  // What the stripes take.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return stripes() == nullptr ? 0 : sizeof(block);
  }

  // Added less removed in `generation`: exact at some instant of the call if there was a moment
  // without counts; else each count made meanwhile is in it or not. Wait-free.
  [[nodiscard]] std::size_t total(std::uint32_t generation) const noexcept {
    const block* const all = stripes();
    if (all == nullptr) return 0;
    sums last = collect(*all, generation);
    for (int attempt = 0; attempt < 16; ++attempt) {
      const sums again = collect(*all, generation);
      if (again.added == last.added && again.removed == last.removed) break;  // I1
      last = again;
    }
    // A removal may be counted before the addition that it follows; then this is a little negative.
    const std::uint64_t difference = (last.added - last.removed) & count_mask;
    return difference > count_mask / 2 ? 0 : static_cast<std::size_t>(difference);
  }

 private:
  SYNCMAP_NOINLINE void make_stripes(const M& memory) {
    block* fresh = make_in<block>(memory, memory);
    block* none = nullptr;
    // S1 release. Failure: relaxed (revalidated), another thread's stripes serve as well.
    if (!stripes_.compare_exchange_strong(
            none, fresh, std::memory_order_release, std::memory_order_relaxed)) {
      destroy_in(memory, fresh);
    }
  }

  static constexpr unsigned count_bits = 64 - generation_bits;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;
  static constexpr std::size_t exclusive = 12;  // of the threads 1, 2, ...; thread 0 may be many
  static constexpr std::size_t stripe_count = 16;

  struct alignas(cache_line) stripe {
    atomic<std::uint64_t> added{0};
    atomic<std::uint64_t> removed{0};
  };
  struct block {
    explicit block(const M& from) noexcept : memory(from) {}
    stripe each[stripe_count];
    SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
  };
  struct sums {
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
  };

  block* stripes() const noexcept {
    return stripes_.load(std::memory_order_acquire);  // S1 acquire
  }
  SYNCMAP_INLINE void count(atomic<std::uint64_t> stripe::*which, std::uint32_t generation,
                            std::size_t thread) noexcept {
    if (thread - 1 < exclusive) [[likely]] {
      atomic<std::uint64_t>& word = stripes()->each[thread - 1].*which;
      const std::uint64_t seen = word.load(std::memory_order_relaxed);  // relaxed (own)
      const std::uint64_t next = raised(seen, generation, 1);
      word.store(next, std::memory_order_release);  // S2 release
    } else {
      raise(stripes()->each[exclusive + thread % (stripe_count - exclusive)].*which, generation);
    }
  }

  // Adds `by` to the count of `generation`, unless the word has gone on to a newer one.
  static void raise(atomic<std::uint64_t>& word, std::uint32_t generation,
                    std::uint64_t by = 1) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    // S2 release. Failure: relaxed (revalidated).
    while (!word.compare_exchange_weak(
        seen, raised(seen, generation, by), std::memory_order_release, std::memory_order_relaxed)) {
    }
  }
  static std::uint64_t raised(std::uint64_t seen, std::uint32_t generation,
                              std::uint64_t by) noexcept {
    constexpr std::uint64_t half = std::uint64_t{1} << (generation_bits - 1);
    const std::uint64_t ahead = ((seen >> count_bits) - generation) & (2 * half - 1);
    if (ahead == 0) [[likely]]
      return (seen & ~count_mask) | ((seen + by) & count_mask);
    if (ahead < half) return seen;
    return (std::uint64_t{generation} << count_bits) | by;
  }

  static std::uint64_t count_of(const atomic<std::uint64_t>& word,
                                std::uint32_t generation) noexcept {
    const std::uint64_t seen = word.load(std::memory_order_acquire);  // S2 acquire
    return seen >> count_bits == generation ? seen & count_mask : 0;
  }

  static sums collect(const block& all, std::uint32_t generation) noexcept {
    sums result;
    for (const stripe& each : all.each) {
      result.added += count_of(each.added, generation);
      result.removed += count_of(each.removed, generation);
    }
    return result;
  }

  atomic<block*> stripes_{nullptr};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_root.hpp
// group_root.hpp -- where the group map begins: which table it has, or none.
//
// Invariants
//   I1  The word is a table, or *empty* with the number of clears so far. Every clear changes it, and
//       every table has the number of clears before it. (Where assertions are on, it is something else once
//       the map is destroyed.)
//   I2  `generation` is at least the number of the word's table.
//
// Synchronization
//   S1 publish-table   release: try_replace()       acquire: load()
//      Carries the table, and the seed.
//   S2 generation      release: raise_generation()  acquire: size()
//      Carries the counter's restart no further than it needs: a count of another generation is none.
//   T1 table-order     sites: load(), try_replace()
//      Sequentially consistent, to be in the one order of group:T1 with what happens to entries; and
//      the reload of hazard_domain:T1.

namespace syncmap::inline v0_1::detail {

// A table, or that there is none after so many clears.
template <class Table>
class root_word {
 public:
  explicit root_word(std::uintptr_t bits) noexcept : bits_(bits) {}
  explicit root_word(const Table* table) noexcept
      : bits_(reinterpret_cast<std::uintptr_t>(table)) {}
  static root_word empty(std::uint32_t generation) noexcept {
    return root_word((std::uintptr_t{generation} << 1) | 1);
  }

  // Neither a table nor empty.
  static root_word destroyed() noexcept { return root_word(std::uintptr_t{2}); }

  [[nodiscard]] bool is_empty() const noexcept { return (bits_ & 1) != 0; }
  // REQUIRES: is_empty().
  [[nodiscard]] std::uint32_t generation() const noexcept {
    return static_cast<std::uint32_t>(bits_ >> 1);
  }
  // REQUIRES: !is_empty().
  [[nodiscard]] Table* table() const noexcept { return reinterpret_cast<Table*>(bits_); }
  [[nodiscard]] bool is(const Table* table) const noexcept { return *this == root_word(table); }
  [[nodiscard]] std::uintptr_t bits() const noexcept { return bits_; }
  // For protect(). What is announced of an empty word is the address of no object.
  [[nodiscard]] const void* address() const noexcept {
    return reinterpret_cast<const void*>(bits_);
  }
  friend bool operator==(root_word, root_word) noexcept = default;

 private:
  std::uintptr_t bits_;
};

// Not a template of the table, whose type needs complete keys and values: a value may hold a map.
template <class M>
class alignas(cache_line) group_root {
  using P = platform_of<M>;
  template <class X>
  using atomic = typename P::template atomic<X>;

 public:
  constexpr group_root() noexcept = default;
  group_root(const group_root&) = delete;
  group_root& operator=(const group_root&) = delete;

  template <class Table>
  [[nodiscard]] root_word<Table> load() const noexcept {
    const root_word<Table> now(word_.load(std::memory_order_seq_cst));  // S1 acquire, T1
    SYNCMAP_ASSERT(now != root_word<Table>::destroyed(), SYNCMAP_DESTROYED);
    return now;
  }
  // At the end of a map: whoever uses it afterwards is told, as long as its memory is not used again.
  template <class Table>
  void bury() noexcept {
    if constexpr (SYNCMAP_ASSERTS) {
      // relaxed (locked): no operation is running.
      word_.store(root_word<Table>::destroyed().bits(), std::memory_order_relaxed);
    }
  }
  template <class Table>
  bool try_replace(root_word<Table> before, root_word<Table> after) noexcept {
    std::uintptr_t expected = before.bits();
    // S1 release, T1. Failure: relaxed (revalidated).
    return word_.compare_exchange_strong(
        expected, after.bits(), std::memory_order_seq_cst, std::memory_order_relaxed);
  }

  // I2: before a table of this generation is published, and after a clear has begun it.
  void raise_generation(std::uint32_t to) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    std::uint32_t now = generation_.load(std::memory_order_relaxed);
    while (is_ahead(to, now)) {
      // S2 release. Failure: relaxed (revalidated).
      if (generation_.compare_exchange_weak(
              now, to, std::memory_order_release, std::memory_order_relaxed)) {
        counter.restart(to);
      }
    }
  }
  [[nodiscard]] static std::uint32_t after(std::uint32_t generation) noexcept {
    return (generation + 1) & generation_mask;
  }

  // Bounded, so that it ends whatever others do; more clears than this during one call end it too.
  [[nodiscard]] std::size_t size() const noexcept {
    for (int attempt = 0;; ++attempt) {
      const root_word<group_root> word = load<group_root>();  // only a word, whatever the table is
      const std::uint32_t generation =
          word.is_empty() ? word.generation()
                          : generation_.load(std::memory_order_acquire);  // S2 acquire
      const std::size_t total = counter.total(generation);
      if (attempt == 16 || load<group_root>() == word) return total;
    }
  }

  map_seed<P> seed;
  striped_counter<M> counter;
  atomic<attachment*> flights{nullptr};  // single_flight.hpp
  // Statistics, and whether the destructor must wait for what was retired.
  atomic<bool> has_retired{false};
  atomic<std::uint32_t> growths{0};

 private:
  friend struct group_inspector;  // tests

  static constexpr std::uint32_t generation_mask = (1U << generation_bits) - 1;
  static bool is_ahead(std::uint32_t one, std::uint32_t other) noexcept {
    const std::uint32_t distance = (one - other) & generation_mask;
    return distance != 0 && distance <= generation_mask / 2;
  }

  atomic<std::uintptr_t> word_{1};
  atomic<std::uint32_t> generation_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/inline_slot.hpp
// inline_slot.hpp -- entries of the group table that live in their slot: keys and values of at most
// eight bytes each, as two atomic words. Nothing is allocated for them, and nothing reclaimed.
//
// This and node_slot.hpp have the same members, so that the table need not know which it works with:
//
//   slot       what the table has sixteen of in a group
//   draft      what a change brings: a value, and what a new entry needs
//   view       what a search has found: enough to show the value, and to see that it is still there
//   entry      what a walk shows
//   examine()  compares a slot with a key; readers and writers, without the lock
//   the rest   changes a slot, under the group's lock, in the words of group:I1
//
// Synchronization
//   S1 words   release: fill(), replace()   acquire: examine(), capture()
//      Carries whatever the writer of a word did before, so also the version (group:I2) that its
//      slot had when the word was written: who reads a new word sees that the version is new.
//   T1 word-order   sites: replace(), examine(), capture()
//      A replaced value becomes visible in the one order of group:T1.

namespace syncmap::inline v0_1::detail {

// What became of the comparison of a slot with a key.
enum class likeness {
  other,    // another key
  same,     // the key, and the view is of one instant
  changed,  // the group has changed meanwhile: look again
};

// A type whose objects are their bits: at most eight bytes, none of them padding. Only of a complete
// type can that be asked.
template <class X>
inline constexpr bool fits_in_eight_bytes =
    sizeof(X) <= 8 && std::is_trivially_copyable_v<X> &&
    std::is_trivially_copy_constructible_v<X> && std::is_trivially_copy_assignable_v<X> &&
    std::is_trivially_destructible_v<X> &&
    (std::has_unique_object_representations_v<X> || std::is_same_v<X, float> ||
     std::is_same_v<X, double>);

template <class X>
std::uint64_t to_word(const X& object) noexcept {
  if constexpr (sizeof(X) == 8) {
    return std::bit_cast<std::uint64_t>(object);
  } else {
    struct bytes {
      unsigned char each[sizeof(X)];
    };
    const auto from = std::bit_cast<bytes>(object);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(X); ++i) word |= std::uint64_t{from.each[i]} << (8 * i);
    return word;
  }
}

template <class X>
X from_word(std::uint64_t word) noexcept {
  if constexpr (sizeof(X) == 8) {
    return std::bit_cast<X>(word);
  } else {
    struct bytes {
      unsigned char each[sizeof(X)];
    };
    bytes to{};
    for (std::size_t i = 0; i < sizeof(X); ++i) {
      to.each[i] = static_cast<unsigned char>(word >> (8 * i));
    }
    return std::bit_cast<X>(to);
  }
}

// A value that may not be there yet, as the word that a slot will hold.
template <class T>
class word_value {
 public:
  template <class... Args>
  T emplace(Args&&... args) {
    const std::optional<T> made(std::in_place, std::forward<Args>(args)...);
    word_ = to_word(*made);
    has_value_ = true;
    return **this;
  }
  explicit operator bool() const noexcept { return has_value_; }
  // REQUIRES: true.
  T operator*() const noexcept { return from_word<T>(word_); }
  [[nodiscard]] std::uint64_t word() const noexcept { return word_; }

 private:
  std::uint64_t word_ = 0;
  bool has_value_ = false;
};

template <class Key, class T, class M>
struct inline_layout {
  using memory = M;
  using P = platform_of<M>;

  // Is all that a search needs in the view, so that nothing stays protected?
  static constexpr bool is_inline = true;
  // What an entry takes beside its slot.
  static constexpr std::size_t bytes_beside = 0;

  struct slot {
    typename P::template atomic<std::uint64_t> key{0};
    typename P::template atomic<std::uint64_t> value{0};
  };

  struct view {
    std::uint64_t value = 0;
  };

  struct entry {
    Key key;
    T value;
  };

  class draft : public word_value<T> {
   public:
    explicit draft(const M&) noexcept {}
    // Where a key is that was moved in.
    [[nodiscard]] const Key* key() const noexcept { return nullptr; }

   private:
    friend inline_layout;
    std::uint64_t key_ = 0;
  };

  // Runs no user code if the key is compared as numbers are. (An enumeration may have an operator== of
  // its own.)
  template <class KeyEqual, class K>
  static constexpr bool compares_without_user_code =
      (std::is_arithmetic_v<Key> || std::is_pointer_v<Key>)&&(
          std::is_arithmetic_v<K> ||
          std::is_pointer_v<K>)&&(std::is_same_v<KeyEqual, std::equal_to<Key>> ||
                                  std::is_same_v<KeyEqual, std::equal_to<>>);

  // --- without the lock

  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness examine(const slot& one, std::uint64_t, const K& key,
                                         const KeyEqual& equal, const protector<P>&, view& seen,
                                         const IsStill& is_still) {
    const Key there = from_word<Key>(one.key.load(std::memory_order_acquire));  // S1 acquire
    if (!equal(there, key)) return likeness::other;
    seen.value = one.value.load(std::memory_order_seq_cst);  // S1 acquire, T1
    return is_still() ? likeness::same : likeness::changed;
  }

  static T value(const view& seen) noexcept { return from_word<T>(seen.value); }

  static const Key& key_of(const entry& one) noexcept { return one.key; }
  // Through which a walk shows the value of an entry.
  struct window {
    void look(const entry&) noexcept {}
    static const T& value(const entry& one) noexcept { return one.value; }
  };

  // Copies what a slot holds; the caller finds out whether it was one entry.
  static entry capture(const slot& one) noexcept {
    const std::uint64_t key = one.key.load(std::memory_order_acquire);      // S1 acquire
    const std::uint64_t value = one.value.load(std::memory_order_seq_cst);  // S1 acquire, T1
    return {from_word<Key>(key), from_word<T>(value)};
  }

  // What a change needs, before the lock is taken: may throw.
  template <class K>
  static void prepare_insert(draft& next, std::uint64_t, K&& key) {
    next.key_ = to_word<Key>(static_cast<Key>(key));
  }
  static void prepare_replace(draft&, const view&) noexcept {}

  // The key that prepare_insert() took.
  static Key key_of(const draft& next) noexcept { return from_word<Key>(next.key_); }

  // --- under the lock

  static Key key_at(const slot& one) noexcept {
    return from_word<Key>(one.key.load(std::memory_order_relaxed));  // relaxed (locked)
  }
  static void refresh(const slot& one, view& seen) noexcept {
    seen.value = one.value.load(std::memory_order_relaxed);  // relaxed (locked)
  }
  static bool is_unchanged(const slot& one, const view& seen) noexcept {
    return one.value.load(std::memory_order_relaxed) == seen.value;  // relaxed (locked)
  }
  static void fill(slot& one, draft& next) noexcept {
    one.key.store(next.key_, std::memory_order_release);      // S1 release
    one.value.store(next.word(), std::memory_order_release);  // S1 release
  }
  static void replace(slot& one, const view&, draft& next) noexcept {
    one.value.store(next.word(), std::memory_order_seq_cst);  // S1 release, T1
  }
  static void vacate(slot&) noexcept {}
  // Into a slot that nobody reaches yet.
  static void transfer(const slot& from, slot& to) noexcept {
    // relaxed (locked), relaxed (unpublished)
    to.key.store(from.key.load(std::memory_order_relaxed), std::memory_order_relaxed);
    // relaxed (locked), relaxed (unpublished)
    to.value.store(from.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

  // --- after it

  template <class Retire>
  static void replaced(const view&, const Retire&) noexcept {}
  template <class Retire>
  static void erased(const view&, const Retire&) noexcept {}
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/overflow_list.hpp
// overflow_list.hpp -- the overflow groups of one table, which are freed with it.
//
// Synchronization
//   S1 own-overflow   release: add()   acquire: free_some()
//      Carries the links of the list to whoever frees it.

namespace syncmap::inline v0_1::detail {

template <class Slot, class P>
class overflow_list {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using overflow = overflow_group<Slot, P>;

 public:
  void add(overflow* one) noexcept {
    count_.fetch_add(1, std::memory_order_relaxed);                  // relaxed (statistic)
    std::size_t deepest = deepest_.load(std::memory_order_relaxed);  // relaxed (statistic)
    // relaxed (statistic), on failure too.
    while (deepest < one->depth &&
           !deepest_.compare_exchange_weak(
               deepest, one->depth, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
    // relaxed (revalidated): the exchange below checks it.
    one->next_owned = first_.load(std::memory_order_relaxed);
    // S1 release. Failure: relaxed (revalidated).
    while (!first_.compare_exchange_weak(
        one->next_owned, one, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // Frees up to `most` of them; true if none are left. REQUIRES: nobody reaches the table.
  template <class M>
  bool free_some(const M& to, std::size_t most) noexcept {
    overflow* one = first_.load(std::memory_order_acquire);  // S1 acquire
    for (; one != nullptr && most != 0; --most) {
      destroy_in(to, std::exchange(one, one->next_owned));
    }
    first_.store(one, std::memory_order_relaxed);  // relaxed (own): nobody reaches the table
    return one == nullptr;
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }
  // The largest number of overflow groups behind one group.
  [[nodiscard]] std::size_t deepest() const noexcept {
    return deepest_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }

 private:
  friend struct group_inspector;  // tests

  atomic<overflow*> first_{nullptr};
  atomic<std::size_t> count_{0};
  atomic<std::size_t> deepest_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_table.hpp
// group_table.hpp -- one table of the group map: a power of two of groups, and their slots apart.
//
//   | table | group 0, group 1, ... | slots of group 0, slots of group 1, ... |     one block
//
// The high bits of a hash choose the group, so a group is an interval of hashes, and the groups that
// follow it in a table of another size are intervals in that one, or it is part of one.
//
// A table that has grown too full, or is too large, gets a *next* table. Its groups are moved there
// unit by unit (group_migration.hpp); when all are, next takes its place as the map's table.
//
// Invariants
//   I1  A group of the next table is started before the groups that it follows are forwarded, and
//       cannot be reached before.
//   I2  A table has one next at most, for good. It gets one while it is the map's table, or while a
//       clear drops it: then it owns that one too (I3).
//   I3  A table that was *promoted* has handed all entries to its next, which is the map's table, or
//       was. One that a clear has dropped owns its next, and the entries that neither has lost.
//   I4  A table of one group that a shrink has found empty is *closed*: forwarded, with itself as next.
//       The map is empty while it is the map's table, and it is nothing else afterwards.
//   I5  While an operation protects a table, next is not freed either, if it was protected while the
//       table or next was the map's.
//
// Synchronization
//   S1 next-table      release: try_set_next()   acquire: next()
//      Carries the table's constants.
//   S2 units-moved     release: count_moved()    acquire: moved()
//      Carries every unit's move to whoever promotes.

namespace syncmap::inline v0_1::detail {

template <class Layout>
class alignas(cache_line) group_table : public hazard_pointer_obj_base {
  using P = typename Layout::P;
  template <class X>
  using atomic = typename P::template atomic<X>;
  template <class X>
  using var = typename P::template var<X>;

 public:
  using memory = typename Layout::memory;
  using slot = typename Layout::slot;
  using view = typename Layout::view;
  using group_type = group<slot, P>;
  using part = group_part<slot, P>;
  using position = group_position<slot, P>;
  using overflow = overflow_group<slot, P>;

  struct freer {
    void operator()(group_table* table) const noexcept { free(table); }
  };
  using pointer = std::unique_ptr<group_table, freer>;

  // --- making and freeing

  // The number of groups for `entries` entries that does not ask to grow, but for rare luck: in small
  // tables the groups differ more.
  static constexpr std::size_t groups_for(std::size_t entries) noexcept {
    const std::size_t each = entries <= 1024 ? group_slots / 2 : entries_per_group;
    return std::bit_ceil(entries / each + (entries % each != 0 ? 1 : 0));
  }
  static constexpr std::size_t max_groups() noexcept {
    constexpr std::size_t bytes_per_group = sizeof(group_type) + group_slots * sizeof(slot);
    return std::bit_floor(static_cast<std::size_t>(PTRDIFF_MAX) / bytes_per_group / 2);
  }
  static constexpr std::size_t max_entries() noexcept { return max_groups() * entries_per_group; }

  // A table whose groups have not been started. `groups` is a power of two, at most max_groups().
  static pointer make(const memory& from, std::size_t groups, std::uint32_t generation) {
    const std::size_t bytes = bytes_of(groups);
    void* const block = from.allocate_table(bytes, alignof(group_table));
    return pointer(::new (block) group_table(from, groups, generation));
  }
  static void free(group_table* table) noexcept {
    static_cast<void>(table->free_overflow(static_cast<std::size_t>(-1)));
    const std::size_t bytes = table->bytes();
    const memory to = table->memory_;
    table->~group_table();
    P::on_reclaim(table, bytes);
    to.deallocate_table(table, bytes, alignof(group_table));
  }

  // Empties the groups [first, last), which nobody can reach.
  void start(std::size_t first, std::size_t last) noexcept {
    for (std::size_t index = first; index < last; ++index) {
      const part one = at(index);
      ::new (static_cast<void*>(one.head)) group_type();
      for (std::size_t i = 0; i < group_slots; ++i)
        ::new (static_cast<void*>(one.slots + i)) slot();
    }
  }

  [[nodiscard]] const memory& source() const noexcept { return memory_; }
  [[nodiscard]] std::size_t group_count() const noexcept { return group_count_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return group_count_ * entries_per_group; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(group_count_); }
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

  // --- hashes and groups

  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept {
    return offset_of(hash) / sizeof(group_type);
  }
  // The first and the last hash of group `index`.
  [[nodiscard]] std::uint64_t first_of(std::size_t index) const noexcept {
    return std::uint64_t{index} * sizeof(group_type) << shift_;
  }
  [[nodiscard]] std::uint64_t last_of(std::size_t index) const noexcept {
    return first_of(index + 1) - 1;  // of the last group: 0 - 1
  }
  [[nodiscard]] part at(std::size_t index) const noexcept {
    return at_offset(index * sizeof(group_type));
  }
  [[nodiscard]] SYNCMAP_INLINE part group_of(std::uint64_t hash) const noexcept {
    return at_offset(offset_of(hash));
  }

  // Starts to bring the slots near: for a writer, who waits for memory one access after the other, since
  // his lock does not let the processor look ahead; and for a reader of nodes, who waits once more.
  SYNCMAP_INLINE void prefetch(std::uint64_t hash) const noexcept {
    const auto* const slots = reinterpret_cast<const unsigned char*>(group_of(hash).slots);
    for (std::size_t at = 0; at < group_slots * sizeof(slot); at += cache_line) {
      detail::prefetch(slots + at);
    }
  }

  // For assertions.
  [[nodiscard]] bool has_locked_group() const noexcept {
    for (std::size_t index = 0; index < group_count_; ++index) {
      if (at(index).head->state().is_locked()) return true;
    }
    return false;
  }

  // --- searching

  // Looks for the key in its group, whose state was `seen`. On `same`, `found` is its slot and `what`
  // its value, protected by `guard`. `other`: it is absent. Throws what `equal` throws.
  //
  // Absence needs no second look at the version: tags and slots are looked at one after the other,
  // and a key that is there all the time stays in one slot, where this finds it.
  //
  // `again` gives the hash by which the key is tagged in overflow groups: if all hashes are the same,
  // tags must not be.
  template <class K, class KeyEqual, class Again>
  SYNCMAP_INLINE static likeness find(const part& main, group_state seen, std::uint64_t hash,
                                      const K& key, const KeyEqual& equal, const Again& again,
                                      const protector<P>& guard, position& found, view& what) {
    found = {main, 0, false};
    const likeness result = find_in(found, main, seen, hash, hash, key, equal, guard, what);
    if (result != likeness::other || !seen.may_overflow(hash)) [[likely]]
      return result;
    const finding beyond = find_in_overflow(main, seen, again(), hash, key, equal, guard);
    if (beyond.in != nullptr) found = {{&beyond.in->head, beyond.in->slots}, beyond.index, true};
    what = beyond.what;
    return beyond.result;
  }

  // The same, where almost every key is: in the group's own slots. `changed` also if the key may be
  // elsewhere.
  template <class K, class KeyEqual>
  SYNCMAP_INLINE static likeness find_in_main(const part& main, group_state seen,
                                              std::uint64_t hash, const K& key,
                                              const KeyEqual& equal, const protector<P>& guard,
                                              view& what) {
    position found{main, 0, false};
    const likeness result = find_in(found, main, seen, hash, hash, key, equal, guard, what);
    if (result != likeness::other) return result;
    return seen.may_overflow(hash) ? likeness::changed : likeness::other;
  }

  // An empty slot of the group; if there is none, false, and `last` is the part to link another to.
  static position find_empty(const part main, part& last) noexcept {
    for (part here = main; here; here = here.next()) {
      last = here;
      if (const auto set = here.head->match(0) & P::usable_slots) {
        return {here, static_cast<std::size_t>(std::countr_zero(set)), here.head != main.head};
      }
    }
    return {};
  }

  // Is there nothing in the overflow groups? REQUIRES: the lock.
  static bool is_overflow_empty(const part& main) noexcept {
    for (part here = main.next(); here; here = here.next()) {
      if (here.head->taken() != 0) return false;
    }
    return true;
  }

  // --- overflow

  // Takes a linked overflow group into the list of those that are freed with the table.
  void own(overflow* one) noexcept { owned_.add(one); }
  void count_overflowing(std::size_t groups) noexcept {
    overflowing_.fetch_add(groups, std::memory_order_relaxed);  // relaxed (statistic)
  }
  void count_not_overflowing() noexcept {
    overflowing_.fetch_sub(1, std::memory_order_relaxed);  // relaxed (statistic)
  }
  [[nodiscard]] std::size_t overflowing() const noexcept {
    return overflowing_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }
  // The most groups that a lookup may have to look at, and the bytes of the table with its overflow.
  [[nodiscard]] std::size_t longest_probe() const noexcept { return 1 + owned_.deepest(); }
  [[nodiscard]] std::size_t bytes_with_overflow() const noexcept {
    return bytes() + owned_.count() * sizeof(overflow);
  }
  // More than one group in five overflows: with good hashes, at 13.4 entries a group.
  [[nodiscard]] bool is_too_full() const noexcept {
    return overflowing() > group_count_ / P::groups_per_overflow;
  }

  // --- the next table

  [[nodiscard]] group_table* next() const noexcept {
    return next_.load(std::memory_order_acquire);  // S1 acquire
  }
  // Has the table been found empty, and closed for good? It is its own next then.
  [[nodiscard]] bool is_closed() const noexcept { return next() == this; }
  // Gives the table a next; false if it has one.
  bool try_set_next(group_table* next) noexcept {
    group_table* none = nullptr;
    // S1 release. Failure: relaxed (revalidated), the caller asks again.
    return next_.compare_exchange_strong(
        none, next, std::memory_order_release, std::memory_order_relaxed);
  }

  // Closes the table, if it has one group and no entry; false if not, or if somebody was faster.
  bool try_close() noexcept {
    const part only = at(0);
    const group_state seen = only.head->state();
    if (group_count_ != 1 || seen.is_locked() || seen.is_forwarded()) return false;
    if (seen.overflows() || only.head->taken() != 0 || !only.head->try_lock(seen)) return false;
    const bool closes = try_set_next(this);
    only.head->publish(closes ? seen.forwarded() : seen);
    return closes;
  }

  // How many groups one move takes here, and leads to there. One of them is 1.
  [[nodiscard]] std::size_t sources_per_unit(const group_table& next) const noexcept {
    return group_count_ > next.group_count_ ? group_count_ / next.group_count_ : 1;
  }
  [[nodiscard]] std::size_t targets_per_unit(const group_table& next) const noexcept {
    return next.group_count_ > group_count_ ? next.group_count_ / group_count_ : 1;
  }
  [[nodiscard]] std::size_t unit_count(const group_table& next) const noexcept {
    return group_count_ / sources_per_unit(next);
  }

  // A number of units that this thread should look at, different for each call: modulo their number,
  // so that others come to what a stopped thread has left.
  std::size_t claim(std::size_t units) noexcept {
    return claimed_.fetch_add(units, std::memory_order_relaxed);  // relaxed (statistic)
  }
  void count_moved() noexcept {
    moved_.fetch_add(1, std::memory_order_release);  // S2 release
  }
  // How many units have been moved.
  [[nodiscard]] std::size_t moved() const noexcept {
    return moved_.load(std::memory_order_acquire);  // S2 acquire
  }
  // After next has become the map's table, before this one is retired.
  void set_promoted() noexcept { promoted_ = true; }

  // --- the end

  // Runs in a reclamation. Takes a part at a time of what there are many of, unless it runs for
  // reclaim(): the nodes that it has to retire, its overflow groups. Returns the bytes of the table, once
  // it is freed.
  static std::size_t reclaimed(group_table* table) noexcept {
    const auto retire_node = [](auto* node) noexcept { detail::retire<P>(node); };
    const bool all = hazard_domain<P>::reclaims_at_once();
    const std::size_t groups = all ? table->group_count_ : P::units_per_reclaim;
    const std::size_t overflow = all ? static_cast<std::size_t>(-1) : P::overflow_per_reclaim;
    group_table* const after = table->owned_next();
    if (table->drop_nodes(groups, retire_node) && table->free_overflow(overflow) &&
        (after == nullptr || after->free_overflow(overflow))) {
      const std::size_t bytes = table->bytes();
      free_all(table);
      return bytes;
    }
    detail::retire<P>(table, 0, P::reclaim_batch * P::reclaim_bytes);  // due at the next write
    return 0;
  }

  // Frees the table, its next unless promoted, and their nodes. REQUIRES: nobody uses them.
  static void destroy(group_table* table) noexcept {
    const auto free_node = [](auto* node) noexcept {
      std::remove_pointer_t<decltype(node)>::reclaimed(node);
    };
    static_cast<void>(table->drop_nodes(table->group_count_, free_node));
    free_all(table);
  }

 private:
  friend struct group_inspector;  // tests

  static constexpr std::size_t entries_per_group = 11;

  group_table(const memory& from, std::size_t groups, std::uint32_t generation) noexcept
      : memory_(from),
        slots_(reinterpret_cast<slot*>(reinterpret_cast<unsigned char*>(this) + slots_at(groups))),
        shift_(static_cast<unsigned>(64 - std::countr_zero(groups * sizeof(group_type)))),
        generation_(generation),
        group_count_(groups) {}
  ~group_table() = default;

  static constexpr std::size_t slots_at(std::size_t groups) noexcept {
    const std::size_t end = sizeof(group_table) + groups * sizeof(group_type);
    return (end + cache_line - 1) / cache_line * cache_line;
  }
  static constexpr std::size_t bytes_of(std::size_t groups) noexcept {
    return slots_at(groups) + groups * group_slots * sizeof(slot);
  }

  // Groups are found by their distance in bytes, which the hash gives in two instructions, also where
  // there is one group and the distance has no bits.
  static_assert(std::has_single_bit(sizeof(group_type)) && sizeof(group_type) >= 8);
  [[nodiscard]] SYNCMAP_INLINE std::size_t offset_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash >> shift_) & ~(sizeof(group_type) - 1);
  }
  [[nodiscard]] SYNCMAP_INLINE part at_offset(std::size_t offset) const noexcept {
    constexpr std::size_t slot_bytes = group_slots * sizeof(slot) / sizeof(group_type);
    static_assert(slot_bytes * sizeof(group_type) == group_slots * sizeof(slot));
    auto* const self = reinterpret_cast<unsigned char*>(const_cast<group_table*>(this));
    auto* const slots = reinterpret_cast<unsigned char*>(slots_);
    return {reinterpret_cast<group_type*>(self + sizeof(group_table) + offset),
            reinterpret_cast<slot*>(slots + offset * slot_bytes)};
  }

  struct finding {
    likeness result = likeness::other;
    overflow* in = nullptr;
    std::size_t index = 0;
    view what;
  };
  template <class K, class KeyEqual>
  SYNCMAP_NOINLINE static finding find_in_overflow(part main, group_state seen,
                                                   std::uint64_t tagged_by, std::uint64_t hash,
                                                   const K& key, const KeyEqual& equal,
                                                   protector<P> guard) {
    finding found;
    for (found.in = main.head->more(); found.in != nullptr; found.in = found.in->head.more()) {
      position at{{&found.in->head, found.in->slots}, 0, true};
      found.result = find_in(at, main, seen, tagged_by, hash, key, equal, guard, found.what);
      found.index = at.index;
      if (found.result != likeness::other) break;
    }
    return found;
  }

  // Looks among the sixteen slots of found.part, and sets found.index.
  template <class K, class KeyEqual>
  SYNCMAP_INLINE static likeness find_in(position& found, const part& main, group_state seen,
                                         std::uint64_t tagged_by, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& what) {
    const auto is_still = [head = main.head, seen] { return head->is_still(seen); };
    for (auto set = found.part.head->match(tag_of(tagged_by)); set != 0; set &= set - 1) {
      found.index = static_cast<std::size_t>(std::countr_zero(set));
      const likeness result =
          Layout::examine(found.slot(), hash, key, equal, guard, what, is_still);
      if (result != likeness::other) return result;
    }
    return likeness::other;
  }

  // Calls `f` with the nodes of the next `units` units; true at the end.
  template <class F>
  bool drop_nodes(std::size_t units, const F& f) noexcept {
    if constexpr (Layout::is_inline) {
      return true;
    } else {
      if (promoted_) return true;
      group_table* const after = next();
      const std::size_t sources = after == nullptr ? 1 : sources_per_unit(*after);
      const std::size_t targets = after == nullptr ? 1 : targets_per_unit(*after);
      const std::size_t end = group_count_ / sources;
      for (; units != 0 && dropped_ != end; --units, ++dropped_) {
        const bool moved = at(dropped_ * sources).head->state().is_forwarded();
        if (moved && after == this) continue;
        group_table* const owner = moved ? after : this;
        const std::size_t count = moved ? targets : sources;
        for (std::size_t i = 0; i < count; ++i) drop_group(owner->at(dropped_ * count + i), f);
      }
      return dropped_ == end;
    }
  }
  template <class F>
  static void drop_group(const part& main, const F& f) noexcept {
    for_each_taken(main, main.head->state(), [&f](const slot& one) {
      if (auto* const node = Layout::get(one)) f(node);
      return true;
    });
  }

  // The next table, if it goes with this one.
  [[nodiscard]] group_table* owned_next() const noexcept {
    return promoted_ || is_closed() ? nullptr : next();
  }
  static void free_all(group_table* table) noexcept {
    group_table* const after = table->owned_next();
    free(table);
    if (after != nullptr) free(after);
  }

  bool free_overflow(std::size_t most) noexcept { return owned_.free_some(memory_, most); }

  // Constant.
  SYNCMAP_NO_UNIQUE_ADDRESS const memory memory_;
  slot* const slots_;
  const unsigned shift_;
  const std::uint32_t generation_;  // the number of clears before this table
  const std::size_t group_count_;
  // Written rarely.
  atomic<group_table*> next_{nullptr};
  overflow_list<slot, P> owned_;
  atomic<std::size_t> overflowing_{0};  // groups
  var<bool> promoted_{false};
  var<std::size_t> dropped_{0};  // units, by reclaimed()
  // Written while entries move to next.
  alignas(cache_line) atomic<std::size_t> claimed_{0};
  atomic<std::size_t> moved_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_migration.hpp
// group_migration.hpp -- moves one unit of a table to the next: a group to the groups that follow it
// in a larger table, or a few groups to the one that follows them in a smaller one.
//
// The mover looks at the groups, runs what is user code (the hash of keys that do not carry it, an
// allocation), then takes the groups' locks if nothing has changed, copies, and forwards them. Nobody
// reaches the copies before (group_table:I1), so they need no lock, and what was begun can be undone.
//
// Locks of several groups are taken in the order of their numbers, and by movers only.

namespace syncmap::inline v0_1::detail {

template <class Layout>
class group_migration {
  using P = typename Layout::P;
  using table = group_table<Layout>;
  using part = typename table::part;
  using overflow = typename table::overflow;
  using slot = typename Layout::slot;

 public:
  // The largest number of groups that become one at a time, or that one becomes.
  static constexpr std::size_t max_groups_per_unit = 16;

  group_migration(table& from, table& to, std::size_t unit) noexcept
      : from_(from),
        to_(to),
        source_count_(from.sources_per_unit(to)),
        target_count_(from.targets_per_unit(to)),
        first_source_(unit * source_count_),
        first_target_(unit * target_count_) {}
  group_migration(const group_migration&) = delete;
  group_migration& operator=(const group_migration&) = delete;
  ~group_migration() {
    while (spare_ != nullptr) {
      destroy_in(to_.source(), std::exchange(spare_, spare_->next_owned));
    }
  }

  // Moves the unit; false if it was moved before, or somebody else holds one of its locks. `hash_of`
  // gives the hash of a key, `again` what it is tagged by in an overflow group. Throws what `hash_of`
  // throws, or std::bad_alloc; nothing has changed then.
  template <class HashOf, class Again>
  bool run(const HashOf& hash_of, const Again& again) {
    for (;;) {
      if (!look(hash_of) || !lock()) return false;
      start_targets();
      if (copy(again)) break;
      take_back();
      unlock(source_count_);
      add_spares();
    }
    finish();
    return true;
  }

 private:
  [[nodiscard]] part source(std::size_t index) const noexcept {
    return from_.at(first_source_ + index);
  }
  [[nodiscard]] part target(std::size_t index) const noexcept {
    return to_.at(first_target_ + index);
  }

  [[nodiscard]] group_state seen(std::size_t index) const noexcept {
    return group_state(seen_[index]);
  }

  // Notes the states of the sources, and the hashes of their keys unless nodes have them.
  template <class HashOf>
  bool look(const HashOf& hash_of) {
    hashes_.clear();
    for (std::size_t index = 0; index < source_count_; ++index) {
      const part main = source(index);
      const group_state state = main.head->state();
      if (state.is_forwarded() || state.is_locked()) return false;
      seen_[index] = state.bits();
      if constexpr (Layout::is_inline) {
        for (part here = main; here; here = here.next()) {
          auto set = here.head->taken();
          const auto count = static_cast<std::size_t>(std::popcount(set));
          std::uint64_t* to = hashes_.space_for(count);
          for (; set != 0; set &= set - 1) {
            const auto slot_index = static_cast<std::size_t>(std::countr_zero(set));
            *to++ = hash_of(Layout::capture(here.slots[slot_index]).key);
          }
          hashes_.added(count);
          if (!state.overflows()) break;
        }
      }
    }
    return true;
  }

  bool lock() noexcept {
    for (std::size_t index = 0; index < source_count_; ++index) {
      if (source(index).head->try_lock(seen(index))) continue;
      unlock(index);
      return false;
    }
    return true;
  }
  // The first `count`, with nothing changed.
  void unlock(std::size_t count) noexcept {
    for (std::size_t index = 0; index < count; ++index) {
      source(index).head->unlock(seen(index));
    }
  }

  void start_targets() noexcept { to_.start(first_target_, first_target_ + target_count_); }

  // False if the spare overflow groups did not suffice.
  template <class Again>
  bool copy(const Again& again) noexcept {
    std::size_t number = 0;
    bool fits = true;
    for (filling& each : filling_) each = {};
    for (std::size_t index = 0; index < source_count_ && fits; ++index) {
      fits = for_each_taken(source(index), seen(index), [&](const slot& one) {
        if constexpr (Layout::is_inline) {
          return copy_to(hashes_[number++], one, again);
        } else {
          return copy_to(Layout::get(one)->hash, one, again);
        }
      });
    }
    return fits;
  }

  template <class Again>
  bool copy_to(std::uint64_t hash, const slot& one, const Again& again) noexcept {
    // A hash that differs from what it was (no hash may, but users write them) leads nowhere else: the groups
    // of other units are other movers', or not begun.
    std::size_t number = to_.index_of(hash) - first_target_;
    if (number >= target_count_) [[unlikely]]
      number = 0;
    const part main = target(number);
    filling& here = filling_[number % std::size(filling_)];
    if (here.main != main.head) here = filling(main);
    if (here.used == usable) [[unlikely]] {
      if (spare_ == nullptr) return false;
      overflow* const more = std::exchange(spare_, spare_->next_owned);
      more->depth = ++here.depth;
      here.last.head->link(more);
      here.last = {&more->head, more->slots};
      here.used = 0;
    }
    std::uint64_t tagged_by = hash;
    if (here.last.head != main.head) [[unlikely]] {
      main.head->start(main.head->state().with_overflow(hash));
      tagged_by = again(hash, Layout::key_at(one));
    }
    Layout::transfer(one, here.last.slots[here.used]);
    here.last.head->start_tag(here.used, tag_of(tagged_by));
    ++here.used;
    return true;
  }

  // The overflow groups of the targets are spare again.
  void take_back() noexcept {
    for (std::size_t index = 0; index < target_count_; ++index) {
      overflow* more = target(index).head->more();
      while (more != nullptr) {
        overflow* const rest = more->head.more();
        more->~overflow();
        auto* const empty = ::new (static_cast<void*>(more)) overflow();
        empty->next_owned = std::exchange(spare_, empty);
        more = rest;
      }
    }
  }
  // As many as can be needed: a target with n entries needs less than n / (its slots).
  void add_spares() {
    std::size_t entries = 0;
    for (std::size_t index = 0; index < source_count_; ++index) {
      for_each_taken(source(index), seen(index), [&entries](const slot&) {
        ++entries;
        return true;
      });
    }
    for (std::size_t spares = entries / usable; spares != 0; --spares) {
      auto* const more = make_in<overflow>(to_.source());
      more->next_owned = std::exchange(spare_, more);
    }
  }

  void finish() noexcept {
    for (std::size_t index = 0; index < target_count_; ++index) {
      const part main = target(index);
      if (!main.head->state().overflows()) continue;
      to_.count_overflowing(1);
      for (overflow* more = main.head->more(); more != nullptr; more = more->head.more()) {
        to_.own(more);
      }
    }
    for (std::size_t index = 0; index < source_count_; ++index) {
      source(index).head->publish(seen(index).forwarded());
    }
  }

  static constexpr std::size_t usable = std::popcount(P::usable_slots);
  static_assert(std::has_single_bit(P::usable_slots + 1));  // the lowest

  // Where the next entry of a target goes: its slots are taken one after the other.
  struct filling {
    filling() noexcept = default;
    explicit filling(const part& target) noexcept : main(target.head), last(target) {
      for (part next = target.next(); next; next = next.next(), ++depth) last = next;
      used = static_cast<std::size_t>(std::popcount(last.head->taken()));
    }
    const group<slot, P>* main = nullptr;
    part last;
    std::size_t depth = 0;  // of last
    std::size_t used = 0;   // of last's
  };

  table& from_;
  table& to_;
  const std::size_t source_count_;
  const std::size_t target_count_;
  const std::size_t first_source_;
  const std::size_t first_target_;
  std::uint64_t seen_[max_groups_per_unit];  // by look(), for the sources: clearing it all costs
  small_buffer<P, std::uint64_t, 2 * group_slots> hashes_;
  filling filling_[2];         // of two targets: those of one source, when a table doubles
  overflow* spare_ = nullptr;  // a list by next_owned
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/node_slot.hpp
// node_slot.hpp -- entries of the group table that are too large for their slot: the slot points to a
// node. The members are those of inline_slot.hpp.
//
//   word_node_layout    the value is a word in the node and is replaced in place
//   node_layout         any other value: a change of it publishes a new node
//
// Invariants
//   I1  A node's key and hash are constant from its publication to its reclamation; so is the value
//       of a node_layout's.
//   I2  A node is retired once: by whoever took it out of the slot, under the lock, of a group that
//       is not forwarded. A forwarded group's slots still point to it, so a reader that has announced
//       a node looks whether the slot still has it, and whether the group's version is still the
//       same.
//   I3  Nodes that follow each other for one key share a key that cannot be copied.
//
// Synchronization
//   S1 publish-node   release: fill(), replace(), vacate()   acquire: examine(), capture()
//      Carries the node, and whatever its writer did before (as inline_slot:S1); by a null, that the tag
//      is gone.
//   S2 share-key      release: drop()              acquire: drop()
//      Carries every node's last use of a shared key to whoever destroys it.
//   T1 node-order     sites: find(), load(), capture(), put(), replace()
//      A replaced value becomes visible in the one order of group:T1.

namespace syncmap::inline v0_1::detail {

// A key that several nodes may have: each a copy of its own if it can be copied.
template <class Key, class M, bool IsCopied = std::is_copy_constructible_v<Key>>
class node_key {
 public:
  template <class K>
  node_key(std::in_place_t, const M& memory, K&& key)
      : key_(made_with<Key>(memory, std::forward<K>(key))) {}
  node_key(const M& memory, const node_key& other) : key_(made_with<Key>(memory, other.key_)) {}
  node_key(const node_key&) = delete;
  node_key& operator=(const node_key&) = delete;
  [[nodiscard]] const Key& get() const noexcept { return key_; }

 private:
  const Key key_;
};

template <class Key, class M>
class node_key<Key, M, false> {
  struct shared {
    template <class K>
    shared(const M& from, K&& made)
        : key(made_with<Key>(from, std::forward<K>(made))), memory(from) {}
    typename platform_of<M>::template atomic<std::size_t> nodes{1};
    const Key key;
    SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
  };

 public:
  template <class K>
  node_key(std::in_place_t, const M& memory, K&& key)
      : shared_(make_in<shared>(memory, memory, std::forward<K>(key))) {}
  node_key(const node_key&) = delete;
  node_key(const M&, const node_key& other) noexcept : shared_(other.shared_) {
    // relaxed (own): the caller protects the node that it copies from.
    shared_->nodes.fetch_add(1, std::memory_order_relaxed);
  }
  node_key& operator=(const node_key&) = delete;
  ~node_key() { drop(); }
  [[nodiscard]] const Key& get() const noexcept { return shared_->key; }

 private:
  void drop() noexcept {
    // S2 release, S2 acquire
    if (shared_->nodes.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy_in(shared_->memory, shared_);
    }
  }

  shared* const shared_;
};

// What both layouts have in common: a slot that points to a Node.
template <class Node, class M>
struct node_pointers {
  using memory = M;
  using P = platform_of<M>;
  static constexpr bool is_inline = false;
  static constexpr std::size_t bytes_beside = sizeof(Node);

  struct slot {
    typename P::template atomic<Node*> node{nullptr};
  };

  // Protects the node of the slot and compares it. REQUIRES: `is_still` tells whether the group's
  // version is what it was before the tag was read.
  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness find(const slot& one, std::uint64_t hash, const K& key,
                                      const KeyEqual& equal, const protector<P>& guard,
                                      Node*& found, const IsStill& is_still) {
    struct pointer {
      Node* node;
      [[nodiscard]] const Node* address() const noexcept { return node; }
      bool operator==(const pointer&) const noexcept = default;
    };
    found = guard
                .protect([&one] {
                  return pointer{one.node.load(std::memory_order_seq_cst)};  // S1 acquire, T1
                })
                .node;
    if (found == nullptr || !is_still()) [[unlikely]]  // I2
      return likeness::changed;
    return found->hash == hash && equal(found->key.get(), key) ? likeness::same : likeness::other;
  }

  static Node* capture(const slot& one) noexcept {
    return one.node.load(std::memory_order_seq_cst);  // S1 acquire, T1
  }
  static Node* get(const slot& one) noexcept {
    return one.node.load(std::memory_order_relaxed);  // relaxed (locked)
  }
  static const auto& key_at(const slot& one) noexcept { return get(one)->key.get(); }
  static void put(slot& one, Node* node) noexcept {
    one.node.store(node, std::memory_order_seq_cst);  // S1 release, T1
  }
  static void vacate(slot& one) noexcept {
    one.node.store(nullptr, std::memory_order_release);  // S1 release
  }
  static void transfer(const slot& from, slot& to) noexcept {
    to.node.store(get(from), std::memory_order_relaxed);  // relaxed (unpublished)
  }
};

// --- a value that is a word in the node

template <class Key, class T, class M>
struct word_node : hazard_pointer_obj_base {
  template <class K>
  word_node(const M& from, std::uint64_t mixed, K&& made)
      : hash(mixed), key(from, std::forward<K>(made)), memory(from) {}
  static void reclaimed(word_node* node) noexcept { destroy_in(node->memory, node); }

  struct plain_key {
    template <class K>
    plain_key(const M& from, K&& made) : value(made_with<Key>(from, std::forward<K>(made))) {}
    [[nodiscard]] const Key& get() const noexcept { return value; }
    const Key value;
  };

  const std::uint64_t hash;
  const plain_key key;
  typename platform_of<M>::template atomic<std::uint64_t> value{0};
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
};

template <class Key, class T, class M>
struct word_node_layout : node_pointers<word_node<Key, T, M>, M> {
  using P = platform_of<M>;
  using node = word_node<Key, T, M>;
  using base = node_pointers<node, M>;
  using slot = typename base::slot;

  struct view {
    node* found = nullptr;
    std::uint64_t value = 0;
  };
  using entry = node*;

  class draft : public word_value<T> {
   public:
    explicit draft(const M& memory) noexcept : fresh_(nullptr, destroyer<M>{memory}) {}
    [[nodiscard]] const Key* key() const noexcept {
      return fresh_ == nullptr ? nullptr : std::addressof(fresh_->key.get());
    }

   private:
    friend word_node_layout;
    owned<M, node> fresh_;
  };

  template <class KeyEqual, class K>
  static constexpr bool compares_without_user_code = false;

  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness examine(const slot& one, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& seen, const IsStill& is_still) {
    const likeness result = base::find(one, hash, key, equal, guard, seen.found, is_still);
    if (result == likeness::same) seen.value = load(seen.found);
    return result;
  }
  static T value(const view& seen) noexcept { return from_word<T>(seen.value); }

  static const Key& key_of(const entry& one) noexcept { return one->key.get(); }
  // The value may change while it is shown: what is shown is a copy.
  class window {
   public:
    void look(const entry& one) noexcept { copy_.emplace(from_word<T>(load(one))); }
    // REQUIRES: look() was called.
    const T& value(const entry&) const noexcept { return *copy_; }

   private:
    std::optional<T> copy_;
  };

  template <class K>
  static void prepare_insert(draft& next, std::uint64_t hash, K&& key) {
    if (next.fresh_ == nullptr) {
      const M& memory = next.fresh_.get_deleter().memory;
      next.fresh_.reset(make_in<node>(memory, memory, hash, std::forward<K>(key)));
    }
  }
  static void prepare_replace(draft&, const view&) noexcept {}
  static const Key& key_of(const draft& next) noexcept { return *next.key(); }

  static void refresh(const slot& one, view& seen) noexcept { seen.value = load(base::get(one)); }
  static bool is_unchanged(const slot& one, const view& seen) noexcept {
    return load(base::get(one)) == seen.value;
  }
  static void fill(slot& one, draft& next) noexcept {
    // relaxed (unpublished)
    next.fresh_->value.store(next.word(), std::memory_order_relaxed);
    base::put(one, next.fresh_.release());
  }
  static void replace(slot& one, const view&, draft& next) noexcept {
    base::get(one)->value.store(next.word(), std::memory_order_seq_cst);  // S1 release, T1
  }

  template <class Retire>
  static void replaced(const view&, const Retire&) noexcept {}
  template <class Retire>
  static void erased(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }

 private:
  static std::uint64_t load(const node* one) noexcept {
    return one->value.load(std::memory_order_seq_cst);  // S1 acquire, T1
  }
};

// --- any other value

template <class Key, class T, class M>
struct value_node : hazard_pointer_obj_base {
  using key_type = node_key<Key, M>;

  // Made in two steps, value first: see node_layout::draft.
  explicit value_node(const M& from) noexcept : memory(from) {}
  ~value_node() {}  // NOLINT(modernize-use-equals-default)

  // Of a node that has both.
  static void reclaimed(value_node* node) noexcept {
    std::destroy_at(std::addressof(node->value));
    std::destroy_at(std::addressof(node->key));
    destroy_in(node->memory, node);
  }

  std::uint64_t hash = 0;
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
  union {
    key_type key;
  };
  union {
    T value;
  };
};

template <class Key, class T, class M>
struct node_layout : node_pointers<value_node<Key, T, M>, M> {
  using P = platform_of<M>;
  using node = value_node<Key, T, M>;
  using base = node_pointers<node, M>;
  using slot = typename base::slot;

  struct view {
    node* found = nullptr;
  };
  using entry = node*;

  // A node to come. The value is made before it is known whether its key will be that of an entry, or
  // a new one.
  class draft {
   public:
    explicit draft(const M& memory) noexcept : fresh_(nullptr, destroyer<M>{memory}) {}
    draft(const draft&) = delete;
    draft& operator=(const draft&) = delete;
    ~draft() {
      reset_value();
      if (has_key_) std::destroy_at(std::addressof(fresh_->key));
    }

    template <class... Args>
    const T& emplace(Args&&... args) {
      if (fresh_ == nullptr) fresh_.reset(make_in<node>(memory(), memory()));
      reset_value();
      void* const place = std::addressof(fresh_->value);
      ::new (place) T(made_with<T>(memory(), std::forward<Args>(args)...));
      has_value_ = true;
      return fresh_->value;
    }
    explicit operator bool() const noexcept { return has_value_; }
    const T& operator*() const noexcept { return fresh_->value; }
    [[nodiscard]] const Key* key() const noexcept {
      return has_key_ ? std::addressof(fresh_->key.get()) : nullptr;
    }

   private:
    friend node_layout;

    [[nodiscard]] const M& memory() const noexcept { return fresh_.get_deleter().memory; }
    template <class... Args>
    void make_key(std::uint64_t hash, Args&&... args) {
      if (has_key_) return;
      ::new (static_cast<void*>(std::addressof(fresh_->key)))
          typename node::key_type(std::forward<Args>(args)...);
      fresh_->hash = hash;
      has_key_ = true;
    }
    void reset_value() noexcept {
      if (std::exchange(has_value_, false)) std::destroy_at(std::addressof(fresh_->value));
    }
    node* release() noexcept {
      has_value_ = has_key_ = false;
      return fresh_.release();
    }

    owned<M, node> fresh_;
    bool has_value_ = false;
    bool has_key_ = false;
  };

  template <class KeyEqual, class K>
  static constexpr bool compares_without_user_code = false;

  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness examine(const slot& one, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& seen, const IsStill& is_still) {
    return base::find(one, hash, key, equal, guard, seen.found, is_still);
  }
  static const T& value(const view& seen) noexcept { return seen.found->value; }

  static const Key& key_of(const entry& one) noexcept { return one->key.get(); }
  struct window {
    void look(const entry&) noexcept {}
    static const T& value(const entry& one) noexcept { return one->value; }
  };

  template <class K>
  static void prepare_insert(draft& next, std::uint64_t hash, K&& key) {
    next.make_key(hash, std::in_place, next.memory(), std::forward<K>(key));
  }
  static void prepare_replace(draft& next, const view& seen) {
    next.make_key(seen.found->hash, next.memory(), seen.found->key);
  }
  static const Key& key_of(const draft& next) noexcept { return *next.key(); }

  static void refresh(const slot& one, view& seen) noexcept { seen.found = base::get(one); }
  static bool is_unchanged(const slot& one, const view& seen) noexcept {
    return base::get(one) == seen.found;
  }
  static void fill(slot& one, draft& next) noexcept { base::put(one, next.release()); }
  static void replace(slot& one, const view&, draft& next) noexcept {
    base::put(one, next.release());
  }

  template <class Retire>
  static void replaced(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }
  template <class Retire>
  static void erased(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }
};

// --- which one

template <class Key, class T, class M>
consteval auto choose_layout() {
  if constexpr (!fits_in_eight_bytes<T>) {
    return std::type_identity<node_layout<Key, T, M>>();
  } else if constexpr (!fits_in_eight_bytes<Key>) {
    return std::type_identity<word_node_layout<Key, T, M>>();
  } else {
    return std::type_identity<inline_layout<Key, T, M>>();
  }
}
// REQUIRES: Key and T are complete.
template <class Key, class T, class M>
using slot_layout = typename decltype(choose_layout<Key, T, M>())::type;

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_tables.hpp
// group_tables.hpp -- the tables of a group map: which one has a key's group, and how they follow each
// other.
//
// An operation begins at the map's table and goes on to its next where a group has been forwarded. While
// there is a next, every writer first moves a few groups; whoever finds that all have been moved makes
// next the map's table. In the words of the read/dirty map: the table is read, next is dirty, a
// forwarded group is an expunged entry, and the last move is the promotion, without its copy of
// everything at once.
//
// An operation protects the map's table, and next after it: both until it ends (group_table:I5).

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_tables {
 public:
  using P = platform_of<M>;
  using layout = slot_layout<Key, T, M>;
  using table = group_table<layout>;
  using part = typename table::part;
  using root = group_root<M>;
  using root_value = root_word<table>;

  group_tables(root& map, const Hash& hash, const M& from) noexcept
      : root_(map), hash_(hash), memory_(from) {}

  [[nodiscard]] const M& source() const noexcept { return memory_; }

  template <class Guard>
  [[nodiscard]] SYNCMAP_INLINE root_value protect_root(const Guard& guard) const noexcept {
    return guard.protect([this] { return root_.template load<table>(); });  // L3
  }

  // Where the keys with a hash are.
  struct route {
    table* in = nullptr;
    part main;
    group_state state;
    std::uint64_t hash = 0;
  };
  enum class arrival {
    here,
    nowhere,  // the map is empty
    again,    // the map has got another table: start again
  };
  // Looks up to.hash, beginning at `from`.
  template <class Guard>
  SYNCMAP_INLINE arrival find_group(root_value from, const Guard& guard, route& to) const {
    to.in = from.table();
    to.main = to.in->group_of(to.hash);
    to.state = to.main.head->state();
    if (!to.state.is_forwarded()) [[likely]]
      return arrival::here;
    const followed then = follow(to.in, to.hash, guard[of_next]);
    to.in = then.in;
    to.main = to.in->group_of(to.hash);
    to.state = then.state;
    return then.where;
  }

  static constexpr std::size_t of_table = 0;
  static constexpr std::size_t of_node = 1;
  static constexpr std::size_t of_next = 2;

  [[nodiscard]] std::uint64_t mixed(std::size_t hash) const noexcept {
    return root_.seed.template mixed<Hash>(hash);
  }
  // What an entry is tagged by in an overflow group.
  template <class K>
  [[nodiscard]] std::uint64_t mixed_again(std::uint64_t mixed_hash, const K& key) const noexcept {
    return root_.seed.template mixed_again<Key, Hash, KeyEqual>(mixed_hash, key);
  }
  [[nodiscard]] std::uint64_t hash_of(const Key& key) const { return mixed(hash_(key)); }

  // Announces the next table of `t`, which is protected, and says what the map's table is now. If that
  // is `t`, or next itself, next is protected (group_table:I5); if not, the caller starts again.
  root_value protect_next(table* next, const protector<P>& guard) const noexcept {
    guard.reset_protection(next);
    return root_.template load<table>();  // hazard_domain:T1
  }

  // Takes part in moving the entries of `t`, which the caller protects, to its next: `share` units.
  // True if nothing is left to do: then `t` is not the map's table any more.
  template <class Guard>
  SYNCMAP_NOINLINE bool help(table* t, std::size_t share, const Guard& guard) {
    table* const next = t->next();
    if (next == t) return leave_closed(t, guard);
    if (!protect_next(next, guard[of_next]).is(t)) return true;
    completes([&] { move_units(*t, *next, share); });  // what cannot be moved now is left to others
    return promote_if_moved(t, next, guard);
  }

  // Moves up to `share` units of those that are left, or that others are moving. Throws std::bad_alloc
  // and what the hash of a key throws.
  void move_units(table& from, table& to, std::size_t share) {
    const std::size_t units = from.unit_count(to);
    const std::size_t first = from.claim(share);
    for (std::size_t i = 0; i < share && i < units; ++i) {
      move_unit(from, to, (first + i) & (units - 1));
    }
  }

  // Not only by who moved the last unit: that thread may be stopped. True if nothing is left to do.
  template <class Guard>
  bool promote_if_moved(table* t, table* next, const Guard& guard) {
    if (t->moved() < t->unit_count(*next)) return false;
    if (root_.try_replace(
            root_value(t), root_value(next))) {  // else a clear was first: t owns next
      SYNCMAP_PROBE3(growth_end, &root_, t->group_count(), next->group_count());
      t->set_promoted();
      root_.growths.fetch_add(1, std::memory_order_relaxed);  // relaxed (statistic)
      drop(t, guard);
    }
    return true;
  }

  // Retires a table that is not the map's any more. Not while it is protected here: it would be kept.
  template <class Guard>
  void drop(table* t, const Guard& guard) {
    guard[of_table].reset_protection();
    guard[of_next].reset_protection();
    retire(t, t->bytes());
  }

  // Hands over what nobody can reach any more. May run destructors: the caller holds no lock.
  template <class X>
  void retire(X* object, std::size_t bytes = sizeof(X)) const noexcept {
    // Plain tables may outlive the map, but not an allocator of the user's.
    if constexpr (!layout::is_inline || !std::is_same_v<M, P>) {
      // relaxed (statistic): the destructor, which asks, comes after every operation.
      if (!root_.has_retired.load(std::memory_order_relaxed)) {
        root_.has_retired.store(true, std::memory_order_relaxed);  // relaxed (statistic)
      }
    }
    detail::retire<P>(object, bytes);
  }

  // Waits for the group to be unlocked, looking at it seldom: a look takes the line from whoever works
  // with it, and a thread that is left alone does several changes while it has the line. False, as of
  // an attempt that must be repeated.
  SYNCMAP_NOINLINE static bool wait_for(part main) {
    for (int looks = 1; main.head->state().is_locked(); ++looks) {
      if (looks % 16 == 0) {
        P::yield();  // its holder may not be running
      } else {
        for (int i = 0; i < 16; ++i) pause();
      }
    }
    return false;
  }

  // Gives an empty map a table; null if another thread was faster. Protects it. Throws
  // std::bad_alloc.
  SYNCMAP_NOINLINE table* make_table(root_value empty, std::size_t groups,
                                     const protector<P>& guard) {
    static_cast<void>(root_.seed.draw());
    auto fresh = table::make(memory_, groups, empty.generation());
    fresh->start(0, groups);
    guard.reset_protection(fresh.get());
    root_.raise_generation(empty.generation());
    if (!root_.try_replace(empty, root_value(fresh.get()))) return nullptr;
    return fresh.release();
  }

  // Gives `t`, which is protected, a next, if it is the map's table and has none: of as many groups,
  // but not so different from its own that a unit would be large. Throws std::bad_alloc.
  void set_next(table* t, std::size_t groups) {
    if (t->next() != nullptr) return;
    constexpr std::size_t most = group_migration<layout>::max_groups_per_unit;
    groups = larger(groups, t->group_count() / most);
    if (groups > t->group_count() * most) groups = t->group_count() * most;
    auto fresh = table::make(memory_, groups, t->generation());
    if (!root_.template load<table>().is(t)) return;
    if (!t->try_set_next(fresh.get())) return;
    static_cast<void>(fresh.release());
    SYNCMAP_PROBE3(growth_start, &root_, t->group_count(), groups);
  }

  // After an insert: makes the table grow if it has become too full.
  void grow_if_too_full(table* t) {
    if (t->is_too_full()) [[unlikely]]
      grow(t);
  }

  // The map has no table any more, if it was the closed one. True.
  template <class Guard>
  bool leave_closed(table* t, const Guard& guard) {
    if (!t->at(0).head->state().is_forwarded()) {  // about to be, or not
      wait_for(t->at(0));
    } else if (root_.try_replace(root_value(t), root_value::empty(t->generation()))) {
      drop(t, guard);
    }
    return true;
  }

 protected:
  root& root_;
  const Hash& hash_;
  const M& memory_;

 private:
  void move_unit(table& from, table& to, std::size_t unit) {
    if (from.at(unit * from.sources_per_unit(to)).head->state().is_forwarded()) return;
    group_migration<layout> one(from, to, unit);
    const auto again = [this](std::uint64_t hash, const Key& key) noexcept {
      return mixed_again(hash, key);
    };
    // Counted at once: before the next unit user code runs (a hash), which may wait for the promotion.
    if (one.run([this](const Key& key) { return hash_of(key); }, again)) from.count_moved();
  }

  SYNCMAP_NOINLINE void grow(table* t) {
    if (!root_.template load<table>().is(t) || t->group_count() >= table::max_groups()) return;
    completes([&] { set_next(t, 2 * t->group_count()); });  // else the groups just overflow more
  }

  // By value, as all that is not inlined into the way of almost every write: what has its address
  // taken lives in memory.
  struct followed {
    arrival where;
    table* in;
    group_state state;
  };
  SYNCMAP_NOINLINE followed follow(table* in, std::uint64_t hash, protector<P> guard) const {
    table* const next = in->next();
    if (next == in) return {arrival::nowhere, in, {}};
    const root_value now = protect_next(next, guard);
    if (!now.is(in) && !now.is(next)) return {arrival::again, in, {}};
    const group_state state = next->group_of(hash).head->state();
    // If it is forwarded, next is the map's table, or was.
    return {state.is_forwarded() ? arrival::again : arrival::here, next, state};
  }
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_core.hpp
// group_core.hpp -- what the operations of the group map do.
//
// A reader finds the group of its key, looks at tags and slots, and at the group's version again. A
// writer does the same, asks the caller's `decide`, makes what it needs, and takes the group's lock by
// a compare-and-swap from the very state that it scanned: so nothing was inserted, erased or moved
// since, and a few stores finish the change. No user code runs under the lock.
//
// Linearization points
//   L1  key found: the load of its value (inline_slot:T1, node_slot:T1), or, if it was erased or moved
//       between the tag and that load, just before.
//   L2  key not found: some moment between the load of the group's state and that of its last tag.
//   L3  no table: the load of the root.
//   L4  insert: the store of the tag.
//   L5  update: the store of the value. erase: the store of the tag.
//   L6  clear: the exchange of the root. Operations that still hold the dropped table come just before
//       it, in the order in which they took effect there.

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_core : public group_tables<Key, T, Hash, KeyEqual, M> {
  using base = group_tables<Key, T, Hash, KeyEqual, M>;

 public:
  using P = platform_of<M>;
  using base::find_group;
  using base::mixed;
  using base::of_next;
  using base::of_node;
  using base::of_table;
  using base::protect_root;
  using typename base::arrival;
  using typename base::layout;
  using slot = typename layout::slot;
  using typename base::part;
  using typename base::root;
  using typename base::root_value;
  using typename base::route;
  using typename base::table;

  group_core(root& map, const Hash& hash, const KeyEqual& equal, const M& from) noexcept
      : base(map, hash, from), equal_(equal) {}

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return read(hash_(key), key, on_found);
  }
  template <class K, class F>
  SYNCMAP_INLINE bool read(std::size_t hash, const K& key, F& on_found) const {
    if constexpr (layout::is_inline) {
      view seen;
      likeness result = likeness::changed;
      if constexpr (layout::template compares_without_user_code<KeyEqual, K>) {
        if (hazard_leaf<P>::can_be_had()) [[likely]] {
          const hazard_leaf<P> guard;
          result = look(guard, protector<P>(nullptr), hash, key, seen);
        }
      }
      if (result == likeness::changed) [[unlikely]] {
        // By value, if that costs nothing: a key whose address is taken lives in memory.
        using passed = std::conditional_t<std::is_scalar_v<K>, K, const K&>;
        const search again = find_inline<passed>(root_, hash_, equal_, memory_, hash, key);
        result = again.result;
        seen = again.seen;
      }
      if (result == likeness::other) return false;
      const T value = layout::value(seen);
      on_found(value);
    } else {
      const hazard_scope<P, 3> guard;
      view seen;
      likeness result = look(guard[of_table], guard[of_node], hash, key, seen);
      if (result == likeness::changed) [[unlikely]] {
        const search again = find_again(root_, hash_, equal_, memory_, three(guard), hash, key);
        result = again.result;
        seen = again.seen;
      }
      if (result == likeness::other) return false;
      const auto& value = layout::value(seen);
      guard[of_table].reset_protection();  // only the node stays while the caller looks at it
      guard[of_next].reset_protection();
      on_found(value);
    }
    return true;
  }

  // What a handle has of an entry: a copy, or its node.
  struct pinned {
    std::optional<typename layout::entry> at;
    typename layout::window window;
  };
  // Pins the entry of a key; false if it is absent. `unit` then protects its node. REQUIRES: `unit` has
  // protectors, unless entries are inline.
  template <class K>
  bool pin(const K& key, const hazard_pointer<P>& unit, pinned& seen) const {
    const std::size_t hash = hash_(key);
    const hazard_scope<P, 3> guard;
    const protectors each = layout::is_inline
                                ? three(guard)
                                : protectors{{guard[of_table], unit.get(), guard[of_next]}};
    route at;
    position found;
    view what;
    for (;;) {
      const likeness result = try_find(each, hash, key, at, found, what);
      seen.at.reset();
      if (result == likeness::other) return false;
      if (result == likeness::changed) continue;
      if constexpr (layout::is_inline) {
        seen.at.emplace(layout::capture(found.slot()));
        if (!at.main.head->is_still(at.state)) continue;  // it may be another key's by now
      } else {
        seen.at.emplace(what.found);
      }
      seen.window.look(*seen.at);  // L1
      return true;
    }
  }

  // Starts to bring near what reads of these hashes will look at: a group, the first slot that may have
  // the key, and its node. A node is only asked for, and not looked at: it may be gone by then.
  void prefetch(const std::size_t* hashes, std::size_t count) const noexcept {
    if (!hazard_leaf<P>::can_be_had()) return;
    const hazard_leaf<P> guard;
    const root_value r = protect_root(guard);
    if (r.is_empty() || r.table()->bytes() < P::least_bytes_to_prefetch) return;
    const table& in = *r.table();
    for (std::size_t i = 0; i < count; ++i) detail::prefetch(in.group_of(mixed(hashes[i])).head);
    for (std::size_t i = 0; i < count; ++i) {
      if (const slot* const one = first_match(in, mixed(hashes[i]))) detail::prefetch(one);
    }
    if constexpr (!layout::is_inline) {
      for (std::size_t i = 0; i < count; ++i) {
        const slot* const one = first_match(in, mixed(hashes[i]));
        if (one != nullptr) detail::prefetch(layout::capture(*one));
      }
    }
  }

  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide& decide) {
    const std::size_t hash = hash_(std::as_const(key));
    workspace work(memory_);
    auto build = [&](std::uint64_t mixed_hash) {
      if constexpr (!keeps_absent(Op)) {
        layout::prepare_insert(work.next, mixed_hash, std::forward<K>(key));
        root_.counter.prepare(memory_);
      }
    };
    if constexpr (layout::is_inline) {
      while (!attempt<Op>(hash, std::as_const(key), decide, build, work)) {
      }
    } else {
      // Once the key was moved into a new entry, that is where later attempts find it.
      while (work.next.key() == nullptr
                 ? !attempt<Op>(hash, std::as_const(key), decide, build, work)
                 : !attempt<Op>(hash, *work.next.key(), decide, build, work)) {
      }
    }
    hazard_domain<P>::reclaim_if_due();
  }

 private:
  using view = typename layout::view;
  using position = typename table::position;
  using overflow = typename table::overflow;
  using base::hash_;
  using base::memory_;
  using base::root_;

  // What a call of modify() prepares without the lock. Lives through all attempts.
  struct workspace {
    explicit workspace(const M& from) : next(from), spare(nullptr, destroyer<M>{from}) {}
    typename layout::draft next;
    owned<M, overflow> spare;
    hazard_scope<P, 3> guard;
  };

  // The slots of a scope, by value: a scope whose address is taken lives in memory.
  struct protectors {
    protector<P> each[3];
    protector<P> operator[](std::size_t which) const noexcept { return each[which]; }
  };
  static protectors three(const hazard_scope<P, 3>& guard) noexcept {
    return {guard[of_table], guard[of_node], guard[of_next]};
  }

  // --- finding

  // The way of almost every read: no function is called, and nothing is kept in memory. `changed`:
  // another attempt is needed, or the next table, or the overflow groups.
  template <class Guard, class K>
  SYNCMAP_INLINE likeness look(const Guard& of_root, protector<P> of_found, std::size_t hash,
                               const K& key, view& seen) const {
    const root_value r = protect_root(of_root);
    if (r.is_empty()) return likeness::other;  // L3
    const std::uint64_t mixed_hash = mixed(hash);
    if constexpr (!layout::is_inline) r.table()->prefetch(mixed_hash);
    const part main = r.table()->group_of(mixed_hash);
    const group_state state = main.head->state();
    if (state.is_forwarded()) [[unlikely]]
      return likeness::changed;
    return table::find_in_main(main, state, mixed_hash, key, equal_, of_found, seen);  // L1, L2
  }

  // One attempt that also follows a growth, and looks in overflow groups.
  template <class K>
  likeness try_find(const protectors& guard, std::size_t hash, const K& key, route& at,
                    position& found, view& seen) const {
    const root_value r = protect_root(guard[of_table]);
    if (r.is_empty()) return likeness::other;  // L3
    at.hash = mixed(hash);
    const arrival where = find_group(r, guard, at);
    if (where == arrival::nowhere) return likeness::other;
    if (where == arrival::again) return likeness::changed;
    const auto again = [&] { return this->mixed_again(at.hash, key); };
    return table::find(
        at.main, at.state, at.hash, key, equal_, again, guard[of_node], found, seen);  // L1, L2
  }

  // The same until it succeeds. Static: an object whose address is taken lives in memory.
  struct search {
    likeness result = likeness::other;
    view seen;
  };
  template <class K>
  SYNCMAP_NOINLINE static search find_again(root& map, const Hash& hasher, const KeyEqual& equal,
                                            const M& memory, protectors guard, std::size_t hash,
                                            const K& key) {
    const group_core core(map, hasher, equal, memory);
    search found;
    position at_slot;
    route at;
    do {
      found.result = core.try_find(guard, hash, key, at, at_slot, found.seen);
    } while (found.result == likeness::changed);
    return found;
  }
  template <class K>
  SYNCMAP_NOINLINE static search find_inline(root& map, const Hash& hasher, const KeyEqual& equal,
                                             const M& memory, std::size_t hash, K key) {
    const hazard_scope<P, 3> guard;
    return find_again(map, hasher, equal, memory, three(guard), hash, key);
  }

  // The first slot that may have a key with this hash.
  static const slot* first_match(const table& in, std::uint64_t hash) noexcept {
    const part main = in.group_of(hash);
    const auto set = main.head->match(tag_of(hash));
    return set == 0 ? nullptr : main.slots + std::countr_zero(set);
  }

  // --- changing

  // One attempt; false if another thread changed something in between.
  template <operation Op, class K, class Decide, class Build>
  SYNCMAP_INLINE bool attempt(std::size_t hash, const K& key, Decide& decide, Build& build,
                              workspace& work) {
    const root_value r = protect_root(work.guard[of_table]);
    route at;
    if (r.is_empty()) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      at.in = this->make_table(r, 1, work.guard[of_table]);
      if (at.in == nullptr) return false;
      at.hash = mixed(hash);
      at.main = at.in->at(0);
      return insert(at, build, work);
    }
    if (r.table()->next() != nullptr) [[unlikely]] {
      if (this->help(r.table(), P::units_per_write, three(work.guard))) return false;
    }
    at.hash = mixed(hash);
    r.table()->prefetch(at.hash);
    const arrival where = find_group(r, work.guard, at);
    if (where != arrival::here) [[unlikely]] {
      if (where == arrival::nowhere) this->leave_closed(r.table(), three(work.guard));
      return false;
    }
    constexpr bool always_commits =
        Op == operation::store || Op == operation::swap || Op == operation::compute;
    if (always_commits && at.state.is_locked()) return this->wait_for(at.main);

    position found;
    view seen;
    const auto again = [this, hash_then = at.hash, &key] {
      return this->mixed_again(hash_then, key);
    };
    const likeness result = table::find(
        at.main, at.state, at.hash, key, equal_, again, work.guard[of_node], found, seen);
    if (result == likeness::changed) return false;
    if (result == likeness::other) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;  // L2
      return insert(at, build, work);
    }
    const auto& current = layout::value(seen);
    switch (decide(std::addressof(current), work.next)) {
      case action::keep:
        break;  // L1
      case action::set:
        return replace<Op>(at, found, seen, decide, work);
      case action::erase:
        return erase(at, found, seen, work);
    }
    return true;
  }

  template <class Build>
  SYNCMAP_INLINE bool insert(const route& at, Build& build, workspace& work) {
    build(at.hash);
    if (at.state.is_locked()) return this->wait_for(at.main);
    part last;
    position empty = table::find_empty(at.main, last);
    if (!empty) [[unlikely]]
      prepare_overflow(memory_, work.spare, at.main);
    if (!at.main.head->try_lock(at.state)) return false;

    if (!empty) [[unlikely]]
      empty = add_overflow(*at.in, last, work.spare.release());
    group_state next = at.state;
    if (empty.in_overflow && !at.state.may_overflow(at.hash)) {
      if (!at.state.overflows()) at.in->count_overflowing(1);
      next = at.state.with_overflow(at.hash);
      at.main.head->publish(next.locked());  // group:I4, before the tag can be seen
    }
    const std::uint64_t tagged_by =
        empty.in_overflow ? this->mixed_again(at.hash, layout::key_of(work.next)) : at.hash;
    layout::fill(empty.slot(), work.next);
    empty.part.head->set_tag(empty.index, tag_of(tagged_by));  // L4
    at.main.head->unlock(next.changed());
    root_.counter.add(at.in->generation(), hazard_domain<P>::thread_index());
    if (empty.in_overflow) this->grow_if_too_full(at.in);
    return true;
  }

  SYNCMAP_NOINLINE static void prepare_overflow(const M& memory, owned<M, overflow>& spare,
                                                part main) {
    if (spare == nullptr) spare.reset(make_in<overflow>(memory));
    spare->depth = 1;
    for (part here = main.next(); here; here = here.next()) ++spare->depth;
  }
  SYNCMAP_NOINLINE static position add_overflow(table& in, part last, overflow* more) noexcept {
    last.head->link(more);
    in.own(more);
    return {{&more->head, more->slots}, 0, true};
  }

  // Retires the node that a change has taken out; unprotected here, or it would be kept.
  auto retire_after(const workspace& work) const noexcept {
    return [this, &work](auto* node) noexcept {
      work.guard[of_node].reset_protection();
      this->retire(node);
    };
  }

  template <operation Op, class Decide>
  SYNCMAP_INLINE bool replace(const route& at, const position& found, view& seen, Decide& decide,
                              workspace& work) {
    layout::prepare_replace(work.next, seen);
    if (at.state.is_locked()) return this->wait_for(at.main);
    if (!at.main.head->try_lock(at.state)) return false;

    if constexpr (decides_without_user_code<T>(Op)) {
      layout::refresh(found.slot(), seen);
      const auto& current = layout::value(seen);
      static_cast<void>(decide(std::addressof(current), work.next));
    } else if (!layout::is_unchanged(found.slot(), seen)) {
      at.main.head->unlock(at.state);
      return false;
    }
    layout::replace(found.slot(), seen, work.next);  // L5
    at.main.head->unlock(at.state);
    layout::replaced(seen, retire_after(work));
    return true;
  }

  SYNCMAP_INLINE bool erase(const route& at, const position& found, const view& seen,
                            workspace& work) {
    if (at.state.is_locked()) return this->wait_for(at.main);
    if (!at.main.head->try_lock(at.state)) return false;
    if (!layout::is_unchanged(found.slot(), seen)) {
      at.main.head->unlock(at.state);
      return false;
    }
    found.part.head->set_tag(found.index, 0);  // L5
    layout::vacate(found.slot());
    group_state next = at.state.changed();
    if (found.in_overflow && table::is_overflow_empty(at.main)) {
      next = next.without_overflow();
      at.in->count_not_overflowing();
    }
    at.main.head->unlock(next);
    root_.counter.remove(at.in->generation(), hazard_domain<P>::thread_index());
    layout::erased(seen, retire_after(work));
    return true;
  }

  const KeyEqual& equal_;
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_cursor.hpp
// group_cursor.hpp -- walks the entries of the group map, in the order of their hashes' groups.
//
// A cursor is a hash: it has shown every entry whose hash is below. A step takes the group that holds
// the next hashes, in whatever table it is by now, copies what the group has at one instant, and goes
// on to the end of the group's interval. So it needs no table between two steps, and growing,
// shrinking and clearing do not disturb it. A key has one hash: it is not shown twice, and if it is
// there all the time it is there at the instant of its group.
//
// Nodes of the group that it shows are protected, so at most as many as one group has. A group with
// more than 32 entries - that many equal hashes - makes it allocate.

namespace syncmap::inline v0_1::detail {

template <class Core>
class group_cursor {
  using P = typename Core::P;
  using layout = typename Core::layout;
  using table = typename Core::table;
  using part = typename table::part;
  using entry = typename layout::entry;

 public:
  // Goes to the next entry; false at the end. Throws what the hash of a key throws, and
  // std::bad_alloc.
  SYNCMAP_INLINE bool next(const Core& core) { return ++at_ < group_.size() || refill(core); }
  // What it is at.
  [[nodiscard]] const entry& current() const noexcept { return group_[at_]; }

 private:
  SYNCMAP_NOINLINE bool refill(const Core& core) {
    struct cleanup {  // if something throws, there is nothing to show; the next call goes on here
      group_cursor* self;
      ~cleanup() {
        if (self != nullptr) self->group_.clear();
      }
    } on_throw{this};
    at_ = 0;
    group_.clear();
    while (group_.size() == 0 && !is_at_end_) step(core);
    on_throw.self = nullptr;
    if (group_.size() != 0) return true;
    row_.reset_protection();
    return false;
  }

  // Copies the entries of the group that has the hashes from `from_` on, and goes to its end.
  void step(const Core& core) {
    const hazard_scope<P, 3> guard;
    typename Core::route at;
    at.hash = from_;
    for (;;) {
      const auto r = core.protect_root(guard[Core::of_table]);
      if (r.is_empty()) break;
      const auto where = core.find_group(r, guard, at);
      if (where == Core::arrival::nowhere) break;
      if (where == Core::arrival::again || !copy(at.main, at.state)) continue;
      const std::size_t index = at.in->index_of(from_);
      if (at.in->first_of(index) != from_) drop_hashes_below(core);  // the table has shrunk
      const std::uint64_t last = at.in->last_of(index);
      from_ = last + 1;
      is_at_end_ = from_ == 0;
      return;
    }
    group_.clear();
    is_at_end_ = true;
  }

  // Copies what the group has; false if it changed meanwhile.
  bool copy(const part& main, group_state seen) {
    group_.clear();
    if constexpr (layout::is_inline) {
      for (part here = main; here; here = here.next()) {
        entry* to = group_.space_for(group_slots);
        entry* const first = to;
        for (auto set = here.head->taken(); set != 0; set &= set - 1) {
          const auto index = static_cast<std::size_t>(std::countr_zero(set));
          ::new (static_cast<void*>(to++)) entry(layout::capture(here.slots[index]));
        }
        group_.added(static_cast<std::size_t>(to - first));
        if (!seen.overflows()) break;
      }
      return main.head->is_still(seen);
    } else {
      const bool whole = for_each_taken(main, seen, [this](const auto& slot) {
        row_.reserve(group_.size() + 1);
        const entry node = layout::capture(slot);
        if (node == nullptr) return false;
        row_[group_.size()].reset_protection(node);
        group_.push_back(node);
        return true;
      });
      return whole && is_protected(main, seen);
    }
  }

  // Do the slots still have the nodes that were announced? (node_slot:I2)
  bool is_protected(const part& main, group_state seen) const noexcept {
    std::size_t index = 0;
    const bool same = for_each_taken(main, seen, [&](const auto& slot) {
      return index < group_.size() && group_[index++] == layout::capture(slot);
    });
    return same && index == group_.size() && main.head->is_still(seen);
  }

  void drop_hashes_below(const Core& core) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (hash_of(core, group_[i]) >= from_) group_[kept++] = group_[i];
    }
    group_.resize_down(kept);
  }
  static std::uint64_t hash_of(const Core& core, const entry& one) {
    if constexpr (layout::is_inline) {
      return core.hash_of(one.key);
    } else {
      return one->hash;
    }
  }

  std::uint64_t from_ = 0;
  bool is_at_end_ = false;
  std::size_t at_ = 0;
  small_buffer<P, entry, 2 * group_slots> group_;
  hazard_row<P> row_;  // of the nodes of the group
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_sizing.hpp
// group_sizing.hpp -- the operations of the group map that concern a table as a whole.

namespace syncmap::inline v0_1::detail {

template <class Core>
class group_sizing {
  using P = typename Core::P;
  using table = typename Core::table;
  using root = typename Core::root;
  using root_value = typename Core::root_value;

 public:
  group_sizing(root& map, Core core) noexcept : root_(map), core_(core) {}

  // Group core L6. Operations that began before it may finish in the table that it drops.
  void clear() {
    const hazard_scope<P, 3> guard;
    for (;;) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) return;
      const std::uint32_t next = root::after(r.table()->generation());
      if (!root_.try_replace(r, root_value::empty(next))) continue;
      root_.raise_generation(next);
      core_.drop(r.table(), guard);
      return;
    }
  }

  // Makes the table at least this large, in steps. Throws std::bad_alloc before the first, if there is
  // not the memory for the last.
  void reserve(std::size_t groups) {
    const hazard_scope<P, 3> guard;
    for (bool is_first = true;;) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) {
        if (core_.make_table(r, groups, guard[Core::of_table]) != nullptr) return;
      } else if (r.table()->next() != nullptr) {
        complete(r.table(), guard);
      } else if (r.table()->group_count() >= groups) {
        return;
      } else {
        if (std::exchange(is_first, false)) {
          static_cast<void>(
              table::make(core_.source(), groups, 0));  // throws if there is not the memory
        }
        core_.set_next(r.table(), groups);
      }
    }
  }

  // Makes the table as small as its entries allow, and gives it back if there are none. Other writes
  // that run meanwhile may make it larger again: it tries a few times.
  void shrink() {
    const hazard_scope<P, 3> guard;
    for (int patience = 100; patience > 0; --patience) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) return;
      table* const t = r.table();
      if (t->next() != nullptr) {
        complete(t, guard);
        continue;
      }
      const std::size_t entries = root_.size();
      if (entries == 0 && t->try_close()) continue;
      const std::size_t wanted = larger(table::groups_for(entries), 1);
      if (wanted >= t->group_count()) return;
      core_.set_next(t, wanted);
    }
  }

 private:
  // Moves the rest of the table to its next. Throws as move_units().
  template <class Guard>
  void complete(table* t, const Guard& guard) {
    constexpr std::size_t share = 64;
    table* const next = t->next();
    if (next == t || !core_.protect_next(next, guard[Core::of_next]).is(t)) {
      static_cast<void>(core_.help(t, share, guard));
      return;
    }
    for (;;) {
      core_.move_units(*t, *next, share);
      if (core_.promote_if_moved(t, next, guard)) return;
      P::yield();
    }
  }

  root& root_;
  Core core_;
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/misuse.hpp
// misuse.hpp -- what the assertions ask when a map is destroyed: does anybody still use it?
//
// What they go by is there only while an operation is running, so a program that is right is not accused; but
// for one that calls exit() in a callback of a thread_local map, which is then destroyed before all else.
// Many uses leave no trace of that kind, and stay unnoticed.

namespace syncmap::inline v0_1::detail {

template <class P>
struct misuse {
  using domain = hazard_domain<P>;

  // Not in the child of a fork, which has the locks of threads that it has not; nor at the end of a process, where
  // operations stop that exit() was called in, or that other threads are in: by then exit() has taken the calling
  // thread's record, but a pass borrows one. Nor by a thread that never had one: it must not begin to use maps when
  // one is destroyed, as it may be closing a library, and what it would leave to do at its own end goes with that.
  static bool can_be_told() noexcept {
    if constexpr (requires { P::is_first_process(); }) {
      return !domain::this_record().is_shared && !domain::is_in_pass() && P::is_first_process();
    } else {
      return false;
    }
  }

  // Is the calling thread in an operation that has announced this table?
  static bool this_thread_uses(const void* table) noexcept {
    // relaxed (own)
    return domain::this_record().each[0].load(std::memory_order_relaxed) == table;
  }

  // Is it, or has anybody the mutex? (Taking that would hide from ThreadSanitizer that nobody has waited for whoever
  // had it.)
  template <class Mutex>
  static bool shows_use(const void* table, Mutex& mutex) noexcept {
    if (!can_be_told()) return false;
    if (table != nullptr && this_thread_uses(table)) return true;
    if constexpr (!under_tsan && requires { mutex.try_lock(); }) {
      if (!mutex.try_lock()) return true;
      mutex.unlock();
    }
    return false;
  }
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/group_map.hpp
// group_map.hpp -- the engine of syncmap::map: the four primitives of engine.hpp, and sizes.
//
// All that depends on the layout of an entry is in group_core.hpp and is looked at when an operation
// is used: only then must the types of keys and values be complete.

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M = platform>
class group_map {
  static_assert(check_types<Key, T>::passed);
  using P = platform_of<M>;
  template <class Value>
  using core_type = group_core<Key, Value, Hash, comparison<Key, KeyEqual>, M>;

 public:
  using memory = M;
  using key_type = Key;
  using mapped_type = T;
  using hasher = Hash;
  using key_equal = KeyEqual;

  constexpr group_map() = default;
  constexpr group_map(const Hash& hash, const KeyEqual& equal, const M& from = M())
      : hash_(hash), equal_(equal), memory_(from) {}
  group_map(const group_map&) = delete;
  group_map& operator=(const group_map&) = delete;
  // REQUIRES: no operation is running.
  ~group_map() {
    using table = typename core_type<T>::table;
    SYNCMAP_ASSERT(!is_in_use(), SYNCMAP_IN_USE);
    // relaxed (locked): no operation is running.
    if (auto* const more = root_.flights.load(std::memory_order_relaxed)) more->destroy(more);
    // What was retired goes first, so that every key and value is destroyed before this returns.
    // relaxed (locked): no operation is running.
    if (root_.has_retired.load(std::memory_order_relaxed)) hazard_domain<P>::global().reclaim();
    const auto last = root_.template load<table>();
    if (!last.is_empty()) table::destroy(last.table());
    root_.template bury<table>();
  }

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
  [[nodiscard]] const M& source() const noexcept { return memory_; }
  [[nodiscard]] auto& flights() const noexcept { return root_.flights; }
  [[nodiscard]] std::size_t size() const noexcept { return root_.size(); }

  // The four primitives (engine.hpp).

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return core<T>().read(key, on_found);
  }
  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide&& decide) {
    core<T>().template modify<Op>(std::forward<K>(key), decide);
  }
  void clear() { sizing<T>().clear(); }
  class cursor;

  // Further ones, made of the same.

  class pinned;
  // Reads some keys that follow each other, their memory brought near first.
  template <class It, class End, class Sought, class F>
  void read_many(It first, const End last, const Sought& sought, const F& on_each) const {
    const auto of = core<T>();
    read_ahead([&](const auto& key) { return hash_(key); },
               [&](const std::size_t* hashes, std::size_t count) { of.prefetch(hashes, count); },
               [&](std::size_t hash, const auto& key) {
                 auto found = [&](const T& value) { on_each(std::addressof(value)); };
                 if (!core<T>().read(hash, key, found)) on_each(static_cast<const T*>(nullptr));
               },
               first, last, sought);
  }

  // Sizes.

  void reserve(std::size_t entries) {
    if (entries != 0) sizing<T>().reserve(core_type<T>::table::groups_for(entries));
  }
  void shrink_to_fit() {
    sizing<T>().shrink();
    hazard_domain<P>::global().reclaim();
  }
  [[nodiscard]] std::size_t capacity() const { return stats().capacity; }
  [[nodiscard]] static constexpr std::size_t max_size() noexcept {
    return core_type<T>::table::max_entries();
  }
  [[nodiscard]] map_stats stats() const {
    map_stats result;
    {
      const hazard_scope<P, 3> guard;
      const auto r = core<T>().protect_root(guard[0]);
      if (!r.is_empty()) add_table(result, *r.table(), guard[2]);
    }
    result.entries = size();
    result.capacity = larger(result.capacity, result.entries);
    result.growths = root_.growths.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.bytes += root_.counter.bytes() + core_type<T>::layout::bytes_beside * result.entries;
    result.retired_bytes = hazard_domain<P>::global().retired_bytes();
    return result;
  }

 private:
  friend struct group_inspector;  // tests

  template <class Value>
  SYNCMAP_INLINE core_type<Value> core() const noexcept {
    return core_type<Value>(root_, hash_, comparison_by<Key>(equal_), memory_);
  }
  template <class Value>
  group_sizing<core_type<Value>> sizing() noexcept {
    return {root_, core<Value>()};
  }
  // As far as it shows: in a callback of this thread, or while another thread holds a lock.
  [[nodiscard]] bool is_in_use() const noexcept {
    const auto r = root_.template load<typename core_type<T>::table>();
    if (r.is_empty() || !misuse<P>::can_be_told()) return false;
    return misuse<P>::this_thread_uses(r.table()) || r.table()->has_locked_group();
  }
  template <class Table>
  void add_table(map_stats& to, const Table& current, const protector<P>& guard) const {
    to.capacity = current.capacity();
    to.groups = current.group_count();
    to.overflowing_groups = current.overflowing();
    to.longest_probe = current.longest_probe();
    to.bytes = current.bytes_with_overflow();
    Table* const next = current.next();
    if (next == nullptr || next == &current) return;
    const auto now = core<T>().protect_next(next, guard);
    if (now.is(&current) || now.is(next)) to.bytes += next->bytes_with_overflow();
  }

  // First: g++ 12, where it makes some empty objects, clears the byte that they share with what is there.
  SYNCMAP_NO_UNIQUE_ADDRESS Hash hash_{};
  SYNCMAP_NO_UNIQUE_ADDRESS KeyEqual equal_{};
  SYNCMAP_NO_UNIQUE_ADDRESS M memory_{};
  mutable group_root<M> root_;
};

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_map<Key, T, Hash, KeyEqual, M>::cursor {
 public:
  explicit cursor(const group_map& map) : map_(&map) {}

  bool next() {
    if (!at_.next(map_->template core<T>())) return false;
    window_.look(at_.current());
    return true;
  }
  [[nodiscard]] const Key& key() const noexcept { return layout::key_of(at_.current()); }
  [[nodiscard]] const T& value() const noexcept { return window_.value(at_.current()); }

 private:
  using layout = typename core_type<T>::layout;

  const group_map* map_;
  group_cursor<core_type<T>> at_;
  typename layout::window window_;
};

// An entry that stays: a copy of one that is inline, or a protected node.
template <class Key, class T, class Hash, class KeyEqual, class M>
class group_map<Key, T, Hash, KeyEqual, M>::pinned {
 public:
  pinned() = default;
  template <class K>
  pinned(const group_map& map, const K& key) {
    if constexpr (!layout::is_inline) unit_ = make_hazard_pointer<P>();
    if (map.template core<T>().pin(key, unit_, entry_)) return;
    unit_ = hazard_pointer<P>();
  }
  pinned(pinned&& other) noexcept
      : unit_(std::move(other.unit_)), entry_(std::exchange(other.entry_, {})) {}
  pinned& operator=(pinned&& other) noexcept {
    entry_ = std::exchange(other.entry_, {});
    unit_ = std::move(other.unit_);
    return *this;
  }

  [[nodiscard]] bool has_value() const noexcept { return entry_.at.has_value(); }
  // REQUIRES: has_value().
  [[nodiscard]] const Key& key() const noexcept { return layout::key_of(*entry_.at); }
  [[nodiscard]] const T& value() const noexcept { return entry_.window.value(*entry_.at); }

 private:
  using layout = typename core_type<T>::layout;

  hazard_pointer<P> unit_;
  typename core_type<T>::pinned entry_;
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/wait_graph.hpp
// wait_graph.hpp -- threads that compute something, and threads that wait for it.
//
// A *flight* is one computation, led by one thread. Others wait for it, unless that would never end:
// the thread that leads it waits, through other flights, for one that the caller leads. Then all would
// wait for each other, so the last one does not.
//
// A thread takes part in such a circle only while it leads a flight: a *leader* is on the stack of the
// outermost one. Whom a leader waits for is guarded by one lock of the process, which is taken only by
// those who wait, and to end a flight that somebody waits for; for a few steps, and with no user code.
//
// Invariants
//   I1  A flight goes from running to landed, or from running over awaited to landed, once.
//   I2  While a flight is awaited, its leader exists: it needs the lock to end it.
//   I3  A leader waits for flights that are awaited, or that have landed since.
//
// Synchronization
//   S1 lock           release: unlock()   acquire: lock()
//      Carries what leaders wait for.
//   S2 land-flight    release: land()     acquire: await(), has_landed()
//      Carries all that the leader did before to those who waited.

namespace syncmap::inline v0_1::detail {

template <class P>
class flight;

// A thread that leads a flight.
template <class P>
struct SYNCMAP_SHARED flight_leader {
  const flight<P>* waits_for = nullptr;  // guarded by the lock of the graph

  static flight_leader unattached;  // what a thread's pointer shows that leads none
};
template <class P>
constinit inline flight_leader<P> flight_leader<P>::unattached{};

// Held for a few steps. It belongs to a process: the child of a fork takes it, whoever had it.
template <class P>
class SYNCMAP_SHARED graph_lock {
 public:
  void lock() noexcept {
    const std::uint64_t mine = P::process() << 1 | 1;
    // relaxed (revalidated): the exchange below checks it.
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
      if (seen == mine) {
        P::yield();
        seen = word_.load(std::memory_order_relaxed);  // relaxed (revalidated)
        // S1 acquire. Failure: relaxed (revalidated).
      } else if (word_.compare_exchange_weak(
                     seen, mine, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
  }
  void unlock() noexcept {
    word_.store(0, std::memory_order_release);  // S1 release
  }

 private:
  typename P::template atomic<std::uint64_t> word_{0};
};
template <class P>
SYNCMAP_SHARED inline constinit graph_lock<P> graph_lock_v{};

template <class P>
class flight {
  using leader = flight_leader<P>;

 public:
  // The calling thread leads a flight as long as this is on its stack.
  class leading {
   public:
    leading() noexcept : before_(P::template this_thread<leader>()) {
      if (before_ == &leader::unattached) P::template this_thread<leader>() = &mine_;
    }
    leading(const leading&) = delete;
    leading& operator=(const leading&) = delete;
    ~leading() { P::template this_thread<leader>() = before_; }

   private:
    leader* const before_;
    leader mine_;
  };

  // REQUIRES: a `leading` exists, and lives until land().
  flight() noexcept : leader_(P::template this_thread<leader>()) {}

  [[nodiscard]] bool has_landed() const noexcept {
    return state_.load(std::memory_order_acquire) == landed;  // S2 acquire
  }

  // Ends it, and wakes who waits.
  void land() noexcept {
    std::uint32_t seen = running;
    // S2 release. Failure: relaxed (locked), others only wait then.
    if (state_.compare_exchange_strong(
            seen, landed, std::memory_order_release, std::memory_order_relaxed)) {
      return;
    }
    graph_lock_v<P>.lock();
    leader_ = nullptr;
    state_.store(landed, std::memory_order_release);  // S2 release
    graph_lock_v<P>.unlock();
    P::wake_all(state_);
  }

  // Waits until it has landed; false, at once, if that would never be.
  [[nodiscard]] bool await() noexcept {
    leader* const mine = P::template this_thread<leader>();
    const bool leads = mine != &leader::unattached;
    graph_lock_v<P>.lock();
    std::uint32_t seen = running;
    // relaxed (locked), on failure too: what the leader did is seen by has_landed().
    const bool is_under_way =
        state_.compare_exchange_strong(
            seen, awaited, std::memory_order_relaxed, std::memory_order_relaxed) ||
        seen == awaited;
    const bool takes_part = is_under_way && leads;
    const bool circular = takes_part && leads_to(mine);
    if (takes_part && !circular) mine->waits_for = this;
    graph_lock_v<P>.unlock();
    if (circular) return false;
    while (!has_landed()) {
      P::wait_while(state_, awaited, std::memory_order_acquire);  // S2 acquire
    }
    if (takes_part) {
      graph_lock_v<P>.lock();
      mine->waits_for = nullptr;
      graph_lock_v<P>.unlock();
    }
    return true;
  }

 private:
  static constexpr std::uint32_t running = 0;
  static constexpr std::uint32_t awaited = 1;
  static constexpr std::uint32_t landed = 2;

  // Does whoever leads this one wait, by way of others, for `who`? REQUIRES: the lock.
  bool leads_to(const leader* who) const noexcept {
    for (const flight* at = this; at != nullptr && at->leader_ != nullptr;
         at = at->leader_->waits_for) {
      if (at->leader_ == who) return true;
    }
    return false;
  }

  typename P::template atomic<std::uint32_t> state_{running};
  leader* leader_;  // guarded by the lock; null once an awaited flight has landed
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/single_flight.hpp
// single_flight.hpp -- of the threads that want to compute the value of one key, one does; the others
// wait for it, and for nothing else.
//
// The flights under way are in a group map of their own, by key, so that finding one takes no lock that
// user code could run under, and nobody who looks at the map itself sees them. It is made when the
// first value is computed.
//
// Synchronization
//   S1 make-flights   release: of()   acquire: of()
//      Carries the map of flights.

namespace syncmap::inline v0_1::detail {

template <class Key, class Hash, class KeyEqual, class M>
class single_flight {
  using P = platform_of<M>;
  using flight_type = flight<P>;
  using pointer = std::shared_ptr<flight_type>;
  struct table : attachment, group_map<Key, pointer, Hash, KeyEqual, M> {
    table(const Hash& hash, const KeyEqual& equal, const M& from)
        : attachment{&table::free}, group_map<Key, pointer, Hash, KeyEqual, M>(hash, equal, from) {}
    // For assertions: does anybody compute a value, or wait for one?
    [[nodiscard]] bool has_flights() const noexcept {
      bool any = false;
      completes([&] {
        typename table::cursor at(*this);
        while (!any && at.next()) any = !at.value()->has_landed();
      });
      return any;
    }
    static void free(attachment* one) noexcept {
      auto* const all = static_cast<table*>(one);
      SYNCMAP_ASSERT(!misuse<P>::can_be_told() || !all->has_flights(), SYNCMAP_IN_USE);
      destroy_in(all->source(), all);
    }
  };

 public:
  // Must the caller do without a flight?
  static bool must_not_wait() noexcept { return hazard_domain<P>::is_in_pass(); }

  // The right to compute the value of a key. When it is given up, those who wait look again.
  class turn {
   public:
    // Leads if nobody does; else waits until whoever does has ended, and leads not. `key` outlives this.
    // Throws std::logic_error if that would never be, std::bad_alloc, and what hash, equality and the
    // copy of a key throw.
    template <class Engine>
    turn(const Engine& map, const Key& key) : all_(of(map)), key_(key), leading_(std::in_place) {
      mine_ = std::allocate_shared<flight_type>(allocator_of<flight_type>(map.source()));
      pointer others;
      auto decide = [&](const pointer* current, auto& next) {
        others = current == nullptr ? nullptr : *current;
        if (others != nullptr && !others->has_landed()) return action::keep;
        others = nullptr;
        next.emplace(mine_);
        return action::set;
      };
      all_.template modify<operation::compute>(key, decide);
      if (others == nullptr) return;
      mine_ = nullptr;
      leading_.reset();
      if (!others->await()) {
        throw_logic_error(
            "syncmap: load_or_compute() of a key inside the factory for that key, or in a circle of"
            " factories that wait for each other; compute the inner value first, or store() it");
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (mine_ == nullptr) return;
      // If this does not come about, the next one to want the key finds that it has landed, and puts
      // its own in its place.
      completes([this] {
        auto decide = [this](const pointer* current, auto&) {
          const bool is_mine = current != nullptr && *current == mine_;
          return is_mine ? action::erase : action::keep;
        };
        all_.template modify<operation::compare_and_erase>(key_, decide);
      });
      mine_->land();
    }

    [[nodiscard]] bool leads() const noexcept { return mine_ != nullptr; }

   private:
    table& all_;
    const Key& key_;
    std::optional<typename flight_type::leading> leading_;
    pointer mine_;
  };

 private:
  // Those of a map.
  template <class Engine>
  static table& of(const Engine& map) {
    auto& all = map.flights();
    attachment* seen = all.load(std::memory_order_acquire);  // S1 acquire
    if (seen != nullptr) return *static_cast<table*>(seen);
    auto* const fresh =
        make_in<table>(map.source(), map.hash_function(), map.key_eq(), map.source());
    // S1 release, S1 acquire.
    if (all.compare_exchange_strong(
            seen, fresh, std::memory_order_acq_rel, std::memory_order_acquire)) {
      return *fresh;
    }
    destroy_in(map.source(), fresh);
    return *static_cast<table*>(seen);
  }
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/basic_map.hpp
/// The contract that all maps keep: every operation, written over an engine's four primitives.

namespace syncmap::inline v0_1 {

/// A concurrent hash map with the contract of Go's `sync.Map`.
///
/// Any number of threads may call any members at once, except the destructor. Each key behaves like
/// an atomic variable that may be absent. Every operation is linearizable (G1); one that changes the
/// map synchronizes with every operation that observes the change, an absence included (G2). No user
/// code - hash, value comparison, constructors, destructors, callbacks - runs while the map holds a
/// lock, so any of it may call any member of any map (G5; what an engine excepts, its map says). If
/// user code or an allocation throws, the operation has had no effect, and the map stays usable (G6).
/// An argument passed as an rvalue may have been moved from, if the operation throws, or if another
/// thread changes the key meanwhile and it does nothing. Pass no argument that is part of another one
/// that is moved.
///
/// Read operations: `load`, `contains`, `visit`, `range`, iteration, `size`, `empty`, and every other
/// operation that returns something. Write operations: `store` and `swap` always, the others if and
/// only if they changed the map.
///
/// The first operation of a thread, its first iterator, and its first operation within a callback may
/// allocate a small record, which is used again when it is free.
///
/// What an operation erases or replaces is destroyed later, when no thread reads it any more: by a
/// later write of any map on the same thread, by another thread's, by `reclaim()`, or by the
/// destructor of its map. So a write may run destructors of keys and values of other maps: do not hold
/// a lock, when you write, that such a destructor takes.
///
/// @tparam Engine the algorithm; see `read_dirty_map`.
template <class Engine>
class basic_map : public core_map<Engine> {
  using base = core_map<Engine>;
  using flight = detail::single_flight<typename base::key_type, typename base::hasher,
                                       typename base::key_equal, typename Engine::memory>;

 public:
  using typename base::allocator_type;
  using typename base::hasher;
  using typename base::key_equal;
  using typename base::key_type;
  using typename base::mapped_type;
  using typename base::size_type;
  using typename base::value_type;

  using base::base;
  using base::load_or_store;
  using base::range;

  /// @name What C++ programmers expect beyond them
  /// @{

  /// Whether `key` has a value. @throws what hash and equality throw
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  [[nodiscard]] SYNCMAP_INLINE bool contains(const K& key) const {
    return engine_.read(as_sought(key), [](const mapped_type&) {});
  }

  /// Calls `f(value)` with the value of `key`, without a copy; returns whether there was one. The
  /// reference is valid until `f` returns, whatever other threads do, and the value does not change.
  /// @throws what hash, equality and `f` throw
  template <class K = key_type, class F>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> && value_visitor<F, mapped_type>
  SYNCMAP_INLINE bool visit(const K& key, F&& f) const {
    return engine_.read(
        as_sought(key), [&](const mapped_type& value) { static_cast<void>(f(value)); });
  }

  class handle;
  /// The entry of `key`, to be kept: `if (auto found = map.find(key)) use(*found);` What the handle shows
  /// lives as long as the handle, so give it a name.
  /// @throws what hash and equality throw, std::bad_alloc
  template <class K = key_type>
    requires key_can_be_found_by<K, key_type, hasher, key_equal>
  [[nodiscard]] handle find(const K& key) const {
    return handle(engine_, as_sought(key));
  }

  /// `load` of every key of a range, in order; returns the end of what it wrote. Faster than one after
  /// the other where the map is larger than the processor's caches: the memory of some keys is asked
  /// for before the first of them is looked at. Each is a load of its own (G1).
  /// @param keys a range that can be walked twice
  /// @param out takes `std::optional<T>`
  /// @throws as load, and what the range and `out` throw
  template <detail::forward_range Keys, std::weakly_incrementable Out>
    requires key_can_be_found_by<detail::element_of<Keys>, key_type, hasher, key_equal> &&
             value_can_be_copied<mapped_type, Keys> &&
             std::indirectly_writable<Out, std::optional<mapped_type>>
  Out load_many(Keys&& keys, Out out) const {
    const auto sought = [](const auto& key) -> decltype(auto) { return as_sought(key); };
    const auto on_each = [&out](const mapped_type* value) {
      *out = value == nullptr ? std::optional<mapped_type>() : std::optional<mapped_type>(*value);
      ++out;
    };
    engine_.read_many(std::ranges::begin(keys), std::ranges::end(keys), sought, on_each);
    return out;
  }

  /// The value of `key` if there is one (`loaded`), else stores `factory()` and returns that. Of
  /// any number of threads that call this for one absent key, exactly one runs its factory; the others,
  /// and nobody else, wait for it. If it throws, its caller gets the exception, and the next of those that
  /// wait runs its own. While the value is made the key is absent for every other operation; one that
  /// stores it meanwhile wins, and what the factory made is dropped.
  ///
  /// The factory may use this map and others, `load_or_compute` included. Called from a destructor that a
  /// reclamation runs, this waits for nobody, and runs its own factory.
  /// @throws std::logic_error for a key inside the factory for that key, and in a circle of factories
  ///   that wait for each other; what the factory throws; as load_or_store
  /// @par Progress: blocks on the factories of the same key; for a few steps also on others that wait.
  template <class K = key_type, class F>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             key_can_be_found_by<std::remove_reference_t<K>, key_type, hasher, key_equal> &&
             key_can_be_copied<key_type, K> && value_can_be_copied<mapped_type, K> &&
             value_factory<F, mapped_type>
  load_or_store_result<mapped_type> load_or_compute(K&& key, F&& factory) {
    load_or_store_result<mapped_type> result;
    const auto found = [&](const mapped_type& value) { result.emplace(value, true); };
    if (engine_.read(as_sought(key), found)) return result;
    const auto compute = [&] {
      return load_or_store(std::forward<K>(key), static_cast<mapped_type>(factory()));
    };
    if (flight::must_not_wait()) return compute();
    const auto own = static_cast<key_type>(as_sought(key));
    for (;;) {
      const typename flight::turn turn(engine_, own);
      // Whoever had the turn before has stored the key, or failed.
      if (engine_.read(own, found)) return result;
      if (turn.leads()) return compute();
    }
  }

  /// Replaces the value of `key` by `f(value)`, atomically: if another thread changed it meanwhile,
  /// `f` is called again. Returns the new value, or nothing if the key is absent.
  /// @throws what hash, equality, `f`, copies and allocation throw
  template <class K = key_type, class F>
    requires key_can_be_found_by<K, key_type, hasher, key_equal> && value_updater<F, mapped_type> &&
             value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> update(const K& key, F&& f) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::compare_and_swap>(
        as_sought(key), [&](const mapped_type* current, auto& next) {
          result.reset();
          if (current == nullptr) return detail::action::keep;
          result.emplace(next.emplace(f(*current)));
          return detail::action::set;
        });
    return result;
  }

  /// Calls `f(current)` with a pointer to the value of `key`, or null, and makes what it returns the
  /// value; if it returns nothing, removes the key. Atomically: if another thread changed the entry
  /// meanwhile, `f` is called again. Returns what is now there.
  /// @throws as update
  template <class K = key_type, class F>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_computer<F, mapped_type> && value_can_be_copied<mapped_type, K>
  std::optional<mapped_type> compute(K&& key, F&& f) {
    std::optional<mapped_type> result;
    engine_.template modify<detail::operation::compute>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          result.reset();
          std::optional<mapped_type> wanted = f(current);
          if (!wanted) return detail::action::erase;
          result.emplace(next.emplace(*std::move(wanted)));
          return detail::action::set;
        });
    return result;
  }

  /// Removes every entry for which `pred(key, value)` is true; returns how many. Each is removed only
  /// with a value for which `pred` was true. Which entries are seen is as for `range`.
  /// @throws what `pred`, hash and equality throw; what was removed until then stays removed
  template <class Pred>
    requires entry_predicate<Pred, key_type, mapped_type>
  size_type erase_if(Pred pred) {
    size_type count = 0;
    range([&](const key_type& key, const mapped_type&) {
      bool erased = false;
      engine_.template modify<detail::operation::compare_and_erase>(
          key, [&](const mapped_type* current, auto&) {
            erased = current != nullptr && pred(key, *current);
            return erased ? detail::action::erase : detail::action::keep;
          });
      if (erased) ++count;
    });
    return count;
  }

  /// If `key` is absent, makes its value from `args`; returns whether it did. The standard's name for
  /// `load_or_store`, for values that need not be copyable or movable. @throws as store
  template <class K = key_type, class... Args>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, Args...>
  bool try_emplace(K&& key, Args&&... args) {
    bool inserted = false;
    engine_.template modify<detail::operation::load_or_store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          inserted = current == nullptr;
          if (!inserted) return detail::action::keep;
          if (!next) next.emplace(std::forward<Args>(args)...);
          return detail::action::set;
        });
    return inserted;
  }

  /// `store` that tells whether the key was absent. @throws as store
  template <class K = key_type, class V = mapped_type>
    requires key_can_be_inserted_from<K, key_type, hasher, key_equal> &&
             value_can_be_made_from<mapped_type, V>
  bool insert_or_assign(K&& key, V&& value) {
    bool inserted = false;
    engine_.template modify<detail::operation::store>(
        as_key(std::forward<K>(key)), [&](const mapped_type* current, auto& next) {
          inserted = current == nullptr;
          if (!next) next.emplace(std::forward<V>(value));
          return detail::action::set;
        });
    return inserted;
  }

  /// How many entries the map has: exact if no write runs meanwhile; else each write that runs
  /// meanwhile is counted or not. @par Progress: wait-free. Complexity: constant.
  [[nodiscard]] size_type size() const noexcept { return engine_.size(); }
  /// `size() == 0`.
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  class iterator;
  /// Input iterators, for `for (const auto& [key, value] : map)`, with the guarantees of `range`. The
  /// references are valid until the iterator moves on, or is moved from. An iterator must not outlive the map.
  [[nodiscard]] iterator begin() const { return iterator(engine_); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  /// Copies out: `map.to<std::unordered_map<Key, T>>()`, `map.to<std::vector<std::pair<Key, T>>>()`.
  /// Not a snapshot: see `range`. @throws what the copies and the container throw
  template <class Container>
    requires value_can_be_copied<key_type, Container> && value_can_be_copied<mapped_type, Container>
  [[nodiscard]] Container to() const {
    Container result;
    range([&](const key_type& key, const mapped_type& value) {
      result.insert(result.end(), typename Container::value_type(key, value));
    });
    return result;
  }

  /// Makes room for `entries` entries, so that storing them makes nothing grow, but for rare luck.
  /// @throws std::length_error beyond `max_size()`, std::bad_alloc
  void reserve(size_type entries)
    requires requires(Engine& engine) { engine.reserve(size_type{}); }
  {
    if (entries > max_size()) {
      detail::throw_length_error("syncmap: reserve() of more entries than max_size()");
    }
    engine_.reserve(entries);
  }
  /// Makes the tables as small as the entries allow and returns what that sets free, and all that was
  /// retired, to the allocator. @throws std::bad_alloc @par Progress: as `reclaim()`. Complexity: linear.
  void shrink_to_fit()
    requires requires(Engine& engine) { engine.shrink_to_fit(); }
  {
    engine_.shrink_to_fit();
  }
  /// About how many entries the map can have before it grows.
  [[nodiscard]] size_type capacity() const
    requires requires(const Engine& engine) { engine.capacity(); }
  {
    return engine_.capacity();
  }
  /// More entries than there could be memory for.
  [[nodiscard]] static constexpr size_type max_size() noexcept
    requires requires { Engine::max_size(); }
  {
    return Engine::max_size();
  }

  [[nodiscard]] hasher hash_function() const { return engine_.hash_function(); }
  [[nodiscard]] key_equal key_eq() const { return engine_.key_eq(); }
  [[nodiscard]] allocator_type get_allocator() const noexcept {
    return detail::allocator_of<value_type>(engine_.source());
  }

  /// What happens inside, in numbers. @par Progress: lock-free. Complexity: constant.
  [[nodiscard]] map_stats stats() const { return engine_.stats(); }

  /// @}

 private:
  friend struct basic_map_inspector;  // tests

  using base::as_key;
  using base::as_sought;
  using base::engine_;
};

/// Walks a map; see `begin`. Movable only: it keeps alive what it shows.
template <class Engine>
class basic_map<Engine>::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = std::pair<const key_type&, const mapped_type&>;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;

  iterator(iterator&& other) noexcept
      : cursor_(std::move(other.cursor_)), more_(std::exchange(other.more_, false)) {}
  iterator& operator=(iterator&& other) noexcept {
    more_ = std::exchange(other.more_, false);
    cursor_ = std::move(other.cursor_);
    return *this;
  }

  [[nodiscard]] reference operator*() const noexcept {
    SYNCMAP_ASSERT(
        more_, "syncmap: an iterator at its end, or that was moved from, is at no entry");
    return {cursor_.key(), cursor_.value()};
  }
  iterator& operator++() {
    SYNCMAP_ASSERT(
        more_, "syncmap: an iterator at its end, or that was moved from, cannot move on");
    more_ = cursor_.next();
    return *this;
  }
  void operator++(int) { ++*this; }
  [[nodiscard]] friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
    return !at.more_;
  }

 private:
  friend basic_map;
  explicit iterator(const Engine& engine) : cursor_(engine), more_(cursor_.next()) {}

  typename Engine::cursor cursor_;
  bool more_;
};

/// What `find` returns: nothing, or an entry with the value that it had then.
///
/// It keeps the key and the value in memory however long it is held, whatever happens to the map's
/// mapping, and shows that value for ever. It blocks nobody, and delays the destruction of nothing else (G8).
/// Movable, also to another thread; use it there as any object. It must not outlive the map.
///
/// A small entry, which is kept in the table itself, is copied into the handle.
template <class Engine>
class basic_map<Engine>::handle {
 public:
  /// Of nothing.
  handle() = default;
  handle(handle&&) noexcept = default;  ///< leaves nothing behind
  handle& operator=(handle&&) noexcept = default;

  /// Was the key there?
  [[nodiscard]] explicit operator bool() const noexcept { return entry_.has_value(); }
  /// @pre the handle has an entry
  [[nodiscard]] const key_type& key() const noexcept {
    SYNCMAP_ASSERT(*this, "syncmap: a handle of nothing has no key: ask it first, if (handle) ...");
    return entry_.key();
  }
  /// @pre the handle has an entry
  [[nodiscard]] const mapped_type& value() const noexcept {
    SYNCMAP_ASSERT(
        *this, "syncmap: a handle of nothing has no value: ask it first, if (handle) ...");
    return entry_.value();
  }
  [[nodiscard]] const mapped_type& operator*() const noexcept { return value(); }
  [[nodiscard]] const mapped_type* operator->() const noexcept { return std::addressof(value()); }

 private:
  friend basic_map;
  template <class K>
  handle(const Engine& engine, const K& key) : entry_(engine, key) {}

  typename Engine::pinned entry_;
};

}  // namespace syncmap::inline v0_1

// ---- syncmap/reclaim.hpp
/// When the memory of what was erased or replaced comes back.

namespace syncmap::inline v0_1 {

/// Destroys what the maps of this process have retired.
///
/// An operation that replaces or erases a value cannot destroy it at once, because another thread
/// may be reading it. It *retires* it; each thread looks through what it has retired when about a
/// thousand objects (large ones count more) have come together, and destroys what nobody reads. Call
/// this function where you want to know that it has happened: after a large erase, before a
/// measurement, at the end of a test. It is never needed for correctness.
///
/// It also gives back the small blocks that the calling thread keeps for its next stores: at most 1,024
/// of each of eight sizes up to 128 bytes, which otherwise go back when the thread ends.
///
/// On return every key and value that was erased or replaced before the call, by any thread and in
/// any map, has been destroyed, unless a running operation still reads it.
///
/// @par Progress
/// Blocking: it waits for other threads that are destroying such objects at that moment, so do not
/// hold a lock that a destructor of a key or value takes. Called from a destructor that a reclamation
/// runs, it does not wait.
/// @par Libraries
/// All of a process share one list of what is retired, shared libraries included. A library that is opened
/// while the program runs finds the program's own if that exports it: link the program with `-rdynamic` (CMake:
/// `ENABLE_EXPORTS`) if the two share a map.
/// @par Complexity
/// Linear in the number of retired objects and of threads; some microseconds if there are none.
/// @par Guarantees
/// G8, G9. The method is that of C++26's hazard pointers (P2530) with asymmetric fences (P1202).
inline void reclaim() noexcept {
  detail::hazard_domain<detail::platform>::global().reclaim();
  detail::block_cache::release();
}

}  // namespace syncmap::inline v0_1

// ---- syncmap/map.hpp
/// syncmap::map: the default map.

namespace syncmap::inline v0_1 {

/// The default map: fast in every mix of reads and writes, at every size.
///
/// A hash table of groups of sixteen slots. Reads take no lock, write no shared memory, and finish
/// even if a writer is stopped anywhere (G4). A write locks the one group of its key, for a few stores
/// and none of the user's code (G5). The table grows in small steps that writers share: no operation
/// pays for all entries (G7).
///
/// Progress: reads are lock-free; they repeat a step only if an insertion, an erasure or a move of
/// the same group was finished in between. Writes block on other writes of the same group, and on
/// nothing else. `clear` is lock-free.
///
/// Keys and values of at most eight bytes, trivially copyable and without padding, are kept in the
/// table itself: nothing is allocated for them, and `visit`, `range` and iterators show a copy. A
/// larger key, or value, gets a node. A value of at most eight bytes is then replaced in place; a
/// larger one by a new node, for which a key that can be copied is copied.
///
/// In the child of a `fork()`, use only maps that no other thread was writing at that instant: it may
/// have held a group's lock (G10).
///
/// What `clear` removes is destroyed a few entries at a time, by the writes of its thread that follow, or
/// at once by `reclaim()` or `shrink_to_fit`. A map that has had an entry keeps a counter of 1 KiB.
///
/// Many keys with *equal* hashes are found one after the other, in time proportional to their number;
/// the table does not grow for them (G11).
///
/// @tparam Hash callable as `size_t(const Key&)`, and copyable
/// @tparam KeyEqual callable as `bool(const Key&, const Key&)`
/// @tparam Allocator where the memory of this map comes from; with plain pointers, and not throwing when it
///   is copied. Keys and values that take an allocator get it. Every entry keeps a copy if it has a state.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class map : public basic_map<detail::group_map<Key, T, Hash, KeyEqual,
                                               detail::memory_with<detail::platform, Allocator>>> {
  using base = basic_map<
      detail::group_map<Key, T, Hash, KeyEqual, detail::memory_with<detail::platform, Allocator>>>;

 public:
  using base::base;
};

template <detail::input_range Entries>
explicit map(Entries&&) -> map<detail::key_of_pairs<Entries>, detail::value_of_pairs<Entries>>;
template <std::input_iterator It, std::sentinel_for<It> End>
map(It, End) -> map<detail::key_in_pair<std::iter_value_t<It>>,
                    detail::value_in_pair<std::iter_value_t<It>>>;
template <class Key, class T>
map(std::initializer_list<std::pair<Key, T>>) -> map<std::remove_const_t<Key>, T>;

}  // namespace syncmap::inline v0_1

// ---- syncmap/detail/value_word.hpp
// value_word.hpp -- the one word in which an entry holds its value, and how a value gets there.
//
//   nil        0
//   expunged   1
//   live       boxed: the address of a cell. Any T.
//              inlined: the value's own bits, and a 2 below them. Numbers and enumerations that leave
//              two bits free; a change then allocates and reclaims nothing.
//
// Both forms have the same members, so that an engine need not know which it works with; what an
// inlined word has no use for is null.

namespace syncmap::inline v0_1::detail {

// An immutable value in memory of its own: constant from its publication to its reclamation.
template <class T, class M>
struct value_cell : hazard_pointer_obj_base {
  template <class... Args>
  explicit value_cell(std::in_place_t, const M& from, Args&&... args)
      : value(made_with<T>(from, std::forward<Args>(args)...)), memory(from) {}

  static void reclaimed(value_cell* cell) noexcept { destroy_in(cell->memory, cell); }

  const T value;
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
};

template <class T, class M>
class boxed_word {
  using cell_type = value_cell<T, M>;

 public:
  class draft;
  static constexpr std::size_t cell_bytes() noexcept { return sizeof(cell_type); }

  static constexpr boxed_word nil() noexcept { return boxed_word(0); }
  static constexpr boxed_word expunged() noexcept { return boxed_word(1); }
  explicit constexpr boxed_word(std::uintptr_t bits) noexcept : bits_(bits) {}

  [[nodiscard]] constexpr std::uintptr_t bits() const noexcept { return bits_; }
  [[nodiscard]] bool is_live() const noexcept { return bits_ > 1; }
  [[nodiscard]] bool is_expunged() const noexcept { return bits_ == 1; }
  // Null unless live. Valid while the cell is protected.
  [[nodiscard]] const T* value() const noexcept {
    return is_live() ? std::addressof(cell()->value) : nullptr;
  }
  // What is to be protected while it is read, and retired when it is replaced. Null unless live.
  [[nodiscard]] cell_type* cell() const noexcept {
    return reinterpret_cast<cell_type*>(bits_ & ~std::uintptr_t{1});
  }
  [[nodiscard]] cell_type* address() const noexcept { return cell(); }  // for protect()
  friend constexpr bool operator==(boxed_word, boxed_word) noexcept = default;

 private:
  std::uintptr_t bits_;
};

// The value that a decision proposes. It outlives the attempts to publish it, so that arguments
// which were moved into it are not lost when an attempt fails.
template <class T, class M>
class boxed_word<T, M>::draft {
 public:
  explicit draft(const M& memory) noexcept : cell_(nullptr, destroyer<M>{memory}) {}
  template <class... Args>
  const T& emplace(Args&&... args) {
    const M& memory = cell_.get_deleter().memory;
    cell_.reset(make_in<cell_type>(memory, std::in_place, memory, std::forward<Args>(args)...));
    return cell_->value;
  }
  explicit operator bool() const noexcept { return cell_ != nullptr; }
  const T& operator*() const noexcept { return cell_->value; }

  // The live word of the value; release() after it was published.
  [[nodiscard]] boxed_word word() const noexcept {
    return boxed_word(reinterpret_cast<std::uintptr_t>(cell_.get()));
  }
  void release() noexcept { static_cast<void>(cell_.release()); }

 private:
  owned<M, cell_type> cell_;
};

template <class T, class M>
class inlined_word {
  using raw = std::conditional_t<sizeof(T) == 1, std::uint8_t,
                                 std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint32_t>>;

 public:
  class draft;
  static constexpr std::size_t cell_bytes() noexcept { return 0; }

  static constexpr inlined_word nil() noexcept { return inlined_word(0); }
  static constexpr inlined_word expunged() noexcept { return inlined_word(1); }
  static constexpr inlined_word live(T value) noexcept {
    return inlined_word(std::uintptr_t{std::bit_cast<raw>(value)} << 2 | 2);
  }
  explicit constexpr inlined_word(std::uintptr_t bits) noexcept
      : bits_(bits), value_(std::bit_cast<T>(static_cast<raw>(bits >> 2))) {}

  [[nodiscard]] constexpr std::uintptr_t bits() const noexcept { return bits_; }
  [[nodiscard]] bool is_live() const noexcept { return (bits_ & 2) != 0; }
  [[nodiscard]] bool is_expunged() const noexcept { return bits_ == 1; }
  // Null unless live. Valid as long as this word.
  [[nodiscard]] const T* value() const noexcept {
    return is_live() ? std::addressof(value_) : nullptr;
  }
  [[nodiscard]] value_cell<T, M>* cell() const noexcept { return nullptr; }

 private:
  std::uintptr_t bits_;
  T value_;
};

template <class T, class M>
class inlined_word<T, M>::draft {
 public:
  explicit draft(const M&) noexcept {}
  template <class... Args>
  const T& emplace(Args&&... args) {
    value_ = T(std::forward<Args>(args)...);
    has_value_ = true;
    return value_;
  }
  explicit operator bool() const noexcept { return has_value_; }
  const T& operator*() const noexcept { return value_; }

  [[nodiscard]] inlined_word word() const noexcept { return inlined_word::live(value_); }
  void release() noexcept {}

 private:
  T value_{};
  bool has_value_ = false;
};

// Not every trivially copyable type: one may have padding, or mutable or atomic members that readers
// share, or may not be copied at all. A class may be incomplete here.
template <class T>
consteval bool fits_in_word() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return sizeof(T) < sizeof(std::uintptr_t);
  } else {
    return false;
  }
}

template <class T, class M>
using value_word = std::conditional_t<fits_in_word<T>(), inlined_word<T, M>, boxed_word<T, M>>;

// A word that `load` returns, with its value safe to read while `guard` is not used again.
template <class P, class Load>
SYNCMAP_INLINE auto protect_word(const protector<P>& guard, Load load) noexcept {
  using word = decltype(load());
  if constexpr (requires(word one) { one.address(); }) {
    return guard.protect(load);
  } else {
    return load();
  }
}

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/entry.hpp
// entry.hpp -- the entry of the read/dirty map: a key, and one word that says what became of it.
//
// Invariants
//   I1  The word is *live* (it has a value), *nil* (erased; the dirty table, if there is one, holds
//       this entry), or *expunged* (erased, and the dirty table lacks this key). Its transitions:
//         live -> live'      try_replace()
//         nil  -> live       try_replace()
//         live -> nil        try_erase()
//         nil  -> expunged   try_expunge_locked(), while dirty is being built
//         expunged -> nil    try_unexpunge_locked(), before dirty takes the entry back
//       Never live -> expunged, nor expunged -> live.
//   I2  `tables_` is the number of tables, retired ones included, that point to this entry. An
//       entry is retired when it reaches 0, so a reader that protects a table may use its entries.
//   I3  A cell that a compare-and-swap expects is protected by the caller until it returns: its
//       address cannot have been freed and come back as another cell. (An inlined value that comes
//       back is the same value: what was decided about it still holds.)
//
// Synchronization
//   S1 publish-cell   release: try_replace()   acquire: load()
//      Carries the value, and everything its writer did before. (The first value of an entry comes
//      with the entry: read_dirty_tables:S1.) Through a nil or expunged word:
//      what the eraser did before (the read-modify-writes are release and acquire).
//   S2 drop-entry     release: drop()   acquire: drop()
//      Carries every table's last use of the entry to whoever retires it.
//   T1 value-order    sites: load(), try_replace(), try_erase(), try_expunge_locked(),
//      try_unexpunge_locked()
//      All are sequentially consistent, so that operations on different keys too take effect in one
//      order that every thread agrees on: of two threads that each store a key and then load the
//      other's, at least one sees the other's store. With release and acquire neither might.

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class M>
class entry : public hazard_pointer_obj_base {
  using P = platform_of<M>;

 public:
  using memory = M;
  using word = value_word<T, M>;

  template <class K>
  explicit entry(const M& from, std::uint64_t hash, K&& key)
      : hash_(hash), key_(made_with<Key>(from, std::forward<K>(key))), memory_(from) {}
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;

  [[nodiscard]] const Key& key() const noexcept { return key_; }
  // Mixed, so that no table needs the user's hash to take the entry.
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

  // Before the entry is published: makes it live.
  void start(const word& first) noexcept {
    // relaxed (unpublished)
    word_.store(first.bits(), std::memory_order_relaxed);
  }

  [[nodiscard]] word load() const noexcept {
    return word(word_.load(std::memory_order_seq_cst));  // S1 acquire, T1
  }
  // REQUIRES (I3): `expected` is nil, or live and protected.
  bool try_replace(const word& expected, const word& fresh) noexcept {
    return exchange(expected, fresh);
  }
  // REQUIRES (I3): `expected` is live and protected.
  bool try_erase(const word& expected) noexcept { return exchange(expected, word::nil()); }

  // Whether the entry is now expunged. Loses against a concurrent try_replace().
  bool try_expunge_locked() noexcept {
    for (;;) {
      const word now = load();
      if (now.is_live() || now.is_expunged()) return now.is_expunged();
      if (exchange(word::nil(), word::expunged())) return true;
    }
  }
  bool try_unexpunge_locked() noexcept { return exchange(word::expunged(), word::nil()); }

  // I2. hold() is called under the map's mutex, where a table that points here is alive.
  void hold() noexcept {
    // relaxed (locked): the count cannot reach 0 while that table is alive.
    tables_.fetch_add(1, std::memory_order_relaxed);
  }
  // Whether that was the last table.
  [[nodiscard]] bool drop() noexcept {
    return tables_.fetch_sub(1, std::memory_order_acq_rel) == 1;  // S2 release, S2 acquire
  }

  // The cell goes a round of its own: a reader may protect the cell alone.
  static void reclaimed(entry* dead) noexcept {
    if (auto* const last = dead->load().cell()) detail::retire<P>(last);
    free(dead);
  }
  // What an entry and its value take.
  static constexpr std::size_t bytes_of_live() noexcept {
    return sizeof(entry) + word::cell_bytes();
  }
  // REQUIRES: nobody uses it, and it has no cell.
  static void free(entry* dead) noexcept { destroy_in(dead->memory_, dead); }

 private:
  bool exchange(const word& expected, const word& desired) noexcept {
    std::uintptr_t bits = expected.bits();
    // S1 release, S1 acquire, T1. Failure: relaxed (revalidated), the caller loads again.
    return word_.compare_exchange_strong(
        bits, desired.bits(), std::memory_order_seq_cst, std::memory_order_relaxed);
  }

  typename P::template atomic<std::uintptr_t> word_{0};
  const std::uint64_t hash_;
  const Key key_;
  typename P::template atomic<std::size_t> tables_{1};
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory_;
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/entry_table.hpp
// entry_table.hpp -- a table key -> entry: open addressing in buckets of one cache line.
//
//   bucket:  tags | entry 0 | entry 1 | ... | entry 6        eight words
//   tags:    seven bits of each entry's hash (0: empty), and on top the overflow count
//
// The low bits of the mixed hash are the tag, those above choose the bucket. One word operation
// compares all tags. A full bucket sends an entry on to the next one and counts it, so that a search
// ends at the first bucket that sent nothing on. A hit costs one bucket, the entry (its key), and
// almost no comparison in vain. The scheme is that of F14 (Bronson and Shi, 2019), in half its size.
//
// Invariants
//   I1  While a table is dirty, the map's mutex guards it. Once published as `read` it is constant.
//   I2  At most max_load() slots are filled, so there is always room in some bucket.
//   I3  No two slots hold equal keys. An entry's bucket is reached from its first one through buckets
//       that count it, up to the greatest count, which stays.
//   I4  Each filled slot counts in its entry's number of tables (entry:I2), from hold() or the
//       entry's construction to drop_entries().

namespace syncmap::inline v0_1::detail {

// Seven tags and an overflow count in one word.
class bucket_tags {
 public:
  static constexpr unsigned slots = 7;

  static constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept {
    return (hash & 0x7f) | 0x80;
  }

  // Which slots have this tag, as a mask for slot_of(): the bytes of the difference that are zero.
  // May also name filled slots whose tag differs in the lowest bit only; never misses one.
  [[nodiscard]] constexpr std::uint64_t match(std::uint64_t tag) const noexcept {
    const std::uint64_t difference = bits_ ^ (tag * ones);
    return (difference - ones) & ~difference & high;
  }
  [[nodiscard]] constexpr std::uint64_t empty() const noexcept { return ~bits_ & high; }
  static constexpr unsigned slot_of(std::uint64_t mask) noexcept {
    return static_cast<unsigned>(std::countr_zero(mask)) / 8;
  }

  [[nodiscard]] constexpr std::uint64_t overflow() const noexcept { return bits_ >> 56; }
  constexpr void overflow_more() noexcept {
    if (overflow() != 0xff) bits_ += one_overflow;
  }
  constexpr void overflow_less() noexcept {
    if (overflow() != 0xff) bits_ -= one_overflow;
  }

  constexpr void set(unsigned slot, std::uint64_t tag) noexcept {
    bits_ = (bits_ & ~(std::uint64_t{0xff} << (slot * 8))) | (tag << (slot * 8));
  }

 private:
  static constexpr std::uint64_t ones = 0x0001010101010101U;
  static constexpr std::uint64_t high = 0x0080808080808080U;
  static constexpr std::uint64_t one_overflow = std::uint64_t{1} << 56;

  std::uint64_t bits_ = 0;
};

template <class Entry>
class alignas(cache_line) entry_table : public hazard_pointer_obj_base {
  using memory = typename Entry::memory;
  using P = platform_of<memory>;
  template <class X>
  using var = typename P::template var<X>;

  struct alignas(cache_line) bucket {
    var<bucket_tags> tags{};
    var<Entry*> entries[bucket_tags::slots]{};
  };
  // How many slots of a bucket are filled on average when the table is full (measured, see the
  // decision on the table's layout): one in sixty searches then leaves the first bucket.
  static constexpr std::size_t full_bucket = 5;

 public:
  // The memory only, not the entries: those belong to all tables that hold them (I4).
  struct freer {
    void operator()(entry_table* table) const noexcept { free(table); }
  };
  using pointer = std::unique_ptr<entry_table, freer>;

  [[nodiscard]] static constexpr std::size_t max_entries() noexcept {
    return max_capacity * full_bucket;
  }
  // How many buckets a table for `entries` entries has.
  static std::size_t capacity_for(std::size_t entries) noexcept {
    return std::bit_ceil(entries / full_bucket + 1);
  }

  static pointer make(const memory& from, std::size_t capacity, std::uint64_t seed) {
    constexpr auto too_much = static_cast<std::size_t>(-1) / 2;  // the allocation throws
    const std::size_t size = capacity > max_capacity ? too_much : bytes(capacity);
    void* const block = from.allocate(size, alignof(entry_table));
    return pointer(::new (block) entry_table(from, capacity, seed));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::uint64_t hash(std::size_t hash) const noexcept { return mix(hash, seed_); }
  // Which clear() this table's entries come after; set while the table is built.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
  void set_generation(std::uint32_t generation) noexcept { generation_ = generation; }
  [[nodiscard]] std::size_t max_load() const noexcept { return capacity() * full_bucket; }
  [[nodiscard]] bool has_room() const noexcept { return size_ < max_load(); }
  // The same of a table of so many bytes, or of none.
  [[nodiscard]] static std::size_t max_load_of(std::size_t bytes) noexcept {
    return bytes == 0 ? 0 : (bytes - sizeof(entry_table)) / sizeof(bucket) * full_bucket;
  }
  // The most buckets that a search may have to look at.
  [[nodiscard]] std::size_t longest_probe() const noexcept { return longest_probe_; }

  // For walking: there are slot_count() slots; null if empty.
  [[nodiscard]] std::size_t slot_count() const noexcept { return capacity() * bucket_tags::slots; }
  [[nodiscard]] Entry* at(std::size_t slot) const noexcept {
    return buckets()[slot / bucket_tags::slots].entries[slot % bucket_tags::slots];
  }

  // The entry of `key`, or null. `hash` is the user's hash of it. Throws what `equal` throws.
  template <class K, class KeyEqual>
  [[nodiscard]] SYNCMAP_INLINE Entry* find(std::size_t user_hash, const K& key,
                                           const KeyEqual& equal) const {
    const std::uint64_t mixed = hash(user_hash);
    const bucket& here = buckets()[first(mixed)];
    const bucket_tags tags = here.tags;
    Entry* const found = find_in(here, tags, mixed, key, equal);
    if (found != nullptr || tags.overflow() == 0) [[likely]]
      return found;
    return find_further(mixed, key, equal);
  }

  // REQUIRES: has_room(), and no entry here has this key.
  void insert(Entry* entry) noexcept {
    std::size_t index = first(entry->hash());
    bucket* here = &buckets()[index];
    bucket_tags tags = here->tags;
    for (std::size_t probe = 1; tags.empty() == 0;) {
      if (++probe > longest_probe_) longest_probe_ = probe;
      tags.overflow_more();
      here->tags = tags;
      here = &buckets()[index = (index + 1) & mask_];
      tags = here->tags;
    }
    const unsigned slot = bucket_tags::slot_of(tags.empty());
    tags.set(slot, bucket_tags::tag_of(entry->hash()));
    here->tags = tags;
    here->entries[slot] = entry;
    ++size_;
  }

  // REQUIRES: `entry` is here. The caller drops it.
  void remove(const Entry* entry) noexcept {
    for (std::size_t index = first(entry->hash());; index = (index + 1) & mask_) {
      bucket& here = buckets()[index];
      bucket_tags tags = here.tags;
      for (unsigned slot = 0; slot < bucket_tags::slots; ++slot) {
        if (here.entries[slot] != entry) continue;
        tags.set(slot, 0);
        here.tags = tags;
        here.entries[slot] = nullptr;
        --size_;
        return;
      }
      tags.overflow_less();
      here.tags = tags;
    }
  }

  // Takes all entries of `other`, which is as if it had never had them.
  // REQUIRES: room for them, none here yet.
  void move_from(entry_table& other) noexcept {
    other.for_each([&](Entry* one) { insert(one); });
    other.size_ = 0;
  }

  // Takes those entries of `other` that are wanted, which keeps them too.
  // REQUIRES: room for them, none here yet.
  template <class Wanted>
  void copy_from(const entry_table& other, Wanted wanted) noexcept {
    other.for_each([&](Entry* one) {
      if (!wanted(*one)) return;
      one->hold();
      insert(one);
    });
  }

  // Ends what this table contributes to its entries' counts (I4), and calls `last` with those that
  // no other table has.
  template <class Last>
  void drop_entries(Last last) noexcept {
    for_each([&](Entry* one) {
      if (one->drop()) last(one);
    });
  }

  static void free(entry_table* table) noexcept {
    const std::size_t size = table->bytes();
    const memory to = table->memory_;
    table->~entry_table();
    P::on_reclaim(table, size);
    to.deallocate(table, size, alignof(entry_table));
  }

  // With the entries that no other table has. REQUIRES: nobody uses them.
  static void destroy(entry_table* table) noexcept {
    table->drop_entries([](Entry* one) {
      using cell = std::remove_pointer_t<decltype(one->load().cell())>;
      if (auto* const value = one->load().cell()) cell::reclaimed(value);
      Entry::free(one);
    });
    free(table);
  }

  // For reads that will come: the bucket of a hash, and the first entry in it that may have it.
  SYNCMAP_INLINE void prefetch_bucket(std::size_t user_hash) const noexcept {
    detail::prefetch(&buckets()[first(hash(user_hash))]);
  }
  SYNCMAP_INLINE void prefetch_entry(std::size_t user_hash) const noexcept {
    const std::uint64_t mixed = hash(user_hash);
    const bucket& here = buckets()[first(mixed)];
    const bucket_tags tags = here.tags;
    if (const std::uint64_t mask = tags.match(bucket_tags::tag_of(mixed))) {
      detail::prefetch(here.entries[bucket_tags::slot_of(mask)]);
    }
  }

  // What retiring this table gives back.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes(capacity()); }

  static std::size_t reclaimed(entry_table* table) noexcept {
    const std::size_t bytes = table->bytes();
    table->drop_entries([](Entry* dead) { detail::retire<P>(dead); });
    free(table);
    return bytes;
  }

  // Calls `f` with each entry. Entries lie anywhere in memory and `f` writes to them: asking for
  // them some buckets ahead makes the walk several times faster once they do not fit a cache.
  template <class F>
  void for_each(F f) const noexcept {
    constexpr std::size_t ahead = 4;
    const bucket* const all = buckets();
    for (std::size_t index = 0; index < capacity(); ++index) {
      if (index + ahead < capacity()) {
        for (Entry* const one : all[index + ahead].entries) detail::prefetch(one);
      }
      for (Entry* const one : all[index].entries) {
        if (one != nullptr) f(one);
      }
    }
  }

 private:
  entry_table(const memory& from, std::size_t capacity, std::uint64_t seed) noexcept
      : memory_(from), mask_(capacity - 1), seed_(seed) {
    std::uninitialized_value_construct_n(buckets(), capacity);
  }
  ~entry_table() = default;

  static constexpr std::size_t bytes(std::size_t capacity) noexcept {
    return sizeof(entry_table) + capacity * sizeof(bucket);
  }
  static constexpr std::size_t max_capacity =
      std::bit_floor(static_cast<std::size_t>(-1) / 4 / sizeof(bucket));

  template <class K, class KeyEqual>
  SYNCMAP_INLINE static Entry* find_in(const bucket& here, bucket_tags tags, std::uint64_t mixed,
                                       const K& key, const KeyEqual& equal) {
    const std::uint64_t tag = bucket_tags::tag_of(mixed);
    for (std::uint64_t mask = tags.match(tag); mask != 0; mask &= mask - 1) {
      Entry* const one = here.entries[bucket_tags::slot_of(mask)];
      if (equal(one->key(), key)) [[likely]]
        return one;
    }
    return nullptr;
  }

  // In the buckets after the first.
  template <class K, class KeyEqual>
  SYNCMAP_NOINLINE Entry* find_further(std::uint64_t mixed, const K& key,
                                       const KeyEqual& equal) const {
    const std::size_t start = first(mixed);
    for (std::size_t index = (start + 1) & mask_; index != start; index = (index + 1) & mask_) {
      const bucket& here = buckets()[index];
      const bucket_tags tags = here.tags;
      Entry* const found = find_in(here, tags, mixed, key, equal);
      if (found != nullptr || tags.overflow() == 0) return found;
    }
    return nullptr;
  }

  // The bits above the tag's.
  [[nodiscard]] std::size_t first(std::uint64_t mixed) const noexcept {
    return static_cast<std::size_t>(mixed >> 7) & mask_;
  }

  bucket* buckets() noexcept { return reinterpret_cast<bucket*>(this + 1); }
  [[nodiscard]] const bucket* buckets() const noexcept {
    return reinterpret_cast<const bucket*>(this + 1);
  }

  SYNCMAP_NO_UNIQUE_ADDRESS const memory memory_;
  var<std::size_t> size_{0};
  var<std::size_t> longest_probe_{1};
  const std::size_t mask_;
  const std::uint64_t seed_;
  var<std::uint32_t> generation_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/read_word.hpp
// read_word.hpp -- `read` of the read/dirty map, in one word.

namespace syncmap::inline v0_1::detail {

// Packed: a table, and whether dirty has keys that it lacks. Both are read by one load.
template <class Table>
class read_word {
 public:
  constexpr read_word() noexcept = default;
  read_word(Table* table, bool amended) noexcept
      : bits_(reinterpret_cast<std::uintptr_t>(table) | (amended ? 1U : 0U)) {}

  // No table.
  static read_word destroyed() noexcept {
    read_word word;
    word.bits_ = 2;
    return word;
  }

  [[nodiscard]] Table* table() const noexcept {
    return reinterpret_cast<Table*>(bits_ & ~std::uintptr_t{1});
  }
  [[nodiscard]] bool amended() const noexcept { return (bits_ & 1) != 0; }
  [[nodiscard]] Table* address() const noexcept { return table(); }  // for protect()
  friend constexpr bool operator==(read_word, read_word) noexcept = default;

 private:
  std::uintptr_t bits_ = 0;
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/read_dirty_tables.hpp
// read_dirty_tables.hpp -- the two tables of the read/dirty map, and what happens to them.
//
//   read   {table, amended}: published by one atomic word, constant; loads of it need no lock
//   dirty  a table under the mutex: every entry of read that is not expunged, and the new keys
//
// A lookup that read cannot answer takes the lock, looks at read again, then at dirty, and counts a
// *miss*. When the misses have paid for it, dirty is *promoted*: it becomes read by one store. The
// next new key *amends* read: it builds a new dirty table from it, the one step that costs as much as
// there are entries.
//
// Invariants, when the mutex is free
//   I1  amended if and only if there is a dirty table.
//   I2  While there is one, each entry of read is in dirty too, or it is expunged and its key is
//       not. Entries are shared: an update through one table is seen through the other.
//   I3  Expunged entries are in the current read while there is a dirty table, or in dropped tables.
//   I4  An entry that only dirty has is live, or nil (left by a compare_and_erase). Never expunged.
//   I5  A value can be loaded if and only if its entry is live and in read, or in dirty.
//   I6  An entry that left all current tables was expunged first and stays so; or was erased under
//       the lock, is nil and stays so; or was dropped by a clear, before which operations that still
//       hold it take effect. So no store is lost in it.
//   I7  User code under the mutex: key equality, nothing else. It runs before anything is changed.
//
// Synchronization
//   S1 publish-read   release: publish_locked()   acquire: load()
//      Carries the table: its slots, its entries' keys.
//   S2 generation     release: clear()            acquire: size()
//      Carries nothing; but size() must not see the counter restart without a new generation.
//   T1 table-order    sites: publish_locked(), load()
//      Sequentially consistent, to be in the one order of entry:T1 with what happens to entries.
//
// Ownership: a table is retired when it is replaced, an entry when no table has it any more, a cell
// when it is replaced or its entry goes (entry:I2, entry_table:I4). Everything is retired after the
// unlock, since reclaiming runs destructors.

namespace syncmap::inline v0_1::detail {

template <class Entry>
class alignas(cache_line) read_dirty_tables {
  using M = typename Entry::memory;
  using P = platform_of<M>;
  template <class X>
  using atomic = typename P::template atomic<X>;
  template <class X>
  using var = typename P::template var<X>;

 public:
  using table = entry_table<Entry>;
  using read = read_word<table>;

  enum class place { none, read, dirty };

  // Where a key was found, and what it takes to put it into dirty.
  struct location {
    Entry* found = nullptr;
    place where = place::none;
    std::uint32_t generation = 0;
    std::size_t room = 0;  // the capacity of the table that must be prepared; 0: none
  };

  // What is to be retired after an unlock.
  struct removal {
    Entry* last = nullptr;      // the entry, if no table has it any more
    table* replaced = nullptr;  // the table that a promotion has replaced
  };

  constexpr read_dirty_tables() noexcept = default;
  read_dirty_tables(const read_dirty_tables&) = delete;
  read_dirty_tables& operator=(const read_dirty_tables&) = delete;
  // REQUIRES: no operation is running.
  ~read_dirty_tables() {
    SYNCMAP_ASSERT(!misuse<P>::shows_use(load().table(), mutex_), SYNCMAP_IN_USE);
    // relaxed (locked): no operation is running.
    if (attachment* const more = flights.load(std::memory_order_relaxed)) more->destroy(more);
    // Retired tables share entries with the current ones. They go first, so that every key and value
    // is destroyed before this returns.
    // relaxed (locked): no operation is running.
    if (has_retired_.load(std::memory_order_relaxed)) hazard_domain<P>::global().reclaim();
    if (dirty_ != nullptr) table::destroy(dirty_);
    if (table* const last = load().table()) table::destroy(last);
    // relaxed (locked): no operation is running.
    if (SYNCMAP_ASSERTS) read_.store(read::destroyed(), std::memory_order_relaxed);
  }

  atomic<attachment*> flights{nullptr};  // single_flight.hpp

  // --- without the lock

  [[nodiscard]] read load() const noexcept {
    const read now = read_.load(std::memory_order_seq_cst);  // S1 acquire, T1
    SYNCMAP_ASSERT(now != read::destroyed(), SYNCMAP_DESTROYED);
    return now;
  }
  [[nodiscard]] SYNCMAP_INLINE read protect(protector<P> guard) const noexcept {
    return guard.protect([this] { return load(); });
  }

  // What a miss in an amended read leads to: takes the lock, looks again in read, then in dirty,
  // counts a miss as `Op` asks, and protects what it finds. (The miss of an erase that finds its key in
  // dirty is counted when the key is gone.) Throws what `equal` throws.
  template <operation Op, class K, class KeyEqual>
  location locate(std::size_t hash, const K& key, const KeyEqual& equal, protector<P> guard) {
    constexpr bool counts_found =
        Op != operation::store && Op != operation::swap && Op != operation::erase;
    constexpr bool counts_absent = Op == operation::erase || Op == operation::compare_and_erase;
    location at;
    table* replaced = nullptr;
    {
      const std::lock_guard lock(mutex_);
      at = find_locked(hash, key, equal);
      if (at.found != nullptr) guard.reset_protection(at.found);
      const bool counts = at.where == place::dirty  ? counts_found
                          : at.where == place::none ? counts_absent
                                                    : false;
      if (counts && load().amended()) {
        replaced = missed_locked();
        if (at.where == place::dirty && !load().amended()) at.where = place::read;  // promoted
      }
    }
    retire_table(replaced);
    return at;
  }

  // Promotes dirty, if there is one.
  void promote() {
    table* replaced = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (load().amended()) replaced = promote_locked();
    }
    retire_table(replaced);
  }

  void clear() {
    const auto is_clear = [](read r) {
      return !r.amended() && (r.table() == nullptr || r.table()->size() == 0);
    };
    {
      const hazard_scope<P, 1> guard;  // not while the table is retired: it would be kept
      if (is_clear(protect(guard[0]))) return;
    }
    table* old_read = nullptr;
    table* old_dirty = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (is_clear(load())) return;
      const std::uint32_t next = (generation_locked() + 1) & ((1U << generation_bits) - 1);
      generation_.store(next, std::memory_order_release);  // S2 release
      counter_.restart(next);
      old_dirty = std::exchange(dirty_, nullptr);
      old_read = publish_locked(nullptr, false);
      misses_since_ = 0;
      forget_dirty();
    }
    retire_table(old_read);
    retire_table(old_dirty);
  }

  // Hands over what was unlinked or replaced. The mutex is free: this may run destructors.
  template <class X>
  void retire_later(X* object, std::size_t bytes = sizeof(X)) noexcept {
    // relaxed (statistic): the destructor, which asks, comes after every operation.
    if (!has_retired_.load(std::memory_order_relaxed)) {
      has_retired_.store(true, std::memory_order_relaxed);  // relaxed (statistic)
    }
    detail::retire<P>(object, bytes);
  }

  void retire_later(const removal& removed) noexcept {
    if (removed.last != nullptr) retire_later(removed.last);
    retire_table(removed.replaced);
  }

  // What a new entry needs: its hash, a table of this capacity, and the stripes to count it on.
  [[nodiscard]] std::uint64_t mixed(std::size_t hash) noexcept { return mix(hash, seed_.draw()); }
  [[nodiscard]] typename table::pointer make_table(const M& from, std::size_t capacity) {
    return table::make(from, capacity, seed_.draw());
  }
  void prepare_counting(const M& from) { counter_.prepare(from); }

  void count_added(std::uint32_t generation) noexcept {
    counter_.add(generation, hazard_domain<P>::thread_index());
  }
  void count_removed(std::uint32_t generation) noexcept {
    counter_.remove(generation, hazard_domain<P>::thread_index());
  }
  // Bounded, so that it ends whatever others do; more clears than this during one call end it too.
  [[nodiscard]] std::size_t size() const noexcept {
    if constexpr (SYNCMAP_ASSERTS) static_cast<void>(load());
    std::uint32_t generation = generation_.load(std::memory_order_acquire);  // S2 acquire
    for (int attempt = 0;; ++attempt) {
      const std::size_t total = counter_.total(generation);
      const std::uint32_t now = generation_.load(std::memory_order_acquire);  // S2 acquire
      if (now == generation || attempt == 16) return total;
      generation = now;
    }
  }
  [[nodiscard]] map_stats stats() const {
    map_stats result;
    {
      const hazard_scope<P, 1> guard;
      if (const table* const current = protect(guard[0]).table()) {
        result.bytes = current->bytes();
        result.capacity = current->max_load();
        result.longest_probe = current->longest_probe();
      }
    }
    const std::size_t dirty = dirty_bytes_.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.entries = size();
    result.capacity = larger(larger(result.capacity, table::max_load_of(dirty)),
                             // relaxed (statistic)
                             larger(result.entries, reserved_.load(std::memory_order_relaxed)));
    result.bytes += counter_.bytes() + dirty + result.entries * Entry::bytes_of_live();
    result.retired_bytes = hazard_domain<P>::global().retired_bytes();
    result.promotions = promotions_.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.misses = misses_.load(std::memory_order_relaxed);          // relaxed (statistic)
    result.expunged = expunged_.load(std::memory_order_relaxed);      // relaxed (statistic)
    return result;
  }

  // Starts to bring near what reads of these hashes will look at: a bucket, and an entry that it may have.
  void prefetch(const std::size_t* hashes, std::size_t count) const noexcept {
    if (!hazard_leaf<P>::can_be_had()) return;
    const hazard_leaf<P> guard;
    const table* const current = guard.protect([this] { return load(); }).table();
    if (current == nullptr) return;
    for (std::size_t i = 0; i < count; ++i) current->prefetch_bucket(hashes[i]);
    for (std::size_t i = 0; i < count; ++i) current->prefetch_entry(hashes[i]);
  }

  // How large a table must be to have all entries of `from`, which may be null, and one more, or as many
  // as were asked for.
  [[nodiscard]] std::size_t room_beside(const table* from) const noexcept {
    const std::size_t entries = (from == nullptr ? 0 : from->size()) + 1;
    // relaxed (statistic): a wish
    return table::capacity_for(larger(entries, reserved_.load(std::memory_order_relaxed)));
  }

  // Every table from the next on has room for so many entries. Throws std::bad_alloc.
  void reserve(const M& from, std::size_t entries) {
    static_cast<void>(make_table(from, table::capacity_for(entries)));
    std::size_t now = reserved_.load(std::memory_order_relaxed);  // relaxed (statistic)
    // relaxed (statistic), on failure too.
    while (now < entries &&
           !reserved_.compare_exchange_weak(
               now, entries, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
  }

  // Makes read the one table, as small as it can be, without keys that have no value. Other writes may make
  // that vain: it tries a few times. Throws std::bad_alloc.
  void shrink(const M& from) {
    reserved_.store(0, std::memory_order_relaxed);  // relaxed (statistic)
    for (int patience = 16; patience > 0; --patience) {
      promote();
      const std::size_t live = size();
      auto smaller = make_table(from, table::capacity_for(live));
      table* replaced = nullptr;
      bool done = false;
      {
        const std::lock_guard lock(mutex_);
        done = shrink_locked(smaller, replaced);
      }
      retire_table(replaced);
      if (done) return;
    }
  }

  // --- with the lock

  [[nodiscard]] typename P::mutex& mutex() noexcept { return mutex_; }

  // Looks in read, then in dirty. Changes nothing. Throws what `equal` throws.
  template <class K, class KeyEqual>
  [[nodiscard]] location find_locked(std::size_t hash, const K& key, const KeyEqual& equal) const {
    const read r = load();
    location at{.generation = generation_locked()};
    if (r.table() != nullptr) at.found = r.table()->find(hash, key, equal);
    if (at.found != nullptr) {
      at.where = place::read;
    } else if (r.amended()) {
      at.found = dirty_->find(hash, key, equal);
      if (at.found != nullptr) at.where = place::dirty;
    }
    if (!r.amended()) {
      at.room = room_beside(r.table());
    } else if (!dirty_->has_room()) {
      at.room = room_beside(dirty_);
    }
    return at;
  }

  // Makes sure that dirty exists and takes one more entry, with the table that was prepared; false if
  // that does not suffice any more. A table that it outgrows is left to the caller, to be freed after
  // the unlock. The published `amended` comes after the copy: misses in read stay
  // the truth, without the lock, while the copy is made.
  bool make_room_locked(typename table::pointer& spare,
                        typename table::pointer& outgrown) noexcept {
    if (dirty_ != nullptr && dirty_->has_room()) return true;
    table* const current = dirty_ != nullptr ? dirty_ : load().table();
    if (spare == nullptr || spare->capacity() < room_beside(current)) return false;
    spare->set_generation(generation_locked());
    if (dirty_ != nullptr) {
      spare->move_from(*dirty_);
      outgrown.reset(std::exchange(dirty_, spare.release()));
      count_dirty_bytes();
      return true;
    }
    if (current != nullptr) {
      SYNCMAP_PROBE2(copy_start, this, current->size());
      std::uint32_t expunged = 0;
      spare->copy_from(*current, [&expunged](Entry& one) {
        const bool is_expunged = one.try_expunge_locked();
        if (is_expunged) ++expunged;
        return !is_expunged;
      });
      expunged_.store(expunged, std::memory_order_relaxed);  // relaxed (statistic)
      SYNCMAP_PROBE2(copy_end, this, spare->size());
    }
    dirty_ = spare.release();
    count_dirty_bytes();
    publish_locked(current, true);
    return true;
  }

  // REQUIRES: make_room_locked(), and no entry of dirty has this key.
  void add_to_dirty_locked(Entry* one) noexcept { dirty_->insert(one); }
  // The same with an entry of read that was expunged, and is not any more.
  void take_back_locked(Entry* one) noexcept {
    one->hold();
    dirty_->insert(one);
    // relaxed (statistic)
    expunged_.store(expunged_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }

  // Takes `one` out of dirty, and counts the miss if locate() has not. REQUIRES: dirty has it.
  [[nodiscard]] removal remove_from_dirty_locked(Entry* one, bool counts) noexcept {
    dirty_->remove(one);
    Entry* const last = one->drop() ? one : nullptr;
    return {last, counts ? missed_locked() : nullptr};
  }

 private:
  friend struct read_dirty_inspector;  // tests

  // Returns the table that is replaced, to be retired after the unlock.
  table* publish_locked(table* next, bool amended) noexcept {
    table* const before = load().table();
    read_.store(read(next, amended), std::memory_order_seq_cst);  // S1 release, T1
    return before == next ? nullptr : before;
  }

  // Counts a miss. Returns a table to be retired after the unlock if that promoted dirty.
  table* missed_locked() noexcept {
    // relaxed (locked)
    misses_.store(misses_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (++misses_since_ < dirty_->size()) return nullptr;
    return promote_locked();
  }

  // Publishes the entries of read that have a value in `smaller`; false if more has come meanwhile. The
  // others are expunged, so that a store that still finds one takes the lock, and sees that it is gone.
  bool shrink_locked(typename table::pointer& smaller, table*& replaced) noexcept {
    table* const before = load().table();
    if (load().amended()) return false;
    if (before == nullptr) return true;
    bool fits = true;
    smaller->copy_from(*before, [&](Entry& one) {
      if (one.try_expunge_locked()) return false;
      fits = fits && smaller->has_room();
      return fits;
    });
    if (!fits) {
      smaller->drop_entries([](Entry*) {});  // read has them
      before->for_each([](Entry* one) { static_cast<void>(one->try_unexpunge_locked()); });
      return false;
    }
    smaller->set_generation(generation_locked());
    replaced = publish_locked(smaller->size() == 0 ? nullptr : smaller.release(), false);
    return true;
  }

  // REQUIRES: there is a dirty table.
  table* promote_locked() noexcept {
    misses_since_ = 0;
    // relaxed (locked)
    promotions_.store(promotions_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    table* const promoted = std::exchange(dirty_, nullptr);
    SYNCMAP_PROBE2(promotion, this, promoted->size());
    forget_dirty();
    return publish_locked(promoted, false);
  }

  // Statistics.
  void count_dirty_bytes() noexcept {
    dirty_bytes_.store(dirty_->bytes(), std::memory_order_relaxed);  // relaxed (statistic)
  }
  void forget_dirty() noexcept {
    dirty_bytes_.store(0, std::memory_order_relaxed);  // relaxed (statistic)
    expunged_.store(0, std::memory_order_relaxed);     // relaxed (statistic)
  }

  std::uint32_t generation_locked() const noexcept {
    return generation_.load(std::memory_order_relaxed);  // relaxed (locked)
  }

  void retire_table(table* old) noexcept {
    if (old != nullptr) retire_later(old, old->bytes());
  }

  // Read by everybody, written when the map's structure changes.
  atomic<read> read_{};
  map_seed<P> seed_;  // the same for all tables, which store mixed hashes
  atomic<std::size_t> reserved_{0};
  atomic<std::size_t> dirty_bytes_{0};
  atomic<std::uint32_t> promotions_{0};
  atomic<std::uint32_t> expunged_{0};
  atomic<bool> has_retired_{false};
  striped_counter<M> counter_;

  // Guarded by the mutex; the atomics are read without it, for statistics and by size().
  alignas(cache_line) typename P::mutex mutex_;
  var<table*> dirty_{nullptr};
  var<std::uint32_t> misses_since_{0};   // since the last promotion or clear
  atomic<std::uint32_t> generation_{0};  // the number of clears
  atomic<std::size_t> misses_{0};
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/read_dirty.hpp
// read_dirty.hpp -- the two-map engine: Go's sync.Map as it was from Go 1.9 to 1.23, in C++.
//
// A key that the read table has is loaded and changed through its entry, without the lock. A miss is
// the truth if read is not amended. What is left takes the slow path: the lock, both tables, a miss
// counted (read_dirty_tables.hpp).
//
// A change asks the caller's `decide` about the value it found, without the lock, and then commits by
// one compare-and-swap on the entry, which fails if the value has changed: then everything starts
// again. Where the commit needs the lock, the key is looked up once more under it. A store, which has
// nothing to ask, is done in one critical section.
//
// Linearization points
//   L1  key in read: the load of its entry's word, or the compare-and-swap on it (entry:T1).
//   L2  key not in read, not amended: the load of read (read_dirty_tables:T1).
//   L3  key in neither table: any point of locate()'s critical section.
//   L4  key in dirty only: as L1, with the lock for what makes it live.
//   L5  new key: in the critical section that adds it, when readers first look: nobody can before the
//       unlock, or before `amended` is published if this key is the first.
//   L6  clear: its publication of the empty read. Operations that still hold a dropped table or entry
//       come just before it, in the order of their compare-and-swaps.
//
// Where this differs from the original, and why: what is decided about a value (a copy, a comparison,
// a callback) is decided without the lock, so the slow path of such a change locks twice; an erased key
// leaves dirty in the critical section in which its value goes, so that a copy that throws changes
// nothing; clear drops the dirty table instead of emptying it.

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M = platform>
class read_dirty {
  static_assert(check_types<Key, T>::passed);
  using P = platform_of<M>;
  using entry_type = entry<Key, T, M>;
  using word = typename entry_type::word;
  using draft = typename word::draft;
  using tables = read_dirty_tables<entry_type>;
  using table = typename tables::table;
  using location = typename tables::location;
  using place = typename tables::place;

 public:
  using memory = M;
  using key_type = Key;
  using mapped_type = T;
  using hasher = Hash;
  using key_equal = KeyEqual;

  constexpr read_dirty() = default;
  constexpr read_dirty(const Hash& hash, const KeyEqual& equal, const M& from = M())
      : hash_(hash), equal_(equal), memory_(from) {}
  // NOLINTNEXTLINE(modernize-use-equals-default): then the errors of a key without a hash say it twice
  ~read_dirty() {}

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
  [[nodiscard]] const M& source() const noexcept { return memory_; }
  [[nodiscard]] auto& flights() const noexcept { return tables_.flights; }
  [[nodiscard]] std::size_t size() const noexcept { return tables_.size(); }
  [[nodiscard]] map_stats stats() const { return tables_.stats(); }

  // The four primitives (engine.hpp).

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return read(hash_(key), key, on_found);
  }
  template <class K, class F>
  SYNCMAP_INLINE bool read(std::size_t hash, const K& key, F& on_found) const {
    const hazard_scope<P, 2> guard;
    const auto r = tables_.protect(guard[0]);  // L2
    const entry_type* found = nullptr;
    if (r.table() != nullptr) [[likely]]
      found = r.table()->find(hash, key, equal());
    word value = word::nil();
    if (found != nullptr) [[likely]] {
      value = protect_value(*found, guard[1]);  // L1
    } else if (r.amended()) {
      value = read_slow(hash, key, guard[0], guard[1]);
    }
    if (!value.is_live()) return false;
    on_found(*value.value());
    return true;
  }

  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide&& decide) {
    const std::size_t hash = hash_(std::as_const(key));
    workspace work(memory_);
    auto build = [&] {
      if constexpr (!keeps_absent(Op)) {
        work.fresh.reset(
            make_in<entry_type>(memory_, memory_, tables_.mixed(hash), std::forward<K>(key)));
      }
    };
    for (;;) {
      // Once the key was moved into a new entry, that is where later attempts find it.
      const bool done = work.fresh == nullptr
                            ? attempt<Op>(hash, std::as_const(key), decide, build, work)
                            : attempt<Op>(hash, work.fresh->key(), decide, build, work);
      if (done) return;
    }
  }

  class cursor;

  void clear() { tables_.clear(); }  // L6

  // Sizes.

  void reserve(std::size_t entries) { tables_.reserve(memory_, entries); }
  void shrink_to_fit() {
    tables_.shrink(memory_);
    hazard_domain<P>::global().reclaim();
  }
  [[nodiscard]] std::size_t capacity() const { return stats().capacity; }
  [[nodiscard]] static constexpr std::size_t max_size() noexcept {
    return tables::table::max_entries();
  }

  // Further ones, made of the same.

  class pinned;
  // Reads some keys that follow each other, their memory brought near first.
  template <class It, class End, class Sought, class F>
  void read_many(It first, const End last, const Sought& sought, const F& on_each) const {
    read_ahead(
        [&](const auto& key) { return hash_(key); },
        [&](const std::size_t* hashes, std::size_t count) { tables_.prefetch(hashes, count); },
        [&](std::size_t hash, const auto& key) {
          auto found = [&](const T& value) { on_each(std::addressof(value)); };
          if (!this->read(hash, key, found)) on_each(static_cast<const T*>(nullptr));
        },
        first, last, sought);
  }

 private:
  friend struct read_dirty_inspector;  // tests

  enum class outcome { done, again, expunged };

  // What a call of modify() prepares without the lock and brings to the critical section, and what it
  // takes away from there to be freed. Lives through all attempts.
  struct workspace {
    explicit workspace(const M& from) : next(from), fresh(nullptr, destroyer<M>{from}) {}
    draft next;
    owned<M, entry_type> fresh;
    typename table::pointer spare;
    typename table::pointer outgrown;
    hazard_scope<P, 2> guard;  // of the table, of the value
  };

  [[nodiscard]] const comparison<Key, KeyEqual>& equal() const noexcept {
    return comparison_by<Key>(equal_);
  }

  SYNCMAP_INLINE static word protect_value(const entry_type& one, protector<P> guard) noexcept {
    return detail::protect_word(guard, [&one] { return one.load(); });
  }

  // The entry of a key, protected by `guard`, or null.
  template <class K>
  const entry_type* find_entry(std::size_t hash, const K& key, protector<P> guard) const {
    {
      const hazard_scope<P, 1> table_guard;
      const auto r = tables_.protect(table_guard[0]);  // L2
      const entry_type* const found =
          r.table() == nullptr ? nullptr : r.table()->find(hash, key, equal());
      // The table that has it is protected, so it has not been retired: entry:I2.
      if (found != nullptr) guard.reset_protection(found);
      if (found != nullptr || !r.amended()) return found;
    }
    return tables_.template locate<operation::compare_and_erase>(hash, key, equal(), guard).found;
  }

  template <class K>
  SYNCMAP_NOINLINE word read_slow(std::size_t hash, const K& key, protector<P> table_guard,
                                  protector<P> value_guard) const {
    table_guard.reset_protection();  // or a promotion would find the table it replaces in use
    const hazard_scope<P, 1> entry_guard;
    // A read counts misses as a compare_and_erase does: whether it finds the key or not.
    const location at =
        tables_.template locate<operation::compare_and_erase>(hash, key, equal(), entry_guard[0]);
    return at.found == nullptr ? word::nil() : protect_value(*at.found, value_guard);  // L3, L4
  }

  // One attempt; false if another thread changed something in between.
  template <operation Op, class K, class Decide, class Build>
  bool attempt(std::size_t hash, const K& key, Decide& decide, Build& build, workspace& work) {
    const auto r = tables_.protect(work.guard[0]);  // L2
    table* const in = r.table();
    entry_type* const found = in == nullptr ? nullptr : in->find(hash, key, equal());
    if (found != nullptr) {
      const outcome result = change(*found, in->generation(), keeps_absent(Op), decide, work);
      if (result != outcome::expunged) return result == outcome::done;
    } else if (!r.amended()) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      const location at{.room = tables_.room_beside(in)};
      return commit_set(hash, key, at, word::nil(), build, work);
    }
    work.guard[0].reset_protection();  // or a promotion would find the table it replaces in use
    if constexpr (decides_without_user_code<T>(Op)) {
      return attempt_at_once(hash, key, decide, build, work);
    } else {
      return attempt_slow<Op>(hash, key, decide, build, work);
    }
  }

  // The fast path: live -> live', nil -> live and live -> nil without the lock, on an entry of read.
  template <class Decide>
  outcome change(entry_type& one, std::uint32_t generation, bool keeps_absent, Decide& decide,
                 workspace& work) {
    const word before = protect_value(one, work.guard[1]);
    if (before.is_expunged() && !keeps_absent) return outcome::expunged;
    switch (decide(before.value(), work.next)) {
      case action::keep:
        break;
      case action::set:
        if (!one.try_replace(before, work.next.word())) return outcome::again;  // L1
        replaced(before, generation, work.next);
        break;
      case action::erase:
        if (!before.is_live()) break;
        if (!one.try_erase(before)) return outcome::again;  // L1
        erased(before, generation);
        break;
    }
    return outcome::done;
  }

  template <operation Op, class K, class Decide, class Build>
  bool attempt_slow(std::size_t hash, const K& key, Decide& decide, Build& build, workspace& work) {
    const hazard_scope<P, 1> entry_guard;
    const location at = tables_.template locate<Op>(hash, key, equal(), entry_guard[0]);  // L3
    if (at.where == place::none) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      return commit_set(hash, key, at, word::nil(), build, work);
    }
    const word before = protect_value(*at.found, work.guard[1]);
    if (at.where == place::read && !before.is_expunged()) return false;  // the fast path serves it
    const action wanted = decide(before.value(), work.next);
    if (wanted == action::set) return commit_set(hash, key, at, before, build, work);
    // An erase takes the key out of dirty, even if a compare_and_erase has left it there without a value.
    const bool takes_out = Op == operation::erase || (Op == operation::compute &&
                                                      before.is_live() && wanted == action::erase);
    if (takes_out && at.where == place::dirty) return commit_erase<Op>(hash, key, at, before);
    if (wanted == action::keep || !before.is_live()) return true;
    if (!at.found->try_erase(before)) return false;  // L4
    erased(before, at.generation);
    return true;
  }

  // The slow path of an operation that decides without user code: all in one critical section, except
  // that what a new key needs is made before the next.
  template <class K, class Decide, class Build>
  bool attempt_at_once(std::size_t hash, const K& key, Decide& decide, Build& build,
                       workspace& work) {
    if (!work.next) static_cast<void>(decide(static_cast<const T*>(nullptr), work.next));
    location now;
    word before = word::nil();
    bool prepared = true;
    {
      const std::lock_guard lock(tables_.mutex());
      now = tables_.find_locked(hash, key, equal());
      if (now.found != nullptr) before = protect_value(*now.found, work.guard[1]);
      if (now.where == place::read && !before.is_expunged())
        return false;  // the fast path serves it
      prepared = is_prepared(now, work);
      if (prepared) {
        static_cast<void>(decide(before.value(), work.next));
        if (!set_locked(now, before, work)) return false;  // L4, L5
      }
    }
    if (prepared) {
      replaced(before, now.generation, work.next);
    } else {
      prepare(now, build, work);
    }
    return prepared;
  }

  // Has `work` what it takes to make the key live at this place?
  static bool is_prepared(const location& at, const workspace& work) noexcept {
    if (at.where == place::dirty) return true;
    if (at.where == place::none && work.fresh == nullptr) return false;
    return at.room == 0 || (work.spare != nullptr && work.spare->capacity() >= at.room);
  }
  template <class Build>
  void prepare(const location& at, Build& build, workspace& work) {
    work.outgrown.reset();
    if (is_prepared(at, work)) return;
    if (at.where == place::none && work.fresh == nullptr) {
      tables_.prepare_counting(memory_);
      build();
    }
    if (!is_prepared(at, work)) work.spare = tables_.make_table(memory_, at.room);
  }

  // Makes the key live under the lock, with work.next as its value, if it still is where `at` says
  // and its word is `expected`; false if not, or if there is less room by now.
  template <class K, class Build>
  bool commit_set(std::size_t hash, const K& key, const location& at, const word& expected,
                  Build& build, workspace& work) {
    prepare(at, build, work);
    location now;
    {
      const std::lock_guard lock(tables_.mutex());
      now = work.fresh != nullptr ? tables_.find_locked(hash, work.fresh->key(), equal())
                                  : tables_.find_locked(hash, key, equal());
      if (now.found != at.found || now.where != at.where) return false;
      if (!set_locked(now, expected, work)) return false;  // L4, L5
    }
    replaced(expected, now.generation, work.next);
    return true;
  }

  bool set_locked(const location& now, const word& expected, workspace& work) noexcept {
    switch (now.where) {
      case place::dirty:
        return now.found->try_replace(expected, work.next.word());
      case place::read:
        // Only an expunged entry comes here. It is nil before dirty has it, and may become live by
        // another thread's store before ours: then that one came first.
        if (!tables_.make_room_locked(work.spare, work.outgrown)) return false;
        if (!now.found->try_unexpunge_locked()) return false;
        tables_.take_back_locked(now.found);
        return now.found->try_replace(word::nil(), work.next.word());
      case place::none:
        if (!tables_.make_room_locked(work.spare, work.outgrown)) return false;
        work.fresh->start(work.next.word());
        tables_.add_to_dirty_locked(work.fresh.release());
        return true;
    }
    return false;
  }

  // Erases the value under the lock, if there is one, and takes the key out of dirty.
  template <operation Op, class K>
  bool commit_erase(std::size_t hash, const K& key, const location& at, const word& expected) {
    typename tables::removal removed;
    {
      const std::lock_guard lock(tables_.mutex());
      const location now = tables_.find_locked(hash, key, equal());
      if (now.found != at.found || now.where != at.where) return false;
      const bool erased_here =
          expected.is_live() ? now.found->try_erase(expected) : !now.found->load().is_live();  // L4
      if (!erased_here) return false;
      removed = tables_.remove_from_dirty_locked(now.found, Op == operation::erase);
    }
    if (expected.is_live()) erased(expected, at.generation);
    tables_.retire_later(removed);
    return true;
  }

  // Bookkeeping after a word went from `before` to live, or from live to nil.
  void replaced(const word& before, std::uint32_t generation, draft& next) noexcept {
    next.release();
    if (!before.is_live()) tables_.count_added(generation);
    if (auto* const old = before.cell()) tables_.retire_later(old);
  }
  void erased(const word& before, std::uint32_t generation) noexcept {
    tables_.count_removed(generation);
    if (auto* const old = before.cell()) tables_.retire_later(old);
  }

  // First: g++ 12, where it makes some empty objects, clears the byte that they share with what is there.
  SYNCMAP_NO_UNIQUE_ADDRESS Hash hash_{};
  SYNCMAP_NO_UNIQUE_ADDRESS KeyEqual equal_{};
  SYNCMAP_NO_UNIQUE_ADDRESS M memory_{};
  mutable tables tables_;  // a lookup may count a miss and promote
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/detail/read_dirty_views.hpp
// read_dirty_views.hpp -- what keeps entries of the read/dirty map in sight: a walk, and one that was found.

namespace syncmap::inline v0_1::detail {

// Walks the table that was `read` when the cursor was made, dirty promoted first. Holds no lock.
template <class Key, class T, class Hash, class KeyEqual, class M>
class read_dirty<Key, T, Hash, KeyEqual, M>::cursor {
 public:
  explicit cursor(const read_dirty& map)
      : table_guard_(make_hazard_pointer<P>()), value_guard_(make_hazard_pointer<P>()) {
    auto r = map.tables_.protect(table_guard_.get());
    if (r.amended()) {
      table_guard_.get().reset_protection();
      map.tables_.promote();
      r = map.tables_.protect(table_guard_.get());
    }
    table_ = r.table();
  }

  // Goes to the next entry that has a value; false at the end.
  bool next() noexcept {
    if (table_ == nullptr) return false;
    while (index_ < table_->slot_count()) {
      current_ = table_->at(index_++);
      if (current_ == nullptr) continue;
      value_ = protect_value(*current_, value_guard_.get());
      if (value_.is_live()) return true;
    }
    return false;
  }
  [[nodiscard]] const Key& key() const noexcept { return current_->key(); }
  [[nodiscard]] const T& value() const noexcept { return *value_.value(); }

 private:
  hazard_pointer<P> table_guard_;
  hazard_pointer<P> value_guard_;
  const table* table_ = nullptr;
  std::size_t index_ = 0;
  const entry_type* current_ = nullptr;
  word value_ = word::nil();
};

// An entry that stays, with the value that it had when it was found: both are protected.
template <class Key, class T, class Hash, class KeyEqual, class M>
class read_dirty<Key, T, Hash, KeyEqual, M>::pinned {
 public:
  pinned() = default;
  template <class K>
  pinned(const read_dirty& map, const K& key) : unit_(make_hazard_pointer<P>()) {
    const std::size_t hash = map.hash_(key);
    entry_ = map.find_entry(hash, key, unit_.get(of_entry));
    if (entry_ != nullptr) value_ = protect_value(*entry_, unit_.get(of_value));  // L1, L4
    if (!value_.is_live()) *this = pinned();
  }
  pinned(pinned&& other) noexcept
      : unit_(std::move(other.unit_)),
        entry_(std::exchange(other.entry_, nullptr)),
        value_(std::exchange(other.value_, word::nil())) {}
  pinned& operator=(pinned&& other) noexcept {
    entry_ = std::exchange(other.entry_, nullptr);
    value_ = std::exchange(other.value_, word::nil());
    unit_ = std::move(other.unit_);
    return *this;
  }

  [[nodiscard]] bool has_value() const noexcept { return entry_ != nullptr; }
  // REQUIRES: has_value().
  [[nodiscard]] const Key& key() const noexcept { return entry_->key(); }
  [[nodiscard]] const T& value() const noexcept { return *value_.value(); }

 private:
  static constexpr std::size_t of_entry = 0;
  static constexpr std::size_t of_value = 1;

  hazard_pointer<P> unit_;
  const entry_type* entry_ = nullptr;
  word value_ = word::nil();
};

}  // namespace syncmap::inline v0_1::detail

// ---- syncmap/read_dirty_map.hpp
/// syncmap::read_dirty_map: the two-map algorithm of Go's sync.Map.

namespace syncmap::inline v0_1 {

/// The map of Go 1.9 to 1.23's `sync.Map`: a *read* table that is answered without a lock, and a
/// *dirty* table under a mutex that has the new keys too and takes read's place when enough lookups
/// have missed.
///
/// Made for keys that are written once and read many times. **It pays an O(n) step**: the first store
/// of a new key after a promotion copies the table of all entries, under the mutex, and other stores
/// of new keys wait for it; so do they while a *dirty* that is full is moved to a larger table. Lookups of
/// keys that are not yet promoted, or absent while such keys exist, take the mutex.
///
/// Progress: a read that hits the read table, or misses it while no new keys exist, is lock-free and
/// writes no shared line; it repeats a step only if another thread published a new table or value in
/// between (G4). All other reads, and writes of keys that are not in the read table, block on the
/// mutex, which is held for some table operations, or for the copy above. Writes of keys in the read
/// table are lock-free. Key equality, and no other user code, may run under the mutex (G5): it must
/// not call a map.
///
/// An erased value is destroyed soon (G9). Its *key* may stay in the read table until new keys were
/// stored and promoted, or the map is cleared or destroyed; and a key that was never promoted stays if
/// it is erased by `compare_and_erase`. `erase`, `load_and_erase` and `compute` leave no such key.
///
/// In the child of a `fork()`, use only maps that no other thread was using at that instant: it may
/// have held the mutex (G10).
///
/// Numbers and enumerations that are smaller than a pointer are stored without an allocation of their
/// own, and without reclamation when they are replaced.
///
/// @tparam Hash callable as `size_t(const Key&)`, and copyable
/// @tparam KeyEqual callable as `bool(const Key&, const Key&)`
/// @tparam Allocator where the memory of this map comes from; with plain pointers, and not throwing when it
///   is copied. Keys and values that take an allocator get it. Every entry keeps a copy if it has a state.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class read_dirty_map
    : public basic_map<detail::read_dirty<Key, T, Hash, KeyEqual,
                                          detail::memory_with<detail::platform, Allocator>>> {
  using base = basic_map<
      detail::read_dirty<Key, T, Hash, KeyEqual, detail::memory_with<detail::platform, Allocator>>>;

 public:
  using base::base;
};

template <detail::input_range Entries>
explicit read_dirty_map(Entries&&)
    -> read_dirty_map<detail::key_of_pairs<Entries>, detail::value_of_pairs<Entries>>;
template <std::input_iterator It, std::sentinel_for<It> End>
read_dirty_map(It, End) -> read_dirty_map<detail::key_in_pair<std::iter_value_t<It>>,
                                          detail::value_in_pair<std::iter_value_t<It>>>;
template <class Key, class T>
read_dirty_map(std::initializer_list<std::pair<Key, T>>)
    -> read_dirty_map<std::remove_const_t<Key>, T>;

}  // namespace syncmap::inline v0_1

// ---- syncmap/concurrent_map.hpp
/// The contract that both maps keep, as a concept.

namespace syncmap::inline v0_1 {

/// A map with the operations of `syncmap::map` and `syncmap::read_dirty_map`, whose values can be copied
/// and compared. Write a function for both as `void serve(syncmap::concurrent_map auto& sessions)`. What
/// a concept cannot say is in docs/guarantees.md.
template <class Map>
concept concurrent_map =
    !std::copyable<Map> && !std::movable<Map> &&
    requires(Map& map, const Map& fixed, const typename Map::key_type& key,
             const typename Map::mapped_type& value, typename Map::mapped_type (*make)(),
             typename Map::mapped_type (*change)(const typename Map::mapped_type&),
             std::optional<typename Map::mapped_type> (*decide)(const typename Map::mapped_type*),
             bool (*test)(const typename Map::key_type&, const typename Map::mapped_type&),
             void (*look)(const typename Map::mapped_type&),
             const typename Map::key_type (&keys)[2],
             std::optional<typename Map::mapped_type>* out) {
      // the operations of sync.Map
      { fixed.load(key) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.store(key, value) } -> std::same_as<void>;
      {
        map.load_or_store(key, value)
      } -> std::same_as<load_or_store_result<typename Map::mapped_type>>;
      { map.load_and_erase(key) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.erase(key) } -> std::same_as<bool>;
      { map.swap(key, value) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.compare_and_swap(key, value, value) } -> std::same_as<bool>;
      { map.compare_and_erase(key, value) } -> std::same_as<bool>;
      { fixed.range(test) } -> std::same_as<void>;
      { map.clear() } -> std::same_as<void>;
      // what C++ programmers expect beyond them
      { fixed.contains(key) } -> std::same_as<bool>;
      { fixed.find(key) } -> std::same_as<typename Map::handle>;
      { fixed.visit(key, look) } -> std::same_as<bool>;
      { fixed.load_many(keys, out) } -> std::same_as<std::optional<typename Map::mapped_type>*>;
      { map.update(key, change) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      { map.compute(key, decide) } -> std::same_as<std::optional<typename Map::mapped_type>>;
      {
        map.load_or_compute(key, make)
      } -> std::same_as<load_or_store_result<typename Map::mapped_type>>;
      { map.erase_if(test) } -> std::same_as<std::size_t>;
      { map.try_emplace(key, value) } -> std::same_as<bool>;
      { map.insert_or_assign(key, value) } -> std::same_as<bool>;
      { fixed.begin() } -> std::input_iterator;
      { fixed.end() } -> std::sentinel_for<typename Map::iterator>;
      { fixed.size() } -> std::same_as<std::size_t>;
      { fixed.empty() } -> std::same_as<bool>;
      { map.reserve(std::size_t{}) } -> std::same_as<void>;
      { map.shrink_to_fit() } -> std::same_as<void>;
      { fixed.capacity() } -> std::same_as<std::size_t>;
      { Map::max_size() } -> std::same_as<std::size_t>;
      { fixed.stats() } -> std::same_as<map_stats>;
      { fixed.hash_function() } -> std::same_as<typename Map::hasher>;
      { fixed.key_eq() } -> std::same_as<typename Map::key_equal>;
      { fixed.get_allocator() } -> std::same_as<typename Map::allocator_type>;
    };

}  // namespace syncmap::inline v0_1

// ---- syncmap/pmr.hpp
/// The maps with memory from a `std::pmr::memory_resource`.

namespace syncmap::inline v0_1::pmr {

/// `syncmap::map` with an allocator that asks a `std::pmr::memory_resource`, which must outlive the map; if
/// the map is a part of another map's value, also the reclamation that destroys that: do not keep the two in
/// one value.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>>
using map =
    syncmap::map<Key, T, Hash, KeyEqual, std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;

/// `syncmap::read_dirty_map`, likewise.
template <class Key, class T, class Hash = syncmap::hash<Key>, class KeyEqual = std::equal_to<Key>>
using read_dirty_map =
    syncmap::read_dirty_map<Key, T, Hash, KeyEqual,
                            std::pmr::polymorphic_allocator<std::pair<const Key, T>>>;

}  // namespace syncmap::inline v0_1::pmr

// ---- syncmap/syncmap.hpp
/// Everything.

// First, so that errors come with short lists of what includes what.
