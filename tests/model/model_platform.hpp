// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// model_platform.hpp -- the platform of the engines whose threads and memory are the checker's.
//
//   atomic, var, mutex    of model threads; each operation is a step, but those on a var
//   tracked               a number, for keys and values: its uses are checked like those of a var;
//                         there can be only one of a tracked_single
//   model_platform        all of it, with tables so small that they grow and overflow at once
//   lazy_model_platform   the same, but nothing is reclaimed until somebody asks for it

#pragma once

#include <atomic>
#include <checker.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory.hpp>
#include <new>
#include <string>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncmap::model {

// Four bytes at least: the checker knows an object by the four bytes where it begins.
template <class T>
inline constexpr std::size_t alignment_of = alignof(T) < 4 ? 4 : alignof(T);

template <class T>
class alignas(alignment_of<T>) atomic {
 public:
  constexpr atomic() noexcept : atomic(T()) {}
  constexpr atomic(T value) noexcept : newest_(value) {  // NOLINT: as std::atomic
    if (!std::is_constant_evaluated()) {
      the_checker().objects().construct_atomic(this, bits(value), the_checker().self());
    }
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order order) const noexcept {
    checker& all = the_checker();
    all.step({this, order == std::memory_order_seq_cst ? access::kind::sequential_load
                                                       : access::kind::load});
    const std::uint64_t got = all.objects().load(this, bits(newest_), order, all.self());
    tell("load", order, got);
    return from_bits(got);
  }
  void store(T value, std::memory_order order) noexcept {
    store(value, order, access::kind::store);
  }
  T exchange(T value, std::memory_order order) noexcept {
    return modify("exchange", order, [value](T) { return value; });
  }
  T fetch_add(T value, std::memory_order order) noexcept {
    return modify("fetch_add", order, [value](T now) { return static_cast<T>(now + value); });
  }
  T fetch_sub(T value, std::memory_order order) noexcept {
    return modify("fetch_sub", order, [value](T now) { return static_cast<T>(now - value); });
  }
  T fetch_or(T value, std::memory_order order) noexcept {
    return modify("fetch_or", order, [value](T now) { return static_cast<T>(now | value); });
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    return compare_exchange(false, expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange(true, expected, desired, success, failure);
  }

  // An announcement: the store, and the light fence behind it, are one step.
  void announce(T value) noexcept {
    store(value, std::memory_order_release, access::kind::announce);
    the_checker().objects().light_fence(the_checker().self());
  }
  // As wait() of std::atomic, which returns only when it has seen another value.
  void wait(T old, std::memory_order order) const noexcept {
    while (bits(load(order)) == bits(old)) {
      if (bits(newest_) == bits(old)) {
        the_checker().wait(this);
      } else {
        the_checker().yield();
      }
    }
  }
  void notify_all() noexcept {
    checker& all = the_checker();
    all.step({this, access::kind::store});
    all.objects().touch_other(this, all.self());
    all.wake(this);
  }

 private:
  void store(T value, std::memory_order order, access::kind what) noexcept {
    checker& all = the_checker();
    all.step({this, what});
    const bool is_newest = all.objects().store(this, bits(newest_), bits(value), order, all.self());
    if (is_newest) newest_ = value;
    tell(is_newest ? "store" : "store before others", order, bits(value));
  }

  static constexpr std::uint64_t bits(const T& value) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof(T));
    return word;
  }
  static T from_bits(std::uint64_t word) noexcept {
    T value{};
    std::memcpy(static_cast<void*>(&value), &word, sizeof(T));
    return value;
  }

  template <class F>
  T modify(const char* what, std::memory_order order, const F& f) noexcept {
    checker& all = the_checker();
    all.step({this, access::kind::store});
    const T before = newest_;
    const T after = f(before);
    all.objects().read_modify_write(this, bits(before), bits(after), order, all.self());
    newest_ = after;
    tell(what, order, bits(after));
    return before;
  }
  bool compare_exchange(bool is_weak, T& expected, T desired, std::memory_order success,
                        std::memory_order failure) noexcept {
    checker& all = the_checker();
    all.step({this, access::kind::store});
    std::uint64_t seen = bits(expected);
    if (!all.objects().compare(this, bits(newest_), seen, is_weak, failure, all.self())) {
      tell("failed compare_exchange", failure, seen);
      expected = from_bits(seen);
      return false;
    }
    all.objects().read_modify_write(this, seen, bits(desired), success, all.self());
    newest_ = desired;
    tell("compare_exchange", success, bits(desired));
    return true;
  }

  void tell(const char* what, std::memory_order order, std::uint64_t value) const {
    if (!the_checker().is_tracing()) return;
    the_checker().note([&] {
      char number[32];
      std::snprintf(number, sizeof number, "%#llx", static_cast<unsigned long long>(value));
      const bool is_store = what[0] == 's';
      return std::string(what) + ' ' + name_of(order) + "  " + the_checker().objects().name(this) +
             (is_store ? " = " : " -> ") + number +
             (is_store ? "" : "  (" + the_checker().objects().source() + ')');
    });
  }

  T newest_;
};

template <class T>
class alignas(alignment_of<T>) var {
 public:
  constexpr var() noexcept : var(T()) {}
  explicit constexpr var(T value) noexcept : value_(value) {
    if (!std::is_constant_evaluated()) {
      the_checker().objects().construct_plain(this, the_checker().self());
    }
  }
  constexpr var(const var& other) noexcept : var(static_cast<T>(other)) {}
  var& operator=(const var& other) noexcept { return *this = static_cast<T>(other); }
  var& operator=(T value) noexcept {
    the_checker().objects().write_plain(this, the_checker().self());
    value_ = value;
    return *this;
  }
  constexpr ~var() {
    if (!std::is_constant_evaluated()) {
      the_checker().objects().destroy_plain(this, the_checker().self());
    }
  }

