// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// linearizability.hpp -- records what threads do with one map, and finds out whether it can be
// explained.
//
//   history    operations with their arguments, results, and when they began and ended
//   is_linearizable   is there an order of them, in which none stands after one that began only when it
//              had ended, and in which each result is the one that a map would give? (Wing and Gong's
//              search with Lowe's memory of where it has been)
//   subject    a map of any type whose keys and values are numbers to the others
//   player     one thread of a history
//   check_histories   plays and checks many
//
// A walk (range, iteration, to) and load_many promise something for each key, not for all at once. So
// they are recorded as one load for each key, in the time of the whole call: of a key that was shown, a
// load of the value that ended when it was shown; of another, a load that found nothing. That is the
// contract: a shown value was there at some instant of the call, a key that was there throughout is
// shown. erase_if of one key is, for the same reason, an erase.
//
// The clock is a sequentially consistent counter, and so orders what stands on both sides of it. What
// memory orders alone do wrong is for tests without such a clock.

#pragma once

// g++ 12 takes the result of a load_or_compute, after a read that has found nothing, for returned.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <counts.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <kinds.hpp>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <test_platform.hpp>
#include <thread>
#include <threads.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

namespace support::lin {

// --- histories

// The value of each key. None is 0.
inline constexpr int most_keys = 4;
using contents = std::array<std::int16_t, most_keys>;
inline constexpr int none = 0;

enum class operation : std::uint8_t {
  load,
  visit,
  find,
  range,
  iteration,
  to,
  load_many,
  contains,
  store,
  swap,
  insert_or_assign,
  load_or_store,
  load_or_compute,
  try_emplace,
  load_and_erase,
  erase,
  erase_if,
  compare_and_swap,
  compare_and_erase,
  update,
  compute_value,
  compute_none,
  compute_other,  // nothing if there is a value, a value if there is none
  clear,
  never,  // what no map may do
};

inline const char* name_of(operation what) {
  static constexpr const char* names[] = {"load",
                                          "visit",
                                          "find",
                                          "range",
                                          "iteration",
                                          "to",
                                          "load_many",
                                          "contains",
                                          "store",
                                          "swap",
                                          "insert_or_assign",
                                          "load_or_store",
                                          "load_or_compute",
                                          "try_emplace",
                                          "load_and_erase",
                                          "erase",
                                          "erase_if",
                                          "compare_and_swap",
                                          "compare_and_erase",
                                          "update",
                                          "compute a value",
                                          "compute none",
                                          "compute the other",
                                          "clear",
                                          "never"};
  return names[static_cast<std::size_t>(what)];
}

struct event {
  operation what = operation::never;
  int key = 0;
  int given = none;     // the value passed, or made by the callback
  int expected = none;  // of compare_and_...
  int result = none;    // the value returned
  bool yes = false;     // the bool returned
  int seen = none;      // what the callback was last shown
  int thread = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

struct history {
  contents before{};
  std::vector<event> events;
};

// Does the event to what a key has. False if its result is not the one that a map would give.
inline bool take_effect(const event& e, std::int16_t& value) {
  const int now = value;
  const bool there = now != none;
  const auto becomes = [&value](int next) {
    value = static_cast<std::int16_t>(next);
    return true;
  };
  switch (e.what) {
    case operation::load:
    case operation::visit:
    case operation::find:
    case operation::range:
    case operation::iteration:
    case operation::to:
    case operation::load_many:
      return e.result == now;
    case operation::contains:
      return e.yes == there;
    case operation::store:
      return becomes(e.given);
    case operation::swap:
      return e.result == now && becomes(e.given);
    case operation::insert_or_assign:
      return e.yes == !there && becomes(e.given);
    case operation::load_or_store:
    case operation::load_or_compute:
      return e.yes == there && e.result == (there ? now : e.given) && becomes(e.result);
    case operation::try_emplace:
      return e.yes == !there && becomes(there ? now : e.given);
    case operation::load_and_erase:
      return e.result == now && becomes(none);
    case operation::erase:
    case operation::erase_if:
      return e.yes == there && becomes(none);
    case operation::compare_and_swap:
      return e.yes == (there && now == e.expected) && becomes(e.yes ? e.given : now);
    case operation::compare_and_erase:
      return e.yes == (there && now == e.expected) && becomes(e.yes ? none : now);
    case operation::update:
      if (!there) return e.result == none;
      return e.seen == now && e.result == e.given && becomes(e.given);
    case operation::compute_value:
      return e.seen == now && e.result == e.given && becomes(e.given);
    case operation::compute_none:
      return e.seen == now && e.result == none && becomes(none);
    case operation::compute_other:
      return e.seen == now && e.result == (there ? none : e.given) && becomes(e.result);
    case operation::clear:
    case operation::never:
      break;
  }
  return false;
}
inline bool take_effect(const event& e, contents& values) {
  if (e.what != operation::clear) return take_effect(e, values[static_cast<std::size_t>(e.key)]);
  values = {};
  return true;
}

// --- the search

class search {
 public:
  explicit search(const history& all) : events_(all.events), waits_for_(events_.size()) {
    if (events_.size() > 64) throw std::length_error("a history of more than 64 events");
    for (std::size_t i = 0; i < events_.size(); ++i) {
      for (std::size_t j = 0; j < events_.size(); ++j) {
        if (events_[j].end < events_[i].start) waits_for_[i] |= bit(j);
      }
    }
  }

