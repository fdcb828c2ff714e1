// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <recorder.hpp>
#include <stories.hpp>
#include <string_view>

namespace syncmap::page {
namespace {

// A map whose operations are recorded.
class scene {
 public:
  // Brings keys into `read`: a with the value 1, b with 2, and so on.
  void has(std::string_view keys) {
    adds(keys);
    test::promote(map);
  }
  // The same, into `dirty`.
  void adds(std::string_view keys) {
    for (const char key : keys) map.store(key, key - 'a' + 1);
  }
  void begin(const char* title, const char* about) { notes.begin(title, about); }

  void store(char key, int value, const char* why) {
    notes.run(key, named("store", key, value), why, [&] {
      map.store(key, value);
      return std::string();
    });
  }
  void load(char key, const char* why) {
    notes.run(key, named("load", key), why, [&] { return told(map.load(key)); });
  }
  void erase(char key, const char* why) {
    notes.run(key, named("erase", key), why, [&] { return told(map.erase(key)); });
  }
  void compare_and_erase(char key, int expected, const char* why) {
    notes.run(key, named("compare_and_erase", key, expected), why,
              [&] { return told(map.compare_and_erase(key, expected)); });
  }
  void range(const char* call, const char* why, const std::function<void(char)>& f) {
    notes.run(0, call, why, [&] {
      int seen = 0;
      // Of a type that has a name, or `range` would have none in the stack.
      const std::function<void(char, int)> visit = [&](char key, int) {
        ++seen;
        f(key);
      };
      map.range(visit);
      return "after " + std::to_string(seen) + " keys";
    });
  }
  void clear(const char* why) {
    notes.run(0, "clear()", why, [&] {
      map.clear();
      return std::string();
    });
  }

  map_type map;
  recorder notes{map};

