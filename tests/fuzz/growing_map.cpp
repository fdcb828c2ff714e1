// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <differential.hpp>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <test_platform.hpp>

namespace fuzz {

namespace {
template <class Key, class T>
using map_type = syncmap::basic_map<
    syncmap::detail::group_map<Key, T, hash, equal, syncmap::test::growing_platform>>;
}  // namespace

void run_growing_map(int layout, bytes input) { run_layout<map_type>(layout, input); }

}  // namespace fuzz