  // Can the events that are not done follow?
  bool from(std::uint64_t done, contents now) {
    // What only reads stands as early as it can: if there is an order, there is one with it here.
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < events_.size(); ++i) {
        if (after(i, done, now) != now || may_write(events_[i], now)) continue;
        done |= bit(i);
        again = true;
      }
    }
    if (std::popcount(done) == static_cast<int>(events_.size())) return true;
    if (!failed_.emplace(done, std::bit_cast<std::uint64_t>(now)).second) return false;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (const auto next = after(i, done, now); next && from(done | bit(i), *next)) return true;
    }
    return false;
  }

 private:
  using position = std::pair<std::uint64_t, std::uint64_t>;
  struct position_hash {
    std::size_t operator()(const position& at) const {
      const std::uint64_t mixed =
          (at.first ^ at.second * 0x9e3779b97f4a7c15U) * 0xd1342543de82ef95U;
      return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }
  };

  static std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

  // Could the event, which changes nothing now, change something elsewhere, with the same result?
  static bool may_write(const event& e, const contents& now) {
    return e.what == operation::clear || e.given == now[static_cast<std::size_t>(e.key)];
  }

  // What is there after event i, if it can be next.
  std::optional<contents> after(std::size_t i, std::uint64_t done, contents now) const {
    if ((done & bit(i)) != 0 || (waits_for_[i] & ~done) != 0) return std::nullopt;
    return take_effect(events_[i], now) ? std::optional(now) : std::nullopt;
  }

  const std::vector<event>& events_;
  std::vector<std::uint64_t> waits_for_;
  std::unordered_set<position, position_hash> failed_;
};

inline bool is_linearizable(const history& all) {
  const auto never = [](const event& e) { return e.what == operation::never; };
  return std::none_of(all.events.begin(), all.events.end(), never) &&
         search(all).from(0, all.before);
}

inline std::string describe(const history& all) {
  std::ostringstream out;
  out << "before:";
  for (const int value : all.before) out << ' ' << value;
  out << " (0 is none)\n";
  std::vector<event> events = all.events;
  std::sort(events.begin(), events.end(),
            [](const event& a, const event& b) { return a.start < b.start; });
  for (const event& e : events) {
    out << '[' << e.start << ", " << e.end << "] thread " << e.thread << ": " << name_of(e.what)
        << " key " << e.key << " given " << e.given << " expected " << e.expected << " -> value "
        << e.result << ", " << (e.yes ? "true" : "false") << ", callback saw " << e.seen << '\n';
  }
  return out.str();
}

