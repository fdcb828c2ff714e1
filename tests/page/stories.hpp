// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// stories.hpp -- what the page tells.

#pragma once

#include <trace.hpp>
#include <vector>

namespace syncmap::page {

std::vector<story> all_stories();

}  // namespace syncmap::page
