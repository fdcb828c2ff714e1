// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// read_dirty_views.hpp -- what keeps entries of the read/dirty map in sight: a walk, and one that was found.

#pragma once

#include <cstddef>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

// Walks the table that was `read` when the cursor was made, dirty promoted first. Holds no lock.
template <class Key, class T, class Hash, class KeyEqual, class M>
class read_dirty<Key, T, Hash, KeyEqual, M>::cursor {
 public:
  explicit cursor(const read_dirty& map)
      : table_guard_(make_hazard_pointer<P>()), value_guard_(make_hazard_pointer<P>()) {
    auto r = map.tables_.protect(table_guard_.get());
    if (r.amended()) {
      table_guard_.get().reset_protection();
      map.tables_.promote();
      r = map.tables_.protect(table_guard_.get());
    }
    table_ = r.table();
  }

  // Goes to the next entry that has a value; false at the end.
  bool next() noexcept {
    if (table_ == nullptr) return false;
    while (index_ < table_->slot_count()) {
      current_ = table_->at(index_++);
      if (current_ == nullptr) continue;
      value_ = protect_value(*current_, value_guard_.get());
      if (value_.is_live()) return true;
    }
    return false;
  }
  [[nodiscard]] const Key& key() const noexcept { return current_->key(); }
  [[nodiscard]] const T& value() const noexcept { return *value_.value(); }

 private:
  hazard_pointer<P> table_guard_;
  hazard_pointer<P> value_guard_;
  const table* table_ = nullptr;
  std::size_t index_ = 0;
  const entry_type* current_ = nullptr;
  word value_ = word::nil();
};

// An entry that stays, with the value that it had when it was found: both are protected.
template <class Key, class T, class Hash, class KeyEqual, class M>
class read_dirty<Key, T, Hash, KeyEqual, M>::pinned {
 public:
  pinned() = default;
  template <class K>
  pinned(const read_dirty& map, const K& key) : unit_(make_hazard_pointer<P>()) {
    const std::size_t hash = map.hash_(key);
    entry_ = map.find_entry(hash, key, unit_.get(of_entry));
    if (entry_ != nullptr) value_ = protect_value(*entry_, unit_.get(of_value));  // L1, L4
    if (!value_.is_live()) *this = pinned();
  }
  pinned(pinned&& other) noexcept
      : unit_(std::move(other.unit_)),
        entry_(std::exchange(other.entry_, nullptr)),
        value_(std::exchange(other.value_, word::nil())) {}
  pinned& operator=(pinned&& other) noexcept {
    entry_ = std::exchange(other.entry_, nullptr);
    value_ = std::exchange(other.value_, word::nil());
    unit_ = std::move(other.unit_);
    return *this;
  }

  [[nodiscard]] bool has_value() const noexcept { return entry_ != nullptr; }
  // REQUIRES: has_value().
  [[nodiscard]] const Key& key() const noexcept { return entry_->key(); }
  [[nodiscard]] const T& value() const noexcept { return *value_.value(); }

 private:
  static constexpr std::size_t of_entry = 0;
  static constexpr std::size_t of_value = 1;

  hazard_pointer<P> unit_;
  const entry_type* entry_ = nullptr;
  word value_ = word::nil();
};

}  // namespace syncmap::inline v0_1::detail
