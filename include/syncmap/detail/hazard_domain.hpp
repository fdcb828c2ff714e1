// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// hazard_domain.hpp -- hazard pointers: who reads an object says so, and whoever wants to free it
// looks. Here is what threads share; hazard.hpp has what an operation holds.
//
// Names follow C++26 [saferecl.hp] (P2530). The method is Michael's ("Hazard pointers: safe memory
// reclamation for lock-free objects", 2004), with the reader's fence replaced by asym_fence:T1.
//
//   thread --> record { own slots, cache of free units, list of retired objects }
//   domain --> record -> record -> ...       domain --> unit { slots } -> unit -> ...
//
// An operation protects with its thread's own slots, which costs it no more than a flag. Operations
// inside that operation (from a callback), and hazard pointers that outlive it, take a unit.
//
// Invariants
//   I1  Records and units are linked once and never freed: whoever walks the lists needs no care.
//   I2  A unit is in exactly one place: in use, in one record's cache, or unused.
//   I3  The slots of a unit that is not in use, and a record's own while it is not busy, hold null.
//   I4  An object is retired once, after no new reader can reach it (or could, but would look again and
//       let go: node_slot:I2), and freed only by a pass that took it off its list, then executed the
//       heavy fence, then saw no slot that holds it.
//   I5  User code (destructors) runs in a pass that holds no lock, and no list but that of the objects
//       it destroys: it may use any map, retire, and pass again. But whoever calls reclaim(), or
//       destroys a map, waits for passes under way: he must not hold a lock that a destructor takes.
//
// Synchronization
//   S1 link-list      release: link()            acquire: first()
//      Carries the constant fields of records and units.
//   S2 hand-record    release: let_go()          acquire: claim()
//      Carries the fields that only the owner of a record touches.
//   S3 hand-retired   release: push()            acquire: take_list()
//      Carries the retired objects, and in the other direction (the exchange is both) that a pass
//      announced itself before it took them (S5).
//   S4 clear-slot     release: reset_protection(), asym_fence's announce()   acquire: pass()
//      Carries every access of the reader to what the slot held before. A relaxed store would not:
//      since C++20 it does not continue the release sequence of the announcement before it.
//   S5 pass-mark      release: pass()            acquire: passes_of_others()
//      Carries the destructions of a pass, and what it put back, to whoever waits for it.
//   S6 free-unit      release: put_unit()        acquire: take_unit_slow()
//      Carries the nulls that the slots hold (I3).
//   T1 announce-scan  light: protector's announce()          heavy: pass()
//      The two cases of asym_fence:T1. Either the pass sees the announcement and keeps the object, or
//      the reader's second load comes after the object was made unreachable, differs, and the reader
//      tries again. A unit linked too late for the pass to see belongs to the second case.
//
// Bounds: a thread keeps at most reclaim_batch retired objects (weighed by size) that nobody
// protects, plus those that some slot protected when it looked, at most one for each slot in use in
// the process. What a pass sets free in turn, and the nodes of a table that was cleared, which are retired
// a few at a time, wait for the thread's next write. What a thread retires without a record (it never
// protected anything, or its thread-local destructors have run) waits for a pass of another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/retired.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class P>
class SYNCMAP_SHARED hazard_domain {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using obj = hazard_pointer_obj_base;

 public:
  using slot = atomic<const void*>;
  static constexpr std::size_t slots_per_unit = 3;

  struct slot_set {
    slot each[slots_per_unit] = {};
  };

  struct alignas(cache_line) unit : slot_set {
    unit* next = nullptr;  // constant once linked
    atomic<bool> used{true};
  };

  struct alignas(cache_line) record : slot_set {  // its own slots
    static constexpr std::size_t cache_size = 8;

    constexpr record(std::size_t at, bool shared) noexcept
        : use(shared ? in_use : 0), is_shared(shared), index(at) {}

    // What a thread's pointer shows before its first operation, and after our thread-local destructor.
    // Shared between threads: always busy, and only their lists of retired objects are used.
    static record unattached;
    static record exited;

