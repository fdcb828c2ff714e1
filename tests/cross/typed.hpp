// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What depends on the types of a map: how it is made, what keys are looked up by, where memory comes from.
#pragma once

#include <atomic>
#include <checks.hpp>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <numbered.hpp>
#include <string_view>
#include <syncmap/reclaim.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace cross {

template <class Map>
void construction() {
  part("construction");
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;
  const std::pair<key_type, value_type> one(make<key_type>(1), make<value_type>(10));
  const std::pair<key_type, value_type> two(make<key_type>(2), make<value_type>(20));
  const std::vector<std::pair<key_type, value_type>> pairs{one, two};
  const Map of_range(
      pairs, typename Map::hasher(), typename Map::key_equal(), typename Map::allocator_type());
  const Map of_iterators(pairs.begin(), pairs.end(), typename Map::allocator_type());
  const Map of_list{{one.first, one.second}, {two.first, two.second}, {one.first, two.second}};
  for (const Map* map : {&of_range, &of_iterators, &of_list}) {
    CHECK(map->size() == 2 && map->load(one.first) == one.second);
    CHECK(map->hash_function()(one.first) == map->hash_function()(pairs[0].first));
    CHECK(map->key_eq()(one.first, pairs[0].first) && !map->key_eq()(one.first, two.first));
    CHECK(map->get_allocator() == typename Map::allocator_type());
  }
  const Map empty{typename Map::allocator_type()};
  CHECK(empty.empty() && Map::max_size() > 1000000);
}

// Keys are looked up by what converts to them; neither a sign nor a half of a number gets lost.
template <class Map>
void other_keys() {
  part("other keys");
  using key_type = typename Map::key_type;
  Map map;
  if constexpr (std::is_integral_v<key_type>) {
    const auto large = static_cast<key_type>(~key_type{0});
    map.store(7, make<typename Map::mapped_type>(8));
    CHECK(map.contains(std::int16_t{7}) && !map.contains(8U));
    map.store(large, make<typename Map::mapped_type>(9));
    CHECK(map.erase(7L) && map.contains(large) && !map.contains(large >> 1));
    CHECK(!map.contains(large << 1) && (*map.begin()).first == large);
  } else {
    map.store("one", make<typename Map::mapped_type>(1));
    map.store(std::string_view("two"), make<typename Map::mapped_type>(2));
    CHECK(map.contains("two") && map.contains(std::string_view("one")) && !map.contains("on"));
    CHECK(map.erase("one") && map.find("two").key() == "two" && map.size() == 1);
  }
}

// Hands out the memory of another resource, and knows how much is out.
class counting_resource final : public std::pmr::memory_resource {
 public:
  std::atomic<std::size_t> out{0};
  std::atomic<unsigned> calls{0};

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    out += bytes;
    ++calls;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    out -= bytes;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

// A map of texts whose memory comes from a resource: all of it does, and all of it goes back.
template <class Map>
void test_with_allocator() {
  part("with an allocator");
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;
  counting_resource resource;
  const typename Map::allocator_type allocator(&resource);
  const unsigned rounds = scaled(2000, 200);
  {
    Map map(allocator);
    CHECK(map.get_allocator() == allocator);
    run_together([&](unsigned id) {
      random_numbers random(id);
      for (unsigned i = 0; i < rounds; ++i) {
        const unsigned k = random.below(300);
        if (i % 3 == 0) {
          map.erase(make<key_type>(k));
        } else {
          map.store(make<key_type>(k), make<value_type>(value_number(k, i)));
        }
      }
    });
    std::size_t count = 0;
    for (const auto& [k, v] : map) {
      CHECK(k.get_allocator() == allocator && v.get_allocator() == allocator);
      CHECK(belongs(number_of(v), number_of(k)));
      ++count;
    }
    CHECK(count == map.size() && resource.out > 0 && resource.calls > rounds / 4);
  }
  CHECK(resource.out == 0);
}

template <class Map>
void test_kind(const char* name) {
  const unsigned before = checks_made;
  construction<Map>();
  other_keys<Map>();
  test_with_one_thread(make_numbered<Map>);
  test_with_many_threads(make_numbered<Map>);
  std::printf("%s: %u checks\n", name, checks_made - before);
}

}  // namespace cross
