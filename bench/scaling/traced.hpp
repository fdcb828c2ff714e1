// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Shared data whose accesses are recorded. Virtual threads take turns between accesses, so plain
// members do what atomics do.
#pragma once

#include <atomic>
#include <type_traits>
#include <utility>

#include "scaling/tracer.hpp"
#include "scaling/virtual_threads.hpp"

namespace scaling {

// In place of std::atomic: the same size, the same members.
template <class T>
class traced_atomic {
 public:
  constexpr traced_atomic() noexcept : traced_atomic(T()) {}
  constexpr traced_atomic(T value) noexcept : value_(value) {
    if (!std::is_constant_evaluated()) tracer::initialize(this);
  }
  traced_atomic(const traced_atomic&) = delete;
  traced_atomic& operator=(const traced_atomic&) = delete;

  T load(std::memory_order) const noexcept {
    tracer::read(this);
    return value_;
  }
  void store(T value, std::memory_order) noexcept {
    tracer::write(this);
    value_ = value;
  }
  T exchange(T value, std::memory_order) noexcept {
    tracer::write(this);
    return std::exchange(value_, value);
  }
  // One that fails takes the line all the same, as processors do.
  bool compare_exchange_strong(T& expected, T desired, std::memory_order,
                               std::memory_order) noexcept {
    tracer::write(this);
    if (value_ == expected) {
      value_ = desired;
      return true;
    }
    expected = value_;
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  T fetch_add(T by, std::memory_order order) noexcept {
    return exchange_with([by](T now) { return static_cast<T>(now + by); }, order);
  }
  T fetch_sub(T by, std::memory_order order) noexcept {
    return exchange_with([by](T now) { return static_cast<T>(now - by); }, order);
  }
  T fetch_or(T bits, std::memory_order order) noexcept {
    return exchange_with([bits](T now) { return static_cast<T>(now | bits); }, order);
  }
  T fetch_and(T bits, std::memory_order order) noexcept {
    return exchange_with([bits](T now) { return static_cast<T>(now & bits); }, order);
  }

 private:
  template <class F>
  T exchange_with(F f, std::memory_order) noexcept {
    tracer::write(this);
    return std::exchange(value_, f(value_));
  }

  alignas(sizeof(T) <= 8 ? sizeof(T) : alignof(T)) T value_;
};

// In place of plain data that a lock, or a publication, orders.
template <class T>
class traced_var {
 public:
  constexpr traced_var() noexcept : traced_var(T()) {}
  explicit constexpr traced_var(T value) noexcept : value_(value) {
    if (!std::is_constant_evaluated()) tracer::initialize(this);
  }
  // What std::exchange() returns is nobody else's.
  traced_var(const traced_var& other) noexcept : value_(other) {}
  traced_var& operator=(const traced_var& other) noexcept { return *this = T(other); }
  traced_var& operator=(T value) noexcept {
    tracer::write(this);
    value_ = value;
    return *this;
  }

  operator T() const noexcept {
    tracer::read(this);
    return value_;
  }
  T operator->() const noexcept
    requires std::is_pointer_v<T>
  {
    return *this;
  }
  traced_var& operator++() noexcept { return *this = static_cast<T>(T(*this) + 1); }
  traced_var& operator--() noexcept { return *this = static_cast<T>(T(*this) - 1); }

 private:
  T value_;
};

// As std::mutex with a futex: who finds it locked sleeps, and is woken to try again.
class traced_mutex {
 public:
  void lock() noexcept {
    while (word_.exchange(true, std::memory_order_acquire)) virtual_threads::sleep(this);
  }
  void unlock() noexcept {
    word_.store(false, std::memory_order_release);
    virtual_threads::wake(this);
  }

 private:
  traced_atomic<bool> word_{false};
};

}  // namespace scaling
