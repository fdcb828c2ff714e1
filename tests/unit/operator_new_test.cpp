// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The global operator new of the tests, which counts and throws as fuse.hpp says. Alone in its
// file, so that the compiler does not see new and delete through to malloc and free, and mix them
// up.

#include <cstddef>
#include <cstdlib>
#include <fuse.hpp>
#include <new>

namespace {

void* allocate(std::size_t bytes, std::size_t alignment = 0) {
  ++support::allocations;
  support::fuse::tick_allocation();
  const std::size_t rounded =
      alignment == 0 ? bytes : (bytes + alignment - 1) / alignment * alignment;
  void* const memory =
      alignment == 0 ? std::malloc(bytes == 0 ? 1 : bytes) : std::aligned_alloc(alignment, rounded);
  if (memory == nullptr || rounded < bytes) throw std::bad_alloc();
  return memory;
}

template <class... Alignment>
void* allocate_or_null(std::size_t bytes, Alignment... alignment) noexcept {
  try {
    return allocate(bytes, alignment...);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

// All forms: a sanitizer's own, which would serve those left out, do not go with these.
using std::align_val_t;
using std::nothrow_t;
using std::size_t;

void* operator new(size_t n) { return allocate(n); }
void* operator new[](size_t n) { return allocate(n); }
void* operator new(size_t n, align_val_t a) { return allocate(n, static_cast<size_t>(a)); }
void* operator new[](size_t n, align_val_t a) { return allocate(n, static_cast<size_t>(a)); }
void* operator new(size_t n, const nothrow_t&) noexcept { return allocate_or_null(n); }
void* operator new[](size_t n, const nothrow_t&) noexcept { return allocate_or_null(n); }
void* operator new(size_t n, align_val_t a, const nothrow_t&) noexcept {
  return allocate_or_null(n, static_cast<size_t>(a));
}
void* operator new[](size_t n, align_val_t a, const nothrow_t&) noexcept {
  return allocate_or_null(n, static_cast<size_t>(a));
}

void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, align_val_t, const nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, align_val_t, const nothrow_t&) noexcept { std::free(p); }
