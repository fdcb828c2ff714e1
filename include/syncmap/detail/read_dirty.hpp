// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// read_dirty.hpp -- the two-map engine: Go's sync.Map as it was from Go 1.9 to 1.23, in C++.
//
// A key that the read table has is loaded and changed through its entry, without the lock. A miss is
// the truth if read is not amended. What is left takes the slow path: the lock, both tables, a miss
// counted (read_dirty_tables.hpp).
//
// A change asks the caller's `decide` about the value it found, without the lock, and then commits by
// one compare-and-swap on the entry, which fails if the value has changed: then everything starts
// again. Where the commit needs the lock, the key is looked up once more under it. A store, which has
// nothing to ask, is done in one critical section.
//
// Linearization points
//   L1  key in read: the load of its entry's word, or the compare-and-swap on it (entry:T1).
//   L2  key not in read, not amended: the load of read (read_dirty_tables:T1).
//   L3  key in neither table: any point of locate()'s critical section.
//   L4  key in dirty only: as L1, with the lock for what makes it live.
//   L5  new key: in the critical section that adds it, when readers first look: nobody can before the
//       unlock, or before `amended` is published if this key is the first.
//   L6  clear: its publication of the empty read. Operations that still hold a dropped table or entry
//       come just before it, in the order of their compare-and-swaps.
//
// Where this differs from the original, and why: what is decided about a value (a copy, a comparison,
// a callback) is decided without the lock, so the slow path of such a change locks twice; an erased key
// leaves dirty in the critical section in which its value goes, so that a copy that throws changes
// nothing; clear drops the dirty table instead of emptying it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/entry.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/read_dirty_tables.hpp>
#include <syncmap/detail/value_word.hpp>
#include <syncmap/hash.hpp>
#include <syncmap/map_stats.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Key, class T, class Hash, class KeyEqual, class M = platform>
class read_dirty {
  static_assert(check_types<Key, T>::passed);
  using P = platform_of<M>;
  using entry_type = entry<Key, T, M>;
  using word = typename entry_type::word;
  using draft = typename word::draft;
  using tables = read_dirty_tables<entry_type>;
  using table = typename tables::table;
  using location = typename tables::location;
  using place = typename tables::place;

 public:
  using memory = M;
  using key_type = Key;
  using mapped_type = T;
  using hasher = Hash;
  using key_equal = KeyEqual;

