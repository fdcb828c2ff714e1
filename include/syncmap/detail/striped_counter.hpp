// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
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

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>

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
