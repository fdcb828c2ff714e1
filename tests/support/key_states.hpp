// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// key_states.hpp -- maps of the scripted platform, and how to bring a key into each of its states.

#pragma once

#include <array>
#include <functional>
#include <inspector.hpp>
#include <ostream>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>
#include <syncmap/hash.hpp>
#include <test_platform.hpp>

namespace syncmap::test {

// An int that the engine keeps in a cell of its own, which it has to reclaim.
class boxed_int {
 public:
  boxed_int(int value) noexcept : value_(value) {}
  boxed_int(const boxed_int& other) noexcept : value_(other.value_) {}
  boxed_int& operator=(const boxed_int& other) noexcept {
    value_ = other.value_;
    return *this;
  }
  ~boxed_int() = default;
  operator int() const noexcept { return value_; }

 private:
  int value_;
};

template <class P, class T = boxed_int>
using map_over = basic_map<detail::read_dirty<int, T, syncmap::hash<int>, std::equal_to<int>, P>>;

using scripted_map = map_over<scripted_platform>;

enum class key_state {
  first_use,      ///< absent, no table at all
  absent_clean,   ///< absent, not amended
  absent_dirty,   ///< absent, amended
  live_clean,     ///< live in read, not amended
  live_both,      ///< live in read and dirty
  nil_clean,      ///< nil in read, not amended
  nil_both,       ///< nil in read and dirty
  expunged,       ///< in read only, amended
  live_in_dirty,  ///< live in dirty only
  nil_in_dirty,   ///< in dirty only, left by a compare_and_erase
};

inline constexpr std::array all_key_states = {key_state::first_use,     key_state::absent_clean,
                                              key_state::absent_dirty,  key_state::live_clean,
                                              key_state::live_both,     key_state::nil_clean,
                                              key_state::nil_both,      key_state::expunged,
                                              key_state::live_in_dirty, key_state::nil_in_dirty};

inline const char* name_of(key_state state) {
  constexpr const char* names[] = {"first_use",     "absent_clean", "absent_dirty", "live_clean",
                                   "live_both",     "nil_clean",    "nil_both",     "expunged",
                                   "live_in_dirty", "nil_in_dirty"};
  return names[static_cast<std::size_t>(state)];
}
inline std::ostream& operator<<(std::ostream& out, key_state state) {
  return out << name_of(state);
}

// What the tables must show.
inline presence read_presence(key_state state) {
  switch (state) {
    case key_state::live_clean:
    case key_state::live_both:
      return presence::live;
    case key_state::nil_clean:
    case key_state::nil_both:
      return presence::nil;
    case key_state::expunged:
      return presence::expunged;
    default:
      return presence::absent;
  }
}
inline presence dirty_presence(key_state state) {
  switch (state) {
    case key_state::live_both:
    case key_state::live_in_dirty:
      return presence::live;
    case key_state::nil_both:
    case key_state::nil_in_dirty:
      return presence::nil;
    default:
      return presence::absent;
  }
}
inline bool is_present(key_state state) {
  return read_presence(state) == presence::live || dirty_presence(state) == presence::live;
}
inline bool is_amended(key_state state) {
  return state == key_state::absent_dirty || state == key_state::live_both ||
         state == key_state::nil_both || state >= key_state::expunged;
}

// The key whose state is arranged, its value if it has one, and others that are always live: `old`
// ones are in read (first_use apart), `young` ones in dirty if there is one.
inline constexpr int the_key = 7;
inline constexpr int the_value = 70;
inline constexpr int old_key = 100;
inline constexpr int young_key = 200;

// Brings an unused map's the_key into `state`, with `old` other keys in read and, if that state is
// amended, `young` ones (at least one) in dirty. Another key k has the value 10 * k.
template <class Map>
void arrange(Map& map, key_state state, int old = 2, int young = 3) {
  if (state == key_state::first_use) return;
  const bool in_read = read_presence(state) != presence::absent;
  for (int i = 0; i < old; ++i) map.store(old_key + i, 10 * (old_key + i));
  if (in_read) map.store(the_key, the_value);
  promote(map);
  if (state == key_state::nil_clean || state == key_state::expunged) map.erase(the_key);
  if (is_amended(state)) {
    for (int i = 0; i < young; ++i) map.store(young_key + i, 10 * (young_key + i));
  }
  if (state == key_state::nil_both) map.erase(the_key);
  if (dirty_presence(state) != presence::absent && !in_read) map.store(the_key, the_value);
  if (state == key_state::nil_in_dirty) map.compare_and_erase(the_key, the_value);
}

}  // namespace syncmap::test
