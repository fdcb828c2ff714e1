// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file syncmap.hpp
/// Everything.

#pragma once

#include <syncmap/basic_map.hpp>
#include <syncmap/concepts.hpp>
#include <syncmap/concurrent_map.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/map.hpp>
#include <syncmap/pmr.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <syncmap/reclaim.hpp>
#include <syncmap/version.hpp>
