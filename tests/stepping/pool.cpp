// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// operator new without locks. A thread that stands still inside of malloc may hold a lock of it, and then
// whoever needs memory waits: for malloc, and not for the map.
//
// Each thread cuts blocks from chunks of its own, a chunk for one size, and keeps what is freed by it,
// whoever made it. Memory does not return to the system.

#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t smallest = 16;
constexpr std::size_t largest = chunk_bytes / 4;
constexpr int sizes = std::bit_width(largest);

// At the beginning of each chunk, which lies at a multiple of its size.
struct chunk {
  std::size_t block_bytes;
};
struct block {
  block* next;
};

// Of a size that is a power of two. Constant-initialised, and without a destructor: it is used before and
// after everything else of its thread.
struct pool {
  block* free = nullptr;
  char* fresh = nullptr;
  char* end = nullptr;
};
constinit thread_local pool pools[sizes + 1];

// Memory at a multiple of the size of chunks.
char* map_chunks(std::size_t bytes) {
  void* const memory = mmap(nullptr, bytes + chunk_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t skipped = (chunk_bytes - address % chunk_bytes) % chunk_bytes;
  return static_cast<char*>(memory) + skipped;
}

void* take(std::size_t bytes, std::size_t alignment) {
  if (bytes < alignment) bytes = alignment;
  const std::size_t wanted = std::bit_ceil(bytes < smallest ? smallest : bytes);
  if (wanted > largest) {  // a chunk of its own
    const std::size_t begin = alignment < smallest ? smallest : alignment;
    if (begin > largest) std::abort();
    char* const memory = map_chunks(begin + bytes);
    new (memory) chunk{0};
    return memory + begin;
  }
  pool& from = pools[std::bit_width(wanted) - 1];
  if (from.free != nullptr) {
    block* const found = from.free;
    from.free = found->next;
    return found;
  }
  if (from.fresh == from.end) {
    char* const memory = map_chunks(chunk_bytes);
    new (memory) chunk{wanted};
    from.fresh = memory + wanted;  // the first block is for the head
    from.end = memory + chunk_bytes;
  }
  char* const found = from.fresh;
  from.fresh += wanted;
  return found;
}

void give(void* memory) noexcept {
  if (memory == nullptr) return;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto* const head =
      reinterpret_cast<const chunk*>(static_cast<char*>(memory) - address % chunk_bytes);
  if (head->block_bytes == 0) return;  // a large one: there are few
  pool& to = pools[std::bit_width(head->block_bytes) - 1];
  to.free = new (memory) block{to.free};
}

}  // namespace

void* operator new(std::size_t bytes) { return take(bytes, smallest); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return take(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give(memory); }
void operator delete(void* memory, std::size_t) noexcept { give(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give(memory); }
