// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Two translation units with statics; see statics_main.cpp.
#pragma once

#include <lifecycle.hpp>

namespace statics {

struct unit {
  const int number;
  lifecycle::all_maps& maps;
  bool constructed = false;  // the maps' constructors are constant: they can be used before this
  bool destroyed = false;
};

unit& one();
unit& two();

// Which unit's statics were constructed first; 0: none yet.
inline constinit int first = 0;

// Never destroyed.
inline lifecycle::all_maps& immortal() {
  static auto* const maps = new lifecycle::all_maps;
  return *maps;
}

// Uses every one of them. Defined in statics_main.cpp.
void exercise(lifecycle::all_maps& maps, int first_key);

// Before and after the maps of its unit: uses every map that there is.
class user {
 public:
  explicit user(unit& mine) : mine_(mine) {
    if (first == 0) first = mine.number;
    use();
    for (const int i : {1, 2, 3}) {  // for the maps' destructors
      mine.maps.each([i]<class Entries>(auto& map) {
        map.store(Entries::key(i), Entries::value(i, 1));
        map.store(Entries::key(i), Entries::value(i, 2));
      });
    }
  }
  user(const user&) = delete;
  user& operator=(const user&) = delete;
  ~user() { use(); }

 private:
  void use() const {
    for (const unit* each : {&one(), &two()}) {
      if (!each->destroyed) exercise(each->maps, 100);
    }
    exercise(immortal(), 100);
  }
  unit& mine_;
};

// Destroyed just before and just after the maps.
struct marks {
  unit& mine;
  explicit marks(unit& of) : mine(of) { mine.constructed = true; }
  marks(const marks&) = delete;
  marks& operator=(const marks&) = delete;
  ~marks() { mine.destroyed = true; }
};
class counts {
 public:
  explicit counts(unit& mine) : mine_(mine) {}
  counts(const counts&) = delete;
  counts& operator=(const counts&) = delete;
  ~counts() {
    EXPECT(mine_.destroyed);
    // The other unit's maps have 3 of each kind with texts.
    const unit& other = mine_.number == 1 ? two() : one();
    EXPECT(lifecycle::text::living == (other.destroyed ? 0 : 6));
  }

 private:
  unit& mine_;
};

}  // namespace statics
