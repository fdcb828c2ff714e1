// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: nothing goes wrong (map_model.hpp) in any execution of the scenarios with the group map,
// keys and values in nodes, without a pass after each retirement.

#include <gtest/gtest.h>

#include <functional>
#include <map_model.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>

namespace syncmap::model {
namespace {

using map_type = basic_map<
    detail::group_map<tracked, tracked, telling_hash, std::equal_to<>, lazy_model_platform>>;

class group_map_nodes_lazy : public ::testing::TestWithParam<scenario> {};

TEST_P(group_map_nodes_lazy, holds) { check<map_type>("group_map_nodes_lazy", GetParam()); }

INSTANTIATE_TEST_SUITE_P(model, group_map_nodes_lazy,
                         ::testing::ValuesIn(scenarios_of_several_keys(engine::group)),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
