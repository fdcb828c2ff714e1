// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// recording_platform.hpp -- a platform that tells a listener what an engine does, as it does it.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <test_platform.hpp>
#include <type_traits>

namespace syncmap::page {

enum class event {
  loads_read,  ///< of a map: {table, amended}
  loads_word,  ///< of an entry, or another number: whoever listens knows by the address
  fails,       ///< a compare-and-swap of such a word
  other,       ///< something may have changed
  will_lock,   ///< may wait until is_locked() is false
  locks,
  unlocks,
  makes,     ///< memory of `bytes`, with nothing in it yet
  destroys,  ///< an object that other threads could have reached
};

// Called by one thread at a time: threads take turns (turns.hpp).
class listener {
 public:
  virtual void on(event what, const void* where, std::size_t bytes) = 0;
  static inline listener* now = nullptr;

 protected:
  ~listener() = default;
};

inline void tell(event what, const void* where = nullptr, std::size_t bytes = 0) {
  if (listener::now != nullptr) listener::now->on(what, where, bytes);
}

template <class T>
class recorded_atomic {
 public:
  constexpr recorded_atomic() noexcept = default;
  constexpr recorded_atomic(T value) noexcept : real_(value) {}

  T load(std::memory_order order) const noexcept {
    const T found = real_.load(order);
    if constexpr (requires(const T& word) { word.amended(); }) {
      tell(event::loads_read);
    } else if constexpr (std::is_same_v<T, std::uintptr_t>) {
      tell(event::loads_word, this);
    }
    return found;
  }
  void store(T value, std::memory_order order) noexcept {
    real_.store(value, order);
    tell(event::other);
  }
  T exchange(T value, std::memory_order order) noexcept {
    const T before = real_.exchange(value, order);
    tell(event::other);
    return before;
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    const bool done = real_.compare_exchange_strong(expected, desired, success, failure);
    tell(done ? event::other : event::fails, this);
    return done;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  T fetch_add(T value, std::memory_order order) noexcept { return real_.fetch_add(value, order); }
  T fetch_sub(T value, std::memory_order order) noexcept { return real_.fetch_sub(value, order); }
  T fetch_or(T value, std::memory_order order) noexcept { return real_.fetch_or(value, order); }
  void wait(T old, std::memory_order order) const noexcept { real_.wait(old, order); }
  void notify_all() noexcept { real_.notify_all(); }
  std::atomic<T>& real() noexcept { return real_; }

 private:
  std::atomic<T> real_{};
};

// What the mutex guards, or a publication orders.
template <class T>
class recorded_var {
 public:
  constexpr recorded_var() noexcept = default;
  explicit constexpr recorded_var(T value) noexcept : value_(value) {}
  recorded_var(const recorded_var&) = default;
  recorded_var& operator=(const recorded_var& other) noexcept { return *this = other.value_; }
  recorded_var& operator=(T value) noexcept {
    value_ = value;
    tell(event::other);
    return *this;
  }
  operator T() const noexcept { return value_; }
  T operator->() const noexcept { return value_; }
  recorded_var& operator++() noexcept { return *this = static_cast<T>(value_ + 1); }
  recorded_var& operator--() noexcept { return *this = static_cast<T>(value_ - 1); }

 private:
  T value_{};
};

class recorded_mutex {
 public:
  void lock() {
    tell(event::will_lock, this);
    is_locked_ = true;
    tell(event::locks, this);
  }
  void unlock() {
    is_locked_ = false;
    tell(event::unlocks, this);
  }
  [[nodiscard]] bool is_locked() const noexcept { return is_locked_; }

 private:
  bool is_locked_ = false;
};

// Reclaims at every retirement, so that what is kept is kept by somebody who uses it.
struct recording_platform : test::tiny_platform {
  template <class T>
  using atomic = recorded_atomic<T>;
  template <class T>
  using var = recorded_var<T>;
  using mutex = recorded_mutex;

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    detail::announce_lightly(slot.real(), value);
  }

  static void* allocate(std::size_t bytes, std::size_t alignment) {
    void* const memory = tiny_platform::allocate(bytes, alignment);
    tell(event::makes, memory, bytes);
    return memory;
  }
  static void on_reclaim(void* memory, std::size_t bytes) noexcept {
    tell(event::destroys, memory);
    tiny_platform::on_reclaim(memory, bytes);
  }

  // The same in every run.
  static std::uint64_t random() noexcept { return 0x9e3779b97f4a7c15U; }
};

}  // namespace syncmap::page
