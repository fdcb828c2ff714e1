// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <guaranteed_maps.hpp>
#include <maps.hpp>
#include <soak_stages.hpp>

void stress::add_yielding_maps(stages& to, bool with_clear) {
  add_family<support::yielding_map_family>(to, with_clear);
}
