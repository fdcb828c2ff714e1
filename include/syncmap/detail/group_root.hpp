// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
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

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/seed.hpp>
#include <syncmap/detail/striped_counter.hpp>

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
