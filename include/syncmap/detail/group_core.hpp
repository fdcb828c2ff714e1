// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_core.hpp -- what the operations of the group map do.
//
// A reader finds the group of its key, looks at tags and slots, and at the group's version again. A
// writer does the same, asks the caller's `decide`, makes what it needs, and takes the group's lock by
// a compare-and-swap from the very state that it scanned: so nothing was inserted, erased or moved
// since, and a few stores finish the change. No user code runs under the lock.
//
// Linearization points
//   L1  key found: the load of its value (inline_slot:T1, node_slot:T1), or, if it was erased or moved
//       between the tag and that load, just before.
//   L2  key not found: some moment between the load of the group's state and that of its last tag.
//   L3  no table: the load of the root.
//   L4  insert: the store of the tag.
//   L5  update: the store of the value. erase: the store of the tag.
//   L6  clear: the exchange of the root. Operations that still hold the dropped table come just before
//       it, in the order in which they took effect there.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/group_root.hpp>
#include <syncmap/detail/group_table.hpp>
#include <syncmap/detail/group_tables.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/node_slot.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M>
class group_core : public group_tables<Key, T, Hash, KeyEqual, M> {
  using base = group_tables<Key, T, Hash, KeyEqual, M>;

 public:
  using P = platform_of<M>;
  using base::find_group;
  using base::mixed;
  using base::of_next;
  using base::of_node;
  using base::of_table;
  using base::protect_root;
  using typename base::arrival;
  using typename base::layout;
  using slot = typename layout::slot;
  using typename base::part;
  using typename base::root;
  using typename base::root_value;
  using typename base::route;
  using typename base::table;

