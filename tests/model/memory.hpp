// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// memory.hpp -- what loads may read, and which accesses race, by the rules of C++20.
//
// Each atomic object has its modification order. A store comes at its end, or before stores of other
// threads that its own has not seen; a read-modify-write always at the end.
// Each thread has two vector clocks:
//
//   knows   what happens before its next operation
//   sees    that, and what the fences tell it: a load reads nothing older than what is there
//
// A load may read any store of the order, from the newest back to the first one that it is not allowed
// to pass over: one that the thread sees, or has read, or sees that another has read (coherence). A
// sequentially consistent load does not pass over a store that is sequentially consistent, or that
// such a load has read: so sequentially consistent operations are in the order of their execution
// where they meet, and no other one is ordered by them.
//
// A release store carries both clocks to whoever reads it by an acquire load. Only read-modify-writes
// continue its release sequence.
//
// The fences of asym_fence.hpp promise an order of each light one with each heavy one. If the light
// one comes first, the heavy one sees what its thread did before; else the light one sees what the
// heavy one's thread did before. Two light ones promise nothing.
//
// Not modelled: values out of thin air; a store that overtakes an earlier one of its thread, to another
// object, in the eyes of a sequentially consistent load; more than a few stale reads and early stores of
// one object by one thread in one execution, so that loops end.

#pragma once

#include <algorithm>
#include <atomic>
#include <clock.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <decisions.hpp>
#include <heap.hpp>
#include <memory>
#include <reduction.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace syncmap::model {

[[noreturn]] void fail(const std::string& what);

