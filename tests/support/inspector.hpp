// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// inspector.hpp -- what tests see of the read/dirty engine, and its invariants checked at rest.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>
#include <vector>

namespace syncmap::inline v0_1 {

struct basic_map_inspector {
  template <class Engine>
  static Engine& engine(basic_map<Engine>& map) noexcept {
    return map.engine_;
  }
  template <class Engine>
  static const Engine& engine(const basic_map<Engine>& map) noexcept {
    return map.engine_;
  }
};

namespace detail {

// What one table knows about a key.
enum class presence { absent, nil, expunged, live };

inline std::ostream& operator<<(std::ostream& out, presence what) {
  constexpr const char* names[] = {"absent", "nil", "expunged", "live"};
  return out << names[static_cast<std::size_t>(what)];
}

// REQUIRES, for all of it: no operation runs.
struct read_dirty_inspector {
  template <class Engine>
  static bool amended(const Engine& engine) {
    return engine.tables_.load().amended();
  }
  template <class Engine>
  static bool has_dirty(const Engine& engine) {
    return engine.tables_.dirty_ != nullptr;
  }
  template <class Engine>
  static std::size_t misses_since(const Engine& engine) {
    return engine.tables_.misses_since_;
  }
  template <class Engine>
  static std::uint32_t generation(const Engine& engine) {
    return engine.tables_.generation_.load(std::memory_order_relaxed);
  }
  // REQUIRES: the map is clear.
  template <class Engine>
  static void skip_generations(Engine& engine, std::uint32_t by) {
    auto& now = engine.tables_.generation_;
    now.store((now.load(std::memory_order_relaxed) + by) & ((1U << generation_bits) - 1),
              std::memory_order_relaxed);
  }
  // Where the published table is; null for none.
  template <class Engine>
  static const void* read_table(const Engine& engine) {
    return engine.tables_.load().table();
  }
  template <class Engine>
  static std::size_t dirty_capacity(const Engine& engine) {
    return engine.tables_.dirty_ == nullptr ? 0 : engine.tables_.dirty_->capacity();
  }
  // How many more keys dirty takes before it has to grow.
  template <class Engine>
  static bool dirty_has_room(const Engine& engine) {
    return engine.tables_.dirty_ != nullptr && engine.tables_.dirty_->has_room();
  }

  template <class Engine>
  static const void* dirty_table(const Engine& engine) {
    return static_cast<decltype(engine.tables_.load().table())>(engine.tables_.dirty_);
  }
  // Calls `f` with every entry of a table, in the order of its slots.
  template <class Engine, class F>
  static void each_in_read(const Engine& engine, F f) {
    for_each(engine.tables_.load().table(), f);
  }
  template <class Engine, class F>
  static void each_in_dirty(const Engine& engine, F f) {
    for_each(static_cast<decltype(engine.tables_.load().table())>(engine.tables_.dirty_), f);
  }

  // Sorted; all keys that a table has, live or not.
  template <class Engine>
  static auto read_keys(const Engine& engine) {
    return keys<typename Engine::key_type>(engine.tables_.load().table());
  }
  template <class Engine>
  static auto dirty_keys(const Engine& engine) {
    return keys<typename Engine::key_type>(engine.tables_.dirty_);
  }
  template <class Engine>
  static presence in_read(const Engine& engine, const typename Engine::key_type& key) {
    return state(find(engine, engine.tables_.load().table(), key));
  }
  template <class Engine>
  static presence in_dirty(const Engine& engine, const typename Engine::key_type& key) {
    return state(find(engine, engine.tables_.dirty_, key));
  }
  // The identity of a key's entry.
  template <class Engine>
  static const void* read_entry(const Engine& engine, const typename Engine::key_type& key) {
    return find(engine, engine.tables_.load().table(), key);
  }
  template <class Engine>
  static const void* dirty_entry(const Engine& engine, const typename Engine::key_type& key) {
    return find(engine, engine.tables_.dirty_, key);
  }

