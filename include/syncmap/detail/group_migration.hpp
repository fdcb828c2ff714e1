// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_migration.hpp -- moves one unit of a table to the next: a group to the groups that follow it
// in a larger table, or a few groups to the one that follows them in a smaller one.
//
// The mover looks at the groups, runs what is user code (the hash of keys that do not carry it, an
// allocation), then takes the groups' locks if nothing has changed, copies, and forwards them. Nobody
// reaches the copies before (group_table:I1), so they need no lock, and what was begun can be undone.
//
// Locks of several groups are taken in the order of their numbers, and by movers only.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/group_table.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/small_buffer.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Layout>
class group_migration {
  using P = typename Layout::P;
  using table = group_table<Layout>;
  using part = typename table::part;
  using overflow = typename table::overflow;
  using slot = typename Layout::slot;

 public:
  // The largest number of groups that become one at a time, or that one becomes.
  static constexpr std::size_t max_groups_per_unit = 16;

  group_migration(table& from, table& to, std::size_t unit) noexcept
      : from_(from),
        to_(to),
        source_count_(from.sources_per_unit(to)),
        target_count_(from.targets_per_unit(to)),
        first_source_(unit * source_count_),
        first_target_(unit * target_count_) {}
  group_migration(const group_migration&) = delete;
  group_migration& operator=(const group_migration&) = delete;
  ~group_migration() {
    while (spare_ != nullptr) {
      destroy_in(to_.source(), std::exchange(spare_, spare_->next_owned));
    }
  }

  // Moves the unit; false if it was moved before, or somebody else holds one of its locks. `hash_of`
  // gives the hash of a key, `again` what it is tagged by in an overflow group. Throws what `hash_of`
  // throws, or std::bad_alloc; nothing has changed then.
  template <class HashOf, class Again>
  bool run(const HashOf& hash_of, const Again& again) {
    for (;;) {
      if (!look(hash_of) || !lock()) return false;
      start_targets();
      if (copy(again)) break;
      take_back();
      unlock(source_count_);
      add_spares();
    }
    finish();
    return true;
  }

 private:
  [[nodiscard]] part source(std::size_t index) const noexcept {
    return from_.at(first_source_ + index);
  }
  [[nodiscard]] part target(std::size_t index) const noexcept {
    return to_.at(first_target_ + index);
  }

  [[nodiscard]] group_state seen(std::size_t index) const noexcept {
    return group_state(seen_[index]);
  }

  // Notes the states of the sources, and the hashes of their keys unless nodes have them.
  template <class HashOf>
  bool look(const HashOf& hash_of) {
    hashes_.clear();
    for (std::size_t index = 0; index < source_count_; ++index) {
      const part main = source(index);
      const group_state state = main.head->state();
      if (state.is_forwarded() || state.is_locked()) return false;
      seen_[index] = state.bits();
      if constexpr (Layout::is_inline) {
        for (part here = main; here; here = here.next()) {
          auto set = here.head->taken();
          const auto count = static_cast<std::size_t>(std::popcount(set));
          std::uint64_t* to = hashes_.space_for(count);
          for (; set != 0; set &= set - 1) {
            const auto slot_index = static_cast<std::size_t>(std::countr_zero(set));
            *to++ = hash_of(Layout::capture(here.slots[slot_index]).key);
          }
          hashes_.added(count);
          if (!state.overflows()) break;
        }
      }
    }
    return true;
  }

  bool lock() noexcept {
    for (std::size_t index = 0; index < source_count_; ++index) {
      if (source(index).head->try_lock(seen(index))) continue;
      unlock(index);
      return false;
    }
    return true;
  }
  // The first `count`, with nothing changed.
  void unlock(std::size_t count) noexcept {
    for (std::size_t index = 0; index < count; ++index) {
      source(index).head->unlock(seen(index));
    }
  }

  void start_targets() noexcept { to_.start(first_target_, first_target_ + target_count_); }

