// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_states.hpp -- small group maps of a scripted platform, and how to bring a key into each of its
// states. Every group has one slot: the second key of a group is in an overflow group.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <group_inspector.hpp>
#include <optional>
#include <ostream>
#include <plays.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/group_map.hpp>
#include <test_platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::test::groups {

// --- the platform

// A script that does not let a thread run for ever.
struct watched_script : script {
  // What the test is about, for the one message that it cannot give itself.
  static inline std::function<void()> tell = nullptr;

  static void step() noexcept {
    if (steps(thread()) > 100'000) {
      std::fputs("an operation does not end\n", stderr);
      if (tell) tell();
      std::abort();
    }
    script::step();
  }
};

struct one_slot_platform : scripted_platform {
  template <class T>
  using atomic = hooked_atomic<T, watched_script>;

  static constexpr std::uint32_t usable_slots = 1;
  static constexpr std::size_t units_per_write = 1;
  static constexpr std::size_t units_per_reclaim = 1;
  // 1024: every overflow makes a table grow. 1: nothing does.
  static inline std::size_t groups_per_overflow = 1;
  // What the maps have allocated and not freed.
  static inline long alive = 0;
  static inline long tables = 0;  // of these

  template <class T>
  static void announce(atomic<T>& slot, T value) noexcept {
    watched_script::step();
    detail::announce(slot.real(), value);
  }
  template <class T>
  static void announce_lightly(atomic<T>& slot, T value) noexcept {
    watched_script::step();
    detail::announce_lightly(slot.real(), value);
  }

  // Somebody waits for another thread. The main one cannot: others run while it runs.
  static void yield() {
    if (script::thread() != 0) throw blocked{};
  }
  static std::uint64_t random() noexcept { return 0; }

  // Without what belongs to the domain.
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    void* const memory = scripted_platform::allocate(bytes, alignment);
    if (alignment < detail::cache_line) ++alive;
    return memory;
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    if (alignment < detail::cache_line) --alive;
    scripted_platform::deallocate(memory, bytes, alignment);
  }
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    void* const memory = scripted_platform::allocate_table(bytes, alignment);
    poison(memory, bytes);
    ++alive;
    ++tables;
    return memory;
  }
  static void deallocate_table(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
    --alive;
    --tables;
    scripted_platform::deallocate_table(memory, bytes, alignment);
  }
};

// --- keys and values

// A number of sixteen bytes, which notices when it is used though it is not alive.
template <class Tag, bool IsCopied = true>
class large_number {
 public:
  large_number(int number) noexcept : number_(number) { ++alive; }  // NOLINT: as an int does
  large_number(const large_number& other) noexcept
    requires IsCopied
      : number_(other.number()) {
    ++alive;
  }
  large_number(large_number&& other) noexcept : number_(other.number()) { ++alive; }
  large_number& operator=(const large_number& other) noexcept
    requires IsCopied
  {
    number_ = other.number();
    return *this;
  }
  ~large_number() {
    if (self_ != this) ++misuses;
    self_ = nullptr;
    --alive;
  }
  [[nodiscard]] int number() const noexcept {
    if (self_ == this) return number_;
    ++misuses;
    return -1000000;
  }
  friend bool operator==(const large_number& a, const large_number& b) noexcept {
    return a.number() == b.number();
  }

  static inline long alive = 0;
  static inline long misuses = 0;

 private:
  const large_number* self_ = this;
  int number_;
};
inline int number_of(int number) { return number; }
template <class Tag, bool IsCopied>
int number_of(const large_number<Tag, IsCopied>& one) {
  return one.number();
}

using large_key = large_number<struct key_tag>;
using large_value = large_number<struct value_tag>;
using single_key = large_number<struct single_key_tag, false>;

// A key says where it goes: 100 * (which sixteenth of all hashes) + 10 * (which bit of the filter)
// + (which tag). 1000 more is another key with the same hash.
inline std::uint64_t hash_of(int key) {
  const auto number = static_cast<std::uint64_t>(key);
  const std::uint64_t sixteenth = number / 100 % 10;
  return sixteenth << 60 | (number / 10 % 10) << 8 | (number % 10 * 2 + 2);
}
struct telling_hash {
  using is_avalanching = void;
  template <class Key>
  std::size_t operator()(const Key& key) const {
    return hash_of(number_of(key));
  }
};

struct words {
  using key = int;
  using value = int;
  static std::string name() { return "words"; }
};
struct word_nodes {
  using key = large_key;
  using value = int;
  static std::string name() { return "word_nodes"; }
};
struct nodes {
  using key = large_key;
  using value = large_value;
  static std::string name() { return "nodes"; }
};
struct nodes_of_single_keys {
  using key = single_key;
  using value = large_value;
  static std::string name() { return "nodes_of_single_keys"; }
};

