// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file version.hpp
/// Which version this is.

#pragma once

/// All that a user may name. What can break a user's program gets a new inline namespace (`v0_1`: each minor
/// version below 1.0; `v1`: each major version from then on), so that two of them can be in one program and
/// never take each other's objects for their own.
namespace syncmap::inline v0_1 {

/// @name Semantic versioning 2.0: major.minor.patch
/// @{
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr const char* version = "0.1.0";
/// @}

}  // namespace syncmap::inline v0_1