  operator T() const noexcept {  // NOLINT: as a T
    the_checker().objects().read_plain(this, the_checker().self());
    return value_;
  }
  T operator->() const noexcept { return *this; }
  var& operator++() noexcept { return *this = static_cast<T>(*this) + 1; }
  var& operator--() noexcept { return *this = static_cast<T>(*this) - 1; }

 private:
  T value_;
};

class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() {
    checker& all = the_checker();
    all.step({this, access::kind::store});
    all.objects().touch_other(this, all.self());
    while (is_locked_) {
      all.wait(this);
      all.goes_on({this, access::kind::store});
      all.objects().touch_other(this, all.self());
    }
    is_locked_ = true;
    all.objects().acquire_from(released_, all.self());
    all.note([this] { return "locks " + the_checker().objects().name(this); });
  }
  void unlock() {
    checker& all = the_checker();
    all.step({this, access::kind::store});
    all.objects().touch_other(this, all.self());
    all.note([this] { return "unlocks " + the_checker().objects().name(this); });
    all.objects().release_to(released_, all.self());
    is_locked_ = false;
    all.wake(this);
  }

 private:
  bool is_locked_ = false;
  memory::both released_;
};

// A number that no engine can take for bits: whoever copies, compares or destroys it must have it.
template <bool IsCopied>
class tracked_number {
 public:
  tracked_number(int number) noexcept : number_(number) {}  // NOLINT: as an int
  tracked_number(const tracked_number& other) noexcept
    requires IsCopied
  = default;
  tracked_number(tracked_number&& other) noexcept : number_(other.number()) {}
  tracked_number& operator=(const tracked_number& other) noexcept
    requires IsCopied
  = default;
  ~tracked_number() = default;
  [[nodiscard]] int number() const noexcept { return number_; }
  friend bool operator==(const tracked_number& a, const tracked_number& b) noexcept {
    return a.number() == b.number();
  }

 private:
  var<int> number_;
  int unused_[2] = {};  // it does not fit in a word
};
using tracked = tracked_number<true>;
using tracked_single = tracked_number<false>;

// What a model thread has for itself.
template <class Record>
struct thread_own {
  static inline Record* record[max_threads] = {};
  static inline void (*at_exit[max_threads])() noexcept = {};
  static inline const bool is_registered = [] {
    the_checker().on_reset([] {
      for (auto& each : record) each = &Record::unattached;
      for (auto& each : at_exit) each = nullptr;
    });
    return true;
  }();
};

struct model_platform : detail::platform {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using var = model::var<T>;
  using mutex = model::mutex;

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    slot.announce(value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    slot.announce(value);
  }
  static bool announces_lightly() noexcept { return true; }
  static bool fence_heavy() noexcept {
    checker& all = the_checker();
    all.step({nullptr, access::kind::heavy_fence});
    all.objects().heavy_fence(all.self());
    all.note([] { return std::string("heavy fence"); });
    return true;
  }
  static void prepare_fences() noexcept {}

  template <class Record>
  static Record*& this_thread() noexcept {
    static_cast<void>(thread_own<Record>::is_registered);
    return thread_own<Record>::record[the_checker().self()];
  }
  template <class Record>
  static void at_thread_exit(void (*run)() noexcept) noexcept {
    thread_own<Record>::at_exit[the_checker().self()] = run;
  }
  // The end of the calling thread.
  template <class Record>
  static void exit_thread() {
    if (auto* const run = thread_own<Record>::at_exit[the_checker().self()]) run();
  }
  static void yield() noexcept { the_checker().yield(); }
  template <class Atomic, class T>
  static void wait_while(const Atomic& word, T old, std::memory_order order) noexcept {
    word.wait(old, order);
  }
  template <class Atomic>
  static void wake_all(Atomic& word) noexcept {
    word.notify_all();
  }
  static std::uint64_t process() noexcept { return 1; }
  static std::uint64_t random() noexcept { return 0; }

  static void* allocate(std::size_t bytes, std::size_t alignment, const char* label = "block") {
    checker& all = the_checker();
    if (void* const got = all.objects().allocate(bytes, alignment, label, all.self())) return got;
    throw std::bad_alloc();
  }
  static void deallocate(void* at, std::size_t bytes, std::size_t) noexcept {
    the_checker().objects().deallocate(at, bytes, the_checker().self());
  }
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    return allocate(bytes, alignment, "table");
  }
  static void deallocate_table(void* at, std::size_t bytes, std::size_t alignment) noexcept {
    deallocate(at, bytes, alignment);
  }
  static void on_reclaim(void*, std::size_t) noexcept {}  // deallocate() does it

  // Two slots in a group; a group that overflows makes the table grow, and each write moves a unit.
  static constexpr std::uint32_t usable_slots = 3;
  static constexpr std::size_t groups_per_overflow = 64;
  static constexpr std::size_t units_per_write = 1;
  static constexpr std::size_t units_per_reclaim = 1;
  static constexpr std::size_t least_bytes_to_prefetch = 0;
  static constexpr std::size_t reclaim_batch = 1;
};

// The same without a pass after each retirement, whose heavy fence orders what nothing else might.
struct lazy_model_platform : model_platform {
  static constexpr std::size_t reclaim_batch = 1000;
};

}  // namespace syncmap::model
