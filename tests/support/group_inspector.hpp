// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_inspector.hpp -- what tests see of the group map, and its invariants checked at rest.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <inspector.hpp>
#include <ostream>
#include <sstream>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>

namespace syncmap::detail {

// Calls `f` with the number of each slot of a set.
template <class F>
void for_each_slot(std::uint32_t set, F&& f) {
  for (; set != 0; set &= set - 1) f(static_cast<std::size_t>(std::countr_zero(set)));
}

// Where a key is.
enum class whereabouts { nowhere, in_slot, in_overflow, in_slot_of_next, in_overflow_of_next };

inline std::ostream& operator<<(std::ostream& out, whereabouts what) {
  constexpr const char* names[] = {
      "nowhere", "in_slot", "in_overflow", "in_slot_of_next", "in_overflow_of_next"};
  return out << names[static_cast<std::size_t>(what)];
}

// REQUIRES, for all of it: no operation runs.
struct group_inspector {
  template <class Engine>
  using core_of = typename Engine::template core_type<typename Engine::mapped_type>;
  template <class Engine>
  using table_of = typename core_of<Engine>::table;

  // The map's table; null for none.
  template <class Engine>
  static table_of<Engine>* table(const Engine& engine) {
    const auto word = engine.root_.template load<table_of<Engine>>();
    return word.is_empty() ? nullptr : word.table();
  }
  template <class Engine>
  static std::uint32_t generation(const Engine& engine) {
    const auto word = engine.root_.template load<table_of<Engine>>();
    return word.is_empty() ? word.generation() : word.table()->generation();
  }
  template <class Engine>
  static auto& root(Engine& engine) {
    return engine.root_;
  }
  template <class Engine>
  static auto core(const Engine& engine) {
    return engine.template core<typename Engine::mapped_type>();
  }

  template <class Engine>
  static std::size_t groups_for(const Engine&, std::size_t entries) {
    return table_of<Engine>::groups_for(entries);
  }
  // shrink_to_fit() without its wait for the reclamations of others.
  template <class Engine>
  static void shrink(Engine& engine) {
    engine.template sizing<typename Engine::mapped_type>().shrink();
  }
  // Gives the map's table a next one, and moves nothing.
  template <class Engine>
  static bool set_next(Engine& engine, std::size_t groups) {
    auto* const now = table(engine);
    auto next = table_of<Engine>::make(engine.memory_, groups, now->generation());
    return now->try_set_next(next.get()) && next.release() != nullptr;
  }
  // Moves the unit that has these hashes; does not promote.
  template <class Key, class T, class Hash, class KeyEqual, class P>
  static bool move_unit(group_map<Key, T, Hash, KeyEqual, P>& engine, std::uint64_t hash) {
    auto* const now = table(engine);
    auto* const next = now->next();
    group_migration<slot_layout<Key, T, P>> one(
        *now, *next, now->index_of(hash) / now->sources_per_unit(*next));
    const auto again = [&](std::uint64_t mixed, const Key& key) noexcept {
      return core(engine).mixed_again(mixed, key);
    };
    if (!one.run([&](const Key& key) { return core(engine).hash_of(key); }, again)) return false;
    now->count_moved();
    return true;
  }

  // What is wrong of group:I1 and I4 at this instant, to whoever looks for keys. One line each. May be
  // called while an operation of another thread is stopped.
  template <class Engine>
  static std::string glance(const Engine& engine) {
    std::string wrong;
    auto* const now = table(engine);
    if (now == nullptr) return wrong;
    for (std::size_t index = 0; index < now->group_count(); ++index) {
      auto* const next = now->next();
      if (!now->at(index).head->state().is_forwarded()) {
        glance_at(engine, now->at(index), wrong);
      } else if (next != nullptr && next != now) {
        const std::size_t targets = now->targets_per_unit(*next);
        for (std::size_t i = 0; i < targets; ++i) {
          glance_at(engine, next->at(index / now->sources_per_unit(*next) * targets + i), wrong);
        }
      }
    }
    return wrong;
  }