// --- the map

// A map with the operations of `meaning`.
template <class Kind>
class small_map {
 public:
  using kind = Kind;
  using key_type = typename Kind::key;
  using value_type = typename Kind::value;
  using engine_type =
      detail::group_map<key_type, value_type, telling_hash, std::equal_to<>, one_slot_platform>;

  [[nodiscard]] std::optional<int> load(int key) const { return plain(map_.load(key_type(key))); }
  [[nodiscard]] bool contains(int key) const { return map_.contains(key_type(key)); }
  void store(int key, int value) { map_.store(key_type(key), value_type(value)); }
  std::optional<int> swap(int key, int value) {
    return plain(map_.swap(key_type(key), value_type(value)));
  }
  meaning::loaded load_or_store(int key, int value) {
    const auto got = map_.load_or_store(key_type(key), value_type(value));
    return {number_of(got.value), got.loaded};
  }
  bool erase(int key) { return map_.erase(key_type(key)); }
  std::optional<int> load_and_erase(int key) { return plain(map_.load_and_erase(key_type(key))); }
  bool compare_and_swap(int key, int expected, int desired) {
    return map_.compare_and_swap(key_type(key), value_type(expected), value_type(desired));
  }
  bool compare_and_erase(int key, int expected) {
    return map_.compare_and_erase(key_type(key), value_type(expected));
  }
  template <class F>
  std::optional<int> update(int key, F f) {
    return plain(map_.update(
        key_type(key), [&](const value_type& now) { return value_type(f(number_of(now))); }));
  }
  template <class F>
  std::optional<int> compute(int key, F f) {
    return plain(map_.compute(key_type(key), [&](const value_type* now) {
      int plain_now = 0;
      if (now != nullptr) plain_now = number_of(*now);
      const std::optional<int> next = f(now != nullptr ? &plain_now : nullptr);
      return next ? std::optional<value_type>(*next) : std::nullopt;
    }));
  }
  void clear() { map_.clear(); }
  // As many entries as such a table is made for.
  void reserve_groups(std::size_t count) {
    std::size_t entries = detail::group_slots * count;
    while (group_inspector::groups_for(engine(), entries) > count) --entries;
    map_.reserve(entries);
  }
  void shrink() { group_inspector::shrink(engine()); }
  [[nodiscard]] std::size_t size() const { return map_.size(); }
  // Without those that were shown twice: then `repeats` is not 0.
  [[nodiscard]] meaning::contents walk() const {
    meaning::contents result;
    map_.range([&](const key_type& key, const value_type& value) {
      if (!result.emplace(number_of(key), number_of(value)).second) ++repeats;
    });
    return result;
  }

  engine_type& engine() { return const_cast<engine_type&>(basic_map_inspector::engine(map_)); }
  [[nodiscard]] const engine_type& engine() const { return basic_map_inspector::engine(map_); }
  [[nodiscard]] whereabouts where(int key) const {
    return group_inspector::where(engine(), key_type(key));
  }
  void set_next(std::size_t groups_of_it) { group_inspector::set_next(engine(), groups_of_it); }
  void move_unit_of(int key) {
    group_inspector::move_unit(engine(), group_inspector::core(engine()).hash_of(key_type(key)));
  }

  // Is everything as it has to be, and what range(), load() and size() say? Fills in the contents.
  [[nodiscard]] std::string validate(meaning::contents& found) const {
    using layout = typename detail::slot_layout<key_type, value_type, one_slot_platform>;
    found.clear();
    std::string wrong = group_inspector::validate(engine(), [&](const auto& entry) {
      const int key = number_of(layout::key_of(entry));
      if (!found.emplace(key, value_in(entry)).second) wrong_ += "a key is there twice\n";
    });
    wrong += std::exchange(wrong_, "");
    if (walk() != found) wrong += "range() shows something else\n";
    for (const auto& [key, value] : found) {
      if (load(key) != value) wrong += "load() finds something else\n";
    }
    if (std::exchange(repeats, 0) != 0) wrong += "range() shows a key twice\n";
    return wrong;
  }

  static inline int repeats = 0;

 private:
  static std::optional<int> plain(const std::optional<value_type>& value) {
    return value ? std::optional(number_of(*value)) : std::nullopt;
  }
  template <class Entry>
  static int value_in(const Entry& entry) {
    using layout = typename detail::slot_layout<key_type, value_type, one_slot_platform>;
    typename layout::window window;
    window.look(entry);
    return number_of(window.value(entry));
  }

