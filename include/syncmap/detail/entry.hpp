// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
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

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/value_word.hpp>
#include <utility>

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
