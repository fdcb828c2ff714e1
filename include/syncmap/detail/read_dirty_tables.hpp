// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// read_dirty_tables.hpp -- the two tables of the read/dirty map, and what happens to them.
//
//   read   {table, amended}: published by one atomic word, constant; loads of it need no lock
//   dirty  a table under the mutex: every entry of read that is not expunged, and the new keys
//
// A lookup that read cannot answer takes the lock, looks at read again, then at dirty, and counts a
// *miss*. When the misses have paid for it, dirty is *promoted*: it becomes read by one store. The
// next new key *amends* read: it builds a new dirty table from it, the one step that costs as much as
// there are entries.
//
// Invariants, when the mutex is free
//   I1  amended if and only if there is a dirty table.
//   I2  While there is one, each entry of read is in dirty too, or it is expunged and its key is
//       not. Entries are shared: an update through one table is seen through the other.
//   I3  Expunged entries are in the current read while there is a dirty table, or in dropped tables.
//   I4  An entry that only dirty has is live, or nil (left by a compare_and_erase). Never expunged.
//   I5  A value can be loaded if and only if its entry is live and in read, or in dirty.
//   I6  An entry that left all current tables was expunged first and stays so; or was erased under
//       the lock, is nil and stays so; or was dropped by a clear, before which operations that still
//       hold it take effect. So no store is lost in it.
//   I7  User code under the mutex: key equality, nothing else. It runs before anything is changed.
//
// Synchronization
//   S1 publish-read   release: publish_locked()   acquire: load()
//      Carries the table: its slots, its entries' keys.
//   S2 generation     release: clear()            acquire: size()
//      Carries nothing; but size() must not see the counter restart without a new generation.
//   T1 table-order    sites: publish_locked(), load()
//      Sequentially consistent, to be in the one order of entry:T1 with what happens to entries.
//
// Ownership: a table is retired when it is replaced, an entry when no table has it any more, a cell
// when it is replaced or its entry goes (entry:I2, entry_table:I4). Everything is retired after the
// unlock, since reclaiming runs destructors.

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/entry_table.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/misuse.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/read_word.hpp>
#include <syncmap/detail/seed.hpp>
#include <syncmap/detail/striped_counter.hpp>
#include <syncmap/map_stats.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Entry>
class alignas(cache_line) read_dirty_tables {
  using M = typename Entry::memory;
  using P = platform_of<M>;
  template <class X>
  using atomic = typename P::template atomic<X>;
  template <class X>
  using var = typename P::template var<X>;

 public:
  using table = entry_table<Entry>;
  using read = read_word<table>;

  enum class place { none, read, dirty };

  // Where a key was found, and what it takes to put it into dirty.
  struct location {
    Entry* found = nullptr;
    place where = place::none;
    std::uint32_t generation = 0;
    std::size_t room = 0;  // the capacity of the table that must be prepared; 0: none
  };

  // What is to be retired after an unlock.
  struct removal {
    Entry* last = nullptr;      // the entry, if no table has it any more
    table* replaced = nullptr;  // the table that a promotion has replaced
  };

  constexpr read_dirty_tables() noexcept = default;
  read_dirty_tables(const read_dirty_tables&) = delete;
  read_dirty_tables& operator=(const read_dirty_tables&) = delete;
  // REQUIRES: no operation is running.
  ~read_dirty_tables() {
    SYNCMAP_ASSERT(!misuse<P>::shows_use(load().table(), mutex_), SYNCMAP_IN_USE);
    // relaxed (locked): no operation is running.
    if (attachment* const more = flights.load(std::memory_order_relaxed)) more->destroy(more);
    // Retired tables share entries with the current ones. They go first, so that every key and value
    // is destroyed before this returns.
    // relaxed (locked): no operation is running.
    if (has_retired_.load(std::memory_order_relaxed)) hazard_domain<P>::global().reclaim();
    if (dirty_ != nullptr) table::destroy(dirty_);
    if (table* const last = load().table()) table::destroy(last);
    // relaxed (locked): no operation is running.
    if (SYNCMAP_ASSERTS) read_.store(read::destroyed(), std::memory_order_relaxed);
  }

  atomic<attachment*> flights{nullptr};  // single_flight.hpp

  // --- without the lock

  [[nodiscard]] read load() const noexcept {
    const read now = read_.load(std::memory_order_seq_cst);  // S1 acquire, T1
    SYNCMAP_ASSERT(now != read::destroyed(), SYNCMAP_DESTROYED);
    return now;
  }
  [[nodiscard]] SYNCMAP_INLINE read protect(protector<P> guard) const noexcept {
    return guard.protect([this] { return load(); });
  }

