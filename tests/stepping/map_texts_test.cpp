// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Entries in nodes.

#include <cstdint>
#include <maps.hpp>
#include <stepping_tests.hpp>
#include <string>

namespace {

using stepping::engine;
const bool added = stepping::add_tests<syncmap::map<std::string, std::string>>(
    "stepped_map_texts", engine::group, 120);

}  // namespace