  group_core(root& map, const Hash& hash, const KeyEqual& equal, const M& from) noexcept
      : base(map, hash, from), equal_(equal) {}

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return read(hash_(key), key, on_found);
  }
  template <class K, class F>
  SYNCMAP_INLINE bool read(std::size_t hash, const K& key, F& on_found) const {
    if constexpr (layout::is_inline) {
      view seen;
      likeness result = likeness::changed;
      if constexpr (layout::template compares_without_user_code<KeyEqual, K>) {
        if (hazard_leaf<P>::can_be_had()) [[likely]] {
          const hazard_leaf<P> guard;
          result = look(guard, protector<P>(nullptr), hash, key, seen);
        }
      }
      if (result == likeness::changed) [[unlikely]] {
        // By value, if that costs nothing: a key whose address is taken lives in memory.
        using passed = std::conditional_t<std::is_scalar_v<K>, K, const K&>;
        const search again = find_inline<passed>(root_, hash_, equal_, memory_, hash, key);
        result = again.result;
        seen = again.seen;
      }
      if (result == likeness::other) return false;
      const T value = layout::value(seen);
      on_found(value);
    } else {
      const hazard_scope<P, 3> guard;
      view seen;
      likeness result = look(guard[of_table], guard[of_node], hash, key, seen);
      if (result == likeness::changed) [[unlikely]] {
        const search again = find_again(root_, hash_, equal_, memory_, three(guard), hash, key);
        result = again.result;
        seen = again.seen;
      }
      if (result == likeness::other) return false;
      const auto& value = layout::value(seen);
      guard[of_table].reset_protection();  // only the node stays while the caller looks at it
      guard[of_next].reset_protection();
      on_found(value);
    }
    return true;
  }

  // What a handle has of an entry: a copy, or its node.
  struct pinned {
    std::optional<typename layout::entry> at;
    typename layout::window window;
  };
  // Pins the entry of a key; false if it is absent. `unit` then protects its node. REQUIRES: `unit` has
  // protectors, unless entries are inline.
  template <class K>
  bool pin(const K& key, const hazard_pointer<P>& unit, pinned& seen) const {
    const std::size_t hash = hash_(key);
    const hazard_scope<P, 3> guard;
    const protectors each = layout::is_inline
                                ? three(guard)
                                : protectors{{guard[of_table], unit.get(), guard[of_next]}};
    route at;
    position found;
    view what;
    for (;;) {
      const likeness result = try_find(each, hash, key, at, found, what);
      seen.at.reset();
      if (result == likeness::other) return false;
      if (result == likeness::changed) continue;
      if constexpr (layout::is_inline) {
        seen.at.emplace(layout::capture(found.slot()));
        if (!at.main.head->is_still(at.state)) continue;  // it may be another key's by now
      } else {
        seen.at.emplace(what.found);
      }
      seen.window.look(*seen.at);  // L1
      return true;
    }
  }

  // Starts to bring near what reads of these hashes will look at: a group, the first slot that may have
  // the key, and its node. A node is only asked for, and not looked at: it may be gone by then.
  void prefetch(const std::size_t* hashes, std::size_t count) const noexcept {
    if (!hazard_leaf<P>::can_be_had()) return;
    const hazard_leaf<P> guard;
    const root_value r = protect_root(guard);
    if (r.is_empty() || r.table()->bytes() < P::least_bytes_to_prefetch) return;
    const table& in = *r.table();
    for (std::size_t i = 0; i < count; ++i) detail::prefetch(in.group_of(mixed(hashes[i])).head);
    for (std::size_t i = 0; i < count; ++i) {
      if (const slot* const one = first_match(in, mixed(hashes[i]))) detail::prefetch(one);
    }
    if constexpr (!layout::is_inline) {
      for (std::size_t i = 0; i < count; ++i) {
        const slot* const one = first_match(in, mixed(hashes[i]));
        if (one != nullptr) detail::prefetch(layout::capture(*one));
      }
    }
  }

  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide& decide) {
    const std::size_t hash = hash_(std::as_const(key));
    workspace work(memory_);
    auto build = [&](std::uint64_t mixed_hash) {
      if constexpr (!keeps_absent(Op)) {
        layout::prepare_insert(work.next, mixed_hash, std::forward<K>(key));
        root_.counter.prepare(memory_);
      }
    };
    if constexpr (layout::is_inline) {
      while (!attempt<Op>(hash, std::as_const(key), decide, build, work)) {
      }
    } else {
      // Once the key was moved into a new entry, that is where later attempts find it.
      while (work.next.key() == nullptr
                 ? !attempt<Op>(hash, std::as_const(key), decide, build, work)
                 : !attempt<Op>(hash, *work.next.key(), decide, build, work)) {
      }
    }
    hazard_domain<P>::reclaim_if_due();
  }

 private:
  using view = typename layout::view;
  using position = typename table::position;
  using overflow = typename table::overflow;
  using base::hash_;
  using base::memory_;
  using base::root_;

  // What a call of modify() prepares without the lock. Lives through all attempts.
  struct workspace {
    explicit workspace(const M& from) : next(from), spare(nullptr, destroyer<M>{from}) {}
    typename layout::draft next;
    owned<M, overflow> spare;
    hazard_scope<P, 3> guard;
  };

  // The slots of a scope, by value: a scope whose address is taken lives in memory.
  struct protectors {
    protector<P> each[3];
    protector<P> operator[](std::size_t which) const noexcept { return each[which]; }
  };
  static protectors three(const hazard_scope<P, 3>& guard) noexcept {
    return {guard[of_table], guard[of_node], guard[of_next]};
  }

  // --- finding

  // The way of almost every read: no function is called, and nothing is kept in memory. `changed`:
  // another attempt is needed, or the next table, or the overflow groups.
  template <class Guard, class K>
  SYNCMAP_INLINE likeness look(const Guard& of_root, protector<P> of_found, std::size_t hash,
                               const K& key, view& seen) const {
    const root_value r = protect_root(of_root);
    if (r.is_empty()) return likeness::other;  // L3
    const std::uint64_t mixed_hash = mixed(hash);
    if constexpr (!layout::is_inline) r.table()->prefetch(mixed_hash);
    const part main = r.table()->group_of(mixed_hash);
    const group_state state = main.head->state();
    if (state.is_forwarded()) [[unlikely]]
      return likeness::changed;
    return table::find_in_main(main, state, mixed_hash, key, equal_, of_found, seen);  // L1, L2
  }

  // One attempt that also follows a growth, and looks in overflow groups.
  template <class K>
  likeness try_find(const protectors& guard, std::size_t hash, const K& key, route& at,
                    position& found, view& seen) const {
    const root_value r = protect_root(guard[of_table]);
    if (r.is_empty()) return likeness::other;  // L3
    at.hash = mixed(hash);
    const arrival where = find_group(r, guard, at);
    if (where == arrival::nowhere) return likeness::other;
    if (where == arrival::again) return likeness::changed;
    const auto again = [&] { return this->mixed_again(at.hash, key); };
    return table::find(
        at.main, at.state, at.hash, key, equal_, again, guard[of_node], found, seen);  // L1, L2
  }

  // The same until it succeeds. Static: an object whose address is taken lives in memory.
  struct search {
    likeness result = likeness::other;
    view seen;
  };
  template <class K>
  SYNCMAP_NOINLINE static search find_again(root& map, const Hash& hasher, const KeyEqual& equal,
                                            const M& memory, protectors guard, std::size_t hash,
                                            const K& key) {
    const group_core core(map, hasher, equal, memory);
    search found;
    position at_slot;
    route at;
    do {
      found.result = core.try_find(guard, hash, key, at, at_slot, found.seen);
    } while (found.result == likeness::changed);
    return found;
  }
  template <class K>
  SYNCMAP_NOINLINE static search find_inline(root& map, const Hash& hasher, const KeyEqual& equal,
                                             const M& memory, std::size_t hash, K key) {
    const hazard_scope<P, 3> guard;
    return find_again(map, hasher, equal, memory, three(guard), hash, key);
  }

  // The first slot that may have a key with this hash.
  static const slot* first_match(const table& in, std::uint64_t hash) noexcept {
    const part main = in.group_of(hash);
    const auto set = main.head->match(tag_of(hash));
    return set == 0 ? nullptr : main.slots + std::countr_zero(set);
  }

  // --- changing

  // One attempt; false if another thread changed something in between.
  template <operation Op, class K, class Decide, class Build>
  SYNCMAP_INLINE bool attempt(std::size_t hash, const K& key, Decide& decide, Build& build,
                              workspace& work) {
    const root_value r = protect_root(work.guard[of_table]);
    route at;
    if (r.is_empty()) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      at.in = this->make_table(r, 1, work.guard[of_table]);
      if (at.in == nullptr) return false;
      at.hash = mixed(hash);
      at.main = at.in->at(0);
      return insert(at, build, work);
    }
    if (r.table()->next() != nullptr) [[unlikely]] {
      if (this->help(r.table(), P::units_per_write, three(work.guard))) return false;
    }
    at.hash = mixed(hash);
    r.table()->prefetch(at.hash);
    const arrival where = find_group(r, work.guard, at);
    if (where != arrival::here) [[unlikely]] {
      if (where == arrival::nowhere) this->leave_closed(r.table(), three(work.guard));
      return false;
    }
    constexpr bool always_commits =
        Op == operation::store || Op == operation::swap || Op == operation::compute;
    if (always_commits && at.state.is_locked()) return this->wait_for(at.main);

    position found;
    view seen;
    const auto again = [this, hash_then = at.hash, &key] {
      return this->mixed_again(hash_then, key);
    };
    const likeness result = table::find(
        at.main, at.state, at.hash, key, equal_, again, work.guard[of_node], found, seen);
    if (result == likeness::changed) return false;
    if (result == likeness::other) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;  // L2
      return insert(at, build, work);
    }
    const auto& current = layout::value(seen);
    switch (decide(std::addressof(current), work.next)) {
      case action::keep:
        break;  // L1
      case action::set:
        return replace<Op>(at, found, seen, decide, work);
      case action::erase:
        return erase(at, found, seen, work);
    }
    return true;
  }

  template <class Build>
  SYNCMAP_INLINE bool insert(const route& at, Build& build, workspace& work) {
    build(at.hash);
    if (at.state.is_locked()) return this->wait_for(at.main);
    part last;
    position empty = table::find_empty(at.main, last);
    if (!empty) [[unlikely]]
      prepare_overflow(memory_, work.spare, at.main);
    if (!at.main.head->try_lock(at.state)) return false;

    if (!empty) [[unlikely]]
      empty = add_overflow(*at.in, last, work.spare.release());
    group_state next = at.state;
    if (empty.in_overflow && !at.state.may_overflow(at.hash)) {
      if (!at.state.overflows()) at.in->count_overflowing(1);
      next = at.state.with_overflow(at.hash);
      at.main.head->publish(next.locked());  // group:I4, before the tag can be seen
    }
    const std::uint64_t tagged_by =
        empty.in_overflow ? this->mixed_again(at.hash, layout::key_of(work.next)) : at.hash;
    layout::fill(empty.slot(), work.next);
    empty.part.head->set_tag(empty.index, tag_of(tagged_by));  // L4
    at.main.head->unlock(next.changed());
    root_.counter.add(at.in->generation(), hazard_domain<P>::thread_index());
    if (empty.in_overflow) this->grow_if_too_full(at.in);
    return true;
  }

  SYNCMAP_NOINLINE static void prepare_overflow(const M& memory, owned<M, overflow>& spare,
                                                part main) {
    if (spare == nullptr) spare.reset(make_in<overflow>(memory));
    spare->depth = 1;
    for (part here = main.next(); here; here = here.next()) ++spare->depth;
  }
  SYNCMAP_NOINLINE static position add_overflow(table& in, part last, overflow* more) noexcept {
    last.head->link(more);
    in.own(more);
    return {{&more->head, more->slots}, 0, true};
  }

  // Retires the node that a change has taken out; unprotected here, or it would be kept.
  auto retire_after(const workspace& work) const noexcept {
    return [this, &work](auto* node) noexcept {
      work.guard[of_node].reset_protection();
      this->retire(node);
    };
  }

  template <operation Op, class Decide>
  SYNCMAP_INLINE bool replace(const route& at, const position& found, view& seen, Decide& decide,
                              workspace& work) {
    layout::prepare_replace(work.next, seen);
    if (at.state.is_locked()) return this->wait_for(at.main);
    if (!at.main.head->try_lock(at.state)) return false;

    if constexpr (decides_without_user_code<T>(Op)) {
      layout::refresh(found.slot(), seen);
      const auto& current = layout::value(seen);
      static_cast<void>(decide(std::addressof(current), work.next));
    } else if (!layout::is_unchanged(found.slot(), seen)) {
      at.main.head->unlock(at.state);
      return false;
    }
    layout::replace(found.slot(), seen, work.next);  // L5
    at.main.head->unlock(at.state);
    layout::replaced(seen, retire_after(work));
    return true;
  }

  SYNCMAP_INLINE bool erase(const route& at, const position& found, const view& seen,
                            workspace& work) {
    if (at.state.is_locked()) return this->wait_for(at.main);
    if (!at.main.head->try_lock(at.state)) return false;
    if (!layout::is_unchanged(found.slot(), seen)) {
      at.main.head->unlock(at.state);
      return false;
    }
    found.part.head->set_tag(found.index, 0);  // L5
    layout::vacate(found.slot());
    group_state next = at.state.changed();
    if (found.in_overflow && table::is_overflow_empty(at.main)) {
      next = next.without_overflow();
      at.in->count_not_overflowing();
    }
    at.main.head->unlock(next);
    root_.counter.remove(at.in->generation(), hazard_domain<P>::thread_index());
    layout::erased(seen, retire_after(work));
    return true;
  }

  const KeyEqual& equal_;
};

}  // namespace syncmap::inline v0_1::detail
