// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// heap.hpp -- the memory of one execution. What is freed stays as it is until the end of the
// execution, so that every access to it can be told.
//
// At the same address in each process, so that what depends on addresses (the order in which a pass
// destroys objects) is the same when an execution is repeated.

#pragma once

#include <sys/mman.h>

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
  static constexpr std::size_t capacity = std::size_t{1} << 20;

  heap() {
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
    used_ = 0;
    blocks_.clear();
  }

  // Null if there is no room.
  void* allocate(std::size_t bytes, std::size_t alignment, const char* label) {
    const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (bytes > capacity || at > capacity - bytes) return nullptr;
    used_ = at + (bytes == 0 ? 1 : bytes);
    blocks_.push_back({at, bytes, alignment, label, false});
    return begin_ + at;
  }

  [[nodiscard]] bool has(const void* address) const noexcept {
    return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - begin_) < capacity;
  }
  [[nodiscard]] std::size_t offset(const void* address) const noexcept {
    return static_cast<std::size_t>(static_cast<const unsigned char*>(address) - begin_);
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

  // The block that has this offset; null if none has.
  [[nodiscard]] block* find(std::size_t offset) noexcept {
    std::size_t low = 0;
    for (std::size_t high = blocks_.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (blocks_[middle].begin <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) return nullptr;
    block& one = blocks_[low - 1];
    return offset < one.begin + (one.bytes == 0 ? 1 : one.bytes) ? &one : nullptr;
  }
  [[nodiscard]] const std::vector<block>& blocks() const noexcept { return blocks_; }

  // How a report calls an address: the number of its block, and the place in it.
  [[nodiscard]] std::string name(const void* address) {
    const std::size_t at = offset(address);
    const block* const one = find(at);
    if (one == nullptr) return "nowhere";
    return one->label + (' ' + std::to_string(one - blocks_.data())) + " (" +
           std::to_string(one->bytes) + " bytes) + " + std::to_string(at - one->begin);
  }

 private:
  unsigned char* begin_;
  std::size_t used_ = 0;
  std::vector<block> blocks_;
};

}  // namespace syncmap::model
