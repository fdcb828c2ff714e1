// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// read_word.hpp -- `read` of the read/dirty map, in one word.

#pragma once

#include <cstdint>

namespace syncmap::inline v0_1::detail {

// Packed: a table, and whether dirty has keys that it lacks. Both are read by one load.
template <class Table>
class read_word {
 public:
  constexpr read_word() noexcept = default;
  read_word(Table* table, bool amended) noexcept
      : bits_(reinterpret_cast<std::uintptr_t>(table) | (amended ? 1U : 0U)) {}

  // No table.
  static read_word destroyed() noexcept {
    read_word word;
    word.bits_ = 2;
    return word;
  }

  [[nodiscard]] Table* table() const noexcept {
    return reinterpret_cast<Table*>(bits_ & ~std::uintptr_t{1});
  }
  [[nodiscard]] bool amended() const noexcept { return (bits_ & 1) != 0; }
  [[nodiscard]] Table* address() const noexcept { return table(); }  // for protect()
  friend constexpr bool operator==(read_word, read_word) noexcept = default;

 private:
  std::uintptr_t bits_ = 0;
};

}  // namespace syncmap::inline v0_1::detail
