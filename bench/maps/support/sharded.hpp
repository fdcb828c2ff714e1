// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What people write by hand: 64 maps of the standard kind, each behind a lock of its own, chosen by
// bits of the hash that the maps themselves do not use.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>

#include "maps/support/unsynchronised.hpp"

namespace bench {

// Spins while it is taken, then gives the processor away.
class spinlock {
 public:
  void lock() noexcept {
    int spins = 0;
    while (taken_.exchange(true, std::memory_order_acquire)) {
      while (taken_.load(std::memory_order_relaxed)) wait(spins++);
    }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  static void wait(int spins) noexcept {
    if (spins > 256) return std::this_thread::yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  std::atomic<bool> taken_ = false;
};

template <class Map, class Hash>
class sharded {
 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;

  explicit sharded(std::size_t hint) {
    if (hint == 0) return;
    for (shard& one : shards_) one.map = unsynchronised<Map>(hint / shards + 1);
  }

  template <class F>
  bool visit(const key_type& key, F f) const {
    const shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    return one.map.visit(key, f);
  }
  bool load(const key_type& key, mapped_type& out) const {
    const shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    return one.map.load(key, out);
  }
  void store(const key_type& key, const mapped_type& value) {
    shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    one.map.store(key, value);
  }
  bool insert(const key_type& key, const mapped_type& value) {
    shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    return one.map.insert(key, value);
  }
  bool erase(const key_type& key) {
    shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    return one.map.erase(key);
  }
  template <class F>
  bool update(const key_type& key, F f) {
    shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    return one.map.update(key, f);
  }
  template <class F>
  void upsert(const key_type& key, const mapped_type& value, F f) {
    shard& one = shard_of(key);
    const std::lock_guard lock(one.mutex);
    one.map.upsert(key, value, f);
  }
  template <class F>
  void for_each(F f) const {
    for (const shard& one : shards_) {
      const std::lock_guard lock(one.mutex);
      one.map.for_each(f);
    }
  }

 private:
  static constexpr std::size_t shards = 64;

  struct alignas(64) shard {
    mutable spinlock mutex;
    unsynchronised<Map> map{0};
  };

  static std::size_t index_of(const key_type& key) { return (Hash()(key) >> 40) % shards; }
  shard& shard_of(const key_type& key) { return shards_[index_of(key)]; }
  const shard& shard_of(const key_type& key) const { return shards_[index_of(key)]; }

  std::array<shard, shards> shards_;
};

}  // namespace bench
