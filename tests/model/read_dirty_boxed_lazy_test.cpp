// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: nothing goes wrong (map_model.hpp) in any execution of the scenarios with the read/dirty map,
// values in cells, without a pass after each retirement.

#include <gtest/gtest.h>

#include <functional>
#include <map_model.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>

namespace syncmap::model {
namespace {

using map_type = basic_map<
    detail::read_dirty<tracked, tracked, telling_hash, std::equal_to<>, lazy_model_platform>>;

class read_dirty_boxed_lazy : public ::testing::TestWithParam<scenario> {};

TEST_P(read_dirty_boxed_lazy, holds) { check<map_type>("read_dirty_boxed_lazy", GetParam()); }

INSTANTIATE_TEST_SUITE_P(model, read_dirty_boxed_lazy,
                         ::testing::ValuesIn(scenarios_of_several_keys(engine::read_dirty)),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
