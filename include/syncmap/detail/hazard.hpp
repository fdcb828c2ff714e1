// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// hazard.hpp -- what an operation or a handle holds to keep an object alive: the reader's side of
// hazard_domain.hpp.
//
//   hazard_scope     the protectors of one operation, on the stack of one thread
//   hazard_leaf      one for an operation that runs no code of the user's
//   hazard_row       as many as are asked for
//   hazard_pointer   protectors that can be kept, moved, and destroyed on another thread
//   protector        what both give: protect(), reset_protection(), as C++26 names them
//   retire()         hands over an object that no new reader can reach

#pragma once

#include <cstddef>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard_domain.hpp>
#include <syncmap/detail/platform.hpp>
#include <syncmap/detail/small_buffer.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

// Calls `load` until what it returned is still there after it was announced, and returns that.
template <class Load, class Announce>
SYNCMAP_INLINE auto load_protected(Load load, Announce announce) noexcept {
  for (auto seen = load();;) {
    announce(seen.address());
    const auto again = load();
    if (again == seen) [[likely]]
      return again;
    seen = again;
  }
}

// Protects one object at a time, with a slot that somebody else owns.
template <class P>
class protector {
  using slot = typename hazard_domain<P>::slot;

 public:
  explicit protector(slot* one) noexcept : slot_(one) {}

  // Calls `load` until what it returns is protected, and returns that: a word with an `address()`,
  // null if there is nothing to protect. `load` reads where the object is published.
  // Lock-free: it loads again only if somebody else published something new.
  template <class Load>
  SYNCMAP_INLINE auto protect(Load load) const noexcept {
    return detail::load_protected(load, [this](auto address) { this->announce(address); });
  }

  // Protects `object`, which something else (a lock) keeps from being retired until the return.
  template <class X>
  void reset_protection(const X* object) const noexcept {
    announce(object);
  }
  void reset_protection(std::nullptr_t = nullptr) const noexcept {
    slot_->store(nullptr, std::memory_order_release);  // hazard_domain:S4 release
  }

 private:
  void announce(const hazard_pointer_obj_base* object) const noexcept {
    announce(static_cast<const void*>(object));
  }
  void announce(const void* address) const noexcept {
    P::announce(*slot_, address);  // hazard_domain:S4 release, hazard_domain:T1
  }

  slot* slot_;
};

// The protectors of one operation, `Count` of them, from its start to its end on one thread.
template <class P, std::size_t Count>
class hazard_scope {
  using domain = hazard_domain<P>;
  static_assert(Count <= domain::slots_per_unit);

 public:
  SYNCMAP_INLINE hazard_scope() : record_(&domain::this_record()), slots_(record_) {
    if ((record_->use & domain::record::in_use) == 0) [[likely]] {
      record_->use |= domain::record::in_use;
    } else {
      std::tie(record_, slots_) = take_other_slots();
    }
  }
  hazard_scope(const hazard_scope&) = delete;
  hazard_scope& operator=(const hazard_scope&) = delete;
  SYNCMAP_INLINE ~hazard_scope() {
    typename domain::record* const record = record_;
    typename domain::slot_set* const slots = slots_;
    for (std::size_t index = 0; index < Count; ++index) {
      protector<P>(&slots->each[index]).reset_protection();
    }
    if (record != nullptr) [[likely]] {
      record->use &= domain::record::costly;
    } else {
      domain::global().put_unit(static_cast<typename domain::unit*>(slots));
    }
  }

  SYNCMAP_INLINE protector<P> operator[](std::size_t index) const noexcept {
    return protector<P>(&slots_->each[index]);
  }

 private:
  using owner_and_slots = std::pair<typename domain::record*, typename domain::slot_set*>;

  // The record is new, or an operation of this thread further out uses its slots.
  SYNCMAP_NOINLINE static owner_and_slots take_other_slots() {
    if (!domain::global().attach()) return {nullptr, domain::global().take_unit()};
    auto& mine = domain::this_record();
    mine.use |= domain::record::in_use;
    return {&mine, &mine};
  }

  typename domain::record* record_;  // null: the slots are a unit's
  typename domain::slot_set* slots_;
};

// A protector for an operation in which no user code runs, so that no other operation of the thread
// can begin meanwhile: it needs not even the flag.
template <class P>
class hazard_leaf {
  using domain = hazard_domain<P>;

 public:
  // Not if the thread's own slots are in use, if it has none yet, or if an announcement needs a full
  // fence in this process.
  [[nodiscard]] SYNCMAP_INLINE static bool can_be_had() noexcept {
    return domain::this_record().use == 0;
  }

