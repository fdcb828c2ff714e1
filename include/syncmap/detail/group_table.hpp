// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_table.hpp -- one table of the group map: a power of two of groups, and their slots apart.
//
//   | table | group 0, group 1, ... | slots of group 0, slots of group 1, ... |     one block
//
// The high bits of a hash choose the group, so a group is an interval of hashes, and the groups that
// follow it in a table of another size are intervals in that one, or it is part of one.
//
// A table that has grown too full, or is too large, gets a *next* table. Its groups are moved there
// unit by unit (group_migration.hpp); when all are, next takes its place as the map's table.
//
// Invariants
//   I1  A group of the next table is started before the groups that it follows are forwarded, and
//       cannot be reached before.
//   I2  A table has one next at most, for good. It gets one while it is the map's table, or while a
//       clear drops it: then it owns that one too (I3).
//   I3  A table that was *promoted* has handed all entries to its next, which is the map's table, or
//       was. One that a clear has dropped owns its next, and the entries that neither has lost.
//   I4  A table of one group that a shrink has found empty is *closed*: forwarded, with itself as next.
//       The map is empty while it is the map's table, and it is nothing else afterwards.
//   I5  While an operation protects a table, next is not freed either, if it was protected while the
//       table or next was the map's.
//
// Synchronization
//   S1 next-table      release: try_set_next()   acquire: next()
//      Carries the table's constants.
//   S2 units-moved     release: count_moved()    acquire: moved()
//      Carries every unit's move to whoever promotes.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/inline_slot.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/overflow_list.hpp>
#include <syncmap/detail/platform.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Layout>
class alignas(cache_line) group_table : public hazard_pointer_obj_base {
  using P = typename Layout::P;
  template <class X>
  using atomic = typename P::template atomic<X>;
  template <class X>
  using var = typename P::template var<X>;

 public:
  using memory = typename Layout::memory;
  using slot = typename Layout::slot;
  using view = typename Layout::view;
  using group_type = group<slot, P>;
  using part = group_part<slot, P>;
  using position = group_position<slot, P>;
  using overflow = overflow_group<slot, P>;

  struct freer {
    void operator()(group_table* table) const noexcept { free(table); }
  };
  using pointer = std::unique_ptr<group_table, freer>;

  // --- making and freeing

  // The number of groups for `entries` entries that does not ask to grow, but for rare luck: in small
  // tables the groups differ more.
  static constexpr std::size_t groups_for(std::size_t entries) noexcept {
    const std::size_t each = entries <= 1024 ? group_slots / 2 : entries_per_group;
    return std::bit_ceil(entries / each + (entries % each != 0 ? 1 : 0));
  }
  static constexpr std::size_t max_groups() noexcept {
    constexpr std::size_t bytes_per_group = sizeof(group_type) + group_slots * sizeof(slot);
    return std::bit_floor(static_cast<std::size_t>(PTRDIFF_MAX) / bytes_per_group / 2);
  }
  static constexpr std::size_t max_entries() noexcept { return max_groups() * entries_per_group; }

  // A table whose groups have not been started. `groups` is a power of two, at most max_groups().
  static pointer make(const memory& from, std::size_t groups, std::uint32_t generation) {
    const std::size_t bytes = bytes_of(groups);
    void* const block = from.allocate_table(bytes, alignof(group_table));
    return pointer(::new (block) group_table(from, groups, generation));
  }
  static void free(group_table* table) noexcept {
    static_cast<void>(table->free_overflow(static_cast<std::size_t>(-1)));
    const std::size_t bytes = table->bytes();
    const memory to = table->memory_;
    table->~group_table();
    P::on_reclaim(table, bytes);
    to.deallocate_table(table, bytes, alignof(group_table));
  }

  // Empties the groups [first, last), which nobody can reach.
  void start(std::size_t first, std::size_t last) noexcept {
    for (std::size_t index = first; index < last; ++index) {
      const part one = at(index);
      ::new (static_cast<void*>(one.head)) group_type();
      for (std::size_t i = 0; i < group_slots; ++i)
        ::new (static_cast<void*>(one.slots + i)) slot();
    }
  }

  [[nodiscard]] const memory& source() const noexcept { return memory_; }
  [[nodiscard]] std::size_t group_count() const noexcept { return group_count_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return group_count_ * entries_per_group; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(group_count_); }
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

  // --- hashes and groups

  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept {
    return offset_of(hash) / sizeof(group_type);
  }
  // The first and the last hash of group `index`.
  [[nodiscard]] std::uint64_t first_of(std::size_t index) const noexcept {
    return std::uint64_t{index} * sizeof(group_type) << shift_;
  }
  [[nodiscard]] std::uint64_t last_of(std::size_t index) const noexcept {
    return first_of(index + 1) - 1;  // of the last group: 0 - 1
  }
  [[nodiscard]] part at(std::size_t index) const noexcept {
    return at_offset(index * sizeof(group_type));
  }
  [[nodiscard]] SYNCMAP_INLINE part group_of(std::uint64_t hash) const noexcept {
    return at_offset(offset_of(hash));
  }