// Of how many events does another thread's overlap?
inline int overlapping(const history& all) {
  return static_cast<int>(std::count_if(all.events.begin(), all.events.end(), [&](const event& a) {
    return std::any_of(all.events.begin(), all.events.end(), [&](const event& b) {
      return a.thread != b.thread && a.start < b.end && b.start < a.end;
    });
  }));
}

// --- recording

class clock {
 public:
  std::uint64_t tick() { return now_.fetch_add(1) + 1; }

 private:
  std::atomic<std::uint64_t> now_{0};
};

// What a walk or load_many showed, and when.
struct shown {
  int key;
  int value;
  std::uint64_t when;
};

// Adds a walk over keys 0 to `keys` - 1, and maybe others that no other event is about.
inline void add_walk(std::vector<event>& events, const event& call, int keys,
                     const std::vector<shown>& entries) {
  std::vector<int> seen;
  for (const shown& each : entries) {
    event e = call;
    e.key = each.key;
    e.result = each.value;
    e.end = each.when;
    if (std::find(seen.begin(), seen.end(), each.key) != seen.end()) e.what = operation::never;
    seen.push_back(each.key);
    if (each.key < keys || e.what == operation::never) events.push_back(e);
  }
  for (int key = 0; key < keys; ++key) {
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    event e = call;
    e.key = key;
    events.push_back(e);
  }
}

inline void pause(syncmap::test::random_source& random) {
  if (random.below(6) == 0) std::this_thread::yield();
}

// A map, of whatever keys and values.
class subject {
 public:
  using random_source = syncmap::test::random_source;
  static constexpr int most_threads = 4;

  subject() = default;
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  virtual ~subject() = default;

  // Does what the event says, and adds the result. Not for walks and load_many.
  virtual void act(event& e, random_source& random) = 0;
  // For those.
  virtual std::vector<shown> walk(operation how, int keys, clock& time, random_source& random) = 0;
  // Something with other keys, or that changes the table and not the contents.
  virtual void disturb(random_source& random) = 0;
  // size() and what there is.
  virtual std::size_t size() = 0;
  virtual std::size_t count() = 0;
};

template <class Map>
class subject_of : public subject {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

 public:
  void act(event& e, random_source& random) override {
    if (!reads(e, random) && !stores(e) && !removes(e, random) && !calls(e, random)) {
      e.what = operation::never;
    }
  }

