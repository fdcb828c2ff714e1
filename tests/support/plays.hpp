// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// plays.hpp -- what several operations may return together: the results, and the contents afterwards,
// of the same operations one after another, in an order that respects which ended before which began.

#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace syncmap::test {

// What the operations mean, of a map from int to int.
class meaning {
 public:
  using contents = std::map<int, int>;
  struct loaded {
    int value;
    bool was_there;
  };

  meaning() = default;
  explicit meaning(contents entries) : entries_(std::move(entries)) {}

  [[nodiscard]] std::optional<int> load(int key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] bool contains(int key) const { return entries_.contains(key); }
  void store(int key, int value) { entries_[key] = value; }
  std::optional<int> swap(int key, int value) {
    const auto before = load(key);
    entries_[key] = value;
    return before;
  }
  loaded load_or_store(int key, int value) {
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
  std::optional<int> update(int key, const std::function<int(int)>& f) {
    if (const auto now = load(key)) return entries_[key] = f(*now);
    return std::nullopt;
  }
  std::optional<int> compute(int key, const std::function<std::optional<int>(const int*)>& f) {
    const auto at = entries_.find(key);
    const std::optional<int> next = f(at == entries_.end() ? nullptr : &at->second);
    if (next) entries_[key] = *next;
    if (!next) entries_.erase(key);
    return next;
  }
  void clear() { entries_.clear(); }
  void reserve_groups(std::size_t) {}
  void shrink() {}
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const contents& walk() const { return entries_; }

 private:
  contents entries_;
};

// What an operation returns, as one number.
using result = long long;
inline constexpr result nothing = -1;
inline result encode(const std::optional<int>& value) { return value ? *value : nothing; }

enum class conduct {
  reads,   // waits for nobody
  walks,   // the same, and is no atomic step
  clears,  // the same, and writes
  counts,  // reads, but of several writes that run meanwhile it may count any
  writes,
};

template <class Map>
struct operation {
  std::string name;
  conduct how;
  std::function<result(Map&)> run;
  std::function<result(meaning&)> mean;

  [[nodiscard]] bool may_wait() const { return how == conduct::writes; }
  [[nodiscard]] bool is_reader() const { return how != conduct::writes && how != conduct::clears; }
};
template <class Map, class F>
operation<Map> make_operation(std::string name, conduct how, F f) {
  return {std::move(name), how, f, f};
}

// One after the other, by one player.
template <class Map>
using sequence = std::vector<operation<Map>>;

template <class Map>
std::string name_of(const sequence<Map>& all) {
  std::string name;
  for (const auto& each : all) name += (name.empty() ? "" : ", ") + each.name;
  return name;
}

// One run: who ran what, what came of it, and who ended before whom began.
template <class Map>
class play {
 public:
  // Who ended when another begins was before it.
  std::size_t enter(const operation<Map>& one) {
    cast_.push_back({&one, nothing, {}, false});
    for (std::size_t i = 0; i + 1 < cast_.size(); ++i) {
      if (cast_[i].ended) cast_.back().after.push_back(i);
    }
    return cast_.size() - 1;
  }
  void run(const operation<Map>& one, Map& map) {
    const std::size_t mine = enter(one);
    const result got = one.run(map);
    cast_[mine].got = got;
    cast_[mine].ended = true;
  }
  // Takes out those that have not ended: they had no effect.
  void forget_unfinished() {
    for (std::size_t i = cast_.size(); i-- != 0;) {
      if (cast_[i].ended) continue;
      cast_.erase(cast_.begin() + static_cast<std::ptrdiff_t>(i));
      for (auto& each : cast_) {
        std::erase(each.after, i);
        for (std::size_t& other : each.after) other -= other > i ? 1 : 0;
      }
    }
  }

  // Empty if there is an order that explains it.
  [[nodiscard]] std::string explain(const meaning& begin, const meaning::contents& end) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < cast_.size(); ++i) order.push_back(i);
    do {
      if (explains(order, begin, end)) return "";
    } while (std::next_permutation(order.begin(), order.end()));
    std::ostringstream out;
    out << "no order explains:";
    for (const auto& each : cast_) out << ' ' << each.what->name << '=' << each.got;
    out << "; at the end:";
    for (const auto& [key, value] : end) out << ' ' << key << '=' << value;
    return out.str();
  }

 private:
  struct role {
    const operation<Map>* what;
    result got;
    std::vector<std::size_t> after;
    bool ended;
  };

  [[nodiscard]] bool explains(const std::vector<std::size_t>& order, const meaning& begin,
                              const meaning::contents& end) const {
    std::vector<bool> done(cast_.size(), false);
    meaning map = begin;
    for (const std::size_t player : order) {
      const role& now = cast_[player];
      for (const std::size_t earlier : now.after) {
        if (!done[earlier]) return false;
      }
      if (now.what->mean(map) != now.got) return false;
      done[player] = true;
    }
    return map.walk() == end;
  }

  std::vector<role> cast_;
};

}  // namespace syncmap::test