  // Starts to bring the slots near: for a writer, who waits for memory one access after the other, since
  // his lock does not let the processor look ahead; and for a reader of nodes, who waits once more.
  SYNCMAP_INLINE void prefetch(std::uint64_t hash) const noexcept {
    const auto* const slots = reinterpret_cast<const unsigned char*>(group_of(hash).slots);
    for (std::size_t at = 0; at < group_slots * sizeof(slot); at += cache_line) {
      detail::prefetch(slots + at);
    }
  }

  // For assertions.
  [[nodiscard]] bool has_locked_group() const noexcept {
    for (std::size_t index = 0; index < group_count_; ++index) {
      if (at(index).head->state().is_locked()) return true;
    }
    return false;
  }

  // --- searching

  // Looks for the key in its group, whose state was `seen`. On `same`, `found` is its slot and `what`
  // its value, protected by `guard`. `other`: it is absent. Throws what `equal` throws.
  //
  // Absence needs no second look at the version: tags and slots are looked at one after the other,
  // and a key that is there all the time stays in one slot, where this finds it.
  //
  // `again` gives the hash by which the key is tagged in overflow groups: if all hashes are the same,
  // tags must not be.
  template <class K, class KeyEqual, class Again>
  SYNCMAP_INLINE static likeness find(const part& main, group_state seen, std::uint64_t hash,
                                      const K& key, const KeyEqual& equal, const Again& again,
                                      const protector<P>& guard, position& found, view& what) {
    found = {main, 0, false};
    const likeness result = find_in(found, main, seen, hash, hash, key, equal, guard, what);
    if (result != likeness::other || !seen.may_overflow(hash)) [[likely]]
      return result;
    const finding beyond = find_in_overflow(main, seen, again(), hash, key, equal, guard);
    if (beyond.in != nullptr) found = {{&beyond.in->head, beyond.in->slots}, beyond.index, true};
    what = beyond.what;
    return beyond.result;
  }

  // The same, where almost every key is: in the group's own slots. `changed` also if the key may be
  // elsewhere.
  template <class K, class KeyEqual>
  SYNCMAP_INLINE static likeness find_in_main(const part& main, group_state seen,
                                              std::uint64_t hash, const K& key,
                                              const KeyEqual& equal, const protector<P>& guard,
                                              view& what) {
    position found{main, 0, false};
    const likeness result = find_in(found, main, seen, hash, hash, key, equal, guard, what);
    if (result != likeness::other) return result;
    return seen.may_overflow(hash) ? likeness::changed : likeness::other;
  }

  // An empty slot of the group; if there is none, false, and `last` is the part to link another to.
  static position find_empty(const part main, part& last) noexcept {
    for (part here = main; here; here = here.next()) {
      last = here;
      if (const auto set = here.head->match(0) & P::usable_slots) {
        return {here, static_cast<std::size_t>(std::countr_zero(set)), here.head != main.head};
      }
    }
    return {};
  }

  // Is there nothing in the overflow groups? REQUIRES: the lock.
  static bool is_overflow_empty(const part& main) noexcept {
    for (part here = main.next(); here; here = here.next()) {
      if (here.head->taken() != 0) return false;
    }
    return true;
  }

  // --- overflow

  // Takes a linked overflow group into the list of those that are freed with the table.
  void own(overflow* one) noexcept { owned_.add(one); }
  void count_overflowing(std::size_t groups) noexcept {
    overflowing_.fetch_add(groups, std::memory_order_relaxed);  // relaxed (statistic)
  }
  void count_not_overflowing() noexcept {
    overflowing_.fetch_sub(1, std::memory_order_relaxed);  // relaxed (statistic)
  }
  [[nodiscard]] std::size_t overflowing() const noexcept {
    return overflowing_.load(std::memory_order_relaxed);  // relaxed (statistic)
  }
  // The most groups that a lookup may have to look at, and the bytes of the table with its overflow.
  [[nodiscard]] std::size_t longest_probe() const noexcept { return 1 + owned_.deepest(); }
  [[nodiscard]] std::size_t bytes_with_overflow() const noexcept {
    return bytes() + owned_.count() * sizeof(overflow);
  }
  // More than one group in five overflows: with good hashes, at 13.4 entries a group.
  [[nodiscard]] bool is_too_full() const noexcept {
    return overflowing() > group_count_ / P::groups_per_overflow;
  }

  // --- the next table

