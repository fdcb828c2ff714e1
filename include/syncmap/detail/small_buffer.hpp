// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// small_buffer.hpp -- a vector of plain objects whose first few need no allocation.

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class P, class X, std::size_t Inside>
class small_buffer {
  static_assert(std::is_trivially_copyable_v<X> && std::is_trivially_destructible_v<X>);

 public:
  small_buffer() noexcept {}  // NOLINT(modernize-use-equals-default): leaves the memory alone
  small_buffer(const small_buffer&) = delete;
  small_buffer& operator=(const small_buffer&) = delete;
  small_buffer(small_buffer&& other) noexcept
      : capacity_(std::exchange(other.capacity_, Inside)), size_(std::exchange(other.size_, 0)) {
    if (other.is_inside()) {
      std::uninitialized_copy_n(other.data_, size_, data_);
    } else {
      data_ = std::exchange(other.data_, other.inside());
    }
  }
  small_buffer& operator=(small_buffer&& other) noexcept {
    if (this != &other) {
      this->~small_buffer();
      ::new (static_cast<void*>(this)) small_buffer(std::move(other));
    }
    return *this;
  }
  ~small_buffer() {
    if (!is_inside()) P::deallocate(data_, capacity_ * element, alignof(X));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] X& operator[](std::size_t index) noexcept { return data_[index]; }
  [[nodiscard]] const X& operator[](std::size_t index) const noexcept { return data_[index]; }
  void clear() noexcept { size_ = 0; }
  // REQUIRES: size <= size().
  void resize_down(std::size_t size) noexcept { size_ = size; }
  // Throws std::bad_alloc; nothing has changed then.
  void push_back(const X& one) {
    ::new (static_cast<void*>(space_for(1))) X(one);
    ++size_;
  }
  // Memory for `count` more behind the last, of which as many become elements as added() says. Throws
  // std::bad_alloc; nothing has changed then.
  [[nodiscard]] X* space_for(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(size_ + count);
    return data_ + size_;
  }
  void added(std::size_t count) noexcept { size_ += count; }

 private:
  static constexpr std::size_t element =
      sizeof(X);  // NOLINT(bugprone-sizeof-expression): X may well be a pointer
  X* inside() noexcept { return reinterpret_cast<X*>(inside_); }
  [[nodiscard]] bool is_inside() const noexcept {
    return data_ == reinterpret_cast<const X*>(inside_);
  }

  SYNCMAP_NOINLINE void grow(std::size_t least) {
    const std::size_t wider = larger(least, 2 * capacity_);
    auto* const fresh = static_cast<X*>(P::allocate(wider * element, alignof(X)));
    std::uninitialized_copy_n(data_, size_, fresh);
    if (!is_inside()) P::deallocate(data_, capacity_ * element, alignof(X));
    data_ = fresh;
    capacity_ = wider;
  }

  X* data_ = inside();
  std::size_t capacity_ = Inside;
  std::size_t size_ = 0;
  alignas(X) unsigned char inside_[Inside * element];
};

}  // namespace syncmap::inline v0_1::detail
