// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the programs share that test how maps begin and end: the kinds of maps, and one function that
// uses a map in every way.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <syncmap/syncmap.hpp>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define LIFECYCLE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIFECYCLE_ASAN 1
#endif
#endif

namespace lifecycle {

#if defined(LIFECYCLE_ASAN)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif

// The exit code of a program that cannot try what it is for.
inline constexpr int skipped = 77;

// Not an exception and no exit(): the checks stand in destructors, in other threads and in children.
#define EXPECT(condition) \
  ((condition) ? static_cast<void>(0) : ::lifecycle::fail(__FILE__, __LINE__, #condition))

[[noreturn]] inline void fail(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
  std::_Exit(1);
}

// A value in memory of its own, which counts its instances and is not itself after its end. One count
// for a process, also where libraries hide their symbols.
class SYNCMAP_SHARED text {
 public:
  static inline std::atomic<long> living{0};

  text(int key, int version)
      : says_("a text that is too long for a small string, of " + std::to_string(key)),
        version_(version) {
    ++living;
  }
  text(const text& other) : says_(other.says_), version_(other.version_) { ++living; }
  text& operator=(const text&) = delete;
  ~text() {
    says_ = "destroyed, which nobody is to see of anything";
    --living;
  }
  [[nodiscard]] bool is_of(int key) const {
    return says_ == "a text that is too long for a small string, of " + std::to_string(key);
  }
  friend bool operator==(const text& a, const text& b) {
    return a.version_ == b.version_ && a.says_ == b.says_;
  }

 private:
  std::string says_;
  int version_;
};

// Entries that are in the table itself.
struct numbers {
  using key_type = std::uint64_t;
  using mapped_type = std::uint64_t;
  static key_type key(int i) { return static_cast<key_type>(i); }
  static mapped_type value(int i, int version) {
    return static_cast<mapped_type>(i) << 32 | static_cast<mapped_type>(version);
  }
  static bool fits(const mapped_type& value, int i) {
    return value >> 32 == static_cast<mapped_type>(i);
  }
};
// Entries in nodes, whose values count themselves.
struct texts {
  using key_type = std::string;
  using mapped_type = text;
  static key_type key(int i) { return "a key too long for a small string " + std::to_string(i); }
  static mapped_type value(int i, int version) { return {i, version}; }
  static bool fits(const mapped_type& value, int i) { return value.is_of(i); }
};

template <template <class...> class Map, class Entries>
struct kind {
  using entries = Entries;
  using map = Map<typename Entries::key_type, typename Entries::mapped_type>;
};

// One of each kind.
struct all_maps {
  kind<syncmap::map, numbers>::map table_of_numbers;
  kind<syncmap::map, texts>::map table_of_texts;
  kind<syncmap::read_dirty_map, numbers>::map read_dirty_of_numbers;
  kind<syncmap::read_dirty_map, texts>::map read_dirty_of_texts;

  // Calls f<Entries>(map) with each.
  template <class F>
  void each(F f) {
    f.template operator()<numbers>(table_of_numbers);
    f.template operator()<texts>(table_of_texts);
    f.template operator()<numbers>(read_dirty_of_numbers);
    f.template operator()<texts>(read_dirty_of_texts);
  }
};

// How many keys exercise() uses.
inline constexpr int exercise_keys = 40;

// Every kind of operation, on keys from `first` on that nobody else uses; leaves none of them.
template <class Entries, class Map>
void exercise(Map& map, int first) {
  const auto key = [](int i) { return Entries::key(i); };
  const auto value = [](int i, int version) { return Entries::value(i, version); };
  for (int i = first; i < first + exercise_keys; ++i) {
    EXPECT(!map.contains(key(i)));
    map.store(key(i), value(i, 0));
    map.store(key(i), value(i, 1));
    EXPECT(map.load(key(i)) == value(i, 1));
    EXPECT(map.load_or_store(key(i), value(i, 2)).loaded);
    EXPECT(map.swap(key(i), value(i, 3)) == value(i, 1));
    EXPECT(map.compare_and_swap(key(i), value(i, 3), value(i, 4)));
    EXPECT(map.update(key(i), [&](const auto&) { return value(i, 5); }) == value(i, 5));
    EXPECT(map.visit(key(i), [&](const auto& seen) { EXPECT(Entries::fits(seen, i)); }));
  }
  {
    const auto kept = map.find(key(first));
    EXPECT(kept && *kept == value(first, 5));
    int seen = 0;
    for (const auto& [k, v] : map) {
      const auto again = map.find(k);  // others may have erased it
      seen += static_cast<int>(again && *again == v);
    }
    EXPECT(seen >= exercise_keys);
    EXPECT(map.load_and_erase(key(first)) == value(first, 5));
    EXPECT(*kept == value(first, 5));
  }
  const auto made = map.load_or_compute(key(first), [&] { return value(first, 6); });
  EXPECT(!made.loaded && made.value == value(first, 6));
  EXPECT(map.load_or_compute(key(first), [&] { return value(first, 7); }).loaded);
  const std::vector<typename Entries::key_type> sought{key(first), key(first + 1)};
  std::vector<std::optional<typename Entries::mapped_type>> loaded;
  map.load_many(sought, std::back_inserter(loaded));
  EXPECT(loaded.size() == 2 && loaded[0] == value(first, 6) && loaded[1] == value(first + 1, 5));
  for (int i = first; i < first + exercise_keys; ++i) EXPECT(map.erase(key(i)));
}

}  // namespace lifecycle
