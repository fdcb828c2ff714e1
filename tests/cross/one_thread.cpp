// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Every operation of a map, by one thread: what it does, and that a std::unordered_map agrees.

#include <algorithm>
#include <checks.hpp>
#include <cstddef>
#include <numbered.hpp>
#include <syncmap/reclaim.hpp>
#include <unordered_map>
#include <vector>

namespace cross {
namespace {

using model_type = std::unordered_map<unsigned, unsigned>;

// The operations of sync.Map.
void operations(number_map& map) {
  CHECK(map.empty() && map.size() == 0 && !map.load(1) && map.walk().empty());
  map.store(1, 10);
  CHECK(map.load(1) == 10U && map.size() == 1 && !map.empty());
  const given stored = map.load_or_store(2, 20);
  CHECK(!stored.loaded && stored.value == 20);
  const given loaded = map.load_or_store(2, 21);
  CHECK(loaded.loaded && loaded.value == 20);
  CHECK(map.swap(2, 22) == 20U && !map.swap(3, 30));
  CHECK(!map.compare_and_swap(3, 31, 32) && map.load(3) == 30U);
  CHECK(map.compare_and_swap(3, 30, 33) && map.load(3) == 33U);
  CHECK(!map.compare_and_swap(4, 0, 1) && !map.contains(4));
  CHECK(!map.compare_and_erase(3, 30) && map.contains(3));
  CHECK(map.compare_and_erase(3, 33) && !map.contains(3));
  CHECK(map.load_and_erase(2) == 22U && !map.load_and_erase(2));
  CHECK(map.erase(1) && !map.erase(1) && map.empty());

  for (unsigned i = 0; i < 10; ++i) map.store(i, i);
  unsigned seen = 0;
  map.range([&](unsigned k, unsigned v) { return CHECK(k == v) && ++seen < 4; });
  CHECK(seen == 4);
  map.clear();
  CHECK(map.empty() && !map.contains(5) && map.walk().empty());
  map.store(5, 50);
  CHECK(map.size() == 1 && map.load(5) == 50U);
}

// Those beyond them.
void other_operations(number_map& map) {
  CHECK(map.try_emplace(1, 10) && !map.try_emplace(1, 11) && map.load(1) == 10U);
  CHECK(!map.insert_or_assign(1, 12) && map.insert_or_assign(2, 20) && map.load(1) == 12U);
  const auto add_one = [](unsigned v) { return v + 1; };
  CHECK(map.update(1, add_one) == 13U && map.load(1) == 13U);
  CHECK(!map.update(9, add_one) && !map.contains(9));

  const auto count_up = [](number v) { return number(v.value_or(0) + 1); };
  const auto remove = [](number) { return number(); };
  CHECK(map.compute(3, count_up) == 1U && map.compute(3, count_up) == 2U);
  CHECK(!map.compute(3, remove) && !map.contains(3) && !map.compute(3, remove));

  unsigned made = 0;
  const auto factory = [&made] { return 70 + made++; };
  const given computed = map.load_or_compute(7, factory);
  CHECK(!computed.loaded && computed.value == 70);
  const given again = map.load_or_compute(7, factory);
  CHECK(again.loaded && again.value == 70 && made == 1);
  const given outer =
      map.load_or_compute(8, [&] { return map.load_or_compute(6, factory).value + 9; });
  CHECK(!outer.loaded && outer.value == 80 && map.load(6) == 71U);

  const auto size = map.size();
  CHECK(map.erase_if([](unsigned k, unsigned v) { return k < 3 && v > 13; }) == 1);
  CHECK(map.size() == size - 1 && !map.contains(2) && map.contains(1));
  CHECK(map.stats().entries == map.size() && map.stats().bytes > 0);
}

void finding(number_map& map) {
  for (unsigned i = 0; i < 50; ++i) map.store(i, i + 1);
  CHECK(map.visit(3) == 4U && !map.visit(50));
  const auto found = map.find(7);
  const auto missing = map.find(50);
  CHECK(found->key() == 7U && found->value() == 8U && !missing->key() && !missing->value());
  map.store(7, 70);
  CHECK(found->value() == 8U && map.find(7)->value() == 70U);
  map.erase(7);
  syncmap::reclaim();
  CHECK(found->key() == 7U && found->value() == 8U && !map.find(7)->key());
  map.clear();
  syncmap::reclaim();
  CHECK(found->key() == 7U && found->value() == 8U);

  for (unsigned i = 0; i < 50; i += 2) map.store(i, i + 1);
  for (const bool made : {false, true}) {
    const auto values = map.load_many(0, 50, made);
    for (unsigned i = 0; i < 50; ++i) {
      CHECK(values[i] == (i % 2 == 0 ? number(i + 1) : std::nullopt));
    }
    CHECK(map.load_many(0, 0, made).empty());
  }
}

// All that can be asked tells the same.
void compare(const number_map& map, const model_type& model) {
  CHECK(map.size() == model.size() && map.stats().entries == model.size());
  CHECK(map.empty() == model.empty());
  entries ranged;
  map.range([&](unsigned k, unsigned v) {
    ranged.emplace_back(k, v);
    return true;
  });
  for (const entries& all : {ranged, map.walk(), map.copy()}) {
    const model_type seen(all.begin(), all.end());
    CHECK(all.size() == model.size() && seen == model);
  }
  for (const auto& [k, v] : model) CHECK(map.load(k) == v);
}

void check_given(const given& result, number before, unsigned next) {
  CHECK(result.loaded == before.has_value() && result.value == before.value_or(next));
}

void write(number_map& map, model_type& model, unsigned operation, unsigned k, unsigned next,
           number before) {
  switch (operation) {
    case 0:
      map.store(k, next);
      model[k] = next;
      break;
    case 1:
      check_given(map.load_or_store(k, next), before, next);
      model.emplace(k, next);
      break;
    case 2:
      CHECK(map.load_and_erase(k) == before);
      model.erase(k);
      break;
    case 3:
      CHECK(map.erase(k) == before.has_value());
      model.erase(k);
      break;
    case 4:
      CHECK(map.swap(k, next) == before);
      model[k] = next;
      break;
    case 5:
      CHECK(map.try_emplace(k, next) == !before);
      model.emplace(k, next);
      break;
    case 6:
      CHECK(map.insert_or_assign(k, next) == !before);
      model[k] = next;
      break;
    default:
      check_given(map.load_or_compute(k, [&] { return next; }), before, next);
      model.emplace(k, next);
  }
}

void change(number_map& map, model_type& model, unsigned operation, unsigned k, unsigned next,
            number before) {
  const unsigned guess = next % 2 == 0 ? before.value_or(0) : next + 97;
  const bool right = before == number(guess);
  switch (operation) {
    case 8:
    case 9:
      CHECK(map.compare_and_swap(k, guess, next) == right);
      if (right) model[k] = next;
      break;
    case 10:
      CHECK(map.compare_and_erase(k, guess) == right);
      if (right) model.erase(k);
      break;
    case 11: {
      const auto replace = [&](unsigned now) { return CHECK(now == before) ? next : 0; };
      CHECK(map.update(k, replace) == (before ? number(next) : std::nullopt));
      if (before) model[k] = next;
      break;
    }
    case 12: {
      const number wanted = next % 3 == 0 ? std::nullopt : number(next);
      CHECK(map.compute(k, [&](number now) { return CHECK(now == before) ? wanted : 0; }) ==
            wanted);
      model.erase(k);
      if (wanted) model.emplace(k, next);
      break;
    }
    default: {
      const auto found = map.find(k);
      CHECK(found->value() == before && found->key() == (before ? number(k) : std::nullopt));
      CHECK(map.load(k) == before && map.visit(k) == before);
    }
  }
}

// What concerns all entries.
void upheaval(number_map& map, model_type& model, unsigned which) {
  const auto odd = [](unsigned k, unsigned) { return k % 2 != 0; };
  compare(map, model);
  switch (which) {
    case 0:
      map.clear();
      model.clear();
      break;
    case 1:
      CHECK(map.erase_if(odd) == std::erase_if(model, [](auto& e) { return e.first % 2 != 0; }));
      break;
    case 2:
      map.shrink_to_fit();
      break;
    case 3:
      map.reserve(3000);
      break;
    default:
      syncmap::reclaim();
  }
  compare(map, model);
}

void random_operations(number_map& map) {
  model_type model;
  random_numbers random(1);
  const unsigned steps = scaled(30000, 1000);
  for (unsigned step = 0; step < steps; ++step) {
    // The number of keys goes up and down, so that tables do.
    const unsigned k = random.below(step / 2000 % 2 == 0 ? 50 : 2000);
    const unsigned next = value_number(k, step);
    const auto at = model.find(k);
    const number before = at == model.end() ? std::nullopt : number(at->second);
    const unsigned operation = random.below(16);
    (operation < 8 ? write : change)(map, model, operation, k, next, before);
    CHECK(map.contains(k) == model.contains(k));
    if (random.below(500) == 0) upheaval(map, model, random.below(5));
  }
  compare(map, model);
}

void growth(number_map& map) {
  const unsigned count = scaled(100000, 2000);
  for (unsigned i = 0; i < count; ++i) {
    map.store(i, value_number(i, i));
    if (i % 16 == 0) CHECK(map.contains(i / 2));
  }
  CHECK(map.size() == count && map.stats().bytes > count && !map.contains(count));
  unsigned found = 0;
  for (unsigned i = 0; i < count; ++i) found += map.load(i) == value_number(i, i) ? 1U : 0U;
  CHECK(found == count);
  std::vector<bool> seen(count);
  for (const auto& [k, v] : map.walk()) {
    if (!CHECK(k < count && !seen[k] && v == value_number(k, k))) break;
    seen[k] = true;
  }
  CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());

  const std::size_t large = map.capacity();
  CHECK(large >= count / 2);
  const unsigned left = (count + 99) / 100;
  CHECK(map.erase_if([](unsigned k, unsigned) { return k % 100 != 0; }) == count - left);
  CHECK(map.size() == left);
  map.shrink_to_fit();
  CHECK(map.capacity() < large && map.capacity() >= left / 2);
  for (unsigned i = 0; i < count; i += 50) CHECK(map.contains(i) == (i % 100 == 0));
  map.reserve(count);
  CHECK(map.capacity() >= count && map.size() == left);
  map.clear();
  syncmap::reclaim();
  CHECK(map.empty() && !map.contains(0) && map.walk().empty());
}

}  // namespace

void test_with_one_thread(new_map made) {
  struct step {
    const char* name;
    void (*run)(number_map& map);
  };
  constexpr step steps[] = {
      {"operations", operations}, {"other operations", other_operations},
      {"finding", finding},       {"random operations", random_operations},
      {"growth", growth},
  };
  for (const step& each : steps) {
    part(each.name);
    each.run(*made());
  }
}

}  // namespace cross