    // Touched by the owner (S2).
    static constexpr std::uint8_t in_use = 1;  // its own slots are in use
    static constexpr std::uint8_t costly = 2;  // an announcement needs a full fence
    std::uint8_t use;
    const bool is_shared;
    std::size_t cached = 0;
    unit* cache[cache_size] = {};
    // Constant once linked.
    record* next = nullptr;
    const std::size_t index;
    // Touched by the owner (S2).
    std::size_t pending = 0;  // weight of what was retired since the last pass
    std::size_t depth = 0;    // of passes within destructors within passes
    std::size_t heavy = 0;    // what a write adds to `pending`: see reclaim_if_due()
    std::size_t kept = 0;     // objects that the last pass has put back
    bool at_once = false;     // it is in reclaim(): what goes in parts otherwise, goes whole
    // Statistics, of what this record's threads have retired and destroyed so far.
    atomic<std::size_t> bytes_retired{0};
    atomic<std::size_t> bytes_destroyed{0};
    // Any thread.
    atomic<bool> owned{true};
    atomic<obj*> retired{nullptr};
    atomic<std::uint64_t> pass_mark{0};  // the process, and a count of passes begun and ended
  };

  static hazard_domain& global() noexcept;

  // The calling thread's record, if it has one whose own slots are free.
  static record& this_record() noexcept { return *P::template this_thread<record>(); }

  // For a thread whose record is busy: makes it one, if it has none yet, and says whether that one
  // is free. Throws std::bad_alloc if a new record is needed and memory is out.
  SYNCMAP_NOINLINE bool attach() {
    record*& current = P::template this_thread<record>();
    if (current != &record::unattached) return false;
    P::prepare_fences();
    record* const mine = claim();
    if (current == &record::unattached) {
      current = mine;
      P::template at_thread_exit<record>(&detach);
    } else {  // an allocation function that uses a map came first
      let_go(*mine);
    }
    return true;
  }

  // Slots for the calling thread, all null. Throws std::bad_alloc if no unit is free and memory is out.
  unit* take_unit() {
    record& mine = this_record();
    return mine.cached != 0 ? mine.cache[--mine.cached] : take_unit_slow();
  }

  // REQUIRES: the slots hold null.
  void put_unit(unit* one) noexcept {
    record& mine = this_record();
    if (!mine.is_shared && mine.cached < record::cache_size) {
      mine.cache[mine.cached++] = one;
    } else {
      one->used.store(false, std::memory_order_release);  // S6 release
    }
  }

  // Hands over an object that no new reader can reach. `bytes` is what freeing it gives back, `urgency`
  // how many bytes it is to count for. May run destructors of retired objects: the caller holds no lock.
  void retire(obj* object, std::size_t bytes, std::size_t urgency) noexcept {
    record& mine = this_record();
    push(mine, object);
    count(mine, mine.bytes_retired, bytes);
    if (mine.is_shared) return;
    const std::size_t weight = 1 + urgency / P::reclaim_bytes;
    mine.pending += weight;
    if (weight > P::reclaim_batch) mine.heavy = P::reclaim_batch / 16;
    reclaim_if_due();
  }

  // One pass, if enough has come together: what that sets free in turn waits for the next call, so that none
  // does more than its share. The caller holds no lock. While an object that was due by itself may still be
  // there, because somebody protected it, every call counts: it does not wait for as many as a small one.
  static void reclaim_if_due() noexcept {
    record& mine = this_record();
    if (mine.heavy != 0) mine.pending += mine.heavy;  // never of a shared record
    if (mine.pending < P::reclaim_batch) [[likely]]
      return;
    if (mine.depth != 0) return;
    mine.pending = 0;
    mine.kept = 0;
    global().pass(mine, false);
    mine.heavy = mine.kept == 0 ? 0 : (mine.heavy + 1) / 2;
  }

  // On return everything that was retired before the call, and all that this set free in turn, has been
  // destroyed, except what a slot protects. Blocks while another thread destroys such objects; called from a
  // destructor that a pass runs, it does not wait.
  void reclaim() noexcept {
    const borrowed_record borrowed(*this);
    if (borrowed.mine == nullptr) return;
    record& mine = *borrowed.mine;
    const bool outer = std::exchange(mine.at_once, true);
    // While other threads keep retiring there is no end to it: then this many looks are enough.
    for (int patience = 64; patience > 0;) {
      const std::uint64_t before = passes_of_others(mine, false);
      const std::size_t freed = pass(mine, true);
      // What that set free in turn nobody else can see: it is destroyed whatever others do, and has an end.
      for (std::size_t more = freed; more != 0;) more = pass(mine, false);
      // A pass that ran meanwhile may have put back, or retired, what ours could not see.
      const bool others = passes_of_others(mine, mine.depth == 0) != before;
      if (!others && freed == 0) break;
      if (others) --patience;
    }
    mine.at_once = outer;
  }
  static bool reclaims_at_once() noexcept { return this_record().at_once; }