 private:
  static std::string named(const char* name, char key) {
    return std::string(name) + '(' + key + ')';
  }
  static std::string named(const char* name, char key, int value) {
    return std::string(name) + '(' + key + ", " + std::to_string(value) + ')';
  }
  static std::string told(const std::optional<int>& value) {
    return value ? std::to_string(*value) : "nullopt";
  }
  static std::string told(bool value) { return value ? "true" : "false"; }
};

story first_stores() {
  scene at;
  at.begin("From the first store to a promotion",
           "An empty map has no table at all. New keys go to `dirty`, under the mutex. Lookups "
           "that need it "
           "are misses, and when these have paid for it, `dirty` becomes `read`.");
  at.store(
      'a', 1, "The first key of all. There is nothing to copy, but a `dirty` table to be made.");
  at.store('b', 2, "Another new key. Now there is a `dirty`, which has room.");
  at.load('a', "A key that only `dirty` has: a miss. The map pays for it with the mutex.");
  at.load('b', "As many misses as `dirty` has entries: time to promote.");
  at.load(
      'a',
      "Since the promotion this is all there is to a load: no mutex, nothing written that other "
      "threads read.");
  at.store('a', 9, "A store of a key that `read` has needs no mutex either.");
  return at.notes.end();
}

story hits_and_misses() {
  scene at;
  at.has("ab");
  at.begin("Which loads take the mutex",
           "`read` has a and b. A load takes the mutex only if `read` lacks the key and is "
           "amended: then it may be "
           "in `dirty`.");
  at.load(
      'z', "A key that the map does not have. `read` is not amended, so `read` alone can tell.");
  at.store('c', 3,
           "A new key, with no `dirty`: now everything is copied. This is the price of the "
           "algorithm, once "
           "for all keys that come before the next promotion.");
  at.load('a', "A hit in `read`. That it is amended makes no difference for keys that it has.");
  at.load('z',
          "The same key as before, as absent as before. But now `dirty` has to be asked, and a "
          "miss is counted "
          "though nothing is found.");
  at.load('c', "Found, in `dirty`: a miss too.");
  at.load('z', "The third miss, of three entries: promotes.");
  at.load('z', "And again absence is told without the mutex.");
  return at.notes.end();
}

story erased_key() {
  scene at;
  at.has("ab");
  at.begin("Nil, expunged, and back",
           "A key of `read` cannot be taken out of a table that never changes. So its entry says "
           "what became of it.");
  at.erase(
      'a',
      "One compare-and-swap, no mutex. The key stays in the table, with an entry that is nil.");
  at.store('a', 5,
           "Nil can become live again in the same way: `dirty`, if there is one, has this entry.");
  at.erase('a', "Once more.");
  at.store('c', 3,
           "A new key, so `dirty` is built. What is nil does not come along: its entry is "
           "expunged, so that "
           "a store of a knows that `dirty` lacks it.");
  at.store('a', 6,
           "`read` has a, but expunged. A plain compare-and-swap would be lost with the next "
           "promotion. So: "
           "the mutex, back to nil, into `dirty`, then live.");
  at.load('a', "The same entry as in the beginning, found in `read` without the mutex.");
  return at.notes.end();
}

story forgotten_key() {
  scene at;
  at.has("abc");
  at.begin("How an erased key is forgotten",
           "What nobody stores again is expunged when `dirty` is built, and left behind by the "
           "promotion.");
  at.erase('b', "The value is gone at once, and its memory. The key and the entry stay for now.");
  at.store('d', 4, "The copy leaves b out.");
  at.load('b', "Expunged is absent too. `read` has the key, so this needs no mutex.");
  at.load('d', "First miss of three.");
  at.load('d', "Second.");
  at.load('d',
          "Third: promotes. The old `read` is retired, and with it goes the last table that had "
          "the entry of b.");
  return at.notes.end();
}

story erase_from_dirty() {
  scene at;
  at.has("a");
  at.adds("bcd");
  at.begin("Erasing what only `dirty` has",
           "`dirty` has three keys that `read` lacks. Nobody looks them up without the mutex, so "
           "they can simply be "
           "taken out.");
  at.erase('b',
           "Out of `dirty` at once, with its entry. If it stayed as nil, keys that come and go "
           "would pile up. "
           "It is a lookup that `read` could not answer, so it counts as a miss.");
  at.compare_and_erase(
      'c', 3, "This one leaves the key in `dirty`, with an entry that is nil. A miss as well.");
  at.load('c', "Absent: its entry is nil. The third miss, of three entries.");
  at.load('c',
          "Now `read` has the key, and says the same without the mutex. When the next `dirty` is "
          "built, it stays "
          "behind.");
  return at.notes.end();
}

story range_promotes() {
  scene at;
  at.has("ab");
  at.adds("c");
  at.begin("A walk promotes first",
           "`range` shows every key. With everything in `read` it walks one table that nobody "
           "changes, and holds no lock "
           "while it calls back.");
  at.range("range(f)",
           "Takes the mutex once, to promote. Then it walks. In the middle of it, its callback "
           "calls the map: "
           "any callback may.",
           [&](char key) {
             if (key != 'a') return;
             at.store('d', 4,
                      "From inside of the callback. A new `dirty` is built, while the walk goes on "
                      "in its table.");
             at.range(
                 "range(g)",
                 "A walk in the walk, which promotes again. The outer one still uses the table it "
                 "has: that one is retired, and kept.",
                 [](char) {});
           });
  at.notes.run(
      0, "reclaim()",
      "Nobody uses the retired table any more. With the next pass of the reclamation, of any "
      "thread or asked for like here, it goes.",
      [] {
        detail::hazard_domain<recording_platform>::global().reclaim();
        return std::string();
      });
  return at.notes.end();
}

story cleared() {
  scene at;
  at.has("ab");
  at.adds("c");
  at.begin("Clear", "Everything goes at one instant, by one store, however much there is.");
  at.clear("Both tables are dropped. Whoever still reads the old one comes before the clear.");
  at.clear("An empty map is cleared without the mutex.");
  at.store('a', 7, "A new life: a new entry, in a new table.");
  return at.notes.end();
}

story revival_wins() {
  scene at;
  at.has("ab");
  at.map.erase('a');
  at.begin("Two threads: a store meets the copy",
           "Thread A stores a new key and builds `dirty`. It has found the entry of a to be nil, "
           "and is about to expunge it. At "
           "this moment thread B stores a. B needs no mutex, and must not be lost.");
  at.notes.then_other("expunging", [&] {
    at.store('a', 9,
             "`read` has a, and it is nil: one compare-and-swap will do, though A has the mutex.");
  });
  at.store(
      'c', 3, "The entry of a is nil, so the copy leaves it out. If nothing happens in between.");
  at.load('a', "In both tables, and live.");
  return at.notes.end();
}

story expunge_wins() {
  scene at;
  at.has("ab");
  at.map.erase('a');
  at.begin("Two threads: the copy was first",
           "The same again, but B comes a moment later, when the entry of a has just been "
           "expunged. Now B's store has "
           "to put a into `dirty`, which A is building: it waits for the mutex.");
  at.notes.then_other("expunge", [&] {
    at.store(
        'a', 9,
        "The word says expunged. A compare-and-swap from here to live is what never happens: the "
        "value would be in `read` only, and lost with the next promotion.");
  });
  at.store('c', 3, "Builds `dirty`, and leaves out a.");
  at.load('a', "Both stores are there.");
  return at.notes.end();
}

story look_again() {
  scene at;
  at.has("a");
  at.adds("b");
  at.begin("Two threads: why it looks twice",
           "Between a look at `read` without the mutex and the mutex itself anything may happen. "
           "Here thread B promotes. "
           "So `read` is looked at again.");
  at.notes.then_other("will lock", [&] {
    at.load('b', "A miss, the first of two.");
    at.load('b', "A miss, the second: promotes.");
  });
  at.load(
      'b', "`read` is amended and lacks b, so this load is on its way to the mutex. Then B runs.");
  return at.notes.end();
}

}  // namespace

std::vector<story> all_stories() {
  return {first_stores(),   hits_and_misses(), erased_key(),   forgotten_key(), erase_from_dirty(),
          range_promotes(), cleared(),         revival_wins(), expunge_wins(),  look_again()};
}

}  // namespace syncmap::page