  std::vector<shown> walk(operation how, int keys, clock& time, random_source& random) override {
    std::vector<shown> entries;
    const auto show = [&](const key_type& key, const value_type& value) {
      entries.push_back({number_of(key), number_of(value), time.tick()});
      pause(random);
    };
    if (how == operation::range) {
      map_.range(show);
    } else if (how == operation::iteration) {
      for (const auto& [key, value] : map_) show(key, value);
    } else if (how == operation::to) {
      const auto all = map_.template to<std::vector<std::pair<key_type, value_type>>>();
      for (const auto& [key, value] : all) show(key, value);
    } else {
      std::vector<key_type> sought;
      for (int key = 0; key < keys; ++key) sought.push_back(key_of(key));
      std::vector<std::optional<value_type>> found(sought.size());
      map_.load_many(sought, found.begin());
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i]) show(sought[i], *found[i]);
      }
    }
    return entries;
  }

  void disturb(random_source& random) override {
    const key_type& other = key_of(most_keys + static_cast<int>(random.below(others)));
    switch (random.below(16)) {
      case 0:
        if constexpr (requires { map_.shrink_to_fit(); }) map_.shrink_to_fit();
        return;
      case 1:
        if constexpr (requires { map_.reserve(64); }) map_.reserve(64);
        return;
      case 2:
      case 3:
        return map_.range([](const auto&, const auto&) {});
      case 4:
      case 5:
      case 6:
        return static_cast<void>(map_.load(other));
      case 7:
      case 8:
      case 9:
      case 10:
        return static_cast<void>(map_.erase(other));
      default:
        return map_.store(other, numbered<value_type>(1));
    }
  }

  std::size_t size() override { return map_.size(); }
  std::size_t count() override { return numbers_of(map_).size(); }

 protected:
  Map& map() { return map_; }

 private:
  static constexpr int others = 12;

  struct kept {
    typename Map::handle handle;
    int value = none;
  };

  // Each does some of the operations; false if it is another. (Compilers take minutes for all in one.)
  bool reads(event& e, random_source& random) {
    const key_type& key = key_of(e.key);
    switch (e.what) {
      case operation::load:
        e.result = number(map_.load(key));
        return true;
      case operation::visit:
        map_.visit(key, [&](const value_type& now) {
          e.result = number_of(now);
          pause(random);
          if (number_of(now) != e.result) e.what = operation::never;
        });
        return true;
      case operation::find:
        find(e);
        return true;
      case operation::contains:
        e.yes = map_.contains(key);
        return true;
      default:
        return false;
    }
  }
  bool stores(event& e) {
    const key_type& key = key_of(e.key);
    const auto value = [&] { return numbered<value_type>(e.given); };
    switch (e.what) {
      case operation::store:
        map_.store(key, value());
        return true;
      case operation::swap:
        e.result = number(map_.swap(key, value()));
        return true;
      case operation::insert_or_assign:
        e.yes = map_.insert_or_assign(key, value());
        return true;
      case operation::load_or_store: {
        const auto got = map_.load_or_store(key, value());
        e.result = number_of(got.value);
        e.yes = got.loaded;
        return true;
      }
      case operation::try_emplace:
        e.yes = map_.try_emplace(key, value());
        return true;
      case operation::compare_and_swap:
        e.yes = map_.compare_and_swap(key, numbered<value_type>(e.expected), value());
        return true;
      default:
        return false;
    }
  }
  bool removes(event& e, random_source& random) {
    const key_type& key = key_of(e.key);
    switch (e.what) {
      case operation::load_and_erase:
        e.result = number(map_.load_and_erase(key));
        return true;
      case operation::erase:
        e.yes = map_.erase(key);
        return true;
      case operation::erase_if:
        e.yes = map_.erase_if([&](const key_type& each, const value_type&) {
          pause(random);
          return number_of(each) == e.key;
        }) == 1;
        return true;
      case operation::compare_and_erase:
        e.yes = map_.compare_and_erase(key, numbered<value_type>(e.expected));
        return true;
      case operation::clear:
        map_.clear();
        return true;
      default:
        return false;
    }
  }
  bool calls(event& e, random_source& random) {
    const key_type& key = key_of(e.key);
    const auto value = [&] { return numbered<value_type>(e.given); };
    switch (e.what) {
      case operation::load_or_compute: {
        const auto got = map_.load_or_compute(key, [&] {
          pause(random);
          return value();
        });
        e.result = number_of(got.value);
        e.yes = got.loaded;
        return true;
      }
      case operation::update:
        e.result = number(map_.update(key, [&](const value_type& now) {
          e.seen = number_of(now);
          pause(random);
          return value();
        }));
        return true;
      case operation::compute_value:
      case operation::compute_none:
      case operation::compute_other:
        e.result = number(map_.compute(key, [&](const value_type* now) {
          e.seen = now != nullptr ? number_of(*now) : none;
          pause(random);
          const bool gives = e.what == operation::compute_value ||
                             (e.what == operation::compute_other && now == nullptr);
          return gives ? std::optional(value()) : std::nullopt;
        }));
        return true;
      default:
        return false;
    }
  }

  // The thread keeps the entry until it finds the next. It shows for ever what it had.
  void find(event& e) {
    kept& mine = kept_[static_cast<std::size_t>(e.thread)];
    if (mine.handle && number_of(mine.handle.value()) != mine.value) e.what = operation::never;
    mine.handle = map_.find(key_of(e.key));
    mine.value = mine.handle ? number_of(*mine.handle) : none;
    if (mine.handle && number_of(mine.handle.key()) != e.key) e.what = operation::never;
    e.result = mine.value;
  }

  static const key_type& key_of(int number) {
    static const std::vector<key_type> all = [] {
      std::vector<key_type> made;
      for (int each = 0; each < most_keys + others; ++each) {
        made.push_back(numbered<key_type>(each));
      }
      return made;
    }();
    return all[static_cast<std::size_t>(number)];
  }
  static int number(const std::optional<value_type>& value) {
    return value ? number_of(*value) : none;
  }

  Map map_;
  std::array<kept, most_threads + 1> kept_;
};

