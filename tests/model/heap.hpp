// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// heap.hpp -- the memory of one execution. What is freed stays as it is until the end of the
// execution, so that every access to it can be told.
//
// Each thread has a part of its own, so that where its objects are depends on nothing but what it has
// done itself: reduction.hpp knows them by their addresses over many executions.
//
// At the same address in each process, so that what depends on addresses (the order in which a pass
// destroys objects) is the same when an execution is repeated.

#pragma once

#include <sys/mman.h>

#include <clock.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace syncmap::model {

struct block {
  std::size_t begin = 0;  // from the beginning of the heap
  std::size_t bytes = 0;
  std::size_t alignment = 0;
  const char* label = nullptr;  // in reports
  bool is_freed = false;
};

class heap {
 public:
  static constexpr std::size_t capacity = std::size_t{1} << 22;

  heap() {
    reset();
    void* const wish = reinterpret_cast<void*>(std::uintptr_t{0x5e0000000000});
    void* const got = ::mmap(
        wish, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) std::abort();
    begin_ = static_cast<unsigned char*>(got);
  }
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;
  ~heap() { ::munmap(begin_, capacity); }

  void reset() noexcept {
    for (std::size_t i = 0; i < max_threads; ++i) {
      parts_[i].end = i * of_a_thread;
      parts_[i].blocks.clear();
    }
  }

  // Null if there is no room.
  void* allocate(std::size_t bytes, std::size_t alignment, const char* label, std::size_t thread) {
    part& mine = parts_[thread];
    const std::size_t end = (thread + 1) * of_a_thread;
    const std::size_t at = (mine.end + alignment - 1) / alignment * alignment;
    if (at > end || bytes >= end - at) return nullptr;
    mine.end = at + (bytes == 0 ? 1 : bytes);
    mine.blocks.push_back({at, bytes, alignment, label, false});
    return begin_ + at;
  }

  [[nodiscard]] bool has(const void* address) const noexcept {
    return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - begin_) < capacity;
  }
  [[nodiscard]] std::size_t offset(const void* address) const noexcept {
    return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - begin_);
  }
  // Calls f(begin, end) with what each thread has used.
  template <class F>
  void for_each_used(const F& f) const {
    for (std::size_t i = 0; i < max_threads; ++i) f(i * of_a_thread, parts_[i].end);
  }

  // The block that has this offset; null if none has.
  [[nodiscard]] block* find(std::size_t offset) noexcept {
    std::vector<block>& blocks = parts_[offset / of_a_thread].blocks;
    std::size_t low = 0;
    for (std::size_t high = blocks.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (blocks[middle].begin <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) return nullptr;
    block& one = blocks[low - 1];
    return offset < one.begin + (one.bytes == 0 ? 1 : one.bytes) ? &one : nullptr;
  }
  template <class F>
  void for_each_block(const F& f) const {
    for (const part& each : parts_) {
      for (const block& one : each.blocks) f(one);
    }
  }

  // How a report calls an address: whose block it is, which one of these, and the place in it.
  [[nodiscard]] std::string name(const void* address) {
    const std::size_t at = offset(address);
    const block* const one = find(at);
    return one == nullptr ? "nowhere" : name(*one) + " + " + std::to_string(at - one->begin);
  }
  [[nodiscard]] std::string name(const block& one) const {
    const std::size_t thread = one.begin / of_a_thread;
    const auto* const first = parts_[thread].blocks.data();
    return one.label + (' ' + std::to_string(thread)) + '.' + std::to_string(&one - first) + " (" +
           std::to_string(one.bytes) + " bytes)";
  }

 private:
  static constexpr std::size_t of_a_thread = capacity / max_threads;

  struct part {
    std::size_t end = 0;  // of what is used
    std::vector<block> blocks;
  };

  unsigned char* begin_;
  part parts_[max_threads];
};

}  // namespace syncmap::model