  // Checks read_dirty_tables:I1 to I5, entry:I2, entry_table:I2 and I3, and the counters. Returns
  // what is wrong, one line each.
  template <class Key, class T, class Hash, class KeyEqual, class P>
  static std::string validate(const read_dirty<Key, T, Hash, KeyEqual, P>& engine) {
    hazard_domain<P>::global().reclaim();  // or retired tables count in entry:I2
    std::ostringstream wrong;
    const auto r = engine.tables_.load();
    auto* const in_read = r.table();
    auto* const in_dirty = static_cast<decltype(r.table())>(engine.tables_.dirty_);
    if (r.amended() != (in_dirty != nullptr))
      wrong << "I1: amended without dirty, or dirty alone\n";
    check_table(engine, in_read, "read", wrong);
    check_table(engine, in_dirty, "dirty", wrong);
    if (in_read != nullptr && in_read == in_dirty) wrong << "I1: read and dirty are one table\n";
    if (in_read != nullptr && in_dirty != nullptr && in_read->hash(0) != in_dirty->hash(0)) {
      wrong << "the tables have different seeds\n";
    }

    for_each(in_read, [&](auto& one) {
      const bool expunged = one.load().is_expunged();
      auto* const other = find(engine, in_dirty, one.key());
      if (in_dirty == nullptr && expunged) wrong << "I3: expunged without dirty\n";
      if (in_dirty != nullptr && expunged && other != nullptr)
        wrong << "I2: expunged and in dirty\n";
      if (in_dirty != nullptr && !expunged && other != &one)
        wrong << "I2: read's entry not in dirty\n";
      count(one, other == &one ? 2 : 1, wrong);
    });
    std::size_t live = 0;
    for_each(in_dirty, [&](auto& one) {
      if (find(engine, in_read, one.key()) == &one) return;
      if (one.load().is_expunged()) wrong << "I4: expunged in dirty\n";
      count(one, 1, wrong);
    });
    for_each(in_dirty != nullptr ? in_dirty : in_read, [&](auto& one) {
      if (one.load().is_live()) ++live;
    });
    if (engine.size() != live) {
      wrong << "size() is " << engine.size() << ", live are " << live << '\n';
    }
    if (in_dirty == nullptr && engine.tables_.misses_since_ != 0) wrong << "misses without dirty\n";
    return wrong.str();
  }

 private:
  template <class Table, class F>
  static void for_each(Table* table, F f) {
    if (table == nullptr) return;
    for (std::size_t i = 0; i < table->slot_count(); ++i) {
      if (table->at(i) != nullptr) f(*table->at(i));
    }
  }

  template <class Engine, class Table>
  static auto find(const Engine& engine, Table* table, const typename Engine::key_type& key)
      -> decltype(table->find(0, key, engine.key_eq())) {
    if (table == nullptr) return nullptr;
    return table->find(engine.hash_function()(key), key, engine.key_eq());
  }

  template <class Entry>
  static presence state(const Entry* one) {
    if (one == nullptr) return presence::absent;
    const auto word = one->load();
    if (word.is_live()) return presence::live;
    return word.is_expunged() ? presence::expunged : presence::nil;
  }

  template <class Key, class Table>
  static std::vector<Key> keys(Table* table) {
    std::vector<Key> result;
    for_each(table, [&](auto& one) { result.push_back(one.key()); });
    std::sort(result.begin(), result.end());
    return result;
  }

  template <class Engine, class Table>
  static void check_table(const Engine& engine, Table* table, const char* name,
                          std::ostream& wrong) {
    if (table == nullptr) return;
    std::size_t filled = 0;
    for_each(table, [&](auto& one) {
      ++filled;
      if (find(engine, table, one.key()) != &one) {
        wrong << "entry_table:I3: " << name << " has a key twice, or where find() does not look\n";
      }
    });
    if (filled != table->size()) wrong << "entry_table: size() of " << name << " is wrong\n";
    if (filled != 0 && table->capacity() < table->capacity_for(filled - 1)) {
      wrong << "entry_table:I2: " << name << " is too full\n";
    }
    const auto generation = engine.tables_.generation_.load(std::memory_order_relaxed);
    if (table->generation() != generation) wrong << name << " has an old generation\n";
  }

  // entry:I2: the count can be read only by taking it to 0 and back.
  template <class Entry>
  static void count(Entry& one, std::size_t expected, std::ostream& wrong) {
    std::size_t found = 1;
    while (!one.drop()) ++found;
    for (std::size_t i = 0; i < found; ++i) one.hold();
    if (found != expected) {
      wrong << "entry:I2: an entry counts " << found << " tables, not " << expected << '\n';
    }
  }
};

}  // namespace detail

namespace test {

using detail::presence;
using detail::read_dirty_inspector;

template <class Engine>
const Engine& engine_of(const basic_map<Engine>& map) {
  return basic_map_inspector::engine(map);
}
template <class Map>
std::string validate(const Map& map) {
  return read_dirty_inspector::validate(engine_of(map));
}
template <class Map, class Key>
presence in_read(const Map& map, const Key& key) {
  return read_dirty_inspector::in_read(engine_of(map), key);
}
template <class Map, class Key>
presence in_dirty(const Map& map, const Key& key) {
  return read_dirty_inspector::in_dirty(engine_of(map), key);
}
template <class Map>
bool amended(const Map& map) {
  return read_dirty_inspector::amended(engine_of(map));
}
template <class Map>
auto read_keys(const Map& map) {
  return read_dirty_inspector::read_keys(engine_of(map));
}
template <class Map>
auto dirty_keys(const Map& map) {
  return read_dirty_inspector::dirty_keys(engine_of(map));
}
template <class Map>
std::size_t misses_since(const Map& map) {
  return read_dirty_inspector::misses_since(engine_of(map));
}
// Makes dirty read, without a miss.
template <class Map>
void promote(const Map& map) {
  map.range([](const auto&, const auto&) { return false; });
}

}  // namespace test
}  // namespace syncmap::inline v0_1
