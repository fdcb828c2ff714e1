// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// retired.hpp -- objects that wait to be destroyed, of hazard_domain.hpp.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace syncmap::inline v0_1::detail {

// Base of whatever can be retired.
struct hazard_pointer_obj_base {
  hazard_pointer_obj_base* next_retired = nullptr;
  // Destroys it; returns how many bytes that gave back.
  std::size_t (*reclaim)(hazard_pointer_obj_base*) noexcept = nullptr;
};

// The objects of one pass, found by address without allocating.
class retired_batch {
  using obj = hazard_pointer_obj_base;

 public:
  static constexpr unsigned bits = 7;
  obj* heads[std::size_t{1} << bits] = {};

  obj*& chain(const void* address) noexcept {
    const auto number = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address));
    return heads[(number * 0x9e3779b97f4a7c15U) >> (64 - bits)];
  }
  bool add(obj* list) noexcept {
    const bool any = list != nullptr;
    while (list != nullptr) {
      obj* const object = std::exchange(list, list->next_retired);
      object->next_retired = std::exchange(chain(object), object);
    }
    return any;
  }
  obj* extract(const void* address) noexcept {
    for (obj** at = &chain(address); *at != nullptr; at = &(*at)->next_retired) {
      if (*at == address) return std::exchange(*at, (*at)->next_retired);
    }
    return nullptr;
  }
};

}  // namespace syncmap::inline v0_1::detail
