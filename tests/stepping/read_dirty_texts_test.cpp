// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The two-map algorithm, with texts.

#include <cstdint>
#include <maps.hpp>
#include <stepping_tests.hpp>
#include <string>

namespace {

using stepping::engine;
const bool added = stepping::add_tests<syncmap::read_dirty_map<std::string, std::string>>(
    "stepped_read_dirty_map_texts", engine::read_dirty, 40);

}  // namespace
