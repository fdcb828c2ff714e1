// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys, values and function objects all of whose members may throw, and the states of a key in
// which the tests for exceptions try every operation.
#pragma once

#include <cstddef>
#include <fuse.hpp>
#include <map>
#include <optional>
#include <tracked.hpp>
#include <utility>
#include <vector>

namespace support {

// An int of which every construction and comparison may throw. The moves are not noexcept.
template <class Tag>
class fragile {
 public:
  fragile(int id) : object_(burnt(id)) {}  // NOLINT: converts, as an int does
  fragile(const fragile& other) : object_(burnt(other.id())) {}
  fragile(fragile&& other) : object_(burnt(other.id())) {}  // NOLINT: may throw
  fragile& operator=(const fragile& other) {
    object_ = tracked<Tag>(burnt(other.id()));
    return *this;
  }

  [[nodiscard]] int id() const { return object_.id(); }
  static long alive() { return tracked<Tag>::alive(); }
  friend bool operator==(const fragile& a, const fragile& b) {
    fuse::tick();
    return a.id() == b.id();
  }

 private:
  static int burnt(int id) {
    fuse::tick();
    return id;
  }
  tracked<Tag> object_;
};

using fragile_key = fragile<struct fragile_key_tag>;
using fragile_value = fragile<struct fragile_value_tag>;

inline int number(int value) { return value; }
template <class Tag>
int number(const fragile<Tag>& value) {
  return value.id();
}

// Few hashes, so that equality is called for other keys too.
struct fragile_hash {
  std::size_t operator()(const auto& key) const {
    fuse::tick();
    return static_cast<std::size_t>(number(key) % 3);
  }
};
struct fragile_equal {
  bool operator()(const auto& a, const auto& b) const {
    fuse::tick();
    return number(a) == number(b);
  }
};

using contents = std::map<int, int>;

template <class Map>
contents contents_of(const Map& map) {
  contents result;
  map.range([&](const auto& key, const auto& value) { result[number(key)] = number(value); });
  return result;
}

// The key that the operations are about, its value where it has one, and the first of others.
inline constexpr int the_key = 1;
inline constexpr int the_value = 10;
inline constexpr int others = 100;

// Ways to bring a key into all states that it can have in a map with two tables; just some
// histories for others. Each returns what the map then holds.
template <class Map>
contents arrange(Map& map, int state) {
  contents now;
  const auto add = [&](int key, int value) {
    map.store(key, value);
    now[key] = value;
  };
  const auto remove = [&](int key) {
    map.erase(key);
    now.erase(key);
  };
  const auto look = [&] { map.range([](const auto&, const auto&) {}); };
  const auto add_others = [&](int from, int to) {
    for (int i = from; i < to; ++i) add(others + i, i);
  };
  switch (state) {
    case 0:  // never used
      break;
    case 1:  // absent, everything else visited
      add_others(0, 4);
      look();
      break;
    case 2:  // absent, some of the others new
      add_others(0, 2);
      look();
      add_others(2, 4);
      break;
    case 3:  // present and visited
      add_others(0, 3);
      add(the_key, the_value);
      look();
      break;
    case 4:  // present and visited, others new
      add_others(0, 2);
      add(the_key, the_value);
      look();
      add_others(2, 4);
      break;
    case 5:  // present and new
      add_others(0, 2);
      look();
      add_others(2, 4);
      add(the_key, the_value);
      break;
    case 6:  // erased after it was visited
      add_others(0, 2);
      add(the_key, the_value);
      look();
      remove(the_key);
      break;
    case 7:  // the same, and others stored since
      add_others(0, 2);
      add(the_key, the_value);
      look();
      remove(the_key);
      add_others(2, 4);
      break;
    case 8:  // the same, and no room for one more without growing
      add_others(0, 2);
      add(the_key, the_value);
      look();
      remove(the_key);
      add_others(2, 5);
      break;
    case 9:  // absent, no room for one more
      add_others(0, 5);
      break;
    case 10:  // present and new, the next miss may change the tables
      add_others(0, 2);
      look();
      add(the_key, the_value);
      static_cast<void>(map.load(the_key));
      static_cast<void>(map.load(the_key));
      break;
    case 11:  // erased by comparison while new
      add_others(0, 3);
      add(the_key, the_value);
      map.compare_and_erase(the_key, the_value);
      now.erase(the_key);
      break;
    case 12:  // present, alone, after a clear
      add_others(0, 3);
      map.clear();
      now.clear();
      add(the_key, the_value);
      break;
    default:
      break;
  }
  return now;
}
inline constexpr int states = 13;

// An operation, and what it does to the contents if it succeeds. (Not erase_if: it is many.)
template <class Map>
struct operation {
  const char* name;
  void (*run)(Map&);
  void (*effect)(contents&);
  bool has_a_key = true;  // what has none may find nothing in it that can throw
};

template <class Map>
std::vector<operation<Map>> all_operations() {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  constexpr auto keep = [](contents&) {};
  constexpr auto set = [](contents& c) { c[the_key] = 20; };
  constexpr auto insert = [](contents& c) { c.emplace(the_key, 20); };
  constexpr auto replace = [](contents& c) {
    if (c.contains(the_key)) c[the_key] = 20;
  };
  constexpr auto remove = [](contents& c) { c.erase(the_key); };
  return {
      {"load", [](Map& m) { static_cast<void>(m.load(the_key)); }, keep},
      {"contains", [](Map& m) { static_cast<void>(m.contains(the_key)); }, keep},
      {"visit", [](Map& m) { m.visit(the_key, [](const value&) { fuse::tick(); }); }, keep},
      {"find", [](Map& m) { static_cast<void>(m.find(the_key)); }, keep},
      {"load_many",
       [](Map& m) {
         std::optional<value> out[2];
         const key keys[2] = {the_key, others};
         m.load_many(keys, out);
       },
       keep},
      {"range", [](Map& m) { m.range([](const key&, const value&) { fuse::tick(); }); }, keep},
      {"to", [](Map& m) { static_cast<void>(m.template to<std::vector<std::pair<key, value>>>()); },
       keep},
      {"iteration",
       [](Map& m) {
         for ([[maybe_unused]] const auto& entry : m) fuse::tick();
       },
       keep},
      {"store", [](Map& m) { m.store(the_key, 20); }, set},
      {"store of lvalues",
       [](Map& m) {
         const key k = the_key;
         const value v = 20;
         m.store(k, v);
       },
       set},
      {"store of rvalues",
       [](Map& m) {
         key k = the_key;
         value v = 20;
         m.store(std::move(k), std::move(v));
       },
       set},
      {"load_or_store", [](Map& m) { m.load_or_store(the_key, 20); }, insert},
      {"load_or_compute",
       [](Map& m) {
         m.load_or_compute(the_key, [] {
           fuse::tick();
           return value(20);
         });
       },
       insert},
      {"try_emplace", [](Map& m) { m.try_emplace(the_key, 20); }, insert},
      {"insert_or_assign", [](Map& m) { m.insert_or_assign(the_key, 20); }, set},
      {"swap", [](Map& m) { m.swap(the_key, 20); }, set},
      {"compare_and_swap", [](Map& m) { m.compare_and_swap(the_key, the_value, 20); }, replace},
      {"compare_and_swap of another value", [](Map& m) { m.compare_and_swap(the_key, 11, 20); },
       keep},
      {"update",
       [](Map& m) {
         m.update(the_key, [](const value& now) {
           fuse::tick();
           return value(number(now) + 10);
         });
       },
       replace},
      {"compute to a value",
       [](Map& m) {
         m.compute(the_key, [](const value*) {
           fuse::tick();
           return std::optional<value>(20);
         });
       },
       set},
      {"compute to nothing",
       [](Map& m) {
         m.compute(the_key, [](const value*) {
           fuse::tick();
           return std::optional<value>();
         });
       },
       remove},
      {"erase", [](Map& m) { m.erase(the_key); }, remove},
      {"load_and_erase", [](Map& m) { m.load_and_erase(the_key); }, remove},
      {"compare_and_erase", [](Map& m) { m.compare_and_erase(the_key, the_value); }, remove},
      {"compare_and_erase of another value", [](Map& m) { m.compare_and_erase(the_key, 11); },
       keep},
      {"clear", [](Map& m) { m.clear(); }, [](contents& c) { c.clear(); }, false},
      {"reserve", [](Map& m) { m.reserve(100); }, keep, false},
      {"shrink_to_fit", [](Map& m) { m.shrink_to_fit(); }, keep, false},
  };
}

}  // namespace support
