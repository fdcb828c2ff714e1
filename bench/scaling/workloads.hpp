// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the virtual threads do, one operation at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace scaling {

struct workload {
  std::string_view name;
  unsigned stores;      ///< of 100 operations, to keys that are there
  unsigned insertions;  ///< of 100 operations; as many are erasures
  bool one_key;
};

inline constexpr std::array<workload, 5> workloads{{
    {"hit", 0, 0, false},
    {"mix99", 1, 0, false},
    {"mix90", 0, 5, false},
    {"mix50", 0, 25, false},
    {"hot", 10, 0, true},
}};

// A bijection of the numbers, so that keys are scattered; and a sequence of random ones.
inline std::uint64_t scattered(std::uint64_t number) {
  number = (number ^ number >> 31) * 0x7fb5d329728ea185U;
  number = (number ^ number >> 27) * 0x81dadef4bc2dd44dU;
  return number ^ number >> 33;
}
inline std::uint64_t key_of(std::size_t number) { return scattered(number + 1); }

// One virtual thread's part. In the beginning the keys with numbers below `entries` are in the map. If
// some come and go, operations take any of twice as many as are worked on, and half of those are there
// at any time.
class actor {
 public:
  actor(const workload& what, std::size_t entries, std::size_t worked_on, std::size_t self)
      : what_(what),
        count_(what.one_key           ? 1
               : what.insertions == 0 ? worked_on
                                      : 2 * worked_on),
        first_(entries - (what.one_key ? 1 : worked_on)),
        random_(scattered(self + 77)) {}

  // One operation; false if its answer is wrong.
  template <class Map>
  bool act(Map& map) {
    const std::uint64_t drawn = scattered(random_ += 0x9e3779b97f4a7c15U);
    const auto which = static_cast<unsigned>((drawn & 0xffffffffU) * 100 >> 32);
    const std::uint64_t key = key_of(first_ + ((drawn >> 32) * count_ >> 32));
    if (which < what_.stores + what_.insertions) {
      map.store(key, drawn);
    } else if (which < what_.stores + 2 * what_.insertions) {
      map.erase(key);
    } else {
      return map.load(key).has_value() || what_.insertions != 0;
    }
    return true;
  }

 private:
  const workload what_;
  const std::size_t count_;
  const std::size_t first_;
  std::uint64_t random_;
};

}  // namespace scaling
