// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
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

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/hash.hpp>
#include <type_traits>
#include <utility>

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
