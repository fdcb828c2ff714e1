// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A type that counts its instances, for tests of what is destroyed and when.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>

namespace support {

// An int in a coat. Notices when a dead one is used, or one that was moved as bytes.
template <class Tag>
class tracked {
 public:
  static long alive() { return count_.load(); }

  tracked(int id) : id_(id) { ++count_; }  // NOLINT: converts, as an int does
  tracked(const tracked& other) : id_(other.id()) { ++count_; }
  tracked& operator=(const tracked& other) {
    id_ = other.id();
    return *this;
  }
  ~tracked() {
    check();
    self_ = nullptr;
    --count_;
  }

  [[nodiscard]] int id() const {
    check();
    return id_;
  }
  friend bool operator==(const tracked& a, const tracked& b) { return a.id() == b.id(); }

 private:
  void check() const {
    if (self_ != this) ADD_FAILURE() << "a tracked object was used that is not alive";
  }

  static inline std::atomic<long> count_{0};
  int id_;
  const tracked* self_ = this;
};

using tracked_key = tracked<struct key_tag>;
using tracked_value = tracked<struct value_tag>;

}  // namespace support

template <class Tag>
struct std::hash<support::tracked<Tag>> {
  std::size_t operator()(const support::tracked<Tag>& object) const {
    return static_cast<std::size_t>(object.id());
  }
};
