// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// A litmus test for each labelled edge of the headers, named after its file and label: the two sides with the
// instructions and orders that stand there, and what the edge is for. Property: the outcome that the edge
// forbids does not occur in any execution; and occurs if either side is one step weaker.
//
// tools/lint/lint-litmus.py compares the names here with the labels in the headers.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <model_platform.hpp>
#include <new>
#include <ostream>
#include <string>
#include <vector>

namespace syncmap::model {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

// `flag` is the word with the label; the others are what it carries.
struct place {
  atomic<int> flag{0};
  atomic<int> other{0};
  var<int> data{0};
  var<int> more{0};
  bool bad = false;  // the outcome that is forbidden; a race is one too
};
using thread = std::function<void(place&)>;

// Is there an execution with the outcome that is forbidden?
bool goes_wrong(const std::vector<thread>& threads) {
  checker& all = the_checker();
  bool wrong = false;
  bool bad = false;
  const std::function<void()> body = [&] {
    auto& shared = *::new (model_platform::allocate(sizeof(place), alignof(place))) place();
    all.run_threads(threads.size(), true, [&](std::size_t me) { threads[me - 1](shared); });
    bad = shared.bad;
  };
  all.choices().search({3, 3});
  do {
    all.choices().begin();
    bad = false;
    wrong |= !all.execute(body).empty() || bad;
  } while (!wrong && all.choices().next());
  return wrong;
}

// The instruction of each side.
enum class publishes { by_store, by_exchange, by_compare_exchange, by_addition };
enum class observes { by_load, by_exchange, by_compare_exchange };

void publish(place& p, publishes how, std::memory_order order) {
  int none = 0;
  switch (how) {
    case publishes::by_store:
      return p.flag.store(1, order);
    case publishes::by_exchange:
      return static_cast<void>(p.flag.exchange(1, order));
    case publishes::by_compare_exchange:
      return static_cast<void>(p.flag.compare_exchange_strong(none, 1, order, relaxed));
    case publishes::by_addition:
      return static_cast<void>(p.flag.fetch_add(1, order));
  }
}
bool observe(place& p, observes how, std::memory_order order) {
  int one = 1;
  switch (how) {
    case observes::by_load:
      return p.flag.load(order) == 1;
    case observes::by_exchange:
      return p.flag.exchange(0, order) == 1;
    default:
      return p.flag.compare_exchange_strong(one, 2, order, relaxed);
  }
}

// What is written before the release is there after the acquire.
struct edge {
  publishes there;
  observes here;

  [[nodiscard]] bool fails(std::memory_order store, std::memory_order load) const {
    return goes_wrong({[=, *this](place& p) {
                         p.data = 1;
                         publish(p, there, store);
                       },
                       [=, *this](place& p) {
                         if (observe(p, here, load)) p.bad = p.data != 1;
                       }});
  }
  void check() const {
    EXPECT_FALSE(fails(release, acquire));
    EXPECT_TRUE(fails(relaxed, acquire));
    EXPECT_TRUE(fails(release, relaxed));
  }
};

// The same of another atomic object, which may be read at any time.
struct edge_between_words {
  publishes there;

  [[nodiscard]] bool fails(std::memory_order store, std::memory_order load) const {
    return goes_wrong({[=, *this](place& p) {
                         p.other.store(1, relaxed);
                         publish(p, there, store);
                       },
                       [=](place& p) {
                         if (p.flag.load(load) == 1) p.bad = p.other.load(relaxed) != 1;
                       }});
  }
  void check() const {
    EXPECT_FALSE(fails(release, acquire));
    EXPECT_TRUE(fails(relaxed, acquire));
    EXPECT_TRUE(fails(release, relaxed));
  }
};

// Whoever is the last to drop something frees it, after the last use of the other.
struct count_down {
  [[nodiscard]] static bool fails(std::memory_order order) {
    const auto drops = [order](var<int> place::*mine) {
      return [=](place& p) {
        p.*mine = 1;
        if (p.flag.fetch_add(1, order) == 1) p.bad = p.data + p.more != 2;
      };
    };
    return goes_wrong({drops(&place::data), drops(&place::more)});
  }
  void check() const {
    EXPECT_FALSE(fails(acq_rel));
    EXPECT_TRUE(fails(acquire));
    EXPECT_TRUE(fails(release));
  }
};

// Whoever sees that all have counted themselves sees what each has done.
struct count_up {
  [[nodiscard]] static bool fails(std::memory_order add, std::memory_order load) {
    const auto counts = [add](var<int> place::*mine) {
      return [=](place& p) {
        p.*mine = 1;
        p.flag.fetch_add(1, add);
      };
    };
    return goes_wrong({counts(&place::data), counts(&place::more), [=](place& p) {
                         if (p.flag.load(load) == 2) p.bad = p.data + p.more != 2;
                       }});
  }
  void check() const {
    EXPECT_FALSE(fails(release, acquire));
    EXPECT_TRUE(fails(relaxed, acquire));
    EXPECT_TRUE(fails(release, relaxed));
  }
};

// Of two threads that each write, and then look at what the other writes, one sees it.
struct total_order {
  publishes how;

