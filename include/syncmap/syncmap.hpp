// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file syncmap.hpp
/// Everything.

#pragma once

// First, so that errors come with short lists of what includes what.
#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

#include <syncmap/basic_map.hpp>
#include <syncmap/concepts.hpp>
#include <syncmap/concurrent_map.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/pmr.hpp>
#include <syncmap/reclaim.hpp>
#include <syncmap/version.hpp>
