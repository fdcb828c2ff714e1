// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <differential.hpp>
#include <syncmap/map.hpp>

namespace fuzz {

namespace {
template <class Key, class T>
using map_type = syncmap::map<Key, T, hash, equal>;
}  // namespace

void run_map(int layout, bytes input) { run_layout<map_type>(layout, input); }

}  // namespace fuzz