  [[nodiscard]] bool fails(std::memory_order store, std::memory_order load) const {
    struct seen {
      atomic<int> first{0};
      atomic<int> second{0};
    };
    const auto write = [=, *this](atomic<int>& to) {
      int none = 0;
      if (how == publishes::by_store) {
        to.store(1, store);
      } else {
        to.compare_exchange_strong(none, 1, store, relaxed);
      }
    };
    // `data` and `more` have one writer each, and are compared when both have ended.
    checker& all = the_checker();
    bool wrong = false;
    const std::function<void()> body = [&] {
      auto& words = *::new (model_platform::allocate(sizeof(seen), alignof(seen))) seen();
      bool missed[2] = {};
      all.run_threads(2, true, [&](std::size_t me) {
        write(me == 1 ? words.first : words.second);
        missed[me - 1] = (me == 1 ? words.second : words.first).load(load) == 0;
      });
      wrong |= missed[0] && missed[1];
    };
    all.choices().search({3, 3});
    do {
      all.choices().begin();
      wrong |= !all.execute(body).empty();
    } while (!wrong && all.choices().next());
    return wrong;
  }
  void check() const {
    EXPECT_FALSE(fails(seq_cst, seq_cst));
    EXPECT_TRUE(fails(how == publishes::by_store ? release : acq_rel, seq_cst));
    EXPECT_TRUE(fails(seq_cst, acquire));
  }
};

// A reader announces what it has found and looks again; who wants to free it takes it away, and looks who has
// announced it.
struct announcement {
  [[nodiscard]] static bool fails(bool is_announced, bool is_heavy, bool looks_again) {
    return goes_wrong({[=](place& p) {
                         if (p.other.load(acquire) != 0) return;
                         if (is_announced) {
                           model_platform::announce(p.flag, 1);
                         } else {
                           p.flag.store(1, release);
                         }
                         if (looks_again && p.other.load(acquire) != 0) return;
                         static_cast<void>(static_cast<int>(p.data));  // the object
                       },
                       [=](place& p) {
                         p.other.store(1, release);  // it is gone
                         if (is_heavy) model_platform::fence_heavy();
                         if (p.flag.load(acquire) == 0) p.data = 1;  // freed
                       }});
  }
  void check() const {
    EXPECT_FALSE(fails(true, true, true));
    EXPECT_TRUE(fails(false, true, true));
    EXPECT_TRUE(fails(true, false, true));
    EXPECT_TRUE(fails(true, true, false));
  }
};

struct labelled {
  const char* name;
  std::function<void()> check;
  friend std::ostream& operator<<(std::ostream& to, const labelled& one) { return to << one.name; }
};
template <class Test>
labelled label(const char* name, Test test) {
  return {name, [test] { test.check(); }};
}

const std::vector<labelled>& labels() {
  using enum publishes;
  constexpr auto load = observes::by_load;
  constexpr auto take = observes::by_exchange;
  constexpr auto claim = observes::by_compare_exchange;
  static const std::vector<labelled> all{
      label("asym_fence_S1_publish_mode", edge{by_compare_exchange, load}),
      label("asym_fence_T1_announce_scan", announcement{}),
      label("entry_S1_publish_cell", edge{by_compare_exchange, load}),
      label("entry_S2_drop_entry", count_down{}),
      label("entry_T1_value_order", total_order{by_compare_exchange}),
      label("group_S1_lock", edge{by_store, claim}),
      label("group_S2_version", edge{by_store, load}),
      label("group_S3_tag", edge{by_store, load}),
      label("group_S4_overflow_link", edge{by_store, load}),
      label("group_T1_group_order", total_order{by_store}),
      label("group_root_S1_publish_table", edge{by_compare_exchange, load}),
      label("group_root_S2_generation", edge_between_words{by_compare_exchange}),
      label("group_root_T1_table_order", total_order{by_compare_exchange}),
      label("group_table_S1_next_table", edge{by_compare_exchange, load}),
      label("group_table_S2_units_moved", count_up{}),
      label("hazard_domain_S1_link_list", edge{by_compare_exchange, load}),
      label("hazard_domain_S2_hand_record", edge{by_store, claim}),
      label("hazard_domain_S3_hand_retired", edge{by_compare_exchange, take}),
      label("hazard_domain_S4_clear_slot", edge{by_store, load}),
      label("hazard_domain_S5_pass_mark", edge{by_addition, load}),
      label("hazard_domain_S6_free_unit", edge{by_store, claim}),
      label("hazard_domain_T1_announce_scan", announcement{}),
      label("inline_slot_S1_words", edge{by_store, load}),
      label("inline_slot_T1_word_order", total_order{by_store}),
      label("node_slot_S1_publish_node", edge{by_store, load}),
      label("node_slot_S2_share_key", count_down{}),
      label("node_slot_T1_node_order", total_order{by_store}),
      label("overflow_list_S1_own_overflow", edge{by_compare_exchange, load}),
      label("read_dirty_tables_S1_publish_read", edge{by_store, load}),
      label("read_dirty_tables_S2_generation", edge_between_words{by_store}),
      label("read_dirty_tables_T1_table_order", total_order{by_store}),
      label("single_flight_S1_make_flights", edge{by_compare_exchange, load}),
      label("striped_counter_S1_make_stripes", edge{by_compare_exchange, load}),
      label("striped_counter_S2_count", edge_between_words{by_store}),
      label("wait_graph_S1_lock", edge{by_store, claim}),
      label("wait_graph_S2_land_flight", edge{by_store, load}),
  };
  return all;
}

class label_litmus : public ::testing::TestWithParam<labelled> {};

TEST_P(label_litmus, forbids_what_a_weaker_side_allows) { GetParam().check(); }

INSTANTIATE_TEST_SUITE_P(headers, label_litmus, ::testing::ValuesIn(labels()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
