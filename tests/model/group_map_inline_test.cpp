// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: nothing goes wrong (map_model.hpp) in any execution of the scenarios with the group map,
// words in their slots.

#include <gtest/gtest.h>

#include <functional>
#include <likeness.hpp>
#include <map_model.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>

namespace syncmap::model {
namespace {

using map_type =
    basic_map<detail::group_map<int, int, telling_hash, std::equal_to<>, model_platform>>;

class group_map_inline : public ::testing::TestWithParam<scenario> {};

TEST_P(group_map_inline, holds) { check<map_type>("group_map_inline", GetParam()); }
TEST_P(group_map_inline, loses_nothing_by_reduction) {
  compare<map_type>("group_map_inline", GetParam());
}

INSTANTIATE_TEST_SUITE_P(model, group_map_inline, ::testing::ValuesIn(scenarios(engine::group)),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
