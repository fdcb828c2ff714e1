// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <guaranteed_maps.hpp>
#include <maps.hpp>
#include <soak_stages.hpp>
#include <test_platform.hpp>

void stress::add_maps([[maybe_unused]] stages& to, [[maybe_unused]] bool with_clear) {
  if constexpr (!syncmap::test::sanitized) add_family<support::map_family>(to, with_clear);
}