  // False if the spare overflow groups did not suffice.
  template <class Again>
  bool copy(const Again& again) noexcept {
    std::size_t number = 0;
    bool fits = true;
    for (filling& each : filling_) each = {};
    for (std::size_t index = 0; index < source_count_ && fits; ++index) {
      fits = for_each_taken(source(index), seen(index), [&](const slot& one) {
        if constexpr (Layout::is_inline) {
          return copy_to(hashes_[number++], one, again);
        } else {
          return copy_to(Layout::get(one)->hash, one, again);
        }
      });
    }
    return fits;
  }

  template <class Again>
  bool copy_to(std::uint64_t hash, const slot& one, const Again& again) noexcept {
    // A hash that differs from what it was (no hash may, but users write them) leads nowhere else: the groups
    // of other units are other movers', or not begun.
    std::size_t number = to_.index_of(hash) - first_target_;
    if (number >= target_count_) [[unlikely]]
      number = 0;
    const part main = target(number);
    filling& here = filling_[number % std::size(filling_)];
    if (here.main != main.head) here = filling(main);
    if (here.used == usable) [[unlikely]] {
      if (spare_ == nullptr) return false;
      overflow* const more = std::exchange(spare_, spare_->next_owned);
      more->depth = ++here.depth;
      here.last.head->link(more);
      here.last = {&more->head, more->slots};
      here.used = 0;
    }
    std::uint64_t tagged_by = hash;
    if (here.last.head != main.head) [[unlikely]] {
      main.head->start(main.head->state().with_overflow(hash));
      tagged_by = again(hash, Layout::key_at(one));
    }
    Layout::transfer(one, here.last.slots[here.used]);
    here.last.head->start_tag(here.used, tag_of(tagged_by));
    ++here.used;
    return true;
  }

  // The overflow groups of the targets are spare again.
  void take_back() noexcept {
    for (std::size_t index = 0; index < target_count_; ++index) {
      overflow* more = target(index).head->more();
      while (more != nullptr) {
        overflow* const rest = more->head.more();
        more->~overflow();
        auto* const empty = ::new (static_cast<void*>(more)) overflow();
        empty->next_owned = std::exchange(spare_, empty);
        more = rest;
      }
    }
  }
  // As many as can be needed: a target with n entries needs less than n / (its slots).
  void add_spares() {
    std::size_t entries = 0;
    for (std::size_t index = 0; index < source_count_; ++index) {
      for_each_taken(source(index), seen(index), [&entries](const slot&) {
        ++entries;
        return true;
      });
    }
    for (std::size_t spares = entries / usable; spares != 0; --spares) {
      auto* const more = make_in<overflow>(to_.source());
      more->next_owned = std::exchange(spare_, more);
    }
  }

  void finish() noexcept {
    for (std::size_t index = 0; index < target_count_; ++index) {
      const part main = target(index);
      if (!main.head->state().overflows()) continue;
      to_.count_overflowing(1);
      for (overflow* more = main.head->more(); more != nullptr; more = more->head.more()) {
        to_.own(more);
      }
    }
    for (std::size_t index = 0; index < source_count_; ++index) {
      source(index).head->publish(seen(index).forwarded());
    }
  }

  static constexpr std::size_t usable = std::popcount(P::usable_slots);
  static_assert(std::has_single_bit(P::usable_slots + 1));  // the lowest

  // Where the next entry of a target goes: its slots are taken one after the other.
  struct filling {
    filling() noexcept = default;
    explicit filling(const part& target) noexcept : main(target.head), last(target) {
      for (part next = target.next(); next; next = next.next(), ++depth) last = next;
      used = static_cast<std::size_t>(std::popcount(last.head->taken()));
    }
    const group<slot, P>* main = nullptr;
    part last;
    std::size_t depth = 0;  // of last
    std::size_t used = 0;   // of last's
  };

  table& from_;
  table& to_;
  const std::size_t source_count_;
  const std::size_t target_count_;
  const std::size_t first_source_;
  const std::size_t first_target_;
  std::uint64_t seen_[max_groups_per_unit];  // by look(), for the sources: clearing it all costs
  small_buffer<P, std::uint64_t, 2 * group_slots> hashes_;
  filling filling_[2];         // of two targets: those of one source, when a table doubles
  overflow* spare_ = nullptr;  // a list by next_owned
};

}  // namespace syncmap::inline v0_1::detail
