// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// What test_gdb.py looks at: maps of every kind and in every state, and a function to stop in.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <syncmap/gdb_printers.hpp>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <vector>

namespace shop {

enum class colour : std::uint8_t { red, green };
struct point {
  int x;
  int y;
};
// Neither copied nor moved: nodes of one key share it.
struct rooted {
  explicit rooted(int number) noexcept : id(number) {}
  rooted(const rooted&) = delete;
  bool operator==(const rooted& other) const noexcept { return id == other.id; }
  bool operator==(int other) const noexcept { return id == other; }
  int id;
};
struct rooted_hash {
  using is_transparent = void;
  std::size_t operator()(const rooted& key) const noexcept { return (*this)(key.id); }
  std::size_t operator()(int id) const noexcept { return static_cast<std::size_t>(id); }
};
// All keys in one place.
struct same_hash {
  std::size_t operator()(int) const noexcept { return 7; }
};

}  // namespace shop

syncmap::map<std::string, int> stock;            // words in nodes
syncmap::map<int, double> prices;                // words in slots
syncmap::map<std::string, std::string> names;    // nodes
syncmap::map<shop::colour, shop::point> places;  // words in slots, of other types
syncmap::map<shop::rooted, std::string, shop::rooted_hash, std::equal_to<>> shared_keys;
syncmap::map<int, int, shop::same_hash> crowded;  // overflow groups
syncmap::map<int, int> growing;
syncmap::map<int, std::string> shrinking;
syncmap::map<int, std::string> stepped;
syncmap::read_dirty_map<int, std::string> stepped_read_dirty;
syncmap::map<int, std::string> cleared;
syncmap::map<int, int> nothing;
syncmap::pmr::map<int, std::pmr::string> pooled;
syncmap::read_dirty_map<std::string, int> read_only;        // inlined values
syncmap::read_dirty_map<std::string, std::string> amended;  // boxed values
syncmap::read_dirty_map<int, shop::colour> states;
syncmap::read_dirty_map<int, int> no_entries;

std::atomic<bool> stop{false};
std::atomic<long> written{0};

[[gnu::noinline]] void stop_here() { asm volatile("" ::: "memory"); }
[[gnu::noinline]] void stop_with_threads() { asm volatile("" ::: "memory"); }

template <class Map>
[[gnu::noinline]] void look_at(Map& map, const typename Map::handle& found,
                               const typename Map::handle& none,
                               const typename Map::iterator& walk) {
  asm volatile("" ::"r"(&map), "r"(&found), "r"(&none), "r"(&walk) : "memory");
  stop_here();
}

template <class Map, class K>
[[gnu::noinline]] void with_handles(Map& map, const K& present, const K& absent) {
  const auto found = map.find(present);
  const auto none = map.find(absent);
  const auto walk = map.begin();
  look_at(map, found, none, walk);
}

void fill() {
  stock.store("apples", 3);
  stock.store("pears", 5);
  stock.store("plums", 8);
  prices.store(1, 0.5);
  prices.store(2, 1.25);
  names.store("de", "Deutschland, with a text that is too long to be a small one");
  names.store("fr", "France");
  places.store(shop::colour::red, shop::point{1, 2});
  places.store(shop::colour::green, shop::point{-3, 4});
  shared_keys.store(7, "seven");
  shared_keys.store(7, "seven again");
  for (int i = 0; i < 40; ++i) crowded.store(i, i * i);
  crowded.erase(3);
  // A table that grows by the writes of its user stays half grown if he stops.
  for (int i = 0; growing.stats().growths < 5; ++i) growing.store(i, -i);
  const std::size_t growths = growing.stats().growths;
  for (int i = 1000; growing.stats().growths == growths; ++i) {
    const auto before = growing.stats().bytes;
    growing.store(i, -i);
    if (growing.stats().bytes > 2 * before) {  // it has a next table
      for (int more = 0; more < 3; ++more) growing.store(2000 + more, 0);
      break;
    }
  }
  for (int i = 0; i < 10; ++i) cleared.store(i, "x");
  cleared.clear();
  pooled.store(1, "one");
  read_only.store("one", 1);
  read_only.store("two", 2);
  read_only.range([](const std::string&, int) {});  // promotes
  amended.store("old", "in read, and also a text that is too long to be a small one");
  amended.range([](const std::string&, const std::string&) {});
  amended.store("new", "in dirty only");
  for (int i = 1; i <= 3; ++i) states.store(i, shop::colour::green);
  states.range([](int, shop::colour) {});
  states.erase(2);                     // nil, then expunged by
  states.store(4, shop::colour::red);  // this, which builds dirty
  states.erase(3);                     // nil
}

// inside.py stops before each write that these lead to.
[[gnu::noinline]] void change_stepped() {
  stepped.store(2, "two");
  stepped.store(1, "one again");
  stepped.erase(2);
}
[[gnu::noinline]] void change_stepped_read_dirty() {
  stepped_read_dirty.store(2, "two");  // builds dirty
  stepped_read_dirty.store(1, "one again");
  stepped_read_dirty.erase(2);
}
void shrink() {
  for (int i = 0; i < 200; ++i) shrinking.store(i, std::to_string(i));
  for (int i = 5; i < 200; ++i) shrinking.erase(i);
  shrinking.shrink_to_fit();
}

// A map that was destroyed, and garbage.
alignas(64) std::byte grave[256];
alignas(64) std::byte garbage[256];
auto* dead_map = reinterpret_cast<decltype(growing)*>(grave);
auto* bad = reinterpret_cast<decltype(stock)*>(garbage);
auto* bad_read_dirty = reinterpret_cast<decltype(amended)*>(garbage);
void destroy_one() {
  ::new (static_cast<void*>(grave)) decltype(growing)();
  dead_map->store(1, 1);
  std::destroy_at(dead_map);
  for (std::size_t i = 0; i < sizeof(garbage); ++i) garbage[i] = std::byte(0x40 + 8 * (i % 16));
}

// Writers of four maps, until they are told to stop or the program is killed.
void run_threads() {
  std::vector<std::thread> all;
  for (int thread = 0; thread < 4; ++thread) {
    all.emplace_back([thread] {
      for (int i = 0; !stop; ++i) {
        const int key = i % 5000;
        names.store("key " + std::to_string(key), std::to_string(i));
        amended.store("key " + std::to_string(key % 300), std::to_string(i));
        crowded.store(thread * 100 + key % 100, i);
        if (key % 3 == 0) names.erase("key " + std::to_string(key));
        if (key % 7 == 0) amended.erase("key " + std::to_string(key % 300));
        if (i % 20'000 == 0) names.clear();
        growing.store(key + 10'000, i);
        if (i % 6'000 == 0) growing.clear();
        ++written;
      }
    });
  }
  while (written < 20'000) std::this_thread::yield();
  stop_with_threads();
  stop = true;
  for (auto& each : all) each.join();
}

int main(int argc, char**) {
  fill();
  destroy_one();
  stop_here();
  stepped.store(1, "one");
  change_stepped();
  stepped_read_dirty.store(1, "one");
  stepped_read_dirty.range([](int, const std::string&) {});  // promotes
  change_stepped_read_dirty();
  shrink();
  with_handles(stock, std::string("pears"), std::string("nuts"));
  with_handles(prices, 2, 3);
  with_handles(names, std::string("fr"), std::string("it"));
  with_handles(read_only, std::string("two"), std::string("nine"));
  with_handles(amended, std::string("old"), std::string("nine"));
  run_threads();
  if (argc > 1) std::abort();
}