// One thread of a history, which is about keys 0 to `keys` - 1.
class player {
 public:
  player(subject& map, clock& time, int thread, int keys, syncmap::test::random_source& random)
      : map_(map), time_(time), thread_(thread), keys_(keys), random_(random) {}

  // Adds so many events. Its values are those after `value`.
  std::vector<event> play(int events, int value) {
    value_ = value;
    while (static_cast<int>(events_.size()) < events) {
      if (below(4) == 0) map_.disturb(random_);
      const bool room = static_cast<int>(events_.size()) + keys_ <= events;
      const operation what = any(room);
      is_walk(what) ? walk(what) : act(what, below(keys_));
    }
    return std::move(events_);
  }

  void act(operation what, int key) {
    int& last = last_[static_cast<std::size_t>(key)];
    event e{.what = what, .key = key, .given = ++value_, .expected = last, .thread = thread_};
    e.start = time_.tick();
    pause(random_);
    map_.act(e, random_);
    pause(random_);
    e.end = time_.tick();
    events_.push_back(e);
    last = likely_value(e);
  }

  const std::vector<event>& events() const { return events_; }

 private:
  int below(int end) { return static_cast<int>(random_.below(static_cast<std::size_t>(end))); }

  // Loads, stores and compare_and_swap come twice as often.
  operation any(bool with_walks) {
    static constexpr operation often[] = {
        operation::load, operation::store, operation::compare_and_swap};
    for (;;) {
      const int number = below(static_cast<int>(operation::never) + 3);
      const auto what = number < static_cast<int>(operation::never)
                            ? static_cast<operation>(number)
                            : often[number - static_cast<int>(operation::never)];
      if (with_walks || !is_walk(what)) return what;
    }
  }
  static bool is_walk(operation what) {
    return what == operation::range || what == operation::iteration || what == operation::to ||
           what == operation::load_many;
  }

  void walk(operation what) {
    event call{.what = what, .thread = thread_};
    call.start = time_.tick();
    const std::vector<shown> entries = map_.walk(what, keys_, time_, random_);
    call.end = time_.tick();
    add_walk(events_, call, keys_, entries);
  }

  // For what this thread compares with next.
  static int likely_value(const event& e) {
    switch (e.what) {
      case operation::store:
      case operation::swap:
      case operation::insert_or_assign:
        return e.given;
      case operation::try_emplace:
      case operation::compare_and_swap:
        return e.yes ? e.given : e.expected;
      default:
        return e.result != none ? e.result : e.expected;
    }
  }

  subject& map_;
  clock& time_;
  int thread_;
  int keys_;
  syncmap::test::random_source& random_;
  int value_ = 0;
  std::array<int, most_keys> last_{1, 2, 3, 4};  // what this thread last saw of each key
  std::vector<event> events_;
};

struct outcome {
  int histories = 0;
  long long events = 0;
  long long overlapping = 0;
  std::string flaw;  // of the last history
};

