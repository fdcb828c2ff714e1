// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What check_codegen.py compiles, and whose instructions it reads.

#include <cstdint>
#include <string>
#include <syncmap/map.hpp>

using words = syncmap::map<std::uint64_t, std::uint64_t>;
using texts = syncmap::map<std::string, std::string>;

extern "C" {

bool probe_load(const words& map, std::uint64_t key, std::uint64_t& value) {
  const auto found = map.load(key);
  if (found) value = *found;
  return found.has_value();
}
bool probe_contains(const words& map, std::uint64_t key) { return map.contains(key); }
void probe_store(words& map, std::uint64_t key, std::uint64_t value) { map.store(key, value); }
bool probe_contains_text(const texts& map, const std::string& key) { return map.contains(key); }
}
