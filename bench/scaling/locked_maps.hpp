// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The references: a plain table in 64 parts, each under a spin lock; and one under a reader-writer lock.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "scaling/locks.hpp"
#include "scaling/traced.hpp"

namespace scaling {

// Open addressing, half full at most, of a fixed size. Key 0 marks an empty slot.
class plain_table {
 public:
  explicit plain_table(std::size_t entries) : slots_(std::bit_ceil(2 * entries + 16)) {}

  std::optional<std::uint64_t> load(std::uint64_t key, std::uint64_t hash) const {
    const std::size_t at = find(key, hash);
    if (slots_[at].key != key) return std::nullopt;
    return slots_[at].value;
  }
  void store(std::uint64_t key, std::uint64_t hash, std::uint64_t value) {
    slot& here = slots_[find(key, hash)];
    if (here.key != key) {
      here.key = key;
      ++size_;
    }
    here.value = value;
  }
  bool erase(std::uint64_t key, std::uint64_t hash) {
    std::size_t hole = find(key, hash);
    if (slots_[hole].key != key) return false;
    // What follows moves up, unless it would come before its place.
    for (std::size_t at = next(hole);; at = next(at)) {
      const std::uint64_t moved = slots_[at].key;
      if (moved == 0) break;
      const std::size_t home = place(mix(moved));
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole].key = moved;
      slots_[hole].value = std::uint64_t{slots_[at].value};
      hole = at;
    }
    slots_[hole].key = 0;
    --size_;
    return true;
  }

  static std::uint64_t mix(std::uint64_t key) {
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93U;
    return key ^ key >> 32;
  }

 private:
  struct slot {
    traced_var<std::uint64_t> key;
    traced_var<std::uint64_t> value;
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t place(std::uint64_t hash) const { return hash & mask(); }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  [[nodiscard]] std::size_t find(std::uint64_t key, std::uint64_t hash) const {
    std::size_t at = place(hash);
    for (;; at = next(at)) {
      const std::uint64_t there = slots_[at].key;
      if (there == key || there == 0) return at;
    }
  }

  std::vector<slot> slots_;
  traced_var<std::size_t> size_{0};
};

class sharded_map {
 public:
  explicit sharded_map(std::size_t entries) {
    // Twice the mean: shards differ.
    shards_.reserve(shard_count);
    for (std::size_t i = 0; i < shard_count; ++i) shards_.emplace_back(2 * entries / shard_count);
  }
  std::optional<std::uint64_t> load(std::uint64_t key) {
    const std::uint64_t hash = plain_table::mix(key);
    shard& mine = shard_of(hash);
    const std::lock_guard guard(mine.lock);
    return mine.table.load(key, hash);
  }
  void store(std::uint64_t key, std::uint64_t value) {
    const std::uint64_t hash = plain_table::mix(key);
    shard& mine = shard_of(hash);
    const std::lock_guard guard(mine.lock);
    mine.table.store(key, hash, value);
  }
  bool erase(std::uint64_t key) {
    const std::uint64_t hash = plain_table::mix(key);
    shard& mine = shard_of(hash);
    const std::lock_guard guard(mine.lock);
    return mine.table.erase(key, hash);
  }

 private:
  static constexpr std::size_t shard_count = 64;
  // The lock and what it guards on one line, so that one transfer brings both.
  struct alignas(line_bytes) shard {
    explicit shard(std::size_t entries) : table(entries) {}
    shard(shard&& other) noexcept : table(std::move(other.table)) {}
    spin_lock lock;
    plain_table table;
  };
  shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }

  std::vector<shard> shards_;
};

class reader_writer_map {
 public:
  explicit reader_writer_map(std::size_t entries) : table_(entries) {}
  std::optional<std::uint64_t> load(std::uint64_t key) {
    const std::shared_lock guard(lock_);
    return table_.load(key, plain_table::mix(key));
  }
  void store(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard guard(lock_);
    table_.store(key, plain_table::mix(key), value);
  }
  bool erase(std::uint64_t key) {
    const std::lock_guard guard(lock_);
    return table_.erase(key, plain_table::mix(key));
  }

 private:
  alignas(line_bytes) reader_writer_lock lock_;
  alignas(line_bytes) plain_table table_;
};

}  // namespace scaling
