// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_tables.hpp -- the tables of a group map: which one has a key's group, and how they follow each
// other.
//
// An operation begins at the map's table and goes on to its next where a group has been forwarded. While
// there is a next, every writer first moves a few groups; whoever finds that all have been moved makes
// next the map's table. In the words of the read/dirty map: the table is read, next is dirty, a
// forwarded group is an expunged entry, and the last move is the promotion, without its copy of
// everything at once.
//
// An operation protects the map's table, and next after it: both until it ends (group_table:I5).

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/group_migration.hpp>
#include <syncmap/detail/group_root.hpp>
#include <syncmap/detail/group_table.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/node_slot.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_tables {
 public:
  using P = platform_of<M>;
  using layout = slot_layout<Key, T, M>;
  using table = group_table<layout>;
  using part = typename table::part;
  using root = group_root<M>;
  using root_value = root_word<table>;

  group_tables(root& map, const Hash& hash, const M& from) noexcept
      : root_(map), hash_(hash), memory_(from) {}

  [[nodiscard]] const M& source() const noexcept { return memory_; }

  template <class Guard>
  [[nodiscard]] SYNCMAP_INLINE root_value protect_root(const Guard& guard) const noexcept {
    return guard.protect([this] { return root_.template load<table>(); });  // L3
  }

  // Where the keys with a hash are.
  struct route {
    table* in = nullptr;
    part main;
    group_state state;
    std::uint64_t hash = 0;
  };
  enum class arrival {
    here,
    nowhere,  // the map is empty
    again,    // the map has got another table: start again
  };
  // Looks up to.hash, beginning at `from`.
  template <class Guard>
  SYNCMAP_INLINE arrival find_group(root_value from, const Guard& guard, route& to) const {
    to.in = from.table();
    to.main = to.in->group_of(to.hash);
    to.state = to.main.head->state();
    if (!to.state.is_forwarded()) [[likely]]
      return arrival::here;
    const followed then = follow(to.in, to.hash, guard[of_next]);
    to.in = then.in;
    to.main = to.in->group_of(to.hash);
    to.state = then.state;
    return then.where;
  }

  static constexpr std::size_t of_table = 0;
  static constexpr std::size_t of_node = 1;
  static constexpr std::size_t of_next = 2;

  [[nodiscard]] std::uint64_t mixed(std::size_t hash) const noexcept {
    return root_.seed.template mixed<Hash>(hash);
  }
  // What an entry is tagged by in an overflow group.
  template <class K>
  [[nodiscard]] std::uint64_t mixed_again(std::uint64_t mixed_hash, const K& key) const noexcept {
    return root_.seed.template mixed_again<Key, Hash, KeyEqual>(mixed_hash, key);
  }
  [[nodiscard]] std::uint64_t hash_of(const Key& key) const { return mixed(hash_(key)); }

  // Announces the next table of `t`, which is protected, and says what the map's table is now. If that
  // is `t`, or next itself, next is protected (group_table:I5); if not, the caller starts again.
  root_value protect_next(table* next, const protector<P>& guard) const noexcept {
    guard.reset_protection(next);
    return root_.template load<table>();  // hazard_domain:T1
  }

  // Takes part in moving the entries of `t`, which the caller protects, to its next: `share` units.
  // True if nothing is left to do: then `t` is not the map's table any more.
  template <class Guard>
  SYNCMAP_NOINLINE bool help(table* t, std::size_t share, const Guard& guard) {
    table* const next = t->next();
    if (next == t) return leave_closed(t, guard);
    if (!protect_next(next, guard[of_next]).is(t)) return true;
    completes([&] { move_units(*t, *next, share); });  // what cannot be moved now is left to others
    return promote_if_moved(t, next, guard);
  }

  // Moves up to `share` units of those that are left, or that others are moving. Throws std::bad_alloc
  // and what the hash of a key throws.
  void move_units(table& from, table& to, std::size_t share) {
    const std::size_t units = from.unit_count(to);
    const std::size_t first = from.claim(share);
    for (std::size_t i = 0; i < share && i < units; ++i) {
      move_unit(from, to, (first + i) & (units - 1));
    }
  }

  // Not only by who moved the last unit: that thread may be stopped. True if nothing is left to do.
  template <class Guard>
  bool promote_if_moved(table* t, table* next, const Guard& guard) {
    if (t->moved() < t->unit_count(*next)) return false;
    if (root_.try_replace(
            root_value(t), root_value(next))) {  // else a clear was first: t owns next
      SYNCMAP_PROBE3(growth_end, &root_, t->group_count(), next->group_count());
      t->set_promoted();
      root_.growths.fetch_add(1, std::memory_order_relaxed);  // relaxed (statistic)
      drop(t, guard);
    }
    return true;
  }

  // Retires a table that is not the map's any more. Not while it is protected here: it would be kept.
  template <class Guard>
  void drop(table* t, const Guard& guard) {
    guard[of_table].reset_protection();
    guard[of_next].reset_protection();
    retire(t, t->bytes());
  }

  // Hands over what nobody can reach any more. May run destructors: the caller holds no lock.
  template <class X>
  void retire(X* object, std::size_t bytes = sizeof(X)) const noexcept {
    // Plain tables may outlive the map, but not an allocator of the user's.
    if constexpr (!layout::is_inline || !std::is_same_v<M, P>) {
      // relaxed (statistic): the destructor, which asks, comes after every operation.
      if (!root_.has_retired.load(std::memory_order_relaxed)) {
        root_.has_retired.store(true, std::memory_order_relaxed);  // relaxed (statistic)
      }
    }
    detail::retire<P>(object, bytes);
  }

  // Waits for the group to be unlocked, looking at it seldom: a look takes the line from whoever works
  // with it, and a thread that is left alone does several changes while it has the line. False, as of
  // an attempt that must be repeated.
  SYNCMAP_NOINLINE static bool wait_for(part main) {
    for (int looks = 1; main.head->state().is_locked(); ++looks) {
      if (looks % 16 == 0) {
        P::yield();  // its holder may not be running
      } else {
        for (int i = 0; i < 16; ++i) pause();
      }
    }
    return false;
  }

  // Gives an empty map a table; null if another thread was faster. Protects it. Throws
  // std::bad_alloc.
  SYNCMAP_NOINLINE table* make_table(root_value empty, std::size_t groups,
                                     const protector<P>& guard) {
    static_cast<void>(root_.seed.draw());
    auto fresh = table::make(memory_, groups, empty.generation());
    fresh->start(0, groups);
    guard.reset_protection(fresh.get());
    root_.raise_generation(empty.generation());
    if (!root_.try_replace(empty, root_value(fresh.get()))) return nullptr;
    return fresh.release();
  }

  // Gives `t`, which is protected, a next, if it is the map's table and has none: of as many groups,
  // but not so different from its own that a unit would be large. Throws std::bad_alloc.
  void set_next(table* t, std::size_t groups) {
    if (t->next() != nullptr) return;
    constexpr std::size_t most = group_migration<layout>::max_groups_per_unit;
    groups = larger(groups, t->group_count() / most);
    if (groups > t->group_count() * most) groups = t->group_count() * most;
    auto fresh = table::make(memory_, groups, t->generation());
    if (!root_.template load<table>().is(t)) return;
    if (!t->try_set_next(fresh.get())) return;
    static_cast<void>(fresh.release());
    SYNCMAP_PROBE3(growth_start, &root_, t->group_count(), groups);
  }

  // After an insert: makes the table grow if it has become too full.
  void grow_if_too_full(table* t) {
    if (t->is_too_full()) [[unlikely]]
      grow(t);
  }

  // The map has no table any more, if it was the closed one. True.
  template <class Guard>
  bool leave_closed(table* t, const Guard& guard) {
    if (!t->at(0).head->state().is_forwarded()) {  // about to be, or not
      wait_for(t->at(0));
    } else if (root_.try_replace(root_value(t), root_value::empty(t->generation()))) {
      drop(t, guard);
    }
    return true;
  }

 protected:
  root& root_;
  const Hash& hash_;
  const M& memory_;

 private:
  void move_unit(table& from, table& to, std::size_t unit) {
    if (from.at(unit * from.sources_per_unit(to)).head->state().is_forwarded()) return;
    group_migration<layout> one(from, to, unit);
    const auto again = [this](std::uint64_t hash, const Key& key) noexcept {
      return mixed_again(hash, key);
    };
    // Counted at once: before the next unit user code runs (a hash), which may wait for the promotion.
    if (one.run([this](const Key& key) { return hash_of(key); }, again)) from.count_moved();
  }

  SYNCMAP_NOINLINE void grow(table* t) {
    if (!root_.template load<table>().is(t) || t->group_count() >= table::max_groups()) return;
    completes([&] { set_next(t, 2 * t->group_count()); });  // else the groups just overflow more
  }

  // By value, as all that is not inlined into the way of almost every write: what has its address
  // taken lives in memory.
  struct followed {
    arrival where;
    table* in;
    group_state state;
  };
  SYNCMAP_NOINLINE followed follow(table* in, std::uint64_t hash, protector<P> guard) const {
    table* const next = in->next();
    if (next == in) return {arrival::nowhere, in, {}};
    const root_value now = protect_next(next, guard);
    if (!now.is(in) && !now.is(next)) return {arrival::again, in, {}};
    const group_state state = next->group_of(hash).head->state();
    // If it is forwarded, next is the map's table, or was.
    return {state.is_forwarded() ? arrival::again : arrival::here, next, state};
  }
};

}  // namespace syncmap::inline v0_1::detail
