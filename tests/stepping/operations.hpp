// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The operations of a map as data: run on a map, and told by a model what they may say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stepper.hpp>
#include <string>
#include <utility>
#include <vector>

namespace stepping {

enum class kind {
  load,
  contains,
  visit,
  find,
  load_many,
  range,
  iteration,
  size,
  store,
  insert_or_assign,
  swap,
  load_or_store,
  load_or_compute,
  try_emplace,
  load_and_erase,
  erase,
  compare_and_swap,
  compare_and_erase,
  update,
  compute_a_value,
  compute_nothing,
  erase_if,
  clear,
  reserve,
  shrink_to_fit,
};

// What a kind does not need is 0. `erase_if` erases what has the value `expected`, and `update` adds
// `added`.
struct operation {
  kind what;
  int key = 0;
  int value = 0;
  int expected = 0;
};
inline constexpr int added = 1000;
inline constexpr int many = 3;  // keys of load_many, from `key` on

// What it said. Of those that tell of more than one key, `seen`.
struct outcome {
  bool flag = false;
  std::optional<int> value;
  std::vector<std::pair<int, int>> seen;
};

using model = std::map<int, int>;

inline bool is_read(kind what) { return what <= kind::size; }
// Tells of each key for itself.
inline bool is_of_many_keys(kind what) {
  return what == kind::load_many || what == kind::range || what == kind::iteration ||
         what == kind::erase_if;
}
inline bool concerns(const operation& which, int key) {
  switch (which.what) {
    case kind::range:
    case kind::iteration:
    case kind::erase_if:
    case kind::clear:
      return true;
    case kind::size:
    case kind::reserve:
    case kind::shrink_to_fit:
      return false;
    case kind::load_many:
      return key >= which.key && key < which.key + many;
    default:
      return key == which.key;
  }
}

// --- On a map. Texts are too long to be kept in a std::string, and begin with their number.

template <class X>
X object(int number) {
  if constexpr (std::is_same_v<X, std::string>) {
    constexpr std::size_t digits = 6;
    const std::string text = std::to_string(number);
    return std::string(digits - text.size(), '0') + text + " is what this text is the number of";
  } else {
    return static_cast<X>(number);
  }
}
inline int number(std::uint64_t of) { return static_cast<int>(of); }
inline int number(const std::string& of) {
  int result = 0;
  for (std::size_t i = 0; i < 6; ++i) result = 10 * result + (of[i] - '0');
  return result;
}
template <class X>
std::optional<int> number(const std::optional<X>& of) {
  return of ? std::optional(number(*of)) : std::nullopt;
}

template <class Map>
class player {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

 public:
  explicit player(Map& map) : map_(map) {}

  // Everything that is not the map's is done before and after what is counted.
  outcome run(const operation& which) {
    const auto key = object<key_type>(which.key);
    const auto value = object<value_type>(which.value);
    const auto expected = object<value_type>(which.expected);
    return is_read(which.what) ? read(which, key) : write(which, key, value, expected);
  }

 private:
  outcome read(const operation& which, const key_type& key) {
    outcome result;
    std::optional<value_type> found;
    const auto see = [&](const key_type& of, const value_type& now) {
      result.seen.emplace_back(number(of), number(now));
    };
    result.seen.reserve(1024);
    switch (which.what) {
      case kind::load:
        stepper::step([&] { found = map_.load(key); });
        break;
      case kind::contains:
        stepper::step([&] { result.flag = map_.contains(key); });
        break;
      case kind::visit:
        stepper::step([&] { map_.visit(key, [&](const value_type& now) { found = now; }); });
        break;
      case kind::find:
        stepper::step([&] {
          if (const auto handle = map_.find(key)) found = *handle;
        });
        break;
      case kind::load_many:
        load_many(which, result);
        break;
      case kind::range:
        stepper::step([&] { map_.range(see); });
        break;
      case kind::iteration:
        stepper::step([&] {
          for (const auto& [of, now] : map_) see(of, now);
        });
        break;
      default:
        stepper::step([&] { result.value = static_cast<int>(map_.size()); });
        return result;
    }
    if (which.what == kind::load || which.what == kind::visit || which.what == kind::find) {
      result.value = number(found);
    }
    return result;
  }

  void load_many(const operation& which, outcome& result) {
    std::vector<key_type> keys;
    for (int i = 0; i < many; ++i) keys.push_back(object<key_type>(which.key + i));
    std::vector<std::optional<value_type>> out(many);
    stepper::step([&] { map_.load_many(keys, out.begin()); });
    for (int i = 0; i < many; ++i) {
      const auto& found = out[static_cast<std::size_t>(i)];
      if (found) result.seen.emplace_back(which.key + i, number(*found));
    }
  }

