// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <cstdint>
#include <memory_resource>
#include <string>
#include <syncmap/pmr.hpp>
#include <syncmap/read_dirty_map.hpp>
#include <typed.hpp>

namespace cross {

void test_read_dirty_map() {
  using std::string;
  using std::uint64_t;
  test_kind<syncmap::read_dirty_map<uint64_t, uint64_t>>("read_dirty_map of words");
  test_kind<syncmap::read_dirty_map<string, uint64_t>>("read_dirty_map of text to word");
  test_kind<syncmap::read_dirty_map<uint64_t, std::uint16_t>>("read_dirty_map of word to number");
  test_kind<syncmap::read_dirty_map<string, string>>("read_dirty_map of texts");
  test_with_allocator<syncmap::pmr::read_dirty_map<std::pmr::string, std::pmr::string>>();
}

}  // namespace cross
