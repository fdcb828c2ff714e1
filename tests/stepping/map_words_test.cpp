// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Entries in the slots of the table.

#include <cstdint>
#include <maps.hpp>
#include <stepping_tests.hpp>
#include <string>

namespace {

using stepping::engine;
const bool added = stepping::add_tests<syncmap::map<std::uint64_t, std::uint64_t>>(
    "stepped_map_words", engine::group, 120);

}  // namespace
