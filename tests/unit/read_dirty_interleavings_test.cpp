// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: whatever other operations run completely between two steps of an operation, all results
// and the contents afterwards are those of the same operations one after another, in an order that
// respects which ended before which began. A step is an atomic access or one of the mutex. Every
// pair of operations, every state of the key, every step; triples at random. What can be reclaimed
// is, at once, and poisoned, so reading it shows as a wrong value (and under a sanitizer). One
// thread plays all: what fails here fails again. (Under a sanitizer only some steps are tried, from
// one on that the seed chooses.)

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <key_states.hpp>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncmap::test {
namespace {

// What the operations mean.
class sequential_map {
 public:
  std::optional<int> load(int key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? std::nullopt : std::optional(at->second);
  }
  void store(int key, int value) { entries_[key] = value; }
  std::optional<int> swap(int key, int value) {
    const auto before = load(key);
    entries_[key] = value;
    return before;
  }
  load_or_store_result<int> load_or_store(int key, int value) {
    const auto [at, inserted] = entries_.try_emplace(key, value);
    return {at->second, !inserted};
  }
  bool erase(int key) { return entries_.erase(key) != 0; }
  std::optional<int> load_and_erase(int key) {
    const auto before = load(key);
    entries_.erase(key);
    return before;
  }
  bool compare_and_swap(int key, int expected, int desired) {
    if (load(key) != expected) return false;
    entries_[key] = desired;
    return true;
  }
  bool compare_and_erase(int key, int expected) { return load(key) == expected && erase(key); }
  template <class F>
  std::optional<int> update(int key, F f) {
    if (const auto now = load(key)) return entries_[key] = f(*now);
    return std::nullopt;
  }
  template <class F>
  std::optional<int> compute(int key, F f) {
    const auto now = load(key);
    const std::optional<int> next = f(now ? &*now : nullptr);
    if (next) entries_[key] = *next;
    if (!next) entries_.erase(key);
    return next;
  }
  void clear() { entries_.clear(); }
  std::size_t size() const { return entries_.size(); }
  template <class F>
  void range(F f) const {
    for (const auto& [key, value] : entries_) {
      if (!f(key, value)) return;
    }
  }
  const std::map<int, int>& entries() const { return entries_; }

 private:
  std::map<int, int> entries_;
};

// Values in cells of their own, and values in the entry itself.
using boxed_map = map_over<scripted_platform, boxed_int>;
using inlined_map = map_over<scripted_platform, int>;

template <class Map>
std::map<int, int> contents(const Map& map) {
  std::map<int, int> result;
  map.range([&](int key, int value) {
    EXPECT_TRUE(result.emplace(key, value).second) << "range shows " << key << " twice";
    return true;
  });
  return result;
}

// What an operation returns, as one number.
using result = long long;
constexpr result nothing = -1;
template <class T>
result encode(const std::optional<T>& value) {
  return value ? int{*value} : nothing;
}

struct operation {
  std::string name;
  std::function<result(boxed_map&)> run_boxed;
  std::function<result(inlined_map&)> run_inlined;
  std::function<result(sequential_map&)> mean;

  result run(boxed_map& map) const { return run_boxed(map); }
  result run(inlined_map& map) const { return run_inlined(map); }
};
template <class F>
operation make_operation(std::string name, F f) {
  return {std::move(name), f, f, f};
}

constexpr int stored_by(int who) { return 1000 * who; }
constexpr int absent_key = 50;

// The operations of player `who`, 1 to 3, each of whom writes values of its own.
std::vector<operation> operations_of(int who) {
  const int mine = stored_by(who);
  const int other = stored_by(who == 1 ? 2 : 1);
  std::vector<operation> all;
  const auto add = [&](std::string name, auto f) {
    all.push_back(make_operation(std::move(name), std::move(f)));
  };
  add("load", [](auto& m) { return encode(m.load(the_key)); });
  add("store", [=](auto& m) { return m.store(the_key, mine), result{0}; });
  add("swap", [=](auto& m) { return encode(m.swap(the_key, mine)); });
  add("load_or_store", [=](auto& m) {
    const auto r = m.load_or_store(the_key, mine);
    return result{int{r.value}} * 2 + (r.loaded ? 1 : 0);
  });
  add("erase", [](auto& m) { return result{m.erase(the_key)}; });
  add("load_and_erase", [](auto& m) { return encode(m.load_and_erase(the_key)); });
  add("compare_and_swap",
      [=](auto& m) { return result{m.compare_and_swap(the_key, the_value, mine)}; });
  add("compare_and_swap_of_other",
      [=](auto& m) { return result{m.compare_and_swap(the_key, other, mine)}; });
  add("compare_and_swap_to_the_same",
      [=](auto& m) { return result{m.compare_and_swap(the_key, the_value, the_value)}; });
  add("compare_and_erase", [](auto& m) { return result{m.compare_and_erase(the_key, the_value)}; });
  add("compare_and_erase_of_other",
      [=](auto& m) { return result{m.compare_and_erase(the_key, other)}; });
  add("update",
      [=](auto& m) { return encode(m.update(the_key, [=](int now) { return now * 2 + who; })); });
  add("compute", [=](auto& m) {
    return encode(m.compute(the_key, [=](const auto* now) {
      return std::optional(now != nullptr ? *now * 2 + who : mine);
    }));
  });
  add("compute_nothing", [](auto& m) {
    return encode(m.compute(the_key, [](const auto*) { return std::optional<int>(); }));
  });
  add("compute_the_opposite", [=](auto& m) {
    return encode(m.compute(the_key, [=](const auto* now) {
      return now != nullptr ? std::nullopt : std::optional(mine);
    }));
  });
  add("clear", [](auto& m) { return m.clear(), result{0}; });
  add("size", [](auto& m) { return static_cast<result>(m.size()); });
  add("store_new_key", [=](auto& m) { return m.store(absent_key + who, mine), result{0}; });
  add("store_same_new_key", [=](auto& m) { return m.store(absent_key, mine), result{0}; });
  add("load_absent_key", [=](auto& m) { return encode(m.load(absent_key + who)); });
  add("load_young_key", [](auto& m) { return encode(m.load(young_key)); });
  add("erase_young_key", [](auto& m) { return result{m.erase(young_key)}; });
  add("range", [](auto& m) {
    result sum = 0;
    for (const auto& [key, value] : contents(m)) sum += 100003LL * key + value;
    return sum;
  });
  return all;
}
bool is_atomic(const operation& one) { return one.name != "range"; }

// What player 2 does at one point: an operation, or several, of which the whole then is none.
using sequence = std::vector<operation>;
std::vector<sequence> sequences() {
  std::vector<sequence> all;
  for (auto& one : operations_of(2)) all.push_back({std::move(one)});
  const operation erase = make_operation("erase", [](auto& m) { return result{m.erase(the_key)}; });
  const operation store_same = make_operation(
      "store_the_same_value", [](auto& m) { return m.store(the_key, the_value), result{0}; });
  const operation erase_same = make_operation(
      "compare_and_erase", [](auto& m) { return result{m.compare_and_erase(the_key, the_value)}; });
  const operation store_other = make_operation(
      "store_new_key", [](auto& m) { return m.store(absent_key, stored_by(2)), result{0}; });
  const operation clear = make_operation("clear", [](auto& m) { return m.clear(), result{0}; });
  all.push_back({erase, store_other});
  // The key comes back with the same value, or without one; if it was in dirty, as another entry.
  all.push_back({erase, store_same});
  all.push_back({erase, store_same, erase_same});
  all.push_back({clear, store_same});
  all.push_back({clear, store_same, erase_same, store_other});
  return all;
}
std::string name_of(const sequence& all) {
  std::string name;
  for (const auto& each : all) name += (name.empty() ? "" : ", ") + each.name;
  return name;
}

// One run: who ran what, what came of it, and who ended before whom began.
struct play {
  std::vector<const operation*> cast;
  std::vector<result> results;
  std::vector<std::vector<bool>> before;

  explicit play(std::vector<const operation*> players)
      : cast(std::move(players)),
        results(cast.size(), nothing),
        before(cast.size(), std::vector<bool>(cast.size(), false)) {}

  template <class Map>
  void run(std::size_t player, Map& map) {
    results[player] = cast[player]->run(map);
  }
  // `player` ran after all the others.
  void comes_last(std::size_t player) {
    for (std::size_t i = 0; i < cast.size(); ++i) {
      before[player][i] = false;
      if (i != player) before[i][player] = true;
    }
  }

  // Empty if there is an order that explains it.
  std::string explain(const sequential_map& begin, const std::map<int, int>& end) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < cast.size(); ++i) order.push_back(i);
    do {
      if (explains(order, begin, end)) return "";
    } while (std::next_permutation(order.begin(), order.end()));
    std::ostringstream out;
    out << "no order explains:";
    for (std::size_t i = 0; i < cast.size(); ++i) out << ' ' << cast[i]->name << "=" << results[i];
    out << "; at the end:";
    for (const auto& [key, value] : end) out << ' ' << key << "=" << value;
    return out.str();
  }

 private:
  bool explains(const std::vector<std::size_t>& order, const sequential_map& begin,
                const std::map<int, int>& end) const {
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (std::size_t j = i + 1; j < order.size(); ++j) {
        if (before[order[j]][order[i]]) return false;
      }
    }
    sequential_map map = begin;
    for (const std::size_t player : order) {
      if (cast[player]->mean(map) != results[player]) return false;
    }
    return map.entries() == end;
  }
};

