// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Small blocks for virtual threads, each from memory of its own; who frees a block keeps it. So do
// block_cache.hpp and the general allocators with real threads, which here would all be one.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "scaling/coherence.hpp"
#include "scaling/tracer.hpp"
#include "scaling/virtual_threads.hpp"

namespace scaling {

class virtual_heap {
 public:
  static constexpr std::size_t granule = 16;
  static constexpr std::size_t largest = 1024;

  static void* allocate(std::size_t bytes, std::size_t alignment) {
    const std::size_t size = rounded(bytes, alignment);
    if (size > largest) return ::operator new(size, std::align_val_t{line_bytes});
    arena& mine = own();
    std::vector<void*>& kept = mine.kept[size / granule];
    if (kept.empty()) return mine.carve(size);
    void* const block = kept.back();
    kept.pop_back();
    return block;
  }
  static void deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const std::size_t size = rounded(bytes, alignment);
    if (size > largest) {
      ::operator delete(block, std::align_val_t{line_bytes});
    } else {
      own().kept[size / granule].push_back(block);
    }
  }

 private:
  struct freer {
    void operator()(char* chunk) const {
      ::operator delete(static_cast<void*>(chunk), std::align_val_t{line_bytes});
    }
  };
  struct arena {
    static constexpr std::size_t chunk_bytes = 64 * 1024;
    std::vector<void*> kept[largest / granule + 1];
    std::vector<std::unique_ptr<char, freer>> chunks;
    std::size_t used = chunk_bytes;

    void* carve(std::size_t size) {
      if (size % line_bytes == 0) used = (used + line_bytes - 1) / line_bytes * line_bytes;
      if (used + size > chunk_bytes) {
        void* const chunk = ::operator new(chunk_bytes, std::align_val_t{line_bytes});
        tracer::claim(chunk, chunk_bytes);
        chunks.emplace_back(static_cast<char*>(chunk));
        used = 0;
      }
      used += size;
      return chunks.back().get() + used - size;
    }
  };

  static std::size_t rounded(std::size_t bytes, std::size_t alignment) {
    const std::size_t unit = alignment > granule ? line_bytes : granule;
    return (bytes + unit - 1) / unit * unit;
  }
  // Never freed: the records of the hazard domain live in them to the end.
  static arena& own() {
    static auto* const all = new std::vector<arena>(max_caches);
    return (*all)[virtual_threads::self()];
  }
};

}  // namespace scaling