  // The parts of a table, for tests of it.
  template <class Table>
  static bool drop_nodes(Table& table, std::size_t units, auto f) {
    return table.drop_nodes(units, f);
  }
  template <class Table>
  static std::size_t dropped(const Table& table) {
    return table.dropped_;
  }
  template <class Table>
  static auto* owned(const Table& table) {
    return table.owned_.first_.load(std::memory_order_relaxed);
  }
  template <class Table>
  static bool is_promoted(const Table& table) {
    return table.promoted_;
  }

  template <class Engine>
  static whereabouts where(const Engine& engine, const typename Engine::key_type& key) {
    auto* const first = table(engine);
    if (first == nullptr) return whereabouts::nowhere;
    const std::uint64_t hash = core(engine).hash_of(key);
    auto* in = first;
    if (in->group_of(hash).head->state().is_forwarded()) in = in->next();
    bool in_overflow = false;
    for (auto here = in->group_of(hash); here; here = here.next(), in_overflow = true) {
      bool found = false;
      for_each_slot(here.head->taken(), [&](std::size_t index) {
        const auto entry = core_of<Engine>::layout::capture(here.slots[index]);
        found = found || engine.key_eq()(core_of<Engine>::layout::key_of(entry), key);
      });
      if (!found) continue;
      if (in == first) return in_overflow ? whereabouts::in_overflow : whereabouts::in_slot;
      return in_overflow ? whereabouts::in_overflow_of_next : whereabouts::in_slot_of_next;
    }
    return whereabouts::nowhere;
  }

  // Checks group:I1 and I4, group_table:I3 and I4, group_root:I1 and I2, the tags, the counters, and
  // calls `f` with every entry. Returns what is wrong, one line each.
  template <class Engine, class F>
  static std::string validate(const Engine& engine, F&& f) {
    std::ostringstream wrong;
    std::size_t entries = 0;
    auto* const now = table(engine);
    if (now != nullptr) {
      const auto generation = engine.root_.generation_.load(std::memory_order_relaxed);
      if (now->generation() != generation) wrong << "root:I2: the generation is another\n";
      if (now->promoted_ || now->dropped_ != 0) wrong << "the table is on its way out\n";
      check_table(engine, *now, entries, f, wrong);
    }
    if (engine.size() != entries) {
      wrong << "size() is " << engine.size() << ", entries are " << entries << '\n';
    }
    return wrong.str();
  }

 private:
  // What the tag of an entry is made from.
  template <class Engine, class Entry>
  static std::uint64_t tag_source(const Engine& engine, bool in_overflow, std::uint64_t hash,
                                  const Entry& entry) {
    const auto& key = core_of<Engine>::layout::key_of(entry);
    return in_overflow ? core(engine).mixed_again(hash, key) : hash;
  }

  template <class Engine, class Part>
  static void glance_at(const Engine& engine, const Part& main, std::string& wrong) {
    using layout = typename core_of<Engine>::layout;
    for (auto here = main; here; here = here.next()) {
      for_each_slot(here.head->taken(), [&](std::size_t slot) {
        const auto entry = layout::capture(here.slots[slot]);
        if constexpr (!layout::is_inline) {
          if (entry == nullptr) {
            wrong += "group:I1: a tag without a node\n";
            return;
          }
        }
        const std::uint64_t hash = core(engine).hash_of(layout::key_of(entry));
        const auto tagged_by = tag_source(engine, here.head != main.head, hash, entry);
        if (here.head->tag(slot) != tag_of(tagged_by)) {
          wrong += "group:I1: a tag without its entry\n";
        }
        if (here.head != main.head && !main.head->state().may_overflow(hash)) {
          wrong += "group:I4: an entry without its bit\n";
        }
      });
    }
  }

