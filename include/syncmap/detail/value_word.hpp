// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// value_word.hpp -- the one word in which an entry holds its value, and how a value gets there.
//
//   nil        0
//   expunged   1
//   live       boxed: the address of a cell. Any T.
//              inlined: the value's own bits, and a 2 below them. Numbers and enumerations that leave
//              two bits free; a change then allocates and reclaims nothing.
//
// Both forms have the same members, so that an engine need not know which it works with; what an
// inlined word has no use for is null.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

// An immutable value in memory of its own: constant from its publication to its reclamation.
template <class T, class M>
struct value_cell : hazard_pointer_obj_base {
  template <class... Args>
  explicit value_cell(std::in_place_t, const M& from, Args&&... args)
      : value(made_with<T>(from, std::forward<Args>(args)...)), memory(from) {}

  static void reclaimed(value_cell* cell) noexcept { destroy_in(cell->memory, cell); }

  const T value;
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
};

template <class T, class M>
class boxed_word {
  using cell_type = value_cell<T, M>;

 public:
  class draft;
  static constexpr std::size_t cell_bytes() noexcept { return sizeof(cell_type); }

  static constexpr boxed_word nil() noexcept { return boxed_word(0); }
  static constexpr boxed_word expunged() noexcept { return boxed_word(1); }
  explicit constexpr boxed_word(std::uintptr_t bits) noexcept : bits_(bits) {}

  [[nodiscard]] constexpr std::uintptr_t bits() const noexcept { return bits_; }
  [[nodiscard]] bool is_live() const noexcept { return bits_ > 1; }
  [[nodiscard]] bool is_expunged() const noexcept { return bits_ == 1; }
  // Null unless live. Valid while the cell is protected.
  [[nodiscard]] const T* value() const noexcept {
    return is_live() ? std::addressof(cell()->value) : nullptr;
  }
  // What is to be protected while it is read, and retired when it is replaced. Null unless live.
  [[nodiscard]] cell_type* cell() const noexcept {
    return reinterpret_cast<cell_type*>(bits_ & ~std::uintptr_t{1});
  }
  [[nodiscard]] cell_type* address() const noexcept { return cell(); }  // for protect()
  friend constexpr bool operator==(boxed_word, boxed_word) noexcept = default;

 private:
  std::uintptr_t bits_;
};

// The value that a decision proposes. It outlives the attempts to publish it, so that arguments
// which were moved into it are not lost when an attempt fails.
template <class T, class M>
class boxed_word<T, M>::draft {
 public:
  explicit draft(const M& memory) noexcept : cell_(nullptr, destroyer<M>{memory}) {}
  template <class... Args>
  const T& emplace(Args&&... args) {
    const M& memory = cell_.get_deleter().memory;
    cell_.reset(make_in<cell_type>(memory, std::in_place, memory, std::forward<Args>(args)...));
    return cell_->value;
  }
  explicit operator bool() const noexcept { return cell_ != nullptr; }
  const T& operator*() const noexcept { return cell_->value; }

  // The live word of the value; release() after it was published.
  [[nodiscard]] boxed_word word() const noexcept {
    return boxed_word(reinterpret_cast<std::uintptr_t>(cell_.get()));
  }
  void release() noexcept { static_cast<void>(cell_.release()); }

 private:
  owned<M, cell_type> cell_;
};

template <class T, class M>
class inlined_word {
  using raw = std::conditional_t<sizeof(T) == 1, std::uint8_t,
                                 std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint32_t>>;

 public:
  class draft;
  static constexpr std::size_t cell_bytes() noexcept { return 0; }

  static constexpr inlined_word nil() noexcept { return inlined_word(0); }
  static constexpr inlined_word expunged() noexcept { return inlined_word(1); }
  static constexpr inlined_word live(T value) noexcept {
    return inlined_word(std::uintptr_t{std::bit_cast<raw>(value)} << 2 | 2);
  }
  explicit constexpr inlined_word(std::uintptr_t bits) noexcept
      : bits_(bits), value_(std::bit_cast<T>(static_cast<raw>(bits >> 2))) {}

  [[nodiscard]] constexpr std::uintptr_t bits() const noexcept { return bits_; }
  [[nodiscard]] bool is_live() const noexcept { return (bits_ & 2) != 0; }
  [[nodiscard]] bool is_expunged() const noexcept { return bits_ == 1; }
  // Null unless live. Valid as long as this word.
  [[nodiscard]] const T* value() const noexcept {
    return is_live() ? std::addressof(value_) : nullptr;
  }
  [[nodiscard]] value_cell<T, M>* cell() const noexcept { return nullptr; }

 private:
  std::uintptr_t bits_;
  T value_;
};

template <class T, class M>
class inlined_word<T, M>::draft {
 public:
  explicit draft(const M&) noexcept {}
  template <class... Args>
  const T& emplace(Args&&... args) {
    value_ = T(std::forward<Args>(args)...);
    has_value_ = true;
    return value_;
  }
  explicit operator bool() const noexcept { return has_value_; }
  const T& operator*() const noexcept { return value_; }

  [[nodiscard]] inlined_word word() const noexcept { return inlined_word::live(value_); }
  void release() noexcept {}

 private:
  T value_{};
  bool has_value_ = false;
};

// Not every trivially copyable type: one may have padding, or mutable or atomic members that readers
// share, or may not be copied at all. A class may be incomplete here.
template <class T>
consteval bool fits_in_word() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return sizeof(T) < sizeof(std::uintptr_t);
  } else {
    return false;
  }
}

template <class T, class M>
using value_word = std::conditional_t<fits_in_word<T>(), inlined_word<T, M>, boxed_word<T, M>>;

// A word that `load` returns, with its value safe to read while `guard` is not used again.
template <class P, class Load>
SYNCMAP_INLINE auto protect_word(const protector<P>& guard, Load load) noexcept {
  using word = decltype(load());
  if constexpr (requires(word one) { one.address(); }) {
    return guard.protect(load);
  } else {
    return load();
  }
}

}  // namespace syncmap::inline v0_1::detail
