// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What libFuzzer calls, and an operator new that fails when the input says so.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <differential.hpp>
#include <fuse.hpp>
#include <new>

namespace {

void* take(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) {
  support::fuse::tick_allocation();
  return take(std::malloc(bytes == 0 ? 1 : bytes));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  support::fuse::tick_allocation();
  const auto to = static_cast<std::size_t>(alignment);
  return take(std::aligned_alloc(to, (bytes + to - 1) / to * to));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return std::malloc(bytes == 0 ? 1 : bytes);  // the fuzzer's own: AddressSanitizer has another
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace fuzz {

void run_any(bytes input) {
  if (input.empty()) return;
  const int map = input[0] / layouts % 3;
  const int layout = input[0] % layouts;
  const bytes rest = input.subspan(1);
  if (map == 0) return run_map(layout, rest);
  if (map == 1) return run_growing_map(layout, rest);
  return run_read_dirty_map(layout, rest);
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::run_any({data, size});
  return 0;
}
