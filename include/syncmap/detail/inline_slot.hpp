// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
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

#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

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
