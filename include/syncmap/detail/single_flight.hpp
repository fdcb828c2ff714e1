// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// single_flight.hpp -- of the threads that want to compute the value of one key, one does; the others
// wait for it, and for nothing else.
//
// The flights under way are in a group map of their own, by key, so that finding one takes no lock that
// user code could run under, and nobody who looks at the map itself sees them. It is made when the
// first value is computed.
//
// Synchronization
//   S1 make-flights   release: of()   acquire: of()
//      Carries the map of flights.

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/engine.hpp>
#include <syncmap/detail/group_map.hpp>
#include <syncmap/detail/hazard_domain.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/misuse.hpp>
#include <syncmap/detail/wait_graph.hpp>
#include <utility>

namespace syncmap::inline v0_1::detail {

template <class Key, class Hash, class KeyEqual, class M>
class single_flight {
  using P = platform_of<M>;
  using flight_type = flight<P>;
  using pointer = std::shared_ptr<flight_type>;
  struct table : attachment, group_map<Key, pointer, Hash, KeyEqual, M> {
    table(const Hash& hash, const KeyEqual& equal, const M& from)
        : attachment{&table::free}, group_map<Key, pointer, Hash, KeyEqual, M>(hash, equal, from) {}
    // For assertions: does anybody compute a value, or wait for one?
    [[nodiscard]] bool has_flights() const noexcept {
      bool any = false;
      completes([&] {
        typename table::cursor at(*this);
        while (!any && at.next()) any = !at.value()->has_landed();
      });
      return any;
    }
    static void free(attachment* one) noexcept {
      auto* const all = static_cast<table*>(one);
      SYNCMAP_ASSERT(!misuse<P>::can_be_told() || !all->has_flights(), SYNCMAP_IN_USE);
      destroy_in(all->source(), all);
    }
  };

 public:
  // Must the caller do without a flight?
  static bool must_not_wait() noexcept { return hazard_domain<P>::is_in_pass(); }

  // The right to compute the value of a key. When it is given up, those who wait look again.
  class turn {
   public:
    // Leads if nobody does; else waits until whoever does has ended, and leads not. `key` outlives this.
    // Throws std::logic_error if that would never be, std::bad_alloc, and what hash, equality and the
    // copy of a key throw.
    template <class Engine>
    turn(const Engine& map, const Key& key) : all_(of(map)), key_(key), leading_(std::in_place) {
      mine_ = std::allocate_shared<flight_type>(allocator_of<flight_type>(map.source()));
      pointer others;
      auto decide = [&](const pointer* current, auto& next) {
        others = current == nullptr ? nullptr : *current;
        if (others != nullptr && !others->has_landed()) return action::keep;
        others = nullptr;
        next.emplace(mine_);
        return action::set;
      };
      all_.template modify<operation::compute>(key, decide);
      if (others == nullptr) return;
      mine_ = nullptr;
      leading_.reset();
      if (!others->await()) {
        throw_logic_error(
            "syncmap: load_or_compute() of a key inside the factory for that key, or in a circle of"
            " factories that wait for each other; compute the inner value first, or store() it");
      }
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (mine_ == nullptr) return;
      // If this does not come about, the next one to want the key finds that it has landed, and puts
      // its own in its place.
      completes([this] {
        auto decide = [this](const pointer* current, auto&) {
          const bool is_mine = current != nullptr && *current == mine_;
          return is_mine ? action::erase : action::keep;
        };
        all_.template modify<operation::compare_and_erase>(key_, decide);
      });
      mine_->land();
    }

    [[nodiscard]] bool leads() const noexcept { return mine_ != nullptr; }

   private:
    table& all_;
    const Key& key_;
    std::optional<typename flight_type::leading> leading_;
    pointer mine_;
  };

 private:
  // Those of a map.
  template <class Engine>
  static table& of(const Engine& map) {
    auto& all = map.flights();
    attachment* seen = all.load(std::memory_order_acquire);  // S1 acquire
    if (seen != nullptr) return *static_cast<table*>(seen);
    auto* const fresh =
        make_in<table>(map.source(), map.hash_function(), map.key_eq(), map.source());
    // S1 release, S1 acquire.
    if (all.compare_exchange_strong(
            seen, fresh, std::memory_order_acq_rel, std::memory_order_acquire)) {
      return *fresh;
    }
    destroy_in(map.source(), fresh);
    return *static_cast<table*>(seen);
  }
};

}  // namespace syncmap::inline v0_1::detail