sequential_map meaning_of(key_state state, int old, int young) {
  sequential_map map;
  arrange(map, state, old, young);
  return map;
}

template <class Map>
std::string check(const play& now, const sequential_map& begin, const Map& map) {
  std::string wrong = validate(map);
  std::map<int, int> end;
  for (const int key : {the_key, absent_key, absent_key + 1, absent_key + 2, absent_key + 3}) {
    if (const auto value = map.load(key)) end.emplace(key, *value);
  }
  for (int i = 0; i < 8; ++i) {
    for (const int key : {old_key + i, young_key + i}) {
      if (const auto value = map.load(key)) end.emplace(key, *value);
    }
  }
  wrong += now.explain(begin, end);
  if (contents(map) != end) wrong += " range and load differ";
  return wrong;
}

using both_maps = ::testing::Types<boxed_map, inlined_map>;

template <class Map>
class read_dirty_interleavings : public ::testing::Test {
 protected:
  void SetUp() override { script::reset(); }
};
struct value_names {
  template <class Map>
  static std::string GetName(int) {
    return std::is_same_v<Map, boxed_map> ? "boxed" : "inlined";
  }
};
TYPED_TEST_SUITE(read_dirty_interleavings, both_maps, value_names);

// How many keys the others are: few, and such that the next one makes dirty grow.
constexpr std::size_t stride = detail::under_tsan ? 50 : sanitized ? 10 : 1;
std::size_t first_step() {
  static random_source random(2);
  return random.below(stride);
}

