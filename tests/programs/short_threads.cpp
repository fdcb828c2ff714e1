// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Twenty thousand threads that use maps and end, some at a time: what a thread has of the library is used
// again by later ones, so neither the number of records nor the memory grows with that of the threads.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <lifecycle.hpp>
#include <new>
#include <syncmap/detail/hazard.hpp>
#include <thread>
#include <vector>

namespace {

std::atomic<long> blocks{0};  // allocated and not freed

void* allocate(std::size_t bytes, std::size_t alignment) {
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  ++blocks;
  return memory;
}
void deallocate(void* memory) noexcept {
  if (memory != nullptr) --blocks;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { deallocate(memory); }
void operator delete(void* memory, std::size_t) noexcept { deallocate(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { deallocate(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { deallocate(memory); }

namespace {

constexpr int at_once = 4;
constexpr int keys = 8;

lifecycle::all_maps maps;
std::atomic<std::size_t> largest_index{0};

// Some of everything that takes something of its thread's: the record, slots for callbacks within
// callbacks, units for handles and iterators, a flight.
template <class Entries, class Map>
void use(Map& map, int thread) {
  const int i = thread % keys;
  const auto key = Entries::key(i);
  map.store(key, Entries::value(i, thread));
  {
    const auto found = map.find(key);
    for (const auto& [k, v] : map) {
      static_cast<void>(v);
      map.visit(k, [&](const auto&) { static_cast<void>(map.contains(key)); });
    }
    if (found) EXPECT(Entries::fits(*found, i));
  }
  if (thread % 3 == 0) map.erase(key);
  EXPECT(Entries::fits(map.load_or_compute(key, [&] { return Entries::value(i, 0); }).value, i));
}

void run(int threads) {
  for (int done = 0; done < threads; done += at_once) {
    std::vector<std::thread> some;
    for (int id = done; id < done + at_once; ++id) {
      some.emplace_back([id] {
        maps.each([id]<class Entries>(auto& map) { use<Entries>(map, id); });
        const std::size_t index =
            syncmap::detail::hazard_domain<syncmap::detail::platform>::thread_index();
        EXPECT(index != 0);
        std::size_t seen = largest_index;
        while (seen < index && !largest_index.compare_exchange_weak(seen, index)) {
        }
      });
    }
    for (auto& each : some) each.join();
  }
}

}  // namespace

int main() {
  const int count = syncmap::detail::under_sanitizer ? 1000 : 20000;
  run(count / 10);
  syncmap::reclaim();
  const long before = blocks;
  run(count - count / 10);
  syncmap::reclaim();
  EXPECT(largest_index <= 2 * at_once);  // a thread that was joined may still be about to let go
  EXPECT(blocks <= before + 200);
  EXPECT(lifecycle::text::living <= 2 * keys);
  return 0;
}