inline const char* name_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    default:
      return "seq_cst";
  }
}
inline bool acquires(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
inline bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

// An object that lives longer than an execution: each begins with what it held at first.
struct static_object {
  unsigned char* begin;
  std::size_t bytes;
  std::string name;
  std::vector<unsigned char> image;
  std::vector<std::uint32_t> places;
};

class memory {
 public:
  explicit memory(decisions& choices) : choices_(choices) {}

  // An object of the engine's that is not in the heap.
  void adopt(void* object, std::size_t bytes, std::string name) {
    auto* const begin = static_cast<unsigned char*>(object);
    for (const static_object& each : statics_) {
      if (each.begin == begin) return;
    }
    statics_.push_back({begin,
                        bytes,
                        std::move(name),
                        {begin, begin + bytes},
                        std::vector<std::uint32_t>(bytes / granule + 1)});
  }

  void reset() {
    heap_.for_each_used([this](std::size_t begin, std::size_t end) {
      std::memset(
          &places_[begin / granule], 0, ((end - begin) / granule + 1) * sizeof(std::uint32_t));
    });
    heap_.reset();
    reduction_.begin();
    for (static_object& each : statics_) {
      std::memcpy(each.begin, each.image.data(), each.bytes);
      std::fill(each.places.begin(), each.places.end(), 0);
    }
    foreign_.clear();
    for (std::uint32_t& each : made_elsewhere_) each = 0;
    used_ = 1;
    for (viewer& each : viewers_) each = {};
    after_heavy_ = {};
    is_shared_ = false;
  }
  // Whether there is more than one thread.
  void set_shared(bool shared) noexcept { is_shared_ = shared; }

  // --- threads

  // What `from` has done happens before what `to` does next.
  void synchronize(std::size_t from, std::size_t to) {
    viewers_[to].knows.join(viewers_[from].knows);
    viewers_[to].sees.join(viewers_[from].sees);
  }

  // A clock that a lock keeps.
  struct both {
    clock knows;
    clock sees;
  };
  void release_to(both& kept, std::size_t thread) {
    tick(thread);
    kept.knows = viewers_[thread].knows;
    kept.sees = viewers_[thread].sees;
  }
  void acquire_from(const both& kept, std::size_t thread) {
    tick(thread);
    viewers_[thread].knows.join(kept.knows);
    viewers_[thread].sees.join(kept.sees);
  }

  void light_fence(std::size_t thread) {
    viewer& me = viewers_[thread];
    me.sees.join(after_heavy_);
    me.announced = me.knows;
    watch_fence(thread, false);
  }
  void heavy_fence(std::size_t thread) {
    viewer& me = viewers_[thread];
    tick(thread);
    watch_fence(thread, true);
    for (const viewer& each : viewers_) me.sees.join(each.announced);
    me.sees.join(after_heavy_);
    after_heavy_.join(me.knows);
  }

  // --- atomic objects

  void construct_atomic(const void* at, std::uint64_t value, std::size_t thread) {
    if (!is_tracked(at)) {  // what was there before is not known
      const std::uint64_t number = (std::uint64_t{thread} << 32) + ++made_elsewhere_[thread];
      foreign_[at] = {0, reinterpret_cast<const void*>(number)};
    }
    location& here = find(at);
    tick(thread);
    write_plain(here, at, thread, "the construction of an atomic");
    here.is_gone = false;
    here.is_atomic = true;
    begin_order(here, value, thread);
  }

  // What is in the object itself is the newest value.
  std::uint64_t load(const void* at, std::uint64_t newest, std::memory_order order,
                     std::size_t thread) {
    location& here = touch(at, newest, thread);
    watch(here, at, thread, false);
    if (order == std::memory_order_seq_cst) watch_sequential_load(here, at, thread);
    const std::size_t count = readable(here, order, thread);
    std::size_t back = 0;
    if (count > 1) {
      back = choices_.choose(choice::value, count);
      if (back != 0) ++here.stale_reads[thread];
    }
    return read(here, here.order.size() - 1 - back, order, thread);
  }

  // Whether it is the newest value now.
  bool store(const void* at, std::uint64_t newest, std::uint64_t value, std::memory_order order,
             std::size_t thread) {
    location& here = touch(at, newest, thread);
    watch(here, at, thread, true);
    // How many stores may come after it: those that it must not pass over are as for a load, and a
    // read-modify-write is not parted from what it has read.
    std::size_t later[max_readable] = {};
    std::size_t count = 1;
    const std::size_t passed = readable(here, order, thread);
    for (std::size_t back = 1; back < passed; ++back) {
      if (!here.order[here.order.size() - back].is_modification) later[count++] = back;
    }
    std::size_t chosen = 0;
    if (count > 1) {
      chosen = choices_.choose(choice::value, count);
      if (chosen != 0) ++here.stale_reads[thread];
    }
    append(here, value, order, thread, nullptr);
    const auto end = here.order.end();
    std::rotate(end - static_cast<std::ptrdiff_t>(later[chosen]) - 1, end - 1, end);
    return chosen == 0;
  }

  // A read-modify-write, which reads the newest value.
  void read_modify_write(const void* at, std::uint64_t newest, std::uint64_t value,
                         std::memory_order order, std::size_t thread) {
    location& here = touch(at, newest, thread);
    watch(here, at, thread, true);
    read(here, here.order.size() - 1, order, thread);
    const link before = here.order.back();
    append(here, value, order, thread, &before);
  }

  // A compare-and-swap that expects `expected`: true if it may go on as a read-modify-write. If not,
  // `expected` is what it has read. It may read an older value and fail; a weak one may fail anyway.
  bool compare(const void* at, std::uint64_t newest, std::uint64_t& expected, bool is_weak,
               std::memory_order failure, std::size_t thread) {
    location& here = touch(at, newest, thread);
    watch(here, at, thread, true);
    // The stores that it may read and fail, from the newest on.
    const std::size_t last = here.order.size() - 1;
    const bool matches = newest == expected;
    std::size_t fails[max_readable];
    std::size_t count = 0;
    if (matches && is_weak && is_shared_ && here.stale_reads[thread] < most_stale_reads) {
      fails[count++] = last;
    }
    const std::size_t oldest = readable(here, failure, thread);
    for (std::size_t back = matches ? 1 : 0; back < oldest && count < max_readable; ++back) {
      if (here.order[last - back].value != expected) fails[count++] = last - back;
    }
    const std::size_t alternatives = count + (matches ? 1 : 0);
    std::size_t chosen = 0;
    if (alternatives > 1) {
      chosen = choices_.choose(choice::value, alternatives);
      if (chosen != 0) ++here.stale_reads[thread];
    }
    if (matches && chosen == 0) return true;
    expected = read(here, fails[chosen - (matches ? 1 : 0)], failure, thread);
    return false;
  }

  // A lock, its end, or the end of waiting for a value.
  void touch_other(const void* at, std::size_t thread) {
    location& here = find(at);
    tick(thread);
    if (here.is_gone) fail("an access to " + name(at) + ", which is destroyed or freed");
    watch(here, at, thread, true);
  }

  // --- plain objects

  void construct_plain(const void* at, std::size_t thread) {
    if (!is_tracked(at)) return;
    location& here = find(at);
    tick(thread);
    write_plain(here, at, thread, "a construction");
    here.is_gone = false;
    here.is_known = true;
  }
  void read_plain(const void* at, std::size_t thread) {
    if (!is_tracked(at)) return;
    location& here = find(at);
    tick(thread);
    check_alive(here, at, "a read");
    if (!viewers_[thread].knows.includes(here.writer, here.written)) {
      race(at, "a read", here.writer, "a write");
    }
    here.touched.of[thread] = viewers_[thread].knows.of[thread];
  }
  void write_plain(const void* at, std::size_t thread) {
    if (!is_tracked(at)) return;
    location& here = find(at);
    tick(thread);
    check_alive(here, at, "a write");
    write_plain(here, at, thread, "a write");
  }
  void destroy_plain(const void* at, std::size_t thread) {
    if (!is_tracked(at)) return;
    location& here = find(at);
    tick(thread);
    check_alive(here, at, "a destruction");
    write_plain(here, at, thread, "a destruction");
    here.is_gone = true;
  }

  // --- blocks

  void* allocate(std::size_t bytes, std::size_t alignment, const char* label, std::size_t thread) {
    return heap_.allocate(bytes, alignment, label, thread);
  }
  // Counts as a write of all that is in it.
  void deallocate(void* at, std::size_t bytes, std::size_t thread) {
    block* const one = heap_.has(at) ? heap_.find(heap_.offset(at)) : nullptr;
    if (one == nullptr || heap_.offset(at) != one->begin) fail("a deallocation of no block");
    if (one->is_freed) fail("a second deallocation of " + name(at));
    if (one->bytes != bytes) fail("a deallocation with another size, of " + name(at));
    tick(thread);
    const std::size_t first = one->begin / granule;
    const std::size_t end = (one->begin + bytes + granule - 1) / granule;
    for (std::size_t i = first; i < end; ++i) {
      if (places_[i] == 0) continue;
      location& here = *locations_[places_[i]];
      write_plain(here, static_cast<unsigned char*>(at) + (i - first) * granule, thread,
                  "the deallocation");
      here.is_gone = true;
    }
    one->is_freed = true;
  }
  [[nodiscard]] const heap& blocks() const noexcept { return heap_; }
  // What the reduction calls an object: the same in executions that are alike. Elsewhere addresses are not;
  // there it is the number of those that the thread has made.
  [[nodiscard]] const void* identity(const void* at) const {
    if (heap_.has(at)) return at;
    const auto one = foreign_.find(at);
    return one == foreign_.end() || one->second.called == nullptr ? at : one->second.called;
  }
  [[nodiscard]] reduction& reduced() noexcept { return reduction_; }

  // --- reports

  [[nodiscard]] std::string name(const void* at) {
    if (heap_.has(at)) return heap_.name(at);
    for (const static_object& each : statics_) {
      const std::ptrdiff_t offset = static_cast<const unsigned char*>(at) - each.begin;
      if (offset >= 0 && static_cast<std::size_t>(offset) < each.bytes) {
        return each.name + " + " + std::to_string(offset);
      }
    }
    return "an object elsewhere";
  }
  [[nodiscard]] std::string name(const block& one) { return heap_.name(one); }
  // Of the last read: which store, and how many there are.
  [[nodiscard]] std::string source() const { return source_of_read_; }
  void set_tracing(bool on) noexcept { is_tracing_ = on; }

 private:
  static constexpr std::size_t granule = 4;
  static constexpr std::size_t max_readable = 4;
  static constexpr unsigned most_stale_reads = 2;

  // A store, in a modification order.
  struct link {
    std::uint64_t value = 0;
    both released;
    clock read_first;  // by each thread: when it first read this
    std::size_t writer = 0;
    epoch written = 0;
    bool is_sequential = false;    // stored so, or read so
    bool is_modification = false;  // of the one before
  };

  struct location {
    bool is_known = false;  // constructed
    bool is_gone = false;   // destroyed, or freed
    bool is_atomic = false;
    std::size_t writer = 0;  // of a plain object: who wrote it last; of an atomic one: who made it
    epoch written = 0;
    clock touched;  // by each thread: when it last read it, or accessed it as an atomic
    // The same, while there is more than one thread, of its steps.
    clock loaded;
    clock loaded_sequentially;
    clock stored;
    std::vector<link> order;
    std::uint8_t stale_reads[max_threads] = {};
  };

  struct viewer {
    clock knows;
    clock sees;
    clock announced;  // what it knew at its last light fence
    epoch light = 0;  // when its last fences were, while there is more than one thread
    epoch heavy = 0;
  };

  // Tells the reduction of races. To be called before the thread knows what the step tells it.
  void watch(location& here, const void* at, std::size_t thread, bool is_store) {
    if (!is_shared_ || !reduction_.is_used()) return;
    const clock& known = viewers_[thread].knows;
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (!known.includes(i, here.stored.of[i])) {
        reduction_.raced(identity(at), i, true);
        reduction_.raced(identity(at), thread, is_store);
      }
      if (is_store && !known.includes(i, here.loaded.of[i])) {
        reduction_.raced(identity(at), i, false);
        reduction_.raced(identity(at), thread, true);
      }
    }
    (is_store ? here.stored : here.loaded).of[thread] = known.of[thread];
  }
  void watch_sequential_load(location& here, const void* at, std::size_t thread) {
    if (!is_shared_ || !choices_.may_read_stale() || here.order.size() < 2) return;
    const clock& known = viewers_[thread].knows;
    for (std::size_t i = 1; i < max_threads; ++i) {
      if (known.includes(i, here.loaded_sequentially.of[i])) continue;
      reduction_.raced(identity(at), i, false);
      reduction_.raced(identity(at), thread, false);
    }
    here.loaded_sequentially.of[thread] = known.of[thread];
  }
  void watch_fence(std::size_t thread, bool is_heavy) {
    if (!is_shared_) return;
    viewer& me = viewers_[thread];
    for (std::size_t i = 1; i < max_threads; ++i) {
      const viewer& other = viewers_[i];
      if (!me.knows.includes(i, other.heavy)) {
        reduction_.fences_raced(i, true);
        reduction_.fences_raced(thread, is_heavy);
      }
      if (is_heavy && !me.knows.includes(i, other.light)) {
        reduction_.fences_raced(i, false);
        reduction_.fences_raced(thread, true);
      }
    }
    (is_heavy ? me.heavy : me.light) = me.knows.of[thread];
  }

  void tick(std::size_t thread) noexcept {
    viewer& me = viewers_[thread];
    me.sees.of[thread] = ++me.knows.of[thread];
  }

  [[nodiscard]] bool is_tracked(const void* at) {
    return heap_.has(at) || place_in_statics(at) != nullptr;
  }
  std::uint32_t* place_in_statics(const void* at) noexcept {
    for (static_object& each : statics_) {
      const std::ptrdiff_t offset = static_cast<const unsigned char*>(at) - each.begin;
      if (offset >= 0 && static_cast<std::size_t>(offset) < each.bytes) {
        return &each.places[static_cast<std::size_t>(offset) / granule];
      }
    }
    return nullptr;
  }
  location& find(const void* at) {
    std::uint32_t* place = nullptr;
    if (heap_.has(at)) {
      place = &places_[heap_.offset(at) / granule];
    } else {
      place = place_in_statics(at);
      const bool is_foreign = place == nullptr;
      if (is_foreign) place = &foreign_[at].place;
      if (*place == 0 && !is_foreign) {  // constructed before the execution
        location& fresh = take(*place);
        fresh.is_known = true;
        return fresh;
      }
    }
    if (*place != 0) return *locations_[*place];
    location& fresh = take(*place);
    if (heap_.has(at)) {
      const block* const one = heap_.find(heap_.offset(at));
      if (one == nullptr || one->is_freed)
        fail("an access to " + name(at) + ", which is not there");
    }
    return fresh;
  }
  location& take(std::uint32_t& place) {
    if (used_ == locations_.size()) locations_.push_back(std::make_unique<location>());
    place = used_;
    location& fresh = *locations_[used_++];
    fresh.is_known = fresh.is_gone = fresh.is_atomic = false;
    fresh.writer = 0;
    fresh.written = 0;
    fresh.touched = fresh.loaded = fresh.loaded_sequentially = fresh.stored = {};
    fresh.order.clear();
    for (std::uint8_t& each : fresh.stale_reads) each = 0;
    return fresh;
  }

  void check_alive(const location& here, const void* at, const char* what) {
    if (here.is_gone) fail(std::string(what) + " of " + name(at) + ", which is destroyed or freed");
    if (!here.is_known)
      fail(std::string(what) + " of " + name(at) + ", which nobody has constructed");
  }
  [[noreturn]] void race(const void* at, const char* what, std::size_t other, const char* theirs) {
    fail(std::string("a data race: ") + what + " of " + name(at) + " and " + theirs +
         " by thread " + std::to_string(other));
  }
  void write_plain(location& here, const void* at, std::size_t thread, const char* what) {
    const clock& known = viewers_[thread].knows;
    if (!known.includes(here.writer, here.written)) race(at, what, here.writer, "a write");
    for (std::size_t i = 0; i < max_threads; ++i) {
      if (!known.includes(i, here.touched.of[i])) race(at, what, i, "an access");
    }
    here.writer = thread;
    here.written = known.of[thread];
  }

  void begin_order(location& here, std::uint64_t value, std::size_t thread) {
    here.is_known = true;
    here.is_atomic = true;
    here.order.clear();
    here.order.push_back({value, {}, {}, thread, viewers_[thread].knows.of[thread], false, false});
  }

  location& touch(const void* at, std::uint64_t newest, std::size_t thread) {
    location& here = find(at);
    tick(thread);
    check_alive(here, at, "an atomic access");
    if (here.order.empty()) {  // of a static object
      here.is_atomic = true;
      here.order.push_back({newest, {}, {}, 0, 0, false, false});
    }
    if (!viewers_[thread].knows.includes(here.writer, here.written)) {
      race(at, "an atomic access", here.writer, "its construction");
    }
    here.touched.of[thread] = viewers_[thread].knows.of[thread];
    return here;
  }

  // How many of the newest stores a load may choose from.
  std::size_t readable(const location& here, std::memory_order order, std::size_t thread) {
    if (!is_shared_ || here.stale_reads[thread] >= most_stale_reads) return 1;
    std::size_t count = 1;
    for (std::size_t i = here.order.size() - 1; i > 0 && count < max_readable; --i, ++count) {
      const link& one = here.order[i];
      const clock& seen = viewers_[thread].sees;
      if (seen.includes(one.writer, one.written)) break;
      if (order == std::memory_order_seq_cst && one.is_sequential) break;
      bool is_read = false;
      for (std::size_t who = 0; who < max_threads; ++who) {
        is_read |= one.read_first.of[who] != 0 && seen.includes(who, one.read_first.of[who]);
      }
      if (is_read) break;
    }
    return count;
  }

  std::uint64_t read(location& here, std::size_t which, std::memory_order order,
                     std::size_t thread) {
    link& from = here.order[which];
    viewer& me = viewers_[thread];
    if (from.read_first.of[thread] == 0) from.read_first.of[thread] = me.knows.of[thread];
    if (order == std::memory_order_seq_cst) from.is_sequential = true;
    if (acquires(order)) {
      me.knows.join(from.released.knows);
      me.sees.join(from.released.sees);
    }
    if (is_tracing_) {
      const std::size_t newer = here.order.size() - 1 - which;
      source_of_read_ = "stored by thread " + std::to_string(from.writer);
      if (newer != 0) source_of_read_ += ", " + std::to_string(newer) + " older than the newest";
    }
    return from.value;
  }

  void append(location& here, std::uint64_t value, std::memory_order order, std::size_t thread,
              const link* continued) {
    const viewer& me = viewers_[thread];
    if (!is_shared_) here.order.clear();  // nobody can read what was there
    link& fresh = here.order.emplace_back();
    fresh.value = value;
    fresh.writer = thread;
    fresh.written = me.knows.of[thread];
    fresh.is_sequential = order == std::memory_order_seq_cst;
    fresh.is_modification = continued != nullptr;
    if (continued != nullptr) fresh.released = continued->released;
    if (releases(order)) {
      fresh.released.knows.join(me.knows);
      fresh.released.sees.join(me.sees);
    }
  }

  decisions& choices_;
  heap heap_;
  reduction reduction_{heap_};
  std::unique_ptr<std::uint32_t[]> places_{new std::uint32_t[heap::capacity / granule]()};
  std::vector<static_object> statics_;
  struct foreign {
    std::uint32_t place = 0;
    const void* called = nullptr;
  };
  std::unordered_map<const void*, foreign> foreign_;
  std::uint32_t made_elsewhere_[max_threads] = {};
  std::vector<std::unique_ptr<location>> locations_ = first_locations();
  std::uint32_t used_ = 1;  // 0: none
  viewer viewers_[max_threads];
  clock after_heavy_;
  bool is_shared_ = false;
  bool is_tracing_ = false;
  std::string source_of_read_;

  static std::vector<std::unique_ptr<location>> first_locations() {
    std::vector<std::unique_ptr<location>> all;
    all.push_back(nullptr);
    return all;
  }
};

}  // namespace syncmap::model
