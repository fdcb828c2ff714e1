// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group.hpp -- sixteen slots of the group table: what guards them, and what says which are taken.
//
//   group          32 bytes: a state word, sixteen tags of one byte, a link to more slots
//   overflow       a group with its slots, for entries that found the sixteen before it taken
//
// The *tag* of a slot is 0 if the slot is empty, else eight bits of its key's hash. The slots lie
// elsewhere (group_table.hpp), so that a search for an absent key touches compact memory. Tags and
// slots are changed only under the group's lock, which also guards the overflow groups behind it;
// readers look at everything without it.
//
// Invariants
//   I1  A slot whose tag is not 0 holds an entry, whole and reachable. An insert fills the slot before
//       it sets the tag; an erase clears the tag before it empties the slot.
//   I2  An insert, an erase and a forwarding change the version when they unlock. So between two
//       loads of the state that show one version no slot came to hold another key: at most, at the
//       end, an insert or erase that has not unlocked yet. An update of a value keeps the version.
//   I3  A group is forwarded once and for all; its tags and slots do not change any more.
//   I4  If a key is in an overflow group, the state's filter has the bit of its hash. The filter is
//       empty if and only if the overflow groups are.
//   I5  An overflow group stays linked as long as its table lives.
//
// Synchronization
//   S1 lock           release: unlock(), publish()   acquire: try_lock()
//      Carries tags, slots and links from one holder of the lock to the next.
//   S2 version        release: unlock(), publish()   acquire: state(), is_still()
//      Carries tags, slots and links as of that unlock, the slots of a forwarded group's successor,
//      and the entry behind a filter bit.
//   S3 tag            release: set_tag()             acquire: match()
//      Carries the slot (I1); through the 0 of an erase, what its thread did before.
//   S4 overflow-link  release: link()                acquire: more()
//      Carries the empty overflow group.
//   T1 group-order    sites: state(), publish(), match(), set_tag()
//      Sequentially consistent: operations on different keys take effect in one order that all
//      threads agree on (two threads that each store a key and then load the other's cannot both
//      miss). A single lock's release would not give that.

#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>

namespace syncmap::inline v0_1::detail {

// How many slots a group has.
inline constexpr std::size_t group_slots = 16;

// Never 0, which marks an empty slot.
inline std::uint8_t tag_of(std::uint64_t hash) noexcept {
  const auto low = static_cast<std::uint8_t>(hash);
  return static_cast<std::uint8_t>(low + (low == 0 ? 1 : 0));
}

// lock : 1 | forwarded : 1 | unused : 6 | filter : 8 | version : 48
class group_state {
 public:
  constexpr group_state() noexcept = default;
  explicit constexpr group_state(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  [[nodiscard]] constexpr bool is_locked() const noexcept { return (bits_ & lock_bit) != 0; }
  // The entries are in the next table.
  [[nodiscard]] constexpr bool is_forwarded() const noexcept {
    return (bits_ & forwarded_bit) != 0;
  }
  // May a key with this hash be in an overflow group?
  [[nodiscard]] constexpr bool may_overflow(std::uint64_t hash) const noexcept {
    return (bits_ & filter_bit(hash)) != 0;
  }
  [[nodiscard]] constexpr bool overflows() const noexcept { return (bits_ & filter_bits) != 0; }
  [[nodiscard]] constexpr bool is_same_version(group_state other) const noexcept {
    return ((bits_ ^ other.bits_) & ~lock_bit) == 0;
  }

  // Of an unlocked state.
  [[nodiscard]] constexpr group_state locked() const noexcept {
    return group_state(bits_ | lock_bit);
  }
  [[nodiscard]] constexpr group_state changed() const noexcept {
    return group_state(bits_ + version_one);
  }
  [[nodiscard]] constexpr group_state forwarded() const noexcept {
    return group_state(changed().bits_ | forwarded_bit);
  }
  [[nodiscard]] constexpr group_state with_overflow(std::uint64_t hash) const noexcept {
    return group_state(bits_ | filter_bit(hash));
  }
  [[nodiscard]] constexpr group_state without_overflow() const noexcept {
    return group_state(bits_ & ~filter_bits);
  }

 private:
  static constexpr std::uint64_t lock_bit = 1;
  static constexpr std::uint64_t forwarded_bit = 2;
  static constexpr std::uint64_t filter_bits = 0xff00;
  static constexpr std::uint64_t version_one = 0x10000;
  static constexpr std::uint64_t filter_bit(std::uint64_t hash) noexcept {
    return std::uint64_t{0x100} << ((hash >> 8) & 7);  // the tag has the bits below
  }

  std::uint64_t bits_ = 0;
};

template <class Slot, class P>
struct overflow_group;

template <class Slot, class P>
class alignas(32) group {
  template <class X>
  using atomic = typename P::template atomic<X>;
  using overflow = overflow_group<Slot, P>;

 public:
  // A set of slots, bit i for slot i.
  using mask = std::uint32_t;
  static constexpr mask all_slots = 0xffff;

  group() noexcept = default;