// One map, and what was done with it.
class game {
 public:
  template <class Subject>
  game(std::in_place_type_t<Subject>, std::uint64_t number)
      : random_(number),
        keys_(1 + static_cast<int>(random_.below(3))),
        map_(std::make_unique<Subject>()) {
    for (std::size_t spare = random_.below(16); spare > 0; --spare) map_->disturb(random_);
    for (int key = 0; key < keys_; ++key) {
      if (random_.below(2) == 0) continue;
      event e{.what = operation::store, .key = key, .given = key + 1};
      map_->act(e, random_);
      take_effect(e, recorded_.before);
    }
    for (std::size_t spare = random_.below(4); spare > 0; --spare) map_->disturb(random_);
    for (auto& each : seeds_) each = random_.next();
  }

  void play(int thread) {
    syncmap::test::random_source own(seeds_[static_cast<std::size_t>(thread)]);
    const int events = 8 + static_cast<int>(own.below(5));
    logs_[static_cast<std::size_t>(thread)] =
        player(*map_, time_, thread, keys_, own).play(events, most_keys + 100 * thread);
  }

  // After all have played: all that was done, and what is left.
  const history& end() {
    player last(*map_, time_, subject::most_threads, keys_, random_);
    for (int key = 0; key < keys_; ++key) last.act(operation::load, key);
    logs_.back() = last.events();
    for (const auto& log : logs_) {
      recorded_.events.insert(recorded_.events.end(), log.begin(), log.end());
    }
    return recorded_;
  }

  // Why it cannot be explained, or nothing.
  std::string flaw() {
    if (!is_linearizable(recorded_)) return "cannot be explained:\n" + describe(recorded_);
    const std::size_t size = map_->size();
    const std::size_t count = map_->count();
    if (size == count) return "";
    return "size() is " + std::to_string(size) + " of " + std::to_string(count) + " entries:\n" +
           describe(recorded_);
  }

 private:
  syncmap::test::random_source random_;
  clock time_;
  int keys_;
  std::unique_ptr<subject> map_;
  history recorded_;
  std::array<std::uint64_t, subject::most_threads> seeds_{};
  std::array<std::vector<event>, subject::most_threads + 1> logs_;
};

// Plays and checks histories of maps, until one has a flaw.
template <class Subject>
outcome check_histories(int count) {
  constexpr int at_once = 32;
  outcome all;
  while (all.histories < count) {
    const int threads = 3 + all.histories / at_once % 2;
    std::deque<game> games;
    for (int i = 0; i < at_once; ++i) {
      games.emplace_back(
          std::in_place_type<Subject>, static_cast<std::uint64_t>(all.histories + i));
    }
    meeting start(threads);
    run_together(threads, [&](int thread) {
      for (auto& each : games) {
        start.wait();
        each.play(thread);
      }
    });
    for (auto& each : games) {
      const history& played = each.end();
      ++all.histories;
      all.events += static_cast<long long>(played.events.size());
      all.overlapping += overlapping(played);
      all.flaw = each.flaw();
      if (!all.flaw.empty()) return all;
    }
  }
  return all;
}

// SYNCMAP_TEST_HISTORIES says how many times as many as usual.
template <class Map>
outcome check_many_histories(bool is_slow) {
  const char* const given = std::getenv("SYNCMAP_TEST_HISTORIES");
  const int times = given != nullptr ? std::atoi(given) : 1;
  const int usual = is_slow ? 1024 : 12000;
  const outcome all =
      check_histories<subject_of<Map>>(times * (syncmap::test::sanitized ? usual / 32 : usual));
  EXPECT_TRUE(all.flaw.empty()) << all.flaw;
  EXPECT_GT(all.overlapping, all.events / 20) << "the threads ran one after the other";
  count_done("g1", static_cast<std::size_t>(all.histories), "histories");
  std::printf("g1: %d histories, %lld of %lld operations overlap another\n", all.histories,
              all.overlapping, all.events);
  return all;
}

}  // namespace support::lin
