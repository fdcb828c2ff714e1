// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_cursor.hpp -- walks the entries of the group map, in the order of their hashes' groups.
//
// A cursor is a hash: it has shown every entry whose hash is below. A step takes the group that holds
// the next hashes, in whatever table it is by now, copies what the group has at one instant, and goes
// on to the end of the group's interval. So it needs no table between two steps, and growing,
// shrinking and clearing do not disturb it. A key has one hash: it is not shown twice, and if it is
// there all the time it is there at the instant of its group.
//
// Nodes of the group that it shows are protected, so at most as many as one group has. A group with
// more than 32 entries - that many equal hashes - makes it allocate.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group.hpp>
#include <syncmap/detail/group_core.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/small_buffer.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Core>
class group_cursor {
  using P = typename Core::P;
  using layout = typename Core::layout;
  using table = typename Core::table;
  using part = typename table::part;
  using entry = typename layout::entry;

 public:
  // Goes to the next entry; false at the end. Throws what the hash of a key throws, and
  // std::bad_alloc.
  SYNCMAP_INLINE bool next(const Core& core) { return ++at_ < group_.size() || refill(core); }
  // What it is at.
  [[nodiscard]] const entry& current() const noexcept { return group_[at_]; }

 private:
  SYNCMAP_NOINLINE bool refill(const Core& core) {
    struct cleanup {  // if something throws, there is nothing to show; the next call goes on here
      group_cursor* self;
      ~cleanup() {
        if (self != nullptr) self->group_.clear();
      }
    } on_throw{this};
    at_ = 0;
    group_.clear();
    while (group_.size() == 0 && !is_at_end_) step(core);
    on_throw.self = nullptr;
    if (group_.size() != 0) return true;
    row_.reset_protection();
    return false;
  }

  // Copies the entries of the group that has the hashes from `from_` on, and goes to its end.
  void step(const Core& core) {
    const hazard_scope<P, 3> guard;
    typename Core::route at;
    at.hash = from_;
    for (;;) {
      const auto r = core.protect_root(guard[Core::of_table]);
      if (r.is_empty()) break;
      const auto where = core.find_group(r, guard, at);
      if (where == Core::arrival::nowhere) break;
      if (where == Core::arrival::again || !copy(at.main, at.state)) continue;
      const std::size_t index = at.in->index_of(from_);
      if (at.in->first_of(index) != from_) drop_hashes_below(core);  // the table has shrunk
      const std::uint64_t last = at.in->last_of(index);
      from_ = last + 1;
      is_at_end_ = from_ == 0;
      return;
    }
    group_.clear();
    is_at_end_ = true;
  }

  // Copies what the group has; false if it changed meanwhile.
  bool copy(const part& main, group_state seen) {
    group_.clear();
    if constexpr (layout::is_inline) {
      for (part here = main; here; here = here.next()) {
        entry* to = group_.space_for(group_slots);
        entry* const first = to;
        for (auto set = here.head->taken(); set != 0; set &= set - 1) {
          const auto index = static_cast<std::size_t>(std::countr_zero(set));
          ::new (static_cast<void*>(to++)) entry(layout::capture(here.slots[index]));
        }
        group_.added(static_cast<std::size_t>(to - first));
        if (!seen.overflows()) break;
      }
      return main.head->is_still(seen);
    } else {
      const bool whole = for_each_taken(main, seen, [this](const auto& slot) {
        row_.reserve(group_.size() + 1);
        const entry node = layout::capture(slot);
        if (node == nullptr) return false;
        row_[group_.size()].reset_protection(node);
        group_.push_back(node);
        return true;
      });
      return whole && is_protected(main, seen);
    }
  }

  // Do the slots still have the nodes that were announced? (node_slot:I2)
  bool is_protected(const part& main, group_state seen) const noexcept {
    std::size_t index = 0;
    const bool same = for_each_taken(main, seen, [&](const auto& slot) {
      return index < group_.size() && group_[index++] == layout::capture(slot);
    });
    return same && index == group_.size() && main.head->is_still(seen);
  }

  void drop_hashes_below(const Core& core) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (hash_of(core, group_[i]) >= from_) group_[kept++] = group_[i];
    }
    group_.resize_down(kept);
  }
  static std::uint64_t hash_of(const Core& core, const entry& one) {
    if constexpr (layout::is_inline) {
      return core.hash_of(one.key);
    } else {
      return one->hash;
    }
  }

  std::uint64_t from_ = 0;
  bool is_at_end_ = false;
  std::size_t at_ = 0;
  small_buffer<P, entry, 2 * group_slots> group_;
  hazard_row<P> row_;  // of the nodes of the group
};

}  // namespace syncmap::inline v0_1::detail