  outcome write(const operation& which, const key_type& key, const value_type& value,
                const value_type& expected) {
    outcome result;
    std::optional<value_type> found;
    const auto tell = [&](auto told) {
      result.flag = told.loaded;
      found = told.value;
    };
    switch (which.what) {
      case kind::store:
        stepper::step([&] { map_.store(key, value); });
        break;
      case kind::insert_or_assign:
        stepper::step([&] { result.flag = map_.insert_or_assign(key, value); });
        break;
      case kind::swap:
        stepper::step([&] { found = map_.swap(key, value); });
        break;
      case kind::load_or_store:
        stepper::step([&] { tell(map_.load_or_store(key, value)); });
        break;
      case kind::load_or_compute:
        stepper::step([&] { tell(map_.load_or_compute(key, [&] { return value; })); });
        break;
      case kind::try_emplace:
        stepper::step([&] { result.flag = map_.try_emplace(key, value); });
        break;
      case kind::load_and_erase:
        stepper::step([&] { found = map_.load_and_erase(key); });
        break;
      case kind::erase:
        stepper::step([&] { result.flag = map_.erase(key); });
        break;
      case kind::compare_and_swap:
        stepper::step([&] { result.flag = map_.compare_and_swap(key, expected, value); });
        break;
      case kind::compare_and_erase:
        stepper::step([&] { result.flag = map_.compare_and_erase(key, expected); });
        break;
      case kind::update:
        found = update(key);
        break;
      case kind::compute_a_value:
        stepper::step([&] {
          found = map_.compute(key, [&](const value_type*) { return std::optional(value); });
        });
        break;
      case kind::compute_nothing:
        stepper::step([&] {
          found = map_.compute(key, [&](const value_type*) { return std::optional<value_type>(); });
        });
        break;
      default:
        write_all(which, expected);
    }
    result.value = number(found);
    return result;
  }

  std::optional<value_type> update(const key_type& key) {
    std::optional<value_type> found;
    stepper::step([&] {
      found = map_.update(
          key, [](const value_type& now) { return object<value_type>(number(now) + added); });
    });
    return found;
  }

  void write_all(const operation& which, const value_type& expected) {
    switch (which.what) {
      case kind::erase_if:
        stepper::step([&] {
          map_.erase_if([&](const key_type&, const value_type& now) { return now == expected; });
        });
        break;
      case kind::clear:
        stepper::step([&] { map_.clear(); });
        break;
      case kind::reserve:
        stepper::step([&] { map_.reserve(static_cast<std::size_t>(which.value)); });
        break;
      default:
        stepper::step([&] { map_.shrink_to_fit(); });
    }
  }

  Map& map_;
};

// --- On a model of one key

// Does `said` fit to what the key has, as far as it is about that key? Makes `now` what it has then.
inline bool fits(const operation& which, const outcome& said, int key, std::optional<int>& now) {
  const std::optional<int> before = now;
  const bool present = before.has_value();
  const bool equal = before == which.expected;
  switch (which.what) {
    case kind::load:
    case kind::visit:
    case kind::find:
      return said.value == before;
    case kind::contains:
      return said.flag == present;
    case kind::load_many:
    case kind::range:
    case kind::iteration: {
      std::optional<int> seen;
      for (const auto& [of, value] : said.seen) {
        if (of == key && seen) return false;  // twice
        if (of == key) seen = value;
      }
      return seen == before;
    }
    case kind::store:
      now = which.value;
      return true;
    case kind::insert_or_assign:
      now = which.value;
      return said.flag == !present;
    case kind::swap:
      now = which.value;
      return said.value == before;
    case kind::load_or_store:
    case kind::load_or_compute:
      if (!present) now = which.value;
      return said.flag == present && said.value == now;
    case kind::try_emplace:
      if (!present) now = which.value;
      return said.flag == !present;
    case kind::load_and_erase:
      now.reset();
      return said.value == before;
    case kind::erase:
      now.reset();
      return said.flag == present;
    case kind::compare_and_swap:
      if (equal) now = which.value;
      return said.flag == equal;
    case kind::compare_and_erase:
      if (equal) now.reset();
      return said.flag == equal;
    case kind::update:
      if (present) now = *before + added;
      return said.value == now;
    case kind::compute_a_value:
      now = which.value;
      return said.value == now;
    case kind::compute_nothing:
      now.reset();
      return said.value == now;
    case kind::erase_if:
      if (equal) now.reset();
      return true;
    case kind::clear:
      now.reset();
      return true;
    default:
      return true;
  }
}

// May it change a key that has `now`, so that it locks? (clear changes all and locks nothing.)
inline bool may_lock(const operation& which, std::optional<int> now) {
  switch (which.what) {
    case kind::try_emplace:
    case kind::load_or_store:
    case kind::load_or_compute:
      return !now;
    case kind::load_and_erase:
    case kind::erase:
    case kind::update:
    case kind::compute_nothing:
      return now.has_value();
    case kind::compare_and_swap:
    case kind::compare_and_erase:
      return now == which.expected;
    case kind::clear:
      return false;
    default:
      return !is_read(which.what);
  }
}

}  // namespace stepping
