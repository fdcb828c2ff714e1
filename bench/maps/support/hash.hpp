// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// One hash for all maps that are compared: good enough that no map has to mix it again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace bench {

// The two halves of the product, folded into one.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t eight_bytes(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

template <class Key>
struct mixing_hash;

template <>
struct mixing_hash<std::uint64_t> {
  using is_avalanching = std::true_type;  // tells boost, and others, not to mix again

  std::size_t operator()(std::uint64_t key) const noexcept {
    return fold(key ^ 0x2d358dccaa6c78a5U, 0x9e3779b97f4a7c15U);
  }
};

// Sixteen bytes a step, the last ones read twice where the length is no multiple of that.
template <>
struct mixing_hash<std::string> {
  using is_avalanching = std::true_type;

  std::size_t operator()(const std::string& key) const noexcept {
    const char* at = key.data();
    std::size_t left = key.size();
    std::uint64_t hash = left ^ 0x2d358dccaa6c78a5U;
    if (left < 16) {
      char padded[16] = {};
      std::memcpy(padded, at, left);
      hash = step(hash, padded);
    } else {
      for (; left > 16; at += 16, left -= 16) hash = step(hash, at);
      hash = step(hash, at + left - 16);
    }
    return fold(hash, 0x9e3779b97f4a7c15U);
  }

 private:
  static std::uint64_t step(std::uint64_t hash, const char* at) {
    return fold(eight_bytes(at) ^ 0x8bb84b93962eacc9U, eight_bytes(at + 8) ^ hash);
  }
};

}  // namespace bench