  template <class Engine, class Table, class F>
  static void check_table(const Engine& engine, Table& now, std::size_t& entries, F& f,
                          std::ostream& wrong) {
    Table* const next = now.next();
    if (next == &now) {
      const auto state = now.at(0).head->state();
      if (now.group_count() != 1 || !state.is_forwarded() || state.overflows() ||
          now.at(0).head->taken() != 0) {
        wrong << "table:I4: closed, but not as it should be\n";
      }
      return;
    }
    if (next != nullptr && next->generation() != now.generation()) {
      wrong << "next is of another generation\n";
    }
    if (next != nullptr && next->next() != nullptr) wrong << "table:I2: next has a next\n";
    std::size_t overflowing = 0;
    std::size_t next_overflowing = 0;
    std::size_t moved = 0;
    const std::size_t sources = next == nullptr ? 1 : now.sources_per_unit(*next);
    const std::size_t targets = next == nullptr ? 1 : now.targets_per_unit(*next);
    for (std::size_t unit = 0; unit < now.group_count() / sources; ++unit) {
      std::size_t forwarded = 0;
      for (std::size_t i = 0; i < sources; ++i) {
        const std::size_t index = unit * sources + i;
        const auto state = now.at(index).head->state();
        if (state.is_locked()) wrong << "group " << index << " is locked\n";
        if (state.overflows()) ++overflowing;
        if (state.is_forwarded()) {
          ++forwarded;
        } else {
          check_group(engine, now, index, entries, f, wrong);
        }
      }
      if (forwarded == 0) continue;
      ++moved;
      if (forwarded != sources) wrong << "unit " << unit << " is moved by half\n";
      if (next == nullptr) {
        wrong << "forwarded, but there is no next\n";
        continue;
      }
      for (std::size_t i = 0; i < targets; ++i) {
        const auto state = next->at(unit * targets + i).head->state();
        if (state.is_locked() || state.is_forwarded()) wrong << "next is locked or forwarded\n";
        if (state.overflows()) ++next_overflowing;
        check_group(engine, *next, unit * targets + i, entries, f, wrong);
      }
    }
    if (now.moved() != moved) wrong << now.moved() << " moves counted, not " << moved << '\n';
    if (now.overflowing() != overflowing) {
      wrong << now.overflowing() << " overflowing counted, not " << overflowing << '\n';
    }
    if (next != nullptr && next->overflowing() != next_overflowing) {
      wrong << next->overflowing() << " overflowing in next, not " << next_overflowing << '\n';
    }
  }

  template <class Engine, class Table, class F>
  static void check_group(const Engine& engine, Table& in, std::size_t index, std::size_t& entries,
                          F& f, std::ostream& wrong) {
    using layout = typename core_of<Engine>::layout;
    const auto main = in.at(index);
    const auto state = main.head->state();
    bool any_in_overflow = false;
    for (auto here = main; here; here = here.next()) {
      const bool in_overflow = here.head != main.head;
      if (in_overflow && !owns(in, here.head)) wrong << "an overflow group nobody frees\n";
      for_each_slot(here.head->taken(), [&](std::size_t slot) {
        any_in_overflow = any_in_overflow || in_overflow;
        ++entries;
        const auto entry = layout::capture(here.slots[slot]);
        if constexpr (!layout::is_inline) {
          if (entry == nullptr) {
            wrong << "group:I1: a tag without a node\n";
            return;
          }
        }
        const std::uint64_t hash = core(engine).hash_of(layout::key_of(entry));
        if constexpr (!layout::is_inline) {
          if (entry->hash != hash) wrong << "a node has another hash\n";
        }
        const auto tagged_by = tag_source(engine, in_overflow, hash, entry);
        if (here.head->tag(slot) != tag_of(tagged_by)) wrong << "a tag is not that of the key\n";
        if (in.index_of(hash) != index) wrong << "a key is in another group\n";
        if (in_overflow && !state.may_overflow(hash)) wrong << "group:I4: no filter bit\n";
        f(entry);
      });
    }
    if (state.overflows() != any_in_overflow) wrong << "group:I4: the filter is not the overflow\n";
  }
  template <class Table, class Group>
  static bool owns(const Table& table, const Group* group) {
    for (auto* each = owned(table); each != nullptr; each = each->next_owned) {
      if (&each->head == group) return true;
    }
    return false;
  }
};

}  // namespace syncmap::detail

namespace syncmap::test {

using detail::group_inspector;
using detail::whereabouts;

}  // namespace syncmap::test
