// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A computation that could not be taken out of those under way (the hash of its key threw) has ended all the
// same: nobody waits for it, or looks for its end again and again.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <syncmap/read_dirty_map.hpp>
#include <syncmap/syncmap.hpp>

namespace {

// Throws at its n-th call.
struct moody_hash {
  static inline int calls_left = 0;
  std::size_t operator()(int key) const {
    if (calls_left != 0 && --calls_left == 0) throw std::runtime_error("a hash");
    return std::hash<int>()(key);
  }
};

template <class Map>
void compute_in_spite_of_errors() {
  int thrown = 0;
  int hidden = 0;
  bool is_over = false;
  for (int n = 1; !is_over; ++n) {
    Map map;
    map.store(2, 2);
    moody_hash::calls_left = n;
    try {
      EXPECT_EQ(map.load_or_compute(1, [] { return 1; }).value, 1);
      ++hidden;
    } catch (const std::runtime_error&) {
      ++thrown;
    }
    is_over = moody_hash::calls_left != 0;
    moody_hash::calls_left = 0;
    map.erase(1);
    EXPECT_EQ(map.load_or_compute(1, [] { return 3; }).value, 3) << n;
  }
  EXPECT_GT(thrown, 1);
  EXPECT_EQ(hidden, 2) << "the last one, and that of the end";
}

TEST(load_or_compute_errors, a_computation_that_has_ended_is_in_nobodys_way) {
  compute_in_spite_of_errors<syncmap::map<int, int, moody_hash>>();
  compute_in_spite_of_errors<syncmap::read_dirty_map<int, int, moody_hash>>();
}

}  // namespace
