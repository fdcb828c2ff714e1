// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// See statics_main.cpp.

#include <statics.hpp>

namespace {

extern constinit lifecycle::all_maps maps;
constinit statics::unit self{2, maps};

const statics::counts after_the_maps(self);
constinit lifecycle::all_maps maps{};
const statics::marks end_of_the_maps(self);
const statics::user before_the_maps(self);

}  // namespace

statics::unit& statics::two() { return self; }
