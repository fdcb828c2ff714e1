// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Entries in the slots of a table that moves all the time, and a reclamation at each retirement.

#include <cstdint>
#include <maps.hpp>
#include <stepping_tests.hpp>
#include <string>

namespace {

using stepping::engine;
const bool added =
    stepping::add_tests<support::growing_map_family::map<std::uint64_t, std::uint64_t>>(
        "stepped_growing_map_words", engine::always_growing_group, 24);

}  // namespace
