// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: nothing goes wrong (map_model.hpp) in any execution of the scenarios with the read/dirty map,
// values in cells.

#include <gtest/gtest.h>

#include <functional>
#include <likeness.hpp>
#include <map_model.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>

namespace syncmap::model {
namespace {

using map_type =
    basic_map<detail::read_dirty<tracked, tracked, telling_hash, std::equal_to<>, model_platform>>;

class read_dirty_boxed : public ::testing::TestWithParam<scenario> {};

TEST_P(read_dirty_boxed, holds) { check<map_type>("read_dirty_boxed", GetParam()); }
TEST_P(read_dirty_boxed, loses_nothing_by_reduction) {
  compare<map_type>("read_dirty_boxed", GetParam());
}

INSTANTIATE_TEST_SUITE_P(model, read_dirty_boxed,
                         ::testing::ValuesIn(scenarios(engine::read_dirty)),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
