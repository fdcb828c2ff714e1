// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <cstdint>
#include <memory_resource>
#include <string>
#include <syncmap/map.hpp>
#include <syncmap/pmr.hpp>
#include <typed.hpp>

namespace cross {

void test_map() {
  using std::string;
  using std::uint64_t;
  test_kind<syncmap::map<uint64_t, uint64_t>>("map of words");
  test_kind<syncmap::map<string, uint64_t>>("map of text to word");
  test_kind<syncmap::map<uint64_t, string>>("map of word to text");
  test_kind<syncmap::map<string, string>>("map of texts");
  test_with_allocator<syncmap::pmr::map<std::pmr::string, std::pmr::string>>();
}

}  // namespace cross
