// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Blocks are linked by plain pointers.
// expect: the allocator must give plain pointers
// lines: 65

#include <cstddef>
#include <functional>
#include <memory>
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <utility>

template <class T>
struct fancy_pointer {
  using element_type = T;
  using difference_type = std::ptrdiff_t;
  T* plain;
  T& operator*() const { return *plain; }
  T* operator->() const { return plain; }
};
template <class T>
struct fancy_allocator {
  using value_type = T;
  using pointer = fancy_pointer<T>;
  fancy_allocator() = default;
  template <class X>
  fancy_allocator(const fancy_allocator<X>&) {}
  pointer allocate(std::size_t count) { return {std::allocator<T>().allocate(count)}; }
  void deallocate(pointer at, std::size_t count) {
    std::allocator<T>().deallocate(at.plain, count);
  }
  bool operator==(const fancy_allocator&) const = default;
};

syncmap::MAP<int, int, std::hash<int>, std::equal_to<int>,
             fancy_allocator<std::pair<const int, int>>>
    map;
