// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: whatever other operations run completely between two steps of an operation of the group
// map, all results and the contents afterwards are those of the same operations one after another, in
// an order that respects which ended before which began. Every pair of operations, every state of the
// key (group_states.hpp), every kind of entry; triples at random. What can be reclaimed is, at once,
// and poisoned. One that would wait for another thread is broken off, and runs again after that one:
// readers and clear() never may, and nobody beside readers (G4).
//
// All steps of all pairs are too many for a test: which are tried depends on the seed. To try every
// n-th, set SYNCMAP_TEST_STRIDE to n.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <group_states.hpp>
#include <iostream>
#include <optional>
#include <plays.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::test::groups {
namespace {

constexpr int stored_by(int who) { return 1000 * who; }

// Those of player `who`, 1 to 3, each of whom writes values of its own.
template <class Map>
std::vector<operation<Map>> operations_on_the_key(int who) {
  const int mine = stored_by(who);
  const int other = stored_by(who == 1 ? 2 : 1);
  std::vector<operation<Map>> all;
  const auto add = [&](std::string name, conduct how, auto f) {
    all.push_back(make_operation<Map>(std::move(name), how, std::move(f)));
  };
  constexpr auto reads = conduct::reads;
  constexpr auto writes = conduct::writes;
  add("load", reads, [](auto& m) { return encode(m.load(the_key)); });
  add("contains", reads, [](auto& m) { return result{m.contains(the_key)}; });
  add("store", writes, [=](auto& m) { return m.store(the_key, mine), result{0}; });
  add("swap", writes, [=](auto& m) { return encode(m.swap(the_key, mine)); });
  add("load_or_store", writes, [=](auto& m) {
    const auto got = m.load_or_store(the_key, mine);
    return result{got.value} * 2 + (got.was_there ? 1 : 0);
  });
  add("erase", writes, [](auto& m) { return result{m.erase(the_key)}; });
  add("load_and_erase", writes, [](auto& m) { return encode(m.load_and_erase(the_key)); });
  add("compare_and_swap", writes,
      [=](auto& m) { return result{m.compare_and_swap(the_key, the_value, mine)}; });
  add("compare_and_swap_of_other", writes,
      [=](auto& m) { return result{m.compare_and_swap(the_key, other, mine)}; });
  add("compare_and_swap_to_the_same", writes,
      [=](auto& m) { return result{m.compare_and_swap(the_key, the_value, the_value)}; });
  add("compare_and_erase", writes,
      [](auto& m) { return result{m.compare_and_erase(the_key, the_value)}; });
  add("compare_and_erase_of_other", writes,
      [=](auto& m) { return result{m.compare_and_erase(the_key, other)}; });
  add("update", writes,
      [=](auto& m) { return encode(m.update(the_key, [=](int now) { return now * 2 + who; })); });
  add("compute", writes, [=](auto& m) {
    return encode(m.compute(the_key, [=](const int* now) {
      return std::optional(now != nullptr ? *now * 2 + who : mine);
    }));
  });
  add("compute_nothing", writes, [](auto& m) {
    return encode(m.compute(the_key, [](const int*) { return std::optional<int>(); }));
  });
  add("compute_the_opposite", writes, [=](auto& m) {
    return encode(m.compute(the_key, [=](const int* now) {
      return now != nullptr ? std::nullopt : std::optional(mine);
    }));
  });
  return all;
}
template <class Map>
std::vector<operation<Map>> operations_of(int who) {
  const int mine = stored_by(who);
  auto all = operations_on_the_key<Map>(who);
  const auto add = [&](std::string name, conduct how, auto f) {
    all.push_back(make_operation<Map>(std::move(name), how, std::move(f)));
  };
  for (const int key : {near_key, twin_key}) {
    const std::string name = key == near_key ? "near" : "twin";
    add("load_" + name, conduct::reads, [=](auto& m) { return encode(m.load(key)); });
    add("swap_" + name, conduct::writes, [=](auto& m) { return encode(m.swap(key, mine)); });
    add("load_and_erase_" + name, conduct::writes,
        [=](auto& m) { return encode(m.load_and_erase(key)); });
  }
  add("store_far", conduct::writes, [=](auto& m) { return m.store(far_key, mine), result{0}; });
  add("erase_far", conduct::writes, [=](auto& m) { return result{m.erase(far_key)}; });
  add("clear", conduct::clears, [](auto& m) { return m.clear(), result{0}; });
  add("size", conduct::counts, [](auto& m) { return static_cast<result>(m.size()); });
  add("reserve_for_2", conduct::writes, [](auto& m) { return m.reserve_groups(2), result{0}; });
  add("reserve_for_8", conduct::writes, [](auto& m) { return m.reserve_groups(8), result{0}; });
  add("shrink", conduct::writes, [](auto& m) { return m.shrink(), result{0}; });
  add("range", conduct::walks, [](auto& m) {
    result sum = 0;
    for (const auto& [key, value] : m.walk()) sum += 100003LL * key + value;
    return sum;
  });
  return all;
}

// What player 2 does at one point: each of its operations, and some that belong together.
template <class Map>
std::vector<sequence<Map>> sequences() {
  std::vector<sequence<Map>> all;
  for (auto& one : operations_of<Map>(2)) all.push_back({std::move(one)});
  const auto make = [](std::string name, auto f) {
    return make_operation<Map>(std::move(name), conduct::writes, f);
  };
  const auto erase = make("erase", [](auto& m) { return result{m.erase(the_key)}; });
  const auto store =
      make("store", [](auto& m) { return m.store(the_key, stored_by(2)), result{0}; });
  const auto store_same =
      make("store_the_same_value", [](auto& m) { return m.store(the_key, the_value), result{0}; });
  const auto store_near =
      make("store_near", [](auto& m) { return m.store(near_key, stored_by(2)), result{0}; });
  const auto store_alike =
      make("store_alike", [](auto& m) { return m.store(alike_key, stored_by(2)), result{0}; });
  const auto erase_near = make("erase_near", [](auto& m) { return result{m.erase(near_key)}; });
  const auto load_near = make_operation<Map>(
      "load_near", conduct::reads, [](auto& m) { return encode(m.load(near_key)); });
  const auto clear =
      make_operation<Map>("clear", conduct::clears, [](auto& m) { return m.clear(), result{0}; });
  const auto grow = make("reserve", [](auto& m) { return m.reserve_groups(4), result{0}; });
  const auto grow_more =
      make("reserve_more", [](auto& m) { return m.reserve_groups(32), result{0}; });
  const auto shrink = make("shrink", [](auto& m) { return m.shrink(), result{0}; });
  // The key comes back, in the same slot or in another, or another key comes to its slot.
  all.push_back({erase, store_same});
  all.push_back({erase, store_alike});
  all.push_back({erase, store_alike, store});
  all.push_back({erase, store_near, store_same});
  all.push_back({erase_near, erase, store_same});
  all.push_back({store_near, erase_near, erase});
  all.push_back({erase, store_same, erase});
  // Its table changes, twice.
  all.push_back({grow, store});
  all.push_back({grow, erase});
  all.push_back({grow, erase, store_same});
  all.push_back({grow, grow_more});
  all.push_back({grow, grow_more, shrink});
  all.push_back({grow, grow_more, erase});
  all.push_back({shrink, grow, store});
  // The table goes.
  all.push_back({clear, store_same});
  all.push_back({clear, store_near, grow});
  all.push_back({clear, store_same, erase});
  all.push_back({erase, shrink, store});
  all.push_back({erase_near, erase, shrink});
  // One that stores and then looks, as others do: not both may find nothing.
  all.push_back({store, load_near});
  return all;
}

// The main player's: one operation, or one that stores and then looks.
template <class Map>
std::vector<sequence<Map>> main_sequences() {
  std::vector<sequence<Map>> all;
  for (auto& one : operations_of<Map>(1)) all.push_back({std::move(one)});
  const auto store_near = make_operation<Map>("store_near", conduct::writes, [](auto& m) {
    return m.store(near_key, stored_by(1)), result{0};
  });
  const auto load =
      make_operation<Map>("load", conduct::reads, [](auto& m) { return encode(m.load(the_key)); });
  all.push_back({store_near, load});
  return all;
}

template <class Map>
bool only_reads(const sequence<Map>& all) {
  for (const auto& each : all) {
    if (!each.is_reader()) return false;
  }
  return true;
}
// A size that is taken between two writes of another may count any of them.
template <class Map>
bool is_vague(const sequence<Map>& one, const sequence<Map>& other) {
  return one.size() + other.size() > 2 &&
         (one.front().how == conduct::counts || other.front().how == conduct::counts);
}

template <class Map>
meaning::contents contents_of(state which) {
  script::reset();
  Map map;
  arrange(map, which);
  meaning::contents found;
  EXPECT_EQ(map.validate(found), "") << which;
  return found;
}

std::size_t stride() {
  static const std::size_t chosen = [] {
    const char* const given = std::getenv("SYNCMAP_TEST_STRIDE");
    if (given != nullptr) return static_cast<std::size_t>(std::strtoull(given, nullptr, 0));
    return std::size_t{detail::under_tsan ? 1600U : sanitized ? 600U : 40U};
  }();
  return chosen;
}
// Steps, of which every so many-th is tried on the average.
class strides {
 public:
  strides(std::uint64_t stream, std::size_t width)
      : random_(stream), width_(std::max(width, std::size_t{1})) {}
  std::size_t first() { return random_.below(width_); }
  std::size_t after(std::size_t step) { return step + 1 + random_.below(2 * width_ - 1); }