  basic_map<engine_type> map_;
  mutable std::string wrong_;
};

// Destroys what was retired. Empty if nothing is left of any map then, and nothing dead was used.
inline std::string what_is_left() {
  detail::hazard_domain<one_slot_platform>::global().reclaim();
  const bool clean = one_slot_platform::alive == 0 && large_key::alive == 0 &&
                     large_value::alive == 0 && single_key::alive == 0;
  const bool sound =
      large_key::misuses == 0 && large_value::misuses == 0 && single_key::misuses == 0;
  one_slot_platform::alive = one_slot_platform::tables = large_key::alive = large_value::alive =
      single_key::alive = 0;
  large_key::misuses = large_value::misuses = single_key::misuses = 0;
  return std::string(clean ? "" : "something was not freed, or twice\n") +
         (sound ? "" : "something dead was used\n");
}

// --- states

// The key whose state is arranged, with its value, and others: another key k has the value 10 * k.
inline constexpr int the_key = 17;
inline constexpr int the_value = 70;
inline constexpr int twin_key = 1017;  // the same hash
inline constexpr int near_key = 24;    // the same group in every table
inline constexpr int alike_key = 27;   // as near_key, and the tag is the same
inline constexpr int half_key = 517;   // the same group in a table of one group or two
inline constexpr int far_key = 917;    // the same group in a table of one group
inline constexpr std::array all_keys = {the_key, twin_key, near_key, alike_key, half_key, far_key};

enum class state {
  first_use,             // absent, no table
  cleared,               // absent, no table, after a clear
  closed,                // absent, the table is closed
  single,                // in the slot of the only group, alone
  emptied,               // absent, nothing is in the only group
  absent,                // the slot is empty
  absent_from_full,      // the slot has another
  in_slot,               // alone in the group
  in_slot_of_full,       // another is in the overflow group
  erased_from_slot,      // the slot is empty, and was used
  in_overflow,           // the slot has another
  in_overflow_alone,     // the slot is empty
  in_second_overflow,    // and others in the slot and the first
  behind_twin,           // in the overflow group, the slot has the same hash
  erased_from_overflow,  // the overflow group is empty
  unmoved_absent,        // there is a table of twice the size, to which nothing has been moved
  unmoved_in_slot,
  unmoved_in_overflow,
  half_moved,    // only the other group was moved
  moved_absent,  // the group of the key was moved, and another was not
  moved_in_slot,
  moved_in_overflow,
  all_moved,         // but next is not the map's table
  spread,            // the group of the key was moved to eight groups
  unmerged,          // there is a table of half the size, to which nothing has been moved
  merged,            // the two groups of the key's unit were moved
  all_merged,        // and all others
  unmerged_sixteen,  // there is a table of a sixteenth
};
inline constexpr std::size_t state_count = static_cast<std::size_t>(state::unmerged_sixteen) + 1;

inline const char* name_of(state which) {
  constexpr std::array<const char*, state_count> names = {"first_use",
                                                          "cleared",
                                                          "closed",
                                                          "single",
                                                          "emptied",
                                                          "absent",
                                                          "absent_from_full",
                                                          "in_slot",
                                                          "in_slot_of_full",
                                                          "erased_from_slot",
                                                          "in_overflow",
                                                          "in_overflow_alone",
                                                          "in_second_overflow",
                                                          "behind_twin",
                                                          "erased_from_overflow",
                                                          "unmoved_absent",
                                                          "unmoved_in_slot",
                                                          "unmoved_in_overflow",
                                                          "half_moved",
                                                          "moved_absent",
                                                          "moved_in_slot",
                                                          "moved_in_overflow",
                                                          "all_moved",
                                                          "spread",
                                                          "unmerged",
                                                          "merged",
                                                          "all_merged",
                                                          "unmerged_sixteen"};
  return names[static_cast<std::size_t>(which)];
}
inline std::ostream& operator<<(std::ostream& out, state which) { return out << name_of(which); }

template <class Map>
void add(Map& map, int key) {
  map.store(key, key == the_key ? the_value : 10 * key);
}
template <class Map, class... Keys>
void add(Map& map, int first, Keys... keys) {
  add(map, first);
  (add(map, keys), ...);
}

