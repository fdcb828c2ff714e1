// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Four threads and one map: what must hold whatever they do to each other.

#include <atomic>
#include <checks.hpp>
#include <cstddef>
#include <numbered.hpp>
#include <syncmap/reclaim.hpp>
#include <thread>
#include <vector>

namespace cross {
namespace {

void add_one(number_map& map, unsigned k, unsigned way) {
  if (way % 3 == 0) {
    CHECK(map.update(k, [](unsigned now) { return now + 1; }));
  } else if (way % 3 == 1) {
    CHECK(map.compute(k, [](number now) { return number(now.value_or(0) + 1); }));
  } else {
    for (;;) {
      const number now = map.load(k);
      if (!CHECK(now) || map.compare_and_swap(k, *now, *now + 1)) return;
    }
  }
}

// No change is lost: three ways to add one.
void counting(number_map& map) {
  constexpr unsigned keys = 8;
  const unsigned rounds = scaled(3000, 200);
  for (unsigned i = 0; i < keys; ++i) map.store(i, 0);
  run_together([&](unsigned id) {
    for (unsigned i = 0; i < rounds; ++i) add_one(map, (i + id) % keys, i + id);
  });
  unsigned sum = 0;
  for (const auto& [k, v] : map.walk()) sum += v;
  CHECK(map.size() == keys && sum == rounds * thread_count);
}

// Of an absent key exactly one thread stores, and all see what it stored; exactly one erases it.
void one_stores(number_map& map) {
  const unsigned keys = scaled(2000, 200);
  std::atomic<unsigned> stored{0};
  std::atomic<unsigned> made{0};
  std::atomic<unsigned> erased{0};
  std::vector<number> seen[thread_count];
  run_together([&](unsigned id) {
    for (unsigned i = 0; i < keys; ++i) {
      const unsigned mine = value_number(i, id);
      bool stores = false;
      if (i % 3 == 0) {
        const auto factory = [&] {
          ++made;
          return mine;
        };
        stores = !map.load_or_compute(i, factory).loaded;
      } else {
        stores = i % 3 == 1 ? !map.load_or_store(i, mine).loaded : map.try_emplace(i, mine);
      }
      stored += stores ? 1U : 0U;
      seen[id].push_back(map.load(i));
      CHECK(!stores || seen[id].back() == mine);
    }
  });
  CHECK(stored == keys && map.size() == keys && made == (keys + 2) / 3);
  for (unsigned i = 0; i < keys; ++i) {
    const number now = map.load(i);
    for (const auto& each : seen) CHECK(now && now == each[i]);
  }
  run_together([&](unsigned) {
    for (unsigned i = 0; i < keys; ++i) {
      if (i % 2 == 0 ? map.erase(i) : map.load_and_erase(i).has_value()) ++erased;
    }
  });
  CHECK(erased == keys && map.empty());
}

void look_at_all(const number_map& map, unsigned keys) {
  std::vector<bool> seen(keys);
  for (const auto& [k, v] : map.walk()) {
    if (!CHECK(k < keys && !seen[k] && belongs(v, k))) return;
    seen[k] = true;
  }
}

void write_own(number_map& map, unsigned k, unsigned next, unsigned operation, number& known) {
  switch (operation) {
    case 0:
      CHECK(map.erase(k) == known.has_value());
      known.reset();
      break;
    case 1:
      CHECK(map.load_and_erase(k) == known);
      known.reset();
      break;
    case 2:
      CHECK(map.swap(k, next) == known);
      known = next;
      break;
    default:
      CHECK(map.insert_or_assign(k, next) == !known);
      known = next;
  }
}

void read_any(const number_map& map, unsigned k, unsigned operation) {
  if (operation == 0) {
    const auto found = map.find(k);
    CHECK(!found->key() || (found->key() == k && belongs(*found->value(), k)));
  } else if (operation == 1) {
    const auto values = map.load_many(k, 3, k % 2 == 0);
    for (unsigned i = 0; i < 3; ++i) CHECK(!values[i] || belongs(*values[i], k + i));
  } else {
    const number now = operation == 2 ? map.load(k) : map.visit(k);
    CHECK(!now || belongs(*now, k));
  }
}

// Each thread writes keys of its own and knows what they are; all threads read all of them.
void own_keys(number_map& map) {
  constexpr unsigned keys = 64 * thread_count;
  const unsigned rounds = scaled(8000, 400);
  std::atomic<std::size_t> left{0};
  run_together([&](unsigned id) {
    std::vector<number> mine(keys);
    random_numbers random(id);
    for (unsigned i = 0; i < rounds; ++i) {
      const unsigned k = random.below(keys / thread_count) * thread_count + id;
      write_own(map, k, value_number(k, i), random.below(5), mine[k]);
      read_any(map, random.below(keys), random.below(5));
      if (i % 1024 == 0) look_at_all(map, keys);
    }
    for (unsigned k = id; k < keys; k += thread_count) {
      CHECK(map.load(k) == mine[k]);
      if (mine[k]) ++left;
    }
  });
  CHECK(map.size() == left);
  syncmap::reclaim();
  look_at_all(map, keys);
}

// A token: who took it out of the map is alone, and sees what all others did who had it.
void taking_turns(number_map& map) {
  const unsigned rounds = scaled(2000, 100);
  unsigned turns = 0;  // for whoever has the token
  map.store(1, 1);
  run_together([&](unsigned) {
    for (unsigned i = 0; i < rounds; ++i) {
      while (!map.compare_and_erase(1, 1)) std::this_thread::yield();
      ++turns;
      CHECK(map.try_emplace(1, 1));
    }
  });
  CHECK(turns == rounds * thread_count && map.size() == 1);
}

void whole_map(number_map& map, unsigned operation, unsigned keys) {
  switch (operation) {
    case 0:
      map.clear();
      break;
    case 1:
      map.shrink_to_fit();
      break;
    case 2:
      map.reserve(std::size_t{keys} * 4);
      break;
    case 3:
      syncmap::reclaim();
      break;
    case 4:
      map.erase_if([](unsigned k, unsigned) { return k % 8 == 0; });
      break;
    default:
      look_at_all(map, keys);
  }
}

// What concerns all entries, while others store and erase.
void upheaval(number_map& map) {
  constexpr unsigned keys = 512;
  const unsigned rounds = scaled(4000, 200);
  run_together([&](unsigned id) {
    random_numbers random(id + 10);
    for (unsigned i = 0; i < rounds; ++i) {
      const unsigned k = random.below(keys);
      if (random.below(3) == 0) {
        map.erase(k);
      } else {
        map.store(k, value_number(k, i));
      }
      if (i % 64 == 0) whole_map(map, random.below(6), keys);
    }
  });
  look_at_all(map, keys);
  CHECK(map.walk().size() == map.size());
  map.clear();
  CHECK(map.empty() && map.walk().empty());
}

// From nothing to many entries, each of which can be found at once and for ever.
void growing(number_map& map) {
  const unsigned each = scaled(5000, 500);
  run_together([&](unsigned id) {
    for (unsigned i = 0; i < each; ++i) {
      const unsigned k = i * thread_count + id;
      const unsigned earlier = i / 2 * thread_count + id;
      map.store(k, value_number(k, 1));
      CHECK(map.load(k) == value_number(k, 1));
      CHECK(map.load(earlier) == value_number(earlier, 1));
    }
  });
  CHECK(map.size() == std::size_t{each} * thread_count);
  for (unsigned i = 0; i < each * thread_count; ++i) CHECK(map.contains(i));
}

}  // namespace

void test_with_many_threads(new_map made) {
  struct step {
    const char* name;
    void (*run)(number_map& map);
  };
  constexpr step steps[] = {
      {"counting", counting},         {"one stores", one_stores}, {"own keys", own_keys},
      {"taking turns", taking_turns}, {"upheaval", upheaval},     {"growing", growing},
  };
  for (const step& each : steps) {
    part(each.name);
    each.run(*made());
  }
}

}  // namespace cross