  // What a miss in an amended read leads to: takes the lock, looks again in read, then in dirty,
  // counts a miss as `Op` asks, and protects what it finds. (The miss of an erase that finds its key in
  // dirty is counted when the key is gone.) Throws what `equal` throws.
  template <operation Op, class K, class KeyEqual>
  location locate(std::size_t hash, const K& key, const KeyEqual& equal, protector<P> guard) {
    constexpr bool counts_found =
        Op != operation::store && Op != operation::swap && Op != operation::erase;
    constexpr bool counts_absent = Op == operation::erase || Op == operation::compare_and_erase;
    location at;
    table* replaced = nullptr;
    {
      const std::lock_guard lock(mutex_);
      at = find_locked(hash, key, equal);
      if (at.found != nullptr) guard.reset_protection(at.found);
      const bool counts = at.where == place::dirty  ? counts_found
                          : at.where == place::none ? counts_absent
                                                    : false;
      if (counts && load().amended()) {
        replaced = missed_locked();
        if (at.where == place::dirty && !load().amended()) at.where = place::read;  // promoted
      }
    }
    retire_table(replaced);
    return at;
  }

  // Promotes dirty, if there is one.
  void promote() {
    table* replaced = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (load().amended()) replaced = promote_locked();
    }
    retire_table(replaced);
  }

  void clear() {
    const auto is_clear = [](read r) {
      return !r.amended() && (r.table() == nullptr || r.table()->size() == 0);
    };
    {
      const hazard_scope<P, 1> guard;  // not while the table is retired: it would be kept
      if (is_clear(protect(guard[0]))) return;
    }
    table* old_read = nullptr;
    table* old_dirty = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (is_clear(load())) return;
      const std::uint32_t next = (generation_locked() + 1) & ((1U << generation_bits) - 1);
      generation_.store(next, std::memory_order_release);  // S2 release
      counter_.restart(next);
      old_dirty = std::exchange(dirty_, nullptr);
      old_read = publish_locked(nullptr, false);
      misses_since_ = 0;
      forget_dirty();
    }
    retire_table(old_read);
    retire_table(old_dirty);
  }

  // Hands over what was unlinked or replaced. The mutex is free: this may run destructors.
  template <class X>
  void retire_later(X* object, std::size_t bytes = sizeof(X)) noexcept {
    // relaxed (statistic): the destructor, which asks, comes after every operation.
    if (!has_retired_.load(std::memory_order_relaxed)) {
      has_retired_.store(true, std::memory_order_relaxed);  // relaxed (statistic)
    }
    detail::retire<P>(object, bytes);
  }

  void retire_later(const removal& removed) noexcept {
    if (removed.last != nullptr) retire_later(removed.last);
    retire_table(removed.replaced);
  }

  // What a new entry needs: its hash, a table of this capacity, and the stripes to count it on.
  [[nodiscard]] std::uint64_t mixed(std::size_t hash) noexcept { return mix(hash, seed_.draw()); }
  [[nodiscard]] typename table::pointer make_table(const M& from, std::size_t capacity) {
    return table::make(from, capacity, seed_.draw());
  }
  void prepare_counting(const M& from) { counter_.prepare(from); }

  void count_added(std::uint32_t generation) noexcept {
    counter_.add(generation, hazard_domain<P>::thread_index());
  }
  void count_removed(std::uint32_t generation) noexcept {
    counter_.remove(generation, hazard_domain<P>::thread_index());
  }
  // Bounded, so that it ends whatever others do; more clears than this during one call end it too.
  [[nodiscard]] std::size_t size() const noexcept {
    if constexpr (SYNCMAP_ASSERTS) static_cast<void>(load());
    std::uint32_t generation = generation_.load(std::memory_order_acquire);  // S2 acquire
    for (int attempt = 0;; ++attempt) {
      const std::size_t total = counter_.total(generation);
      const std::uint32_t now = generation_.load(std::memory_order_acquire);  // S2 acquire
      if (now == generation || attempt == 16) return total;
      generation = now;
    }
  }
  [[nodiscard]] map_stats stats() const {
    map_stats result;
    {
      const hazard_scope<P, 1> guard;
      if (const table* const current = protect(guard[0]).table()) {
        result.bytes = current->bytes();
        result.capacity = current->max_load();
        result.longest_probe = current->longest_probe();
      }
    }
    const std::size_t dirty = dirty_bytes_.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.entries = size();
    result.capacity = larger(larger(result.capacity, table::max_load_of(dirty)),
                             // relaxed (statistic)
                             larger(result.entries, reserved_.load(std::memory_order_relaxed)));
    result.bytes += counter_.bytes() + dirty + result.entries * Entry::bytes_of_live();
    result.retired_bytes = hazard_domain<P>::global().retired_bytes();
    result.promotions = promotions_.load(std::memory_order_relaxed);  // relaxed (statistic)
    result.misses = misses_.load(std::memory_order_relaxed);          // relaxed (statistic)
    result.expunged = expunged_.load(std::memory_order_relaxed);      // relaxed (statistic)
    return result;
  }

  // Starts to bring near what reads of these hashes will look at: a bucket, and an entry that it may have.
  void prefetch(const std::size_t* hashes, std::size_t count) const noexcept {
    if (!hazard_leaf<P>::can_be_had()) return;
    const hazard_leaf<P> guard;
    const table* const current = guard.protect([this] { return load(); }).table();
    if (current == nullptr) return;
    for (std::size_t i = 0; i < count; ++i) current->prefetch_bucket(hashes[i]);
    for (std::size_t i = 0; i < count; ++i) current->prefetch_entry(hashes[i]);
  }

  // How large a table must be to have all entries of `from`, which may be null, and one more, or as many
  // as were asked for.
  [[nodiscard]] std::size_t room_beside(const table* from) const noexcept {
    const std::size_t entries = (from == nullptr ? 0 : from->size()) + 1;
    // relaxed (statistic): a wish
    return table::capacity_for(larger(entries, reserved_.load(std::memory_order_relaxed)));
  }

  // Every table from the next on has room for so many entries. Throws std::bad_alloc.
  void reserve(const M& from, std::size_t entries) {
    static_cast<void>(make_table(from, table::capacity_for(entries)));
    std::size_t now = reserved_.load(std::memory_order_relaxed);  // relaxed (statistic)
    // relaxed (statistic), on failure too.
    while (now < entries &&
           !reserved_.compare_exchange_weak(
               now, entries, std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
  }

  // Makes read the one table, as small as it can be, without keys that have no value. Other writes may make
  // that vain: it tries a few times. Throws std::bad_alloc.
  void shrink(const M& from) {
    reserved_.store(0, std::memory_order_relaxed);  // relaxed (statistic)
    for (int patience = 16; patience > 0; --patience) {
      promote();
      const std::size_t live = size();
      auto smaller = make_table(from, table::capacity_for(live));
      table* replaced = nullptr;
      bool done = false;
      {
        const std::lock_guard lock(mutex_);
        done = shrink_locked(smaller, replaced);
      }
      retire_table(replaced);
      if (done) return;
    }
  }

  // --- with the lock

  [[nodiscard]] typename P::mutex& mutex() noexcept { return mutex_; }

  // Looks in read, then in dirty. Changes nothing. Throws what `equal` throws.
  template <class K, class KeyEqual>
  [[nodiscard]] location find_locked(std::size_t hash, const K& key, const KeyEqual& equal) const {
    const read r = load();
    location at{.generation = generation_locked()};
    if (r.table() != nullptr) at.found = r.table()->find(hash, key, equal);
    if (at.found != nullptr) {
      at.where = place::read;
    } else if (r.amended()) {
      at.found = dirty_->find(hash, key, equal);
      if (at.found != nullptr) at.where = place::dirty;
    }
    if (!r.amended()) {
      at.room = room_beside(r.table());
    } else if (!dirty_->has_room()) {
      at.room = room_beside(dirty_);
    }
    return at;
  }

  // Makes sure that dirty exists and takes one more entry, with the table that was prepared; false if
  // that does not suffice any more. A table that it outgrows is left to the caller, to be freed after
  // the unlock. The published `amended` comes after the copy: misses in read stay
  // the truth, without the lock, while the copy is made.
  bool make_room_locked(typename table::pointer& spare,
                        typename table::pointer& outgrown) noexcept {
    if (dirty_ != nullptr && dirty_->has_room()) return true;
    table* const current = dirty_ != nullptr ? dirty_ : load().table();
    if (spare == nullptr || spare->capacity() < room_beside(current)) return false;
    spare->set_generation(generation_locked());
    if (dirty_ != nullptr) {
      spare->move_from(*dirty_);
      outgrown.reset(std::exchange(dirty_, spare.release()));
      count_dirty_bytes();
      return true;
    }
    if (current != nullptr) {
      SYNCMAP_PROBE2(copy_start, this, current->size());
      std::uint32_t expunged = 0;
      spare->copy_from(*current, [&expunged](Entry& one) {
        const bool is_expunged = one.try_expunge_locked();
        if (is_expunged) ++expunged;
        return !is_expunged;
      });
      expunged_.store(expunged, std::memory_order_relaxed);  // relaxed (statistic)
      SYNCMAP_PROBE2(copy_end, this, spare->size());
    }
    dirty_ = spare.release();
    count_dirty_bytes();
    publish_locked(current, true);
    return true;
  }

  // REQUIRES: make_room_locked(), and no entry of dirty has this key.
  void add_to_dirty_locked(Entry* one) noexcept { dirty_->insert(one); }
  // The same with an entry of read that was expunged, and is not any more.
  void take_back_locked(Entry* one) noexcept {
    one->hold();
    dirty_->insert(one);
    // relaxed (statistic)
    expunged_.store(expunged_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }

  // Takes `one` out of dirty, and counts the miss if locate() has not. REQUIRES: dirty has it.
  [[nodiscard]] removal remove_from_dirty_locked(Entry* one, bool counts) noexcept {
    dirty_->remove(one);
    Entry* const last = one->drop() ? one : nullptr;
    return {last, counts ? missed_locked() : nullptr};
  }

 private:
  friend struct read_dirty_inspector;  // tests

  // Returns the table that is replaced, to be retired after the unlock.
  table* publish_locked(table* next, bool amended) noexcept {
    table* const before = load().table();
    read_.store(read(next, amended), std::memory_order_seq_cst);  // S1 release, T1
    return before == next ? nullptr : before;
  }

  // Counts a miss. Returns a table to be retired after the unlock if that promoted dirty.
  table* missed_locked() noexcept {
    // relaxed (locked)
    misses_.store(misses_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (++misses_since_ < dirty_->size()) return nullptr;
    return promote_locked();
  }

  // Publishes the entries of read that have a value in `smaller`; false if more has come meanwhile. The
  // others are expunged, so that a store that still finds one takes the lock, and sees that it is gone.
  bool shrink_locked(typename table::pointer& smaller, table*& replaced) noexcept {
    table* const before = load().table();
    if (load().amended()) return false;
    if (before == nullptr) return true;
    bool fits = true;
    smaller->copy_from(*before, [&](Entry& one) {
      if (one.try_expunge_locked()) return false;
      fits = fits && smaller->has_room();
      return fits;
    });
    if (!fits) {
      smaller->drop_entries([](Entry*) {});  // read has them
      before->for_each([](Entry* one) { static_cast<void>(one->try_unexpunge_locked()); });
      return false;
    }
    smaller->set_generation(generation_locked());
    replaced = publish_locked(smaller->size() == 0 ? nullptr : smaller.release(), false);
    return true;
  }

  // REQUIRES: there is a dirty table.
  table* promote_locked() noexcept {
    misses_since_ = 0;
    // relaxed (locked)
    promotions_.store(promotions_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    table* const promoted = std::exchange(dirty_, nullptr);
    SYNCMAP_PROBE2(promotion, this, promoted->size());
    forget_dirty();
    return publish_locked(promoted, false);
  }

  // Statistics.
  void count_dirty_bytes() noexcept {
    dirty_bytes_.store(dirty_->bytes(), std::memory_order_relaxed);  // relaxed (statistic)
  }
  void forget_dirty() noexcept {
    dirty_bytes_.store(0, std::memory_order_relaxed);  // relaxed (statistic)
    expunged_.store(0, std::memory_order_relaxed);     // relaxed (statistic)
  }

  std::uint32_t generation_locked() const noexcept {
    return generation_.load(std::memory_order_relaxed);  // relaxed (locked)
  }

  void retire_table(table* old) noexcept {
    if (old != nullptr) retire_later(old, old->bytes());
  }

  // Read by everybody, written when the map's structure changes.
  atomic<read> read_{};
  map_seed<P> seed_;  // the same for all tables, which store mixed hashes
  atomic<std::size_t> reserved_{0};
  atomic<std::size_t> dirty_bytes_{0};
  atomic<std::uint32_t> promotions_{0};
  atomic<std::uint32_t> expunged_{0};
  atomic<bool> has_retired_{false};
  striped_counter<M> counter_;

  // Guarded by the mutex; the atomics are read without it, for statistics and by size().
  alignas(cache_line) typename P::mutex mutex_;
  var<table*> dirty_{nullptr};
  var<std::uint32_t> misses_since_{0};   // since the last promotion or clear
  atomic<std::uint32_t> generation_{0};  // the number of clears
  atomic<std::size_t> misses_{0};
};

}  // namespace syncmap::inline v0_1::detail
