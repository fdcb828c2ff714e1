// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// block_cache.hpp -- small blocks that a thread has freed, kept for its next allocations.
//
// A thread frees what it replaced in batches, and much of that was allocated by other threads: the
// worst case of a general allocator, which takes such blocks back to where they came from. Here the
// thread that frees keeps them (decision 5 has the figures).
//
// Bounds: `limit` blocks of each of `bins` sizes, 576 KiB for a thread; given back when the thread
// ends, or by release(). Nothing is kept under a sanitizer, which must see every free.

#pragma once

#include <cstddef>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <utility>

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
