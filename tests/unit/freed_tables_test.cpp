// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: no operation of the group map reads a table that was freed, not even a number in it that it
// would have thrown away. At each step of an operation others make the next table the map's, and clear
// the map; what nobody protects is freed at once. It cannot be read here then: whoever tries it crashes.

#include <gtest/gtest.h>

#if defined(__unix__)

#include <sys/mman.h>

#include <cstddef>
#include <functional>
#include <group_states.hpp>
#include <new>
#include <optional>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/hazard_domain.hpp>
#include <utility>
#include <vector>

namespace syncmap::test::groups {
namespace {

struct guarded_platform : one_slot_platform {
  static inline std::vector<std::pair<void*, std::size_t>> all;  // that were allocated

  static void* allocate_table(std::size_t bytes, std::size_t) {
    void* const got =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    all.emplace_back(got, bytes);
    return got;
  }
  static void deallocate_table(void* table, std::size_t bytes, std::size_t) noexcept {
    ::mprotect(table, bytes, PROT_NONE);
  }
  static void forget() noexcept {
    for (const auto& [table, bytes] : all) ::munmap(table, bytes);
    all.clear();
  }
};
using map_type =
    basic_map<detail::group_map<int, int, telling_hash, std::equal_to<>, guarded_platform>>;
using domain = detail::hazard_domain<guarded_platform>;

struct named {
  std::string name;
  std::function<void(map_type&)> run;
};
const named operations[] = {
    {"load", [](auto& map) { static_cast<void>(map.load(the_key)); }},
    {"find", [](auto& map) { static_cast<void>(map.find(the_key)); }},
    {"load_many",
     [](auto& map) {
       std::optional<int> values[2];
       map.load_many(std::vector{the_key, far_key}, values);
     }},
    {"store", [](auto& map) { map.store(the_key, 1); }},
    {"update", [](auto& map) { map.update(the_key, [](int now) { return now + 1; }); }},
    {"erase", [](auto& map) { map.erase(the_key); }},
    {"range", [](auto& map) { map.range([](int, int) {}); }},
    {"clear", [](auto& map) { map.clear(); }},
    {"reserve", [](auto& map) { map.reserve(100); }},
    {"shrink_to_fit", [](auto& map) { map.shrink_to_fit(); }},
    {"stats", [](auto& map) { static_cast<void>(map.stats()); }}};

// False if there is no such step. `moved`: how much of the table has been moved to its next, and still
// that is not the map's.
bool run_at(std::size_t step, const named& operation, int moved) {
  bool ran = false;
  {
    map_type map;
    auto& engine = basic_map_inspector::engine(map);
    map.reserve(1);
    while (group_inspector::table(engine)->group_count() < 2) {
      map.reserve(map.capacity() + 1);
    }
    const std::size_t groups = group_inspector::table(engine)->group_count();
    add(map, the_key, far_key);
    group_inspector::set_next(engine, 2 * groups);
    for (const int key : {the_key, far_key}) {
      if (moved-- > 0) {
        group_inspector::move_unit(engine, group_inspector::core(engine).hash_of(key));
      }
    }
    script::reset();
    bool waits = false;
    script::at_step(
        step,
        [&] {
          ran = true;
          for (std::size_t i = 0; i <= groups; ++i) map.store(near_key, 3);
          map.clear();
        },
        &waits);
    operation.run(map);
    script::reset();
  }
  domain::global().reclaim();
  guarded_platform::forget();
  return ran;
}

TEST(freed_tables, are_read_by_no_operation) {
  for (const named& operation : operations) {
    for (const int moved : {0, 2}) {
      std::size_t steps = 0;
      while (run_at(steps, operation, moved)) ++steps;
      EXPECT_GT(steps, 2U) << operation.name;
    }
  }
}

}  // namespace
}  // namespace syncmap::test::groups

#endif
