// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_sizing.hpp -- the operations of the group map that concern a table as a whole.

#pragma once

#include <cstddef>
#include <cstdint>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/group_core.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/platform.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Core>
class group_sizing {
  using P = typename Core::P;
  using table = typename Core::table;
  using root = typename Core::root;
  using root_value = typename Core::root_value;

 public:
  group_sizing(root& map, Core core) noexcept : root_(map), core_(core) {}

  // Group core L6. Operations that began before it may finish in the table that it drops.
  void clear() {
    const hazard_scope<P, 3> guard;
    for (;;) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) return;
      const std::uint32_t next = root::after(r.table()->generation());
      if (!root_.try_replace(r, root_value::empty(next))) continue;
      root_.raise_generation(next);
      core_.drop(r.table(), guard);
      return;
    }
  }

  // Makes the table at least this large, in steps. Throws std::bad_alloc before the first, if there is
  // not the memory for the last.
  void reserve(std::size_t groups) {
    const hazard_scope<P, 3> guard;
    for (bool is_first = true;;) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) {
        if (core_.make_table(r, groups, guard[Core::of_table]) != nullptr) return;
      } else if (r.table()->next() != nullptr) {
        complete(r.table(), guard);
      } else if (r.table()->group_count() >= groups) {
        return;
      } else {
        if (std::exchange(is_first, false)) {
          static_cast<void>(
              table::make(core_.source(), groups, 0));  // throws if there is not the memory
        }
        core_.set_next(r.table(), groups);
      }
    }
  }

  // Makes the table as small as its entries allow, and gives it back if there are none. Other writes
  // that run meanwhile may make it larger again: it tries a few times.
  void shrink() {
    const hazard_scope<P, 3> guard;
    for (int patience = 100; patience > 0; --patience) {
      const root_value r = core_.protect_root(guard[Core::of_table]);
      if (r.is_empty()) return;
      table* const t = r.table();
      if (t->next() != nullptr) {
        complete(t, guard);
        continue;
      }
      const std::size_t entries = root_.size();
      if (entries == 0 && t->try_close()) continue;
      const std::size_t wanted = larger(table::groups_for(entries), 1);
      if (wanted >= t->group_count()) return;
      core_.set_next(t, wanted);
    }
  }

 private:
  // Moves the rest of the table to its next. Throws as move_units().
  template <class Guard>
  void complete(table* t, const Guard& guard) {
    constexpr std::size_t share = 64;
    table* const next = t->next();
    if (next == t || !core_.protect_next(next, guard[Core::of_next]).is(t)) {
      static_cast<void>(core_.help(t, share, guard));
      return;
    }
    for (;;) {
      core_.move_units(*t, *next, share);
      if (core_.promote_if_moved(t, next, guard)) return;
      P::yield();
    }
  }

  root& root_;
  Core core_;
};

}  // namespace syncmap::inline v0_1::detail
