// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A value that is so large that it is due by itself (hazard_domain.hpp): the call that takes it out of the
// map destroys it, and holds no lock and no protection by then.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <syncmap/detail/platform.hpp>
#include <syncmap/syncmap.hpp>
#include <utility>

namespace {

// Does something once it is destroyed.
struct witness {
  explicit witness(std::function<void()> f) : last(std::move(f)) {}
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  ~witness() { last(); }
  std::function<void()> last;
};
struct large {
  std::shared_ptr<witness> seen;
  char rest[syncmap::detail::platform::reclaim_batch * syncmap::detail::platform::reclaim_bytes] =
      {};
};
using map_type = syncmap::map<int, large>;

// Stores a value that counts in `destroyed`, and then uses its own key in the map.
void store_one(map_type& map, int& destroyed) {
  map.store(1, large{std::make_shared<witness>([&] {
              ++destroyed;
              map.erase(2);
              static_cast<void>(map.contains(1));
              map.store(1, large{nullptr});
            })});
}

TEST(large_values, are_destroyed_by_the_call_that_replaces_them) {
  map_type map;
  int destroyed = 0;
  store_one(map, destroyed);
  EXPECT_EQ(destroyed, 0);
  map.store(1, large{nullptr});
  EXPECT_EQ(destroyed, 1);
  store_one(map, destroyed);
  map.update(1, [](const large&) { return large{nullptr}; });
  EXPECT_EQ(destroyed, 2);
}

TEST(large_values, are_destroyed_by_the_call_that_erases_them) {
  map_type map;
  int destroyed = 0;
  store_one(map, destroyed);
  EXPECT_TRUE(map.erase(1));
  EXPECT_EQ(destroyed, 1);
  EXPECT_TRUE(map.contains(1));
}

}  // namespace