 private:
  random_source random_;
  std::size_t width_;
};

std::string where_we_are(state which) {
  return std::string("the key is ") + name_of(which) + ", groups per overflow " +
         std::to_string(one_slot_platform::groups_per_overflow);
}

using kinds = ::testing::Types<words, word_nodes, nodes, nodes_of_single_keys>;

template <class Kind>
class group_interleavings : public ::testing::Test {
 protected:
  void SetUp() override {
    script::reset();
    what_is_left();
  }
  void TearDown() override {
    script::reset();
    one_slot_platform::groups_per_overflow = 1;
  }
};
struct kind_names {
  template <class Kind>
  static std::string GetName(int) {
    return Kind::name();
  }
};
TYPED_TEST_SUITE(group_interleavings, kinds, kind_names);

TYPED_TEST(group_interleavings, states_are_what_they_are_called) {
  for (std::size_t i = 0; i < state_count; ++i) {
    const state which = static_cast<state>(i);
    small_map<TypeParam> map;
    arrange(map, which);
    EXPECT_EQ(map.where(the_key), where_in(which)) << which;
    meaning::contents found;
    EXPECT_EQ(map.validate(found), "") << which;
    EXPECT_EQ(map.load(the_key),
              where_in(which) == whereabouts::nowhere ? std::nullopt : std::optional(the_value))
        << which;
  }
  EXPECT_EQ(what_is_left(), "");
}

// Runs `inner` before a step of `outer`. Returns what is wrong; nothing if there is no such step.
template <class Map>
std::optional<std::string> run_at(std::size_t step, state which, const meaning::contents& begin,
                                  const sequence<Map>& outer, const sequence<Map>& inner) {
  std::string wrong;
  bool ran = false;
  watched_script::tell = [&] {
    std::cerr << name_of(inner) << " before step " << step << " of " << name_of(outer) << ", "
              << where_we_are(which) << '\n';
  };
  {
    Map map;
    arrange(map, which);
    script::reset();
    play<Map> now;
    std::size_t next = 0;
    bool waits = false;
    script::at_step(
        step,
        [&] {
          ran = true;
          for (; next < inner.size(); ++next) now.run(inner[next], map);
        },
        &waits);
    for (const auto& each : outer) now.run(each, map);
    script::reset();
    if (waits && !inner[next].may_wait()) wrong += inner[next].name + " waits for a writer\n";
    if (waits && only_reads(outer)) wrong += inner[next].name + " waits for a reader\n";
    if (waits) now.forget_unfinished();
    for (; ran && next < inner.size(); ++next) now.run(inner[next], map);
    meaning::contents end;
    wrong += map.validate(end);
    wrong += now.explain(meaning(begin), end);
  }
  watched_script::tell = nullptr;
  if (!ran && wrong.empty()) return std::nullopt;
  return wrong + what_is_left();
}

// All states, with tables that grow by themselves and tables that do not.
template <class F>
void for_each_state(F f) {
  for (const std::size_t share : {std::size_t{1}, std::size_t{1024}}) {
    one_slot_platform::groups_per_overflow = share;
    for (std::size_t i = 0; i < state_count; ++i) {
      f(static_cast<state>(i));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(group_interleavings, every_operation_between_all_steps_of_every_operation) {
  using map_type = small_map<TypeParam>;
  const auto outer = main_sequences<map_type>();
  const auto inner = sequences<map_type>();
  strides steps(1, stride());
  for_each_state([&](state which) {
    const auto begin = contents_of<map_type>(which);
    for (const auto& a : outer) {
      if (a.front().how == conduct::walks) continue;
      for (const auto& b : inner) {
        if (is_vague(a, b) || (only_reads(a) && only_reads(b))) continue;
        for (std::size_t step = steps.first();; step = steps.after(step)) {
          const auto wrong = run_at(step, which, begin, a, b);
          if (!wrong) break;
          ASSERT_EQ(*wrong, "") << name_of(b) << " before step " << step << " of " << name_of(a)
                                << ", " << where_we_are(which);
        }
      }
    }
  });
}

// A walk is no atomic step: of each key it shows a value that it had meanwhile, or nothing if it was
// absent meanwhile.
TYPED_TEST(group_interleavings, every_operation_between_all_steps_of_a_walk) {
  using map_type = small_map<TypeParam>;
  const auto inner = sequences<map_type>();
  strides steps(4, stride() / 8);
  for_each_state([&](state which) {
    const auto begin = contents_of<map_type>(which);
    for (const auto& b : inner) {
      if (only_reads(b)) continue;
      std::vector<meaning> moments = {meaning(begin)};
      for (const auto& each : b) {
        moments.push_back(moments.back());
        each.mean(moments.back());
      }
      for (std::size_t step = steps.first();; step = steps.after(step)) {
        bool ran = false;
        bool waits = false;
        std::string wrong;
        {
          map_type map;
          arrange(map, which);
          script::reset();
          script::at_step(
              step,
              [&] {
                ran = true;
                for (const auto& each : b) each.run(map);
              },
              &waits);
          const auto shown = map.walk();
          script::reset();
          if (!ran) break;
          if (waits) wrong += "a writer waits for a reader\n";
          if (std::exchange(map_type::repeats, 0) != 0) wrong += "a key is shown twice\n";
          for (const auto& [key, value] : shown) {
            if (!std::count(all_keys.begin(), all_keys.end(), key)) wrong += "an unknown key\n";
          }
          for (const int key : all_keys) {
            const auto at = shown.find(key);
            const result seen = at == shown.end() ? nothing : at->second;
            const bool is_true = std::any_of(moments.begin(), moments.end(), [&](const auto& then) {
              return encode(then.load(key)) == seen;
            });
            if (!is_true) wrong += "shows of " + std::to_string(key) + " what it never was\n";
          }
          meaning::contents end;
          wrong += map.validate(end);
          if (end != moments.back().walk()) wrong += "the contents are not what was written\n";
        }
        ASSERT_EQ(wrong + what_is_left(), "")
            << name_of(b) << " before step " << step << " of a walk, " << where_we_are(which);
      }
    }
  });
}

// Runs b and c between steps of a, one after the other; or c between steps of b between steps of a.
template <class Map>
std::string run_three(state which, const meaning::contents& begin, const operation<Map>& a,
                      const operation<Map>& b, const operation<Map>& c, bool nested,
                      std::size_t b_at, std::size_t c_at) {
  std::string wrong;
  {
    Map map;
    arrange(map, which);
    script::reset();
    play<Map> now;
    bool b_waits = false;
    bool c_waits = false;
    bool b_ended = false;
    bool c_ended = false;
    const auto run_b = [&] {
      now.run(b, map);
      b_ended = true;
    };
    const auto run_c = [&] {
      now.run(c, map);
      c_ended = true;
    };
    script::at_step(b_at, run_b, &b_waits);
    script::at_step(c_at, run_c, &c_waits, nested ? 1 : 0);
    now.run(a, map);
    script::reset();
    if ((b_waits && !b.may_wait()) || (c_waits && !c.may_wait())) wrong += "it waits\n";
    if (b_waits && a.is_reader() && (!nested || c.is_reader())) wrong += "b waits for readers\n";
    if (c_waits && a.is_reader() && b.is_reader()) wrong += "c waits for readers\n";
    now.forget_unfinished();
    if (!b_ended) now.run(b, map);
    if (!c_ended) now.run(c, map);
    meaning::contents end;
    wrong += map.validate(end);
    wrong += now.explain(meaning(begin), end);
  }
  return wrong + what_is_left();
}

TYPED_TEST(group_interleavings, two_operations_at_random_steps_of_a_third) {
  using map_type = small_map<TypeParam>;
  const std::vector<operation<map_type>> players[3] = {
      operations_of<map_type>(1), operations_of<map_type>(2), operations_of<map_type>(3)};
  random_source random(5);
  std::vector<meaning::contents> begin;
  for (std::size_t i = 0; i < state_count; ++i) {
    begin.push_back(contents_of<map_type>(static_cast<state>(i)));
  }
  for (std::size_t run = 0; run < 2'000'000 / stride(); ++run) {
    one_slot_platform::groups_per_overflow = random.below(2) == 0 ? 1 : 1024;
    const auto which = static_cast<state>(random.below(state_count));
    const bool nested = random.below(3) != 0;
    const auto pick = [&](std::size_t player) -> const operation<map_type>& {
      for (;;) {
        const auto& one = players[player][random.below(players[player].size())];
        const bool is_whole = player == 2 || (player == 1 && !nested);
        if (one.how == conduct::counts || (one.how == conduct::walks && !is_whole)) continue;
        return one;
      }
    };
    const auto& a = pick(0);
    const auto& b = pick(1);
    const auto& c = pick(2);
    const std::size_t b_at = random.below(80);
    const std::size_t c_at = nested ? random.below(80) : b_at + random.below(40);
    ASSERT_EQ(
        run_three(which, begin[static_cast<std::size_t>(which)], a, b, c, nested, b_at, c_at), "")
        << c.name << " at " << c_at << ", " << b.name << " at " << b_at
        << (nested ? " (nested)" : "") << " of " << a.name << ", " << where_we_are(which);
  }
}

// The same, of operations that meet in one table, at all steps.
struct scene {
  state which;
  const char* names[3];
};
constexpr scene scenes[] = {
    // The key goes, and comes back in another slot, while somebody looks for it.
    {state::in_overflow, {"load", "load_and_erase_near", "swap"}},
    {state::in_overflow, {"load", "erase", "load_or_store"}},
    {state::behind_twin, {"load", "load_and_erase_twin", "swap_near"}},
    {state::in_slot, {"load", "erase", "swap_near"}},
    {state::absent_from_full, {"load", "swap_twin", "store"}},
    {state::erased_from_overflow, {"contains", "swap_near", "load_or_store"}},
    // An update meets an erase, and an insert into the slot that it leaves.
    {state::in_slot, {"store", "erase", "load_or_store"}},
    {state::in_slot, {"compare_and_swap", "erase", "swap_near"}},
    {state::in_slot, {"update", "store", "compare_and_swap"}},
    {state::in_slot, {"compare_and_erase", "store", "compare_and_swap_of_other"}},
    {state::in_overflow, {"erase", "swap", "load_and_erase_near"}},
    {state::in_slot_of_full, {"load_and_erase", "swap_near", "load"}},
    // A table moves meanwhile.
    {state::unmoved_in_slot, {"reserve_for_8", "swap", "load"}},
    {state::unmoved_in_slot, {"reserve_for_8", "erase", "load_or_store"}},
    {state::unmoved_in_overflow, {"store_far", "compare_and_swap", "load"}},
    {state::unmoved_absent, {"store_far", "load_or_store", "load_and_erase_near"}},
    {state::half_moved, {"swap", "reserve_for_8", "erase"}},
    {state::half_moved, {"store", "store_far", "load"}},
    {state::moved_in_slot, {"load", "reserve_for_8", "erase"}},
    {state::moved_in_slot, {"update", "reserve_for_8", "store"}},
    {state::all_moved, {"store", "store_far", "load"}},
    {state::all_moved, {"load", "reserve_for_8", "swap"}},
    {state::unmerged, {"shrink", "swap", "load"}},
    {state::unmerged, {"store", "shrink", "erase"}},
    {state::merged, {"swap", "shrink", "load_and_erase"}},
    {state::unmerged_sixteen, {"store", "shrink", "erase"}},
    // A clear comes.
    {state::all_moved, {"store_far", "clear", "store"}},
    {state::half_moved, {"reserve_for_8", "clear", "load_or_store"}},
    {state::half_moved, {"swap", "clear", "store_far"}},
    {state::merged, {"shrink", "clear", "store"}},
    {state::in_slot, {"erase", "clear", "store"}},
    {state::spread, {"load", "clear", "store"}},
    // The last one goes.
    {state::single, {"shrink", "erase", "store"}},
    {state::single, {"erase", "shrink", "store"}},
    {state::closed, {"store", "load_or_store", "load"}},
    {state::closed, {"clear", "store", "shrink"}},
    {state::closed, {"shrink", "swap_near", "load"}},
    {state::first_use, {"store", "swap_near", "clear"}},
    {state::cleared, {"load_or_store", "reserve_for_8", "erase"}},
};

template <class Map>
const operation<Map>& named(const std::vector<operation<Map>>& all, const std::string& name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  if (at == all.end()) throw std::invalid_argument(name);
  return *at;
}

TYPED_TEST(group_interleavings, two_operations_between_the_steps_of_a_third) {
  using map_type = small_map<TypeParam>;
  const auto first = operations_of<map_type>(1);
  const auto second = operations_of<map_type>(2);
  const auto third = operations_of<map_type>(3);
  // Of the pairs of steps, every so many-th.
  strides steps(6, static_cast<std::size_t>(std::sqrt(static_cast<double>(stride()))));
  for (const scene& now : scenes) {
    const auto& a = named(first, now.names[0]);
    const auto& b = named(second, now.names[1]);
    const auto& c = named(third, now.names[2]);
    const auto begin = contents_of<map_type>(now.which);
    for (const bool nested : {false, true}) {
      for (const std::size_t share : {std::size_t{1}, std::size_t{1024}}) {
        one_slot_platform::groups_per_overflow = share;
        for (std::size_t b_at = steps.first(); b_at < 100; b_at = steps.after(b_at)) {
          std::size_t c_at = nested ? steps.first() : b_at + steps.first();
          for (; c_at < 100; c_at = steps.after(c_at)) {
            ASSERT_EQ(run_three(now.which, begin, a, b, c, nested, b_at, c_at), "")
                << c.name << " at " << c_at << ", " << b.name << " at " << b_at
                << (nested ? " (nested)" : "") << " of " << a.name << ", "
                << where_we_are(now.which);
          }
        }
      }
    }
  }
}

// Between the steps of a clear somebody stores, and counts: either all is there still, or only that.
TYPED_TEST(group_interleavings, size_is_exact_beside_a_clear) {
  using map_type = small_map<TypeParam>;
  for_each_state([&](state which) {
    const auto begin = contents_of<map_type>(which);
    for (std::size_t step = 0;; ++step) {
      bool ran = false;
      {
        map_type map;
        arrange(map, which);
        script::reset();
        std::size_t size = 0;
        script::at_step(step, [&] {
          ran = true;
          map.store(twin_key, 1);
          size = map.size();
        });
        map.clear();
        script::reset();
        if (!ran) break;
        const std::size_t before = begin.size() + (begin.contains(twin_key) ? 0 : 1);
        meaning::contents end;
        ASSERT_EQ(map.validate(end), "") << "step " << step << ", " << where_we_are(which);
        ASSERT_EQ(size, end.empty() ? before : 1U)
            << "step " << step << ", " << where_we_are(which);
      }
      ASSERT_EQ(what_is_left(), "") << "step " << step << ", " << where_we_are(which);
    }
  });
}

TYPED_TEST(group_interleavings, tags_and_filters_are_true_before_every_step) {
  using map_type = small_map<TypeParam>;
  for_each_state([&](state which) {
    for (const auto& one : operations_of<map_type>(1)) {
      std::string wrong;
      {
        map_type map;
        arrange(map, which);
        script::reset();
        script::observe([&] {
          if (wrong.empty()) wrong = group_inspector::glance(map.engine());
        });
        one.run(map);
        script::reset();
      }
      ASSERT_EQ(wrong + what_is_left(), "") << one.name << ", " << where_we_are(which);
    }
  });
}

// What a callback does to the map takes effect, and the callback is then asked again.
TYPED_TEST(group_interleavings, what_a_callback_does_to_its_own_key_is_not_lost) {
  using map_type = small_map<TypeParam>;
  const auto inner = operations_of<map_type>(2);
  for_each_state([&](state which) {
    for (const auto& b : inner) {
      meaning expected(contents_of<map_type>(which));
      const result wanted = b.mean(expected);
      const auto before = expected.load(the_key);
      const auto add_one = [](const int* now) {
        return std::optional(now != nullptr ? *now + 1 : 1);
      };
      map_type map;
      arrange(map, which);
      const bool has_table =
          group_inspector::table(map.engine()) != nullptr && which != state::closed;
      int calls = 0;
      result got = nothing;
      std::optional<int> last;
      const auto returned = map.compute(the_key, [&](const int* now) {
        last = now != nullptr ? std::optional(*now) : std::nullopt;
        if (calls++ == 0) got = b.run(map);
        return add_one(now);
      });
      ASSERT_EQ(got, wanted) << b.name << ' ' << where_we_are(which);
      meaning::contents found;
      ASSERT_EQ(map.validate(found), "") << b.name << ' ' << where_we_are(which);
      if (b.name == "clear" && has_table) {
        // The table that it found is dropped; the change comes there, and so before the clear.
        ASSERT_EQ(calls, 1) << where_we_are(which);
        ASSERT_TRUE(found.empty()) << where_we_are(which);
        continue;
      }
      ASSERT_EQ(last, before) << b.name << ' ' << where_we_are(which);
      ASSERT_EQ(returned, expected.compute(the_key, add_one)) << b.name << ' ' << which;
      ASSERT_EQ(found, expected.walk()) << b.name << ' ' << where_we_are(which);
    }
  });
  EXPECT_EQ(what_is_left(), "");
}

}  // namespace
}  // namespace syncmap::test::groups