  // REQUIRES: can_be_had().
  SYNCMAP_INLINE hazard_leaf() noexcept : record_(domain::this_record()) {}
  hazard_leaf(const hazard_leaf&) = delete;
  hazard_leaf& operator=(const hazard_leaf&) = delete;
  SYNCMAP_INLINE ~hazard_leaf() {
    own().store(nullptr, std::memory_order_release);  // hazard_domain:S4 release
  }

  // As protector::protect().
  template <class Load>
  SYNCMAP_INLINE auto protect(Load load) const noexcept {
    return detail::load_protected(load, [this](const void* address) {
      P::announce_lightly(own(), address);  // hazard_domain:S4 release, hazard_domain:T1
    });
  }

 private:
  typename domain::slot& own() const noexcept { return record_.each[0]; }

  typename domain::record& record_;
};

// Owns protectors, or none. Move it, also to another thread; destroy it anywhere.
template <class P>
class hazard_pointer {
  using domain = hazard_domain<P>;

 public:
  hazard_pointer() noexcept = default;
  hazard_pointer(hazard_pointer&& other) noexcept : unit_(std::exchange(other.unit_, nullptr)) {}
  hazard_pointer& operator=(hazard_pointer&& other) noexcept {
    hazard_pointer(std::move(other)).swap(*this);
    return *this;
  }
  ~hazard_pointer() {
    if (unit_ == nullptr) return;
    for (std::size_t which = 0; which < domain::slots_per_unit; ++which) {
      get(which).reset_protection();
    }
    domain::global().put_unit(unit_);
  }
  void swap(hazard_pointer& other) noexcept { std::swap(unit_, other.unit_); }
  [[nodiscard]] bool empty() const noexcept { return unit_ == nullptr; }

  // One of its protectors: it has as many as an operation. REQUIRES: !empty().
  [[nodiscard]] protector<P> get(std::size_t which = 0) const noexcept {
    return protector<P>(&unit_->each[which]);
  }

 private:
  template <class Platform>
  friend hazard_pointer<Platform> make_hazard_pointer();
  explicit hazard_pointer(typename domain::unit* one) noexcept : unit_(one) {}

  typename domain::unit* unit_ = nullptr;
};

template <class P>
hazard_pointer<P> make_hazard_pointer() {
  return hazard_pointer<P>(hazard_domain<P>::global().take_unit());
}

// As many protectors as are asked for, one after the other; kept until the end. Movable.
template <class P>
class hazard_row {
  using domain = hazard_domain<P>;
  static constexpr std::size_t per_unit = domain::slots_per_unit;

 public:
  hazard_row() noexcept = default;
  hazard_row(hazard_row&&) noexcept = default;
  hazard_row& operator=(hazard_row&& other) noexcept {
    if (this != &other) {
      give_back();
      units_ = std::move(other.units_);
    }
    return *this;
  }
  ~hazard_row() { give_back(); }

  // Makes sure that protectors [0, count) exist. Throws std::bad_alloc.
  void reserve(std::size_t count) {
    while (units_.size() * per_unit < count) {
      struct owner {
        typename domain::unit* one;
        ~owner() {
          if (one != nullptr) domain::global().put_unit(one);
        }
      } fresh{domain::global().take_unit()};
      units_.push_back(fresh.one);
      fresh.one = nullptr;
    }
  }
  [[nodiscard]] protector<P> operator[](std::size_t index) const noexcept {
    return protector<P>(&units_[index / per_unit]->each[index % per_unit]);
  }
  void reset_protection() noexcept {
    for (std::size_t i = 0; i < units_.size() * per_unit; ++i) (*this)[i].reset_protection();
  }

 private:
  void give_back() noexcept {
    reset_protection();
    for (std::size_t i = 0; i < units_.size(); ++i) domain::global().put_unit(units_[i]);
    units_.clear();
  }

  small_buffer<P, typename domain::unit*, 6> units_;
};

// Hands `object` over to be destroyed when nobody protects it. X derives from the base above, and has
// reclaimed(X*), which returns how many bytes it gave back unless that is sizeof(X).
template <class P, class X>
void retire(X* object, std::size_t bytes, std::size_t urgency) noexcept {
  object->reclaim = [](hazard_pointer_obj_base* base) noexcept {
    if constexpr (std::is_void_v<decltype(X::reclaimed(static_cast<X*>(base)))>) {
      X::reclaimed(static_cast<X*>(base));
      return sizeof(X);
    } else {
      return X::reclaimed(static_cast<X*>(base));
    }
  };
  hazard_domain<P>::global().retire(object, bytes, urgency);
}
template <class P, class X>
void retire(X* object, std::size_t bytes = sizeof(X)) noexcept {
  detail::retire<P>(object, bytes, bytes);
}

}  // namespace syncmap::inline v0_1::detail