  [[nodiscard]] group_table* next() const noexcept {
    return next_.load(std::memory_order_acquire);  // S1 acquire
  }
  // Has the table been found empty, and closed for good? It is its own next then.
  [[nodiscard]] bool is_closed() const noexcept { return next() == this; }
  // Gives the table a next; false if it has one.
  bool try_set_next(group_table* next) noexcept {
    group_table* none = nullptr;
    // S1 release. Failure: relaxed (revalidated), the caller asks again.
    return next_.compare_exchange_strong(
        none, next, std::memory_order_release, std::memory_order_relaxed);
  }

  // Closes the table, if it has one group and no entry; false if not, or if somebody was faster.
  bool try_close() noexcept {
    const part only = at(0);
    const group_state seen = only.head->state();
    if (group_count_ != 1 || seen.is_locked() || seen.is_forwarded()) return false;
    if (seen.overflows() || only.head->taken() != 0 || !only.head->try_lock(seen)) return false;
    const bool closes = try_set_next(this);
    only.head->publish(closes ? seen.forwarded() : seen);
    return closes;
  }

  // How many groups one move takes here, and leads to there. One of them is 1.
  [[nodiscard]] std::size_t sources_per_unit(const group_table& next) const noexcept {
    return group_count_ > next.group_count_ ? group_count_ / next.group_count_ : 1;
  }
  [[nodiscard]] std::size_t targets_per_unit(const group_table& next) const noexcept {
    return next.group_count_ > group_count_ ? next.group_count_ / group_count_ : 1;
  }
  [[nodiscard]] std::size_t unit_count(const group_table& next) const noexcept {
    return group_count_ / sources_per_unit(next);
  }

  // A number of units that this thread should look at, different for each call: modulo their number,
  // so that others come to what a stopped thread has left.
  std::size_t claim(std::size_t units) noexcept {
    return claimed_.fetch_add(units, std::memory_order_relaxed);  // relaxed (statistic)
  }
  void count_moved() noexcept {
    moved_.fetch_add(1, std::memory_order_release);  // S2 release
  }
  // How many units have been moved.
  [[nodiscard]] std::size_t moved() const noexcept {
    return moved_.load(std::memory_order_acquire);  // S2 acquire
  }
  // After next has become the map's table, before this one is retired.
  void set_promoted() noexcept { promoted_ = true; }

  // --- the end

  // Runs in a reclamation. Takes a part at a time of what there are many of, unless it runs for
  // reclaim(): the nodes that it has to retire, its overflow groups. Returns the bytes of the table, once
  // it is freed.
  static std::size_t reclaimed(group_table* table) noexcept {
    const auto retire_node = [](auto* node) noexcept { detail::retire<P>(node); };
    const bool all = hazard_domain<P>::reclaims_at_once();
    const std::size_t groups = all ? table->group_count_ : P::units_per_reclaim;
    const std::size_t overflow = all ? static_cast<std::size_t>(-1) : P::overflow_per_reclaim;
    group_table* const after = table->owned_next();
    if (table->drop_nodes(groups, retire_node) && table->free_overflow(overflow) &&
        (after == nullptr || after->free_overflow(overflow))) {
      const std::size_t bytes = table->bytes();
      free_all(table);
      return bytes;
    }
    detail::retire<P>(table, 0, P::reclaim_batch * P::reclaim_bytes);  // due at the next write
    return 0;
  }

  // Frees the table, its next unless promoted, and their nodes. REQUIRES: nobody uses them.
  static void destroy(group_table* table) noexcept {
    const auto free_node = [](auto* node) noexcept {
      std::remove_pointer_t<decltype(node)>::reclaimed(node);
    };
    static_cast<void>(table->drop_nodes(table->group_count_, free_node));
    free_all(table);
  }

 private:
  friend struct group_inspector;  // tests

  static constexpr std::size_t entries_per_group = 11;

  group_table(const memory& from, std::size_t groups, std::uint32_t generation) noexcept
      : memory_(from),
        slots_(reinterpret_cast<slot*>(reinterpret_cast<unsigned char*>(this) + slots_at(groups))),
        shift_(static_cast<unsigned>(64 - std::countr_zero(groups * sizeof(group_type)))),
        generation_(generation),
        group_count_(groups) {}
  ~group_table() = default;

  static constexpr std::size_t slots_at(std::size_t groups) noexcept {
    const std::size_t end = sizeof(group_table) + groups * sizeof(group_type);
    return (end + cache_line - 1) / cache_line * cache_line;
  }
  static constexpr std::size_t bytes_of(std::size_t groups) noexcept {
    return slots_at(groups) + groups * group_slots * sizeof(slot);
  }

