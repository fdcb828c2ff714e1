// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: an entry in an overflow group is there for all who look, or for nobody (group:I4). A walk looks
// at overflow groups if there are any; a load only if one may have its key.

#include <gtest/gtest.h>

#include <cstddef>
#include <group_states.hpp>
#include <optional>

namespace syncmap::test::groups {
namespace {

template <class Kind>
void insert_and_look_at_each_step() {
  std::size_t shown = 0;
  bool ran = true;
  for (std::size_t step = 0; ran; ++step) {
    script::reset();
    small_map<Kind> map;
    map.reserve_groups(2);
    add(map, near_key,
        alike_key);  // the slot is taken, and there is an overflow group: not for the_key
    script::reset();
    ran = false;
    script::at_step(step, [&] {
      ran = true;
      if (map.walk().count(the_key) == 0) return;
      ++shown;
      EXPECT_EQ(map.load(the_key), the_value) << "before step " << step;
    });
    map.store(the_key, the_value);
    script::reset();
    EXPECT_EQ(map.where(the_key), whereabouts::in_overflow);
    EXPECT_EQ(map.load(the_key), the_value);
  }
  EXPECT_GT(shown, 0U);
  EXPECT_EQ(what_is_left(), "");
}

TEST(group_overflow, what_a_walk_has_shown_can_be_loaded) {
  insert_and_look_at_each_step<words>();
  insert_and_look_at_each_step<word_nodes>();
  insert_and_look_at_each_step<nodes>();
}

}  // namespace
}  // namespace syncmap::test::groups
