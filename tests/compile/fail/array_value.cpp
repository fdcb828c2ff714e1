// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A C array is no value; a std::array is.
// expect: the value must be an object type without const, and not an array

#include <syncmap/syncmap.hpp>

syncmap::MAP<int, int[2]> map;