  [[nodiscard]] group_state state() const noexcept {
    return group_state(state_.load(std::memory_order_seq_cst));  // S2 acquire, T1
  }
  // Has no other key come to a slot since `seen`?
  [[nodiscard]] bool is_still(group_state seen) const noexcept {
    return group_state(state_.load(std::memory_order_acquire))  // S2 acquire
        .is_same_version(seen);
  }

  // Takes the lock, if nothing has changed since `seen`, which is not locked.
  [[nodiscard]] bool try_lock(group_state seen) noexcept {
    std::uint64_t expected = seen.bits();
    // S1 acquire. Failure: relaxed (revalidated).
    return state_.compare_exchange_strong(
        expected, seen.locked().bits(), std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock(group_state next) noexcept {
    state_.store(next.bits(), std::memory_order_release);  // S1 release, S2 release
  }
  // An unlock that makes something visible: a filter bit, or the successor.
  void publish(group_state next) noexcept {
    state_.store(next.bits(), std::memory_order_seq_cst);  // S1 release, S2 release, T1
  }
  // Before the group can be reached.
  void start(group_state first) noexcept {
    state_.store(first.bits(), std::memory_order_relaxed);  // relaxed (unpublished)
  }

  // The slots that have this tag; 0: that are empty.
  [[nodiscard]] mask match(std::uint8_t tag) const noexcept {
    if constexpr (has_wide_load && std::is_same_v<atomic<int>, std::atomic<int>>) {
      return match_bytes_at(&tags_, tag);  // S3 acquire, T1
    } else {
      const std::uint64_t low = tags_[0].load(std::memory_order_seq_cst);   // S3 acquire, T1
      const std::uint64_t high = tags_[1].load(std::memory_order_seq_cst);  // S3 acquire, T1
      return match_bytes(low, high, tag);
    }
  }
  [[nodiscard]] mask taken() const noexcept { return ~match(0) & all_slots; }

  // REQUIRES: the lock.
  void set_tag(std::size_t index, std::uint8_t tag) noexcept {
    atomic<std::uint64_t>& eight = tags_[index / 8];
    eight.store(with_tag(eight, index, tag), std::memory_order_seq_cst);  // S3 release, T1
  }
  // The same, before the group can be reached.
  void start_tag(std::size_t index, std::uint8_t tag) noexcept {
    atomic<std::uint64_t>& eight = tags_[index / 8];
    // relaxed (unpublished)
    eight.store(with_tag(eight, index, tag), std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint8_t tag(std::size_t index) const noexcept {
    // relaxed (locked)
    return static_cast<std::uint8_t>(tags_[index / 8].load(std::memory_order_relaxed) >>
                                     (index % 8 * 8));
  }

  [[nodiscard]] overflow* more() const noexcept {
    return more_.load(std::memory_order_acquire);  // S4 acquire
  }
  // REQUIRES: the lock, or that the group cannot be reached.
  void link(overflow* next) noexcept {
    more_.store(next, std::memory_order_release);  // S4 release
  }

 private:
  static std::uint64_t with_tag(const atomic<std::uint64_t>& eight, std::size_t index,
                                std::uint8_t tag) noexcept {
    const std::size_t shift = index % 8 * 8;
    const std::uint64_t others = eight.load(std::memory_order_relaxed) &
                                 ~(std::uint64_t{0xff} << shift);  // relaxed (locked)
    return others | std::uint64_t{tag} << shift;
  }

  atomic<std::uint64_t> state_{0};
  atomic<std::uint64_t> tags_[group_slots / 8] = {};
  atomic<overflow*> more_{nullptr};
};

template <class Slot, class P>
struct overflow_group {
  group<Slot, P> head;
  Slot slots[group_slots] = {};
  overflow_group* next_owned = nullptr;  // of one table (group_table.hpp)
  std::size_t depth = 0;                 // how many are linked up to this one: constant then
};

// Sixteen slots and their tags: those of a group, or of an overflow group behind it.
template <class Slot, class P>
struct group_part {
  group<Slot, P>* head = nullptr;
  Slot* slots = nullptr;

  explicit operator bool() const noexcept { return head != nullptr; }
  [[nodiscard]] group_part next() const noexcept {
    overflow_group<Slot, P>* const more = head->more();
    return more == nullptr ? group_part() : group_part{&more->head, more->slots};
  }
};

// One slot.
template <class Slot, class P>
struct group_position {
  group_part<Slot, P> part;
  std::size_t index = 0;
  bool in_overflow = false;

  explicit operator bool() const noexcept { return static_cast<bool>(part); }
  [[nodiscard]] Slot& slot() const noexcept { return part.slots[index]; }
};

// Calls `f` with the slots that are taken, those in overflow groups too, until it returns false; then
// false.
template <class Slot, class P, class F>
bool for_each_taken(const group_part<Slot, P>& main, group_state seen, F&& f) {
  for (group_part<Slot, P> here = main; here; here = here.next()) {
    for (auto set = here.head->taken(); set != 0; set &= set - 1) {
      if (!f(here.slots[static_cast<std::size_t>(std::countr_zero(set))])) return false;
    }
    if (!seen.overflows()) break;
  }
  return true;
}

}  // namespace syncmap::inline v0_1::detail
