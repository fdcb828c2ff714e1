// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the cross tests stand on, where there is nothing but a compiler and its standard library: checks
// that are counted, keys and values that are made from numbers, and threads that start together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

namespace cross {

inline std::atomic<unsigned> checks_made{0};
inline std::atomic<unsigned> checks_failed{0};
inline std::atomic<const char*> current_part{"nothing yet"};

inline bool check(bool holds, const char* what, const char* file, int line) {
  checks_made.fetch_add(1, std::memory_order_relaxed);
  if (!holds && checks_failed.fetch_add(1, std::memory_order_relaxed) < 20) {
    std::fprintf(stderr, "%s:%d: %s: not true: %s\n", file, line, current_part.load(), what);
  }
  return holds;
}
#define CHECK(...) ::cross::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

// How much is done, in percent; set once, before there are threads.
inline unsigned scale = 100;
inline unsigned scaled(unsigned full, unsigned least = 1) {
  const unsigned some = static_cast<unsigned>(std::uint64_t{full} * scale / 100);
  return some < least ? least : some;
}

inline void part(const char* name) { current_part = name; }

// Numbers as keys and values. A text is too long for a small string. A value fits into 16 bits.
template <class X, class Number>
X make(Number number) {
  if constexpr (std::is_integral_v<X>) {
    return static_cast<X>(number);
  } else {
    std::string digits = std::to_string(number);
    digits.insert(0, 8 - (digits.size() < 8 ? digits.size() : 8), '0');
    return X(("a text that is on the heap, of number " + digits).c_str());
  }
}
template <class X>
unsigned number_of(const X& object) {
  if constexpr (std::is_integral_v<X>) {
    return static_cast<unsigned>(object);
  } else {
    const std::string_view text(object);
    unsigned number = 0;
    if (text.size() < 8 || text.substr(0, 6) != "a text") return ~0U;
    for (const char digit : text.substr(text.size() - 8)) {
      number = number * 10 + static_cast<unsigned>(digit - '0');
    }
    return number;
  }
}

// The values that a key may have: which version, can be told from the value; and whether it is one.
inline unsigned value_number(unsigned key, unsigned version) {
  return key % 97 + 97 * (version % 600);
}
inline bool belongs(unsigned value, unsigned key) {
  return value < 97 * 600 && value % 97 == key % 97;
}

// Numbers that look random, the same ones on every machine.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
  unsigned below(unsigned limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<unsigned>((state_ >> 33) % limit);
  }

 private:
  std::uint64_t state_;
};

inline constexpr unsigned thread_count = 4;

// Calls f(0) ... f(3), each in a thread of its own, none before all of them run.
template <class F>
void run_together(F f) {
  std::atomic<unsigned> ready{0};
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (unsigned id = 0; id < thread_count; ++id) {
    threads.emplace_back([&ready, &f, id] {
      ready.fetch_add(1);
      while (ready.load() < thread_count) std::this_thread::yield();
      f(id);
    });
  }
  for (std::thread& each : threads) each.join();
}

}  // namespace cross
