// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// memory.hpp -- where the memory of one map comes from: the platform, or an allocator of the user's.
//
// The classes of a map take a *memory* `M`. Almost always it is the platform itself, whose functions
// are static: then it takes no room and costs nothing. With an allocator it is an allocator_memory, a
// copy of which is kept by every block that may be given back when the map is not at hand (a node that
// a pass of another thread reclaims), next to what the block is for.
//
// Whatever a map itself holds comes from its memory. Not so what a thread keeps for all maps (its record,
// the slots of handles), and what an operation borrows until it returns.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class P, class Allocator>
class allocator_memory {
  // Allocators are asked for arrays of these, so that they need not know of larger alignments.
  struct unit {
    alignas(std::max_align_t) unsigned char bytes[alignof(std::max_align_t)];
  };
  using unit_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;
  using traits = std::allocator_traits<unit_allocator>;
  static_assert(std::is_same_v<typename traits::pointer, unit*>,
                "syncmap: the allocator must give plain pointers, not a class that acts as one");

 public:
  using platform = P;
  using allocator_type = Allocator;

  constexpr allocator_memory() = default;
  constexpr explicit allocator_memory(const Allocator& from) noexcept : allocator_(from) {}
  [[nodiscard]] Allocator allocator() const noexcept { return Allocator(allocator_); }

  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) const {
    unit_allocator from(allocator_);
    if (alignment <= alignof(unit)) return traits::allocate(from, units(bytes));
    unit* const block = traits::allocate(from, units(bytes + alignment));
    void* const memory = after(block, alignment);
    ::new (static_cast<void*>(static_cast<unit**>(memory) - 1)) unit*(block);
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, std::size_t alignment) const noexcept {
    unit_allocator to(allocator_);
    if (alignment <= alignof(unit)) {
      traits::deallocate(to, static_cast<unit*>(memory), units(bytes));
    } else {
      traits::deallocate(to, *(static_cast<unit**>(memory) - 1), units(bytes + alignment));
    }
  }

  [[nodiscard]] void* allocate_table(std::size_t bytes, std::size_t alignment) const {
    return allocate(bytes, alignment);
  }
  void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) const noexcept {
    deallocate(memory, bytes, alignment);
  }

 private:
  static constexpr std::size_t units(std::size_t bytes) noexcept {
    return (bytes + sizeof(unit) - 1) / sizeof(unit);
  }
  // The first aligned address behind the block's, with room for a pointer before it.
  static void* after(unit* block, std::size_t alignment) noexcept {
    auto* const bytes = reinterpret_cast<unsigned char*>(block);
    return bytes + (alignment - reinterpret_cast<std::uintptr_t>(block) % alignment);
  }

  SYNCMAP_NO_UNIQUE_ADDRESS unit_allocator allocator_;
};

// The memory for an allocator. std::allocator says no more than the platform does.
template <class P, class Allocator>
struct memory_for {
  using type = allocator_memory<P, Allocator>;
};
template <class P, class X>
struct memory_for<P, std::allocator<X>> {
  using type = P;
};
template <class P, class Allocator>
using memory_with = typename memory_for<P, Allocator>::type;

template <class M>
struct memory_traits {
  using platform = M;
  template <class X>
  using allocator_of = std::allocator<X>;
};
template <class P, class Allocator>
struct memory_traits<allocator_memory<P, Allocator>> {
  using platform = P;
  template <class X>
  using allocator_of = typename std::allocator_traits<Allocator>::template rebind_alloc<X>;
};
// The platform of a memory.
template <class M>
using platform_of = typename memory_traits<M>::platform;

// The allocator of a memory, for objects of type X.
template <class X, class M>
auto allocator_of(const M& memory) noexcept {
  using allocator = typename memory_traits<M>::template allocator_of<X>;
  if constexpr (std::is_same_v<M, platform_of<M>>) {
    return allocator();
  } else {
    return allocator(memory.allocator());
  }
}

template <class M, class Allocator>
constexpr M memory_from([[maybe_unused]] const Allocator& allocator) noexcept {
  if constexpr (std::is_same_v<M, platform_of<M>>) {
    return M();
  } else {
    return M(typename M::allocator_type(allocator));
  }
}

// An X made from the arguments, which gets the allocator if it takes one (std::uses_allocator). The
// cast says that a conversion is meant (an int for an unsigned X).
template <class X, class M, class... Args>
X made_with([[maybe_unused]] const M& memory, Args&&... args) {
  if constexpr (!std::is_same_v<M, platform_of<M>>) {
    return std::make_obj_using_allocator<X>(memory.allocator(), std::forward<Args>(args)...);
  } else if constexpr (sizeof...(Args) == 1) {
    return (static_cast<X>(std::forward<Args>(args)), ...);
  } else {
    return X(std::forward<Args>(args)...);
  }
}

// Objects made and destroyed through a memory.
template <class X, class M, class... Args>
[[nodiscard]] X* make_in(const M& memory, Args&&... args) {
  struct block {
    const M& from;
    void* memory;
    ~block() {
      if (memory != nullptr) from.deallocate(memory, sizeof(X), alignof(X));
    }
  } guard{memory, memory.allocate(sizeof(X), alignof(X))};
  X* const object = ::new (guard.memory) X(std::forward<Args>(args)...);
  guard.memory = nullptr;
  return object;
}

// By value: `memory` may be a part of the object.
template <class M, class X>
void destroy_in(const M memory, X* object) noexcept {
  object->~X();
  platform_of<M>::on_reclaim(object, sizeof(X));
  memory.deallocate(object, sizeof(X), alignof(X));
}

template <class M>
struct destroyer {
  template <class X>
  void operator()(X* object) const noexcept {
    destroy_in(memory, object);
  }
  SYNCMAP_NO_UNIQUE_ADDRESS M memory;
};

template <class M, class X>
using owned = std::unique_ptr<X, destroyer<M>>;

// Those of the process: through the platform.
template <class P, class X, class... Args>
[[nodiscard]] X* make(Args&&... args) {
  return make_in<X>(P(), std::forward<Args>(args)...);
}
template <class P, class X>
void destroy(X* object) noexcept {
  destroy_in(P(), object);
}

}  // namespace syncmap::inline v0_1::detail