  // Groups are found by their distance in bytes, which the hash gives in two instructions, also where
  // there is one group and the distance has no bits.
  static_assert(std::has_single_bit(sizeof(group_type)) && sizeof(group_type) >= 8);
  [[nodiscard]] SYNCMAP_INLINE std::size_t offset_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash >> shift_) & ~(sizeof(group_type) - 1);
  }
  [[nodiscard]] SYNCMAP_INLINE part at_offset(std::size_t offset) const noexcept {
    constexpr std::size_t slot_bytes = group_slots * sizeof(slot) / sizeof(group_type);
    static_assert(slot_bytes * sizeof(group_type) == group_slots * sizeof(slot));
    auto* const self = reinterpret_cast<unsigned char*>(const_cast<group_table*>(this));
    auto* const slots = reinterpret_cast<unsigned char*>(slots_);
    return {reinterpret_cast<group_type*>(self + sizeof(group_table) + offset),
            reinterpret_cast<slot*>(slots + offset * slot_bytes)};
  }

  struct finding {
    likeness result = likeness::other;
    overflow* in = nullptr;
    std::size_t index = 0;
    view what;
  };
  template <class K, class KeyEqual>
  SYNCMAP_NOINLINE static finding find_in_overflow(part main, group_state seen,
                                                   std::uint64_t tagged_by, std::uint64_t hash,
                                                   const K& key, const KeyEqual& equal,
                                                   protector<P> guard) {
    finding found;
    for (found.in = main.head->more(); found.in != nullptr; found.in = found.in->head.more()) {
      position at{{&found.in->head, found.in->slots}, 0, true};
      found.result = find_in(at, main, seen, tagged_by, hash, key, equal, guard, found.what);
      found.index = at.index;
      if (found.result != likeness::other) break;
    }
    return found;
  }

  // Looks among the sixteen slots of found.part, and sets found.index.
  template <class K, class KeyEqual>
  SYNCMAP_INLINE static likeness find_in(position& found, const part& main, group_state seen,
                                         std::uint64_t tagged_by, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& what) {
    const auto is_still = [head = main.head, seen] { return head->is_still(seen); };
    for (auto set = found.part.head->match(tag_of(tagged_by)); set != 0; set &= set - 1) {
      found.index = static_cast<std::size_t>(std::countr_zero(set));
      const likeness result =
          Layout::examine(found.slot(), hash, key, equal, guard, what, is_still);
      if (result != likeness::other) return result;
    }
    return likeness::other;
  }

  // Calls `f` with the nodes of the next `units` units; true at the end.
  template <class F>
  bool drop_nodes(std::size_t units, const F& f) noexcept {
    if constexpr (Layout::is_inline) {
      return true;
    } else {
      if (promoted_) return true;
      group_table* const after = next();
      const std::size_t sources = after == nullptr ? 1 : sources_per_unit(*after);
      const std::size_t targets = after == nullptr ? 1 : targets_per_unit(*after);
      const std::size_t end = group_count_ / sources;
      for (; units != 0 && dropped_ != end; --units, ++dropped_) {
        const bool moved = at(dropped_ * sources).head->state().is_forwarded();
        if (moved && after == this) continue;
        group_table* const owner = moved ? after : this;
        const std::size_t count = moved ? targets : sources;
        for (std::size_t i = 0; i < count; ++i) drop_group(owner->at(dropped_ * count + i), f);
      }
      return dropped_ == end;
    }
  }
  template <class F>
  static void drop_group(const part& main, const F& f) noexcept {
    for_each_taken(main, main.head->state(), [&f](const slot& one) {
      if (auto* const node = Layout::get(one)) f(node);
      return true;
    });
  }

  // The next table, if it goes with this one.
  [[nodiscard]] group_table* owned_next() const noexcept {
    return promoted_ || is_closed() ? nullptr : next();
  }
  static void free_all(group_table* table) noexcept {
    group_table* const after = table->owned_next();
    free(table);
    if (after != nullptr) free(after);
  }

  bool free_overflow(std::size_t most) noexcept { return owned_.free_some(memory_, most); }

  // Constant.
  SYNCMAP_NO_UNIQUE_ADDRESS const memory memory_;
  slot* const slots_;
  const unsigned shift_;
  const std::uint32_t generation_;  // the number of clears before this table
  const std::size_t group_count_;
  // Written rarely.
  atomic<group_table*> next_{nullptr};
  overflow_list<slot, P> owned_;
  atomic<std::size_t> overflowing_{0};  // groups
  var<bool> promoted_{false};
  var<std::size_t> dropped_{0};  // units, by reclaimed()
  // Written while entries move to next.
  alignas(cache_line) atomic<std::size_t> claimed_{0};
  atomic<std::size_t> moved_{0};
};

}  // namespace syncmap::inline v0_1::detail