constexpr std::array<std::pair<int, int>, 2> settings = {{{0, 1}, {1, 4}}};

TYPED_TEST(read_dirty_interleavings, every_operation_between_all_steps_of_every_operation) {
  const auto outer = operations_of(1);
  const auto inner = sequences();
  std::size_t runs = 0;
  for (const auto& [old, young] : settings) {
    for (const key_state state : all_key_states) {
      const sequential_map begin = meaning_of(state, old, young);
      for (const auto& a : outer) {
        if (!is_atomic(a)) continue;
        for (const auto& b : inner) {
          for (std::size_t step = first_step();; step += stride) {
            TypeParam map;
            arrange(map, state, old, young);
            script::reset();
            std::vector<const operation*> cast = {&a};
            for (const auto& each : b) cast.push_back(&each);
            play now(cast);
            for (std::size_t i = 1; i < cast.size(); ++i) {
              for (std::size_t j = i + 1; j < cast.size(); ++j) now.before[i][j] = true;
            }
            std::size_t next = 0;  // of those of player 2; 0: none ran
            script::at_step(step, [&] {
              for (next = 1; next < cast.size(); ++next) now.run(next, map);
            });
            now.run(0, map);
            script::reset();
            if (next == 0) break;
            for (; next < cast.size(); ++next) {  // those that had to wait
              now.run(next, map);
              now.comes_last(next);
            }
            ++runs;
            ASSERT_EQ(check(now, begin, map), "")
                << name_of(b) << " before step " << step << " of " << a.name << ", key " << state
                << ", others " << old << '+' << young;
          }
        }
      }
    }
  }
  this->RecordProperty("runs", std::to_string(runs));
}

// B and C one after the other between steps of A; or C between steps of B between steps of A.
TYPED_TEST(read_dirty_interleavings, two_operations_at_random_steps_of_a_third) {
  const auto first = operations_of(1);
  const auto second = operations_of(2);
  const auto third = operations_of(3);
  random_source random(1);
  for (int run = 0; run < 40000; ++run) {
    const auto& [old, young] = settings[random.below(settings.size())];
    const key_state state = all_key_states[random.below(all_key_states.size())];
    const auto pick = [&](const std::vector<operation>& from, bool any) -> const operation& {
      for (;;) {
        const operation& one = from[random.below(from.size())];
        if (one.name == "size") continue;  // of several writes it may count any
        if (is_atomic(one) || (any && one.name == "range")) return one;
      }
    };
    const bool nested = random.below(2) == 0;
    const operation& a = pick(first, false);
    const operation& b = pick(second, !nested);
    const operation& c = pick(third, true);
    const std::size_t b_at = random.below(40);
    const std::size_t c_at = nested ? random.below(40) : b_at + random.below(20);
    TypeParam map;
    arrange(map, state, old, young);
    script::reset();
    play now({&a, &b, &c});
    std::vector<bool> done = {true, false, false};
    bool waits[3] = {};
    const auto enter = [&](std::size_t player) {
      return [&now, &map, &done, player] {
        now.run(player, map);
        done[player] = true;
        for (std::size_t i = 1; i < 3; ++i) now.before[i][player] = i != player && done[i];
      };
    };
    if (nested) {
      script::at_step(c_at, enter(2), &waits[2], 1);
      script::at_step(b_at, enter(1), &waits[1]);
    } else {
      script::at_step(b_at, enter(1), &waits[1]);
      script::at_step(c_at, enter(2), &waits[2]);
    }
    now.run(0, map);
    script::reset();
    if (nested) now.before[2][1] = now.before[1][2] = false;
    for (std::size_t player = 1; player < 3; ++player) {
      if (done[player]) continue;
      now.run(player, map);
      now.comes_last(player);
      done[player] = true;
    }
    ASSERT_EQ(check(now, meaning_of(state, old, young), map), "")
        << "run " << run << (nested ? " nested" : "") << ", key " << state << ", others " << old
        << '+' << young << ", steps " << b_at << " and " << c_at;
  }
}