  constexpr read_dirty() = default;
  constexpr read_dirty(const Hash& hash, const KeyEqual& equal, const M& from = M())
      : hash_(hash), equal_(equal), memory_(from) {}
  // NOLINTNEXTLINE(modernize-use-equals-default): then the errors of a key without a hash say it twice
  ~read_dirty() {}

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }
  [[nodiscard]] const M& source() const noexcept { return memory_; }
  [[nodiscard]] auto& flights() const noexcept { return tables_.flights; }
  [[nodiscard]] std::size_t size() const noexcept { return tables_.size(); }
  [[nodiscard]] map_stats stats() const { return tables_.stats(); }

  // The four primitives (engine.hpp).

  template <class K, class F>
  SYNCMAP_INLINE bool read(const K& key, F&& on_found) const {
    return read(hash_(key), key, on_found);
  }
  template <class K, class F>
  SYNCMAP_INLINE bool read(std::size_t hash, const K& key, F& on_found) const {
    const hazard_scope<P, 2> guard;
    const auto r = tables_.protect(guard[0]);  // L2
    const entry_type* found = nullptr;
    if (r.table() != nullptr) [[likely]]
      found = r.table()->find(hash, key, equal());
    word value = word::nil();
    if (found != nullptr) [[likely]] {
      value = protect_value(*found, guard[1]);  // L1
    } else if (r.amended()) {
      value = read_slow(hash, key, guard[0], guard[1]);
    }
    if (!value.is_live()) return false;
    on_found(*value.value());
    return true;
  }

  template <operation Op, class K, class Decide>
  void modify(K&& key, Decide&& decide) {
    const std::size_t hash = hash_(std::as_const(key));
    workspace work(memory_);
    auto build = [&] {
      if constexpr (!keeps_absent(Op)) {
        work.fresh.reset(
            make_in<entry_type>(memory_, memory_, tables_.mixed(hash), std::forward<K>(key)));
      }
    };
    for (;;) {
      // Once the key was moved into a new entry, that is where later attempts find it.
      const bool done = work.fresh == nullptr
                            ? attempt<Op>(hash, std::as_const(key), decide, build, work)
                            : attempt<Op>(hash, work.fresh->key(), decide, build, work);
      if (done) return;
    }
  }

  class cursor;

  void clear() { tables_.clear(); }  // L6

  // Sizes.

  void reserve(std::size_t entries) { tables_.reserve(memory_, entries); }
  void shrink_to_fit() {
    tables_.shrink(memory_);
    hazard_domain<P>::global().reclaim();
  }
  [[nodiscard]] std::size_t capacity() const { return stats().capacity; }
  [[nodiscard]] static constexpr std::size_t max_size() noexcept {
    return tables::table::max_entries();
  }

  // Further ones, made of the same.

  class pinned;
  // Reads some keys that follow each other, their memory brought near first.
  template <class It, class End, class Sought, class F>
  void read_many(It first, const End last, const Sought& sought, const F& on_each) const {
    read_ahead(
        [&](const auto& key) { return hash_(key); },
        [&](const std::size_t* hashes, std::size_t count) { tables_.prefetch(hashes, count); },
        [&](std::size_t hash, const auto& key) {
          auto found = [&](const T& value) { on_each(std::addressof(value)); };
          if (!this->read(hash, key, found)) on_each(static_cast<const T*>(nullptr));
        },
        first, last, sought);
  }

 private:
  friend struct read_dirty_inspector;  // tests

  enum class outcome { done, again, expunged };

  // What a call of modify() prepares without the lock and brings to the critical section, and what it
  // takes away from there to be freed. Lives through all attempts.
  struct workspace {
    explicit workspace(const M& from) : next(from), fresh(nullptr, destroyer<M>{from}) {}
    draft next;
    owned<M, entry_type> fresh;
    typename table::pointer spare;
    typename table::pointer outgrown;
    hazard_scope<P, 2> guard;  // of the table, of the value
  };

  [[nodiscard]] const comparison<Key, KeyEqual>& equal() const noexcept {
    return comparison_by<Key>(equal_);
  }

  SYNCMAP_INLINE static word protect_value(const entry_type& one, protector<P> guard) noexcept {
    return detail::protect_word(guard, [&one] { return one.load(); });
  }

  // The entry of a key, protected by `guard`, or null.
  template <class K>
  const entry_type* find_entry(std::size_t hash, const K& key, protector<P> guard) const {
    {
      const hazard_scope<P, 1> table_guard;
      const auto r = tables_.protect(table_guard[0]);  // L2
      const entry_type* const found =
          r.table() == nullptr ? nullptr : r.table()->find(hash, key, equal());
      // The table that has it is protected, so it has not been retired: entry:I2.
      if (found != nullptr) guard.reset_protection(found);
      if (found != nullptr || !r.amended()) return found;
    }
    return tables_.template locate<operation::compare_and_erase>(hash, key, equal(), guard).found;
  }

  template <class K>
  SYNCMAP_NOINLINE word read_slow(std::size_t hash, const K& key, protector<P> table_guard,
                                  protector<P> value_guard) const {
    table_guard.reset_protection();  // or a promotion would find the table it replaces in use
    const hazard_scope<P, 1> entry_guard;
    // A read counts misses as a compare_and_erase does: whether it finds the key or not.
    const location at =
        tables_.template locate<operation::compare_and_erase>(hash, key, equal(), entry_guard[0]);
    return at.found == nullptr ? word::nil() : protect_value(*at.found, value_guard);  // L3, L4
  }

  // One attempt; false if another thread changed something in between.
  template <operation Op, class K, class Decide, class Build>
  bool attempt(std::size_t hash, const K& key, Decide& decide, Build& build, workspace& work) {
    const auto r = tables_.protect(work.guard[0]);  // L2
    table* const in = r.table();
    entry_type* const found = in == nullptr ? nullptr : in->find(hash, key, equal());
    if (found != nullptr) {
      const outcome result = change(*found, in->generation(), keeps_absent(Op), decide, work);
      if (result != outcome::expunged) return result == outcome::done;
    } else if (!r.amended()) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      const location at{.room = tables_.room_beside(in)};
      return commit_set(hash, key, at, word::nil(), build, work);
    }
    work.guard[0].reset_protection();  // or a promotion would find the table it replaces in use
    if constexpr (decides_without_user_code<T>(Op)) {
      return attempt_at_once(hash, key, decide, build, work);
    } else {
      return attempt_slow<Op>(hash, key, decide, build, work);
    }
  }

  // The fast path: live -> live', nil -> live and live -> nil without the lock, on an entry of read.
  template <class Decide>
  outcome change(entry_type& one, std::uint32_t generation, bool keeps_absent, Decide& decide,
                 workspace& work) {
    const word before = protect_value(one, work.guard[1]);
    if (before.is_expunged() && !keeps_absent) return outcome::expunged;
    switch (decide(before.value(), work.next)) {
      case action::keep:
        break;
      case action::set:
        if (!one.try_replace(before, work.next.word())) return outcome::again;  // L1
        replaced(before, generation, work.next);
        break;
      case action::erase:
        if (!before.is_live()) break;
        if (!one.try_erase(before)) return outcome::again;  // L1
        erased(before, generation);
        break;
    }
    return outcome::done;
  }

  template <operation Op, class K, class Decide, class Build>
  bool attempt_slow(std::size_t hash, const K& key, Decide& decide, Build& build, workspace& work) {
    const hazard_scope<P, 1> entry_guard;
    const location at = tables_.template locate<Op>(hash, key, equal(), entry_guard[0]);  // L3
    if (at.where == place::none) {
      if (decide(static_cast<const T*>(nullptr), work.next) != action::set) return true;
      return commit_set(hash, key, at, word::nil(), build, work);
    }
    const word before = protect_value(*at.found, work.guard[1]);
    if (at.where == place::read && !before.is_expunged()) return false;  // the fast path serves it
    const action wanted = decide(before.value(), work.next);
    if (wanted == action::set) return commit_set(hash, key, at, before, build, work);
    // An erase takes the key out of dirty, even if a compare_and_erase has left it there without a value.
    const bool takes_out = Op == operation::erase || (Op == operation::compute &&
                                                      before.is_live() && wanted == action::erase);
    if (takes_out && at.where == place::dirty) return commit_erase<Op>(hash, key, at, before);
    if (wanted == action::keep || !before.is_live()) return true;
    if (!at.found->try_erase(before)) return false;  // L4
    erased(before, at.generation);
    return true;
  }

  // The slow path of an operation that decides without user code: all in one critical section, except
  // that what a new key needs is made before the next.
  template <class K, class Decide, class Build>
  bool attempt_at_once(std::size_t hash, const K& key, Decide& decide, Build& build,
                       workspace& work) {
    if (!work.next) static_cast<void>(decide(static_cast<const T*>(nullptr), work.next));
    location now;
    word before = word::nil();
    bool prepared = true;
    {
      const std::lock_guard lock(tables_.mutex());
      now = tables_.find_locked(hash, key, equal());
      if (now.found != nullptr) before = protect_value(*now.found, work.guard[1]);
      if (now.where == place::read && !before.is_expunged())
        return false;  // the fast path serves it
      prepared = is_prepared(now, work);
      if (prepared) {
        static_cast<void>(decide(before.value(), work.next));
        if (!set_locked(now, before, work)) return false;  // L4, L5
      }
    }
    if (prepared) {
      replaced(before, now.generation, work.next);
    } else {
      prepare(now, build, work);
    }
    return prepared;
  }

  // Has `work` what it takes to make the key live at this place?
  static bool is_prepared(const location& at, const workspace& work) noexcept {
    if (at.where == place::dirty) return true;
    if (at.where == place::none && work.fresh == nullptr) return false;
    return at.room == 0 || (work.spare != nullptr && work.spare->capacity() >= at.room);
  }
  template <class Build>
  void prepare(const location& at, Build& build, workspace& work) {
    work.outgrown.reset();
    if (is_prepared(at, work)) return;
    if (at.where == place::none && work.fresh == nullptr) {
      tables_.prepare_counting(memory_);
      build();
    }
    if (!is_prepared(at, work)) work.spare = tables_.make_table(memory_, at.room);
  }

  // Makes the key live under the lock, with work.next as its value, if it still is where `at` says
  // and its word is `expected`; false if not, or if there is less room by now.
  template <class K, class Build>
  bool commit_set(std::size_t hash, const K& key, const location& at, const word& expected,
                  Build& build, workspace& work) {
    prepare(at, build, work);
    location now;
    {
      const std::lock_guard lock(tables_.mutex());
      now = work.fresh != nullptr ? tables_.find_locked(hash, work.fresh->key(), equal())
                                  : tables_.find_locked(hash, key, equal());
      if (now.found != at.found || now.where != at.where) return false;
      if (!set_locked(now, expected, work)) return false;  // L4, L5
    }
    replaced(expected, now.generation, work.next);
    return true;
  }

  bool set_locked(const location& now, const word& expected, workspace& work) noexcept {
    switch (now.where) {
      case place::dirty:
        return now.found->try_replace(expected, work.next.word());
      case place::read:
        // Only an expunged entry comes here. It is nil before dirty has it, and may become live by
        // another thread's store before ours: then that one came first.
        if (!tables_.make_room_locked(work.spare, work.outgrown)) return false;
        if (!now.found->try_unexpunge_locked()) return false;
        tables_.take_back_locked(now.found);
        return now.found->try_replace(word::nil(), work.next.word());
      case place::none:
        if (!tables_.make_room_locked(work.spare, work.outgrown)) return false;
        work.fresh->start(work.next.word());
        tables_.add_to_dirty_locked(work.fresh.release());
        return true;
    }
    return false;
  }

  // Erases the value under the lock, if there is one, and takes the key out of dirty.
  template <operation Op, class K>
  bool commit_erase(std::size_t hash, const K& key, const location& at, const word& expected) {
    typename tables::removal removed;
    {
      const std::lock_guard lock(tables_.mutex());
      const location now = tables_.find_locked(hash, key, equal());
      if (now.found != at.found || now.where != at.where) return false;
      const bool erased_here =
          expected.is_live() ? now.found->try_erase(expected) : !now.found->load().is_live();  // L4
      if (!erased_here) return false;
      removed = tables_.remove_from_dirty_locked(now.found, Op == operation::erase);
    }
    if (expected.is_live()) erased(expected, at.generation);
    tables_.retire_later(removed);
    return true;
  }

  // Bookkeeping after a word went from `before` to live, or from live to nil.
  void replaced(const word& before, std::uint32_t generation, draft& next) noexcept {
    next.release();
    if (!before.is_live()) tables_.count_added(generation);
    if (auto* const old = before.cell()) tables_.retire_later(old);
  }
  void erased(const word& before, std::uint32_t generation) noexcept {
    tables_.count_removed(generation);
    if (auto* const old = before.cell()) tables_.retire_later(old);
  }

  // First: g++ 12, where it makes some empty objects, clears the byte that they share with what is there.
  SYNCMAP_NO_UNIQUE_ADDRESS Hash hash_{};
  SYNCMAP_NO_UNIQUE_ADDRESS KeyEqual equal_{};
  SYNCMAP_NO_UNIQUE_ADDRESS M memory_{};
  mutable tables tables_;  // a lookup may count a miss and promote
};

}  // namespace syncmap::inline v0_1::detail