  // What was retired, by any map, and has not been destroyed yet. Wait-free.
  [[nodiscard]] std::size_t retired_bytes() const noexcept {
    std::size_t difference = 0;
    const auto add = [&difference](const record& each) {
      // relaxed (statistic): a destruction may be seen before its retirement, hence the clamp below.
      difference += each.bytes_retired.load(std::memory_order_relaxed) -
                    each.bytes_destroyed.load(std::memory_order_relaxed);  // relaxed (statistic)
    };
    add(record::unattached);
    add(record::exited);
    for (const record* each = first(records_); each != nullptr; each = each->next) add(*each);
    return difference > static_cast<std::size_t>(-1) / 2 ? 0 : difference;
  }

  // Does the calling thread run destructors of what it reclaims? Then it must not wait for others.
  static bool is_in_pass() noexcept { return this_record().depth != 0; }

  // A number from 1 on that differs between threads that run at the same time, the smaller the fewer
  // there are; 0 for threads without a record.
  static std::size_t thread_index() noexcept { return this_record().index; }

 private:
  // --- lists that only grow (I1)

  template <class X>
  static X* first(const atomic<X*>& list) noexcept {
    return list.load(std::memory_order_acquire);  // S1 acquire
  }

  template <class X>
  static void link(atomic<X*>& list, X* fresh) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    fresh->next = list.load(std::memory_order_relaxed);
    // S1 release. Failure: relaxed (revalidated).
    while (!list.compare_exchange_weak(
        fresh->next, fresh, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // --- records

  // A record for a thread that has none: one that another thread left, or a new one.
  record* claim() {
    for (record* each = first(records_); each != nullptr; each = each->next) {
      bool expected = false;
      // S2 acquire. Failure: relaxed (revalidated), the record is not touched.
      if (each->owned.compare_exchange_strong(
              expected, true, std::memory_order_acquire, std::memory_order_relaxed)) {
        return each;
      }
    }
    // relaxed (statistic): only that numbers differ matters.
    const std::size_t index = 1 + record_count_.fetch_add(1, std::memory_order_relaxed);
    record* const fresh = detail::make<P, record>(index, false);
    if (!P::announces_lightly()) fresh->use = record::costly;
    link(records_, fresh);
    return fresh;
  }

  static void let_go(record& mine) noexcept {
    mine.owned.store(false, std::memory_order_release);  // S2 release
  }

  // Runs when a thread ends. What it retired stays in its record, for the next pass of any thread:
  // no user code runs here, where thread-locals that it may need are already gone.
  static void detach() noexcept {
    record*& current = P::template this_thread<record>();
    record& mine = *std::exchange(current, &record::exited);
    if (mine.is_shared) return;
    if (mine.depth != 0) {  // a destructor has called exit(): its pass will not be resumed
      mine.depth = 0;
      mine.at_once = false;
      mine.pass_mark.fetch_add(1, std::memory_order_release);  // S5 release
    }
    let_go(mine);
  }

  // Gives a thread without a record one for the duration of a call.
  struct borrowed_record {
    explicit borrowed_record(hazard_domain& domain) noexcept
        : before(P::template this_thread<record>()), mine(before) {
      if (!before->is_shared) return;
      mine = nullptr;
      completes([&] { mine = domain.claim(); });
      if (mine != nullptr) P::template this_thread<record>() = mine;
    }
    borrowed_record(const borrowed_record&) = delete;
    borrowed_record& operator=(const borrowed_record&) = delete;
    ~borrowed_record() {
      if (mine == nullptr || mine == before) return;
      P::template this_thread<record>() = before;
      let_go(*mine);
    }
    record* const before;
    record* mine;
  };

  // --- units

  SYNCMAP_NOINLINE unit* take_unit_slow() {
    attach();
    std::size_t seen = 0;
    for (unit* each = first(units_); each != nullptr; each = each->next, ++seen) {
      bool used = false;
      // S6 acquire. Failure: relaxed (revalidated), the unit is not touched.
      if (each->used.compare_exchange_strong(
              used, true, std::memory_order_acquire, std::memory_order_relaxed)) {
        return each;
      }
    }
    unit* const mine = detail::make<P, unit>();
    link(units_, mine);
    // A quarter more, so that searching in vain gets rare when units get many.
    completes([&] {
      for (; seen >= 4; seen -= 4) {
        unit* const more = detail::make<P, unit>();
        more->used.store(false, std::memory_order_relaxed);  // relaxed (unpublished)
        link(units_, more);
      }
    });
    return mine;
  }

  // --- retired objects

  static void count(const record& mine, atomic<std::size_t>& total, std::size_t bytes) noexcept {
    if (mine.is_shared) {
      total.fetch_add(bytes, std::memory_order_relaxed);  // relaxed (statistic)
    } else {
      // relaxed (statistic): nobody else writes it.
      total.store(total.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }
  }

  static void push(record& to, obj* object) noexcept {
    // relaxed (revalidated): the exchange below checks it.
    object->next_retired = to.retired.load(std::memory_order_relaxed);
    // S3 release. Failure: relaxed (revalidated).
    while (!to.retired.compare_exchange_weak(
        object->next_retired, object, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // Takes the retired objects of this thread and of no thread (of every thread, if `everyone`),
  // destroys those that no slot protects, and puts the others back. Returns how many it destroyed.
  std::size_t pass(record& mine, bool everyone) noexcept {
    if (mine.depth++ == 0) {
      const auto count = mine.pass_mark.load(std::memory_order_relaxed) + 1;  // relaxed (own)
      // Odd: under way. relaxed (after S3): the exchange that takes a list publishes it.
      mine.pass_mark.store((P::process() << 32) | (count & 0xffffffffU), std::memory_order_relaxed);
    }
    SYNCMAP_PROBE2(reclaim_start, mine.index, everyone);
    retired_batch taken;
    bool any = taken.add(take_list(record::unattached));
    any |= taken.add(take_list(record::exited));
    for (record* each = first(records_); each != nullptr; each = each->next) {
      // relaxed (statistic): a list that looks owned waits for another pass.
      if (everyone || each == &mine || !each->owned.load(std::memory_order_relaxed)) {
        any |= taken.add(take_list(*each));
      }
    }
    const std::size_t freed = any ? destroy_unprotected(mine, taken) : 0;
    if (--mine.depth == 0) mine.pass_mark.fetch_add(1, std::memory_order_release);  // S5 release
    SYNCMAP_PROBE2(reclaim_end, mine.index, freed);
    return freed;
  }

  static obj* take_list(record& from) noexcept {
    // S3 acquire: an empty list too carries the mark of the pass that emptied it.
    if (from.retired.load(std::memory_order_acquire) == nullptr) return nullptr;
    return from.retired.exchange(nullptr, std::memory_order_acq_rel);  // S3 acquire, S3 release
  }

  std::size_t destroy_unprotected(record& mine, retired_batch& taken) noexcept {
    const bool fenced = P::fence_heavy();  // T1
    const auto keep = [&](const slot& one) {
      const void* const address = one.load(std::memory_order_acquire);  // S4 acquire, T1
      if (address == nullptr) return;
      if (obj* const object = taken.extract(address)) {
        push(mine, object);
        ++mine.kept;
      }
    };
    for (record* each = first(records_); each != nullptr && fenced; each = each->next) {
      for (const slot& one : each->each) keep(one);
    }
    for (unit* each = first(units_); each != nullptr && fenced; each = each->next) {
      for (const slot& one : each->each) keep(one);
    }
    std::size_t freed = 0;
    std::size_t bytes = 0;
    for (obj* list : taken.heads) {
      while (list != nullptr) {
        obj* const object = std::exchange(list, list->next_retired);
        if (fenced) {
          bytes += object->reclaim(object);
          ++freed;
        } else {
          push(mine, object);
        }
      }
    }
    count(mine, mine.bytes_destroyed, bytes);
    return freed;
  }

  // A number that changes whenever another thread begins or ends a pass. Waits first, if asked to,
  // for those that are under way. In the child of a fork, those of the parent are not.
  std::uint64_t passes_of_others(const record& mine, bool wait) noexcept {
    std::uint64_t sum = 0;
    for (const record* each = first(records_); each != nullptr; each = each->next) {
      if (each == &mine) continue;
      std::uint64_t mark = each->pass_mark.load(std::memory_order_acquire);  // S5 acquire
      const std::uint64_t seen = mark;
      while (wait && mark == seen && mark % 2 != 0 && mark >> 32 == P::process()) {
        P::yield();
        mark = each->pass_mark.load(std::memory_order_acquire);  // S5 acquire
      }
      sum += mark;
    }
    return sum;
  }

  atomic<record*> records_{nullptr};
  atomic<unit*> units_{nullptr};
  atomic<std::size_t> record_count_{0};
};

template <class P>
constinit inline typename hazard_domain<P>::record hazard_domain<P>::record::unattached{0, true};
template <class P>
constinit inline typename hazard_domain<P>::record hazard_domain<P>::record::exited{0, true};

// Never destroyed: threads and maps that outlive static destruction find it in place.
template <class P>
SYNCMAP_SHARED inline constinit hazard_domain<P> hazard_domain_v{};

template <class P>
hazard_domain<P>& hazard_domain<P>::global() noexcept {
  return hazard_domain_v<P>;
}

}  // namespace syncmap::inline v0_1::detail