// A walk is no atomic step: of each key it shows a value that it had meanwhile (or nothing, if it
// was absent meanwhile), and no key twice.
TYPED_TEST(read_dirty_interleavings, every_operation_between_all_steps_of_a_walk) {
  const auto inner = operations_of(2);
  for (const auto& [old, young] : settings) {
    for (const key_state state : all_key_states) {
      const sequential_map begin = meaning_of(state, old, young);
      for (const auto& b : inner) {
        sequential_map end = begin;
        b.mean(end);
        std::set<int> keys;
        for (const auto& each : begin.entries()) keys.insert(each.first);
        for (const auto& each : end.entries()) keys.insert(each.first);
        for (std::size_t step = first_step();; step += stride) {
          TypeParam map;
          arrange(map, state, old, young);
          script::reset();
          bool waits = false;
          bool ran = false;
          script::at_step(
              step,
              [&] {
                ran = true;
                b.run(map);
              },
              &waits);
          const std::map<int, int> seen = contents(map);
          script::reset();
          if (!ran) break;
          for (const auto& each : seen) {
            ASSERT_TRUE(keys.contains(each.first)) << b.name << " at " << step << ' ' << state;
          }
          for (const int key : keys) {
            const auto at = seen.find(key);
            const auto shown = at == seen.end() ? std::nullopt : std::optional(at->second);
            ASSERT_TRUE(shown == begin.load(key) || shown == end.load(key))
                << b.name << " at " << step << ' ' << state << " key " << key;
          }
          ASSERT_EQ(validate(map), "") << b.name << " at " << step << ' ' << state;
        }
      }
    }
  }
}

// What a callback does to the map takes effect, and the callback is then asked again.
TYPED_TEST(read_dirty_interleavings, what_a_callback_does_to_its_own_key_is_not_lost) {
  const auto inner = operations_of(2);
  for (const key_state state : all_key_states) {
    for (const auto& b : inner) {
      sequential_map expected = meaning_of(state, 2, 3);
      const result wanted = b.mean(expected);
      const auto after = expected.load(the_key);
      const auto now = expected.compute(the_key, [](const auto* value) {
        return std::optional(value != nullptr ? *value + 1 : 1);
      });

      TypeParam map;
      arrange(map, state, 2, 3);
      script::reset();
      int calls = 0;
      std::optional<int> last;
      result got = nothing;
      const auto returned = map.compute(the_key, [&](const auto* value) {
        last = value != nullptr ? std::optional(*value) : std::nullopt;
        if (calls++ == 0) got = b.run(map);
        // What was passed stays what it was while the callback runs.
        EXPECT_EQ(last, value != nullptr ? std::optional(*value) : std::nullopt);
        return std::optional(value != nullptr ? *value + 1 : 1);
      });
      ASSERT_EQ(got, wanted) << b.name << ' ' << state;
      const bool had_word =
          read_presence(state) == presence::live || read_presence(state) == presence::nil;
      if (b.name == "clear" && had_word) {
        // The entry that was found is dropped; the change still comes, and comes before the clear.
        ASSERT_EQ(calls, 1) << state;
        ASSERT_EQ(contents(map), (std::map<int, int>{})) << state;
      } else {
        ASSERT_EQ(last, after) << b.name << ' ' << state;
        ASSERT_EQ(returned, now) << b.name << ' ' << state;
        ASSERT_EQ(contents(map), expected.entries()) << b.name << ' ' << state;
      }
      ASSERT_EQ(validate(map), "") << b.name << ' ' << state;
    }
  }
}

}  // namespace
}  // namespace syncmap::test
