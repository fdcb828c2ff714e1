// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Every operation of read_dirty_map is linearizable (G1), and a walk shows what it promises (G3): recorded
// histories of all operations, by three or four threads, on one to three keys, can be explained.

#include <gtest/gtest.h>

#include <guaranteed_maps.hpp>
#include <linearizability.hpp>
#include <maps.hpp>
#include <string>
#include <test_platform.hpp>

namespace {

template <class Setup>
class g1_linearizable_read_dirty_map : public ::testing::Test {};
using setups = decltype(support::kinds_of(
    support::list<support::read_dirty_family, support::yielding_read_dirty_family>()));
TYPED_TEST_SUITE(g1_linearizable_read_dirty_map, setups, support::setup_names);

TYPED_TEST(g1_linearizable_read_dirty_map, histories_of_every_operation_can_be_explained) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  const bool yields = TypeParam::name().rfind("yielding", 0) == 0;
  const auto all = support::lin::check_many_histories<typename TypeParam::map>(yields);
  this->RecordProperty("histories", all.histories);
}

}  // namespace