// Brings an unused map's the_key into the state. Of one platform only one map can be arranged at once.
template <class Map>
void arrange(Map& map, state which) {
  const std::size_t before = std::exchange(one_slot_platform::groups_per_overflow, 1);
  switch (which) {
    case state::first_use:
      break;
    case state::cleared:
      map.reserve_groups(2);
      add(map, near_key, the_key);
      map.clear();
      break;
    case state::closed:
      add(map, the_key);
      map.erase(the_key);
      group_inspector::table(map.engine())->try_close();
      break;
    case state::single:
      add(map, the_key);
      break;
    case state::emptied:
      add(map, near_key, the_key);
      map.erase(the_key);
      map.erase(near_key);
      break;
    case state::absent:
      map.reserve_groups(2);
      add(map, far_key);
      break;
    case state::absent_from_full:
      map.reserve_groups(2);
      add(map, alike_key, far_key);
      break;
    case state::in_slot:
      map.reserve_groups(2);
      add(map, the_key, far_key);
      break;
    case state::in_slot_of_full:
      map.reserve_groups(2);
      add(map, the_key, alike_key);
      break;
    case state::erased_from_slot:
      map.reserve_groups(2);
      add(map, the_key, far_key);
      map.erase(the_key);
      break;
    case state::in_overflow:
      map.reserve_groups(2);
      add(map, near_key, the_key, far_key);
      break;
    case state::in_overflow_alone:
      map.reserve_groups(2);
      add(map, near_key, the_key, far_key);
      map.erase(near_key);
      break;
    case state::in_second_overflow:
      map.reserve_groups(2);
      add(map, near_key, half_key, the_key);
      break;
    case state::behind_twin:
      map.reserve_groups(2);
      add(map, twin_key, the_key);
      break;
    case state::erased_from_overflow:
      map.reserve_groups(2);
      add(map, near_key, the_key, far_key);
      map.erase(the_key);
      break;
    case state::unmoved_absent:
      map.reserve_groups(2);
      add(map, near_key, far_key);
      map.set_next(4);
      break;
    case state::unmoved_in_slot:
      map.reserve_groups(2);
      add(map, the_key, half_key);
      map.set_next(4);
      break;
    case state::unmoved_in_overflow:
      map.reserve_groups(1);
      add(map, far_key, near_key, the_key);
      map.set_next(2);
      break;
    case state::half_moved:
      map.reserve_groups(2);
      add(map, the_key, half_key, far_key);
      map.set_next(4);
      map.move_unit_of(far_key);
      break;
    case state::moved_absent:
      map.reserve_groups(2);
      add(map, half_key, far_key);
      map.set_next(4);
      map.move_unit_of(the_key);
      break;
    case state::moved_in_slot:
      map.reserve_groups(2);
      add(map, half_key, the_key, far_key);
      map.set_next(4);
      map.move_unit_of(the_key);
      break;
    case state::moved_in_overflow:
      map.reserve_groups(2);
      add(map, near_key, the_key, far_key);
      map.set_next(4);
      map.move_unit_of(the_key);
      break;
    case state::all_moved:
      map.reserve_groups(1);
      add(map, the_key, far_key);
      map.set_next(2);
      map.move_unit_of(the_key);
      break;
    case state::spread:
      map.reserve_groups(2);
      add(map, near_key, the_key, half_key, far_key);
      map.set_next(16);
      map.move_unit_of(the_key);
      break;
    case state::unmerged:
      map.reserve_groups(4);
      add(map, the_key, half_key, far_key);
      map.set_next(2);
      break;
    case state::merged:
      map.reserve_groups(4);
      add(map, half_key, the_key, far_key);
      map.set_next(2);
      map.move_unit_of(the_key);
      break;
    case state::all_merged:
      map.reserve_groups(2);
      add(map, the_key, far_key);
      map.set_next(1);
      map.move_unit_of(the_key);
      break;
    case state::unmerged_sixteen:
      map.reserve_groups(16);
      add(map, the_key, far_key);
      map.set_next(1);
      break;
  }
  one_slot_platform::groups_per_overflow = before;
}

// What the state must show, and the contents.
inline whereabouts where_in(state which) {
  switch (which) {
    case state::single:
    case state::in_slot:
    case state::in_slot_of_full:
    case state::unmoved_in_slot:
    case state::half_moved:
    case state::unmerged:
    case state::unmerged_sixteen:
      return whereabouts::in_slot;
    case state::in_overflow:
    case state::in_overflow_alone:
    case state::in_second_overflow:
    case state::behind_twin:
    case state::unmoved_in_overflow:
      return whereabouts::in_overflow;
    case state::moved_in_slot:
    case state::all_moved:
    case state::all_merged:
    case state::merged:
      return whereabouts::in_slot_of_next;
    case state::moved_in_overflow:
    case state::spread:
      return whereabouts::in_overflow_of_next;
    default:
      return whereabouts::nowhere;
  }
}

}  // namespace syncmap::test::groups
