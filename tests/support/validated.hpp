// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Values that know whether they are whole and where they belong: each has the number of its key, a
// generation and a checksum. One type for each way in which the maps keep values.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace support {

inline std::uint64_t scrambled(std::uint64_t number) noexcept {
  number = (number ^ (number >> 31)) * 0x7fb5d329728ea185U;
  number = (number ^ (number >> 27)) * 0x81dadef4bc2dd44dU;
  return number ^ (number >> 33);
}

// What a value says. Generations wrap; `newer` is right while those compared are less than half of
// all apart.
struct testimony {
  static constexpr unsigned key_bits = 11;
  static constexpr unsigned generation_bits = 16;
  static constexpr std::uint32_t generations = 1U << generation_bits;

  bool whole = false;
  int key = 0;
  std::uint32_t generation = 0;

  [[nodiscard]] bool is_of(int wanted) const noexcept { return whole && key == wanted; }
  // Is `a` older than `b`?
  static bool older(std::uint32_t a, std::uint32_t b) noexcept {
    const std::uint32_t ahead = (b - a) % generations;
    return ahead != 0 && ahead < generations / 2;
  }
};

// All in the word that an entry holds.
struct narrow_value {
  using type = std::uint32_t;
  static type made(int key, std::uint32_t generation) noexcept {
    const std::uint32_t said = static_cast<std::uint32_t>(key) << testimony::generation_bits |
                               generation % testimony::generations;
    return said << 5 | sum(said);
  }
  static testimony heard(type value) noexcept {
    const std::uint32_t said = value >> 5;
    return {(value & 31) == sum(said), static_cast<int>(said >> testimony::generation_bits),
            said % testimony::generations};
  }

 private:
  static std::uint32_t sum(std::uint32_t said) noexcept {
    return static_cast<std::uint32_t>(scrambled(said) & 31);
  }
};
static_assert(testimony::key_bits + testimony::generation_bits + 5 == 32);

// Eight bytes: in a slot of `map`, in a cell of `read_dirty_map`.
struct wide_value {
  struct type {
    std::uint32_t said;
    std::uint32_t sum;
    friend bool operator==(const type&, const type&) = default;
  };
  static type made(int key, std::uint32_t generation) noexcept {
    const std::uint32_t said = static_cast<std::uint32_t>(key) << testimony::generation_bits |
                               generation % testimony::generations;
    return {said, static_cast<std::uint32_t>(scrambled(said))};
  }
  static testimony heard(const type& value) noexcept {
    return {value.sum == static_cast<std::uint32_t>(scrambled(value.said)),
            static_cast<int>(value.said >> testimony::generation_bits),
            value.said % testimony::generations};
  }
};

// With memory of its own, of different sizes.
struct text_value {
  class type {
   public:
    type(int key, std::uint32_t generation)
        : said_(static_cast<std::uint32_t>(key) << testimony::generation_bits |
                generation % testimony::generations),
          text_(16 + scrambled(said_) % 150, letter(said_)) {
      living.fetch_add(1, std::memory_order_relaxed);
    }
    type(const type& other) : said_(other.said_), text_(other.text_) {
      living.fetch_add(1, std::memory_order_relaxed);
    }
    type& operator=(const type&) = delete;
    ~type() {
      living.fetch_sub(1, std::memory_order_relaxed);
      said_ = 0xffffffff;
      self_ = nullptr;
    }

    friend bool operator==(const type& a, const type& b) { return a.said_ == b.said_; }

    [[nodiscard]] testimony heard() const {
      const bool whole = self_ == this && text_.size() == 16 + scrambled(said_) % 150 &&
                         text_.front() == letter(said_) && text_.back() == letter(said_);
      return {whole, static_cast<int>(said_ >> testimony::generation_bits),
              said_ % testimony::generations};
    }

   private:
    static char letter(std::uint32_t said) { return static_cast<char>('a' + said % 26); }
    std::uint32_t said_;
    std::string text_;
    const type* self_ = this;
  };

  static inline std::atomic<long> living{0};

  static type made(int key, std::uint32_t generation) { return type(key, generation); }
  static testimony heard(const type& value) { return value.heard(); }
};

}  // namespace support
