// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Commands to a map, as data that rapidcheck makes and shrinks, and what each does to a map and to a
// std::unordered_map.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <fragile.hpp>
#include <fuse.hpp>
#include <iterator>
#include <kinds.hpp>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace property {

enum class what {
  store,
  insert_or_assign,
  swap,
  load_or_store,
  try_emplace,
  load_or_compute,
  update,
  compute,
  compute_nothing,
  erase,
  load_and_erase,
  compare_and_swap,
  compare_and_erase,
  load,
  contains,
  visit,
  find,
  load_many,
  range,
  iterate,
  to,
  size,
  erase_if,
  fill,
  clear,
  reserve,
  shrink_to_fit,
  reclaim,
};
constexpr int count_of_commands = static_cast<int>(what::reclaim) + 1;
constexpr const char* names[count_of_commands] = {"store",
                                                  "insert_or_assign",
                                                  "swap",
                                                  "load_or_store",
                                                  "try_emplace",
                                                  "load_or_compute",
                                                  "update",
                                                  "compute",
                                                  "compute to nothing",
                                                  "erase",
                                                  "load_and_erase",
                                                  "compare_and_swap",
                                                  "compare_and_erase",
                                                  "load",
                                                  "contains",
                                                  "visit",
                                                  "find",
                                                  "load_many",
                                                  "range",
                                                  "iterate",
                                                  "to",
                                                  "size",
                                                  "erase_if",
                                                  "fill",
                                                  "clear",
                                                  "reserve",
                                                  "shrink_to_fit",
                                                  "reclaim"};

struct command {
  what does = what::load;
  int key = 0;
  int value = 0;
  int other = 0;  // another value, or a number of keys
  int fails = 0;  // the so manieth call of user code or allocation throws, if it is not 0

  friend std::ostream& operator<<(std::ostream& to, const command& one) {
    to << names[static_cast<int>(one.does)] << "(key " << one.key << ", value " << one.value << ", "
       << one.other << ")";
    if (one.fails != 0) to << ", the call of number " << one.fails << " throws";
    return to;
  }
};

using model = std::unordered_map<int, int>;

// Objects of numbers, also of the fragile ones.
template <class X>
X object(int number) {
  if constexpr (std::is_same_v<X, std::string>) {
    return support::numbered<std::string>(number);
  } else {
    return X(number);
  }
}
inline int number_of(int object) { return object; }
inline int number_of(const std::string& object) { return support::number_of(object); }
template <class Tag>
int number_of(const support::fragile<Tag>& object) {
  return object.id();
}
template <class T>
std::optional<int> number_of(const std::optional<T>& object) {
  return object ? std::optional(number_of(*object)) : std::nullopt;
}
inline std::optional<int> get(const model& from, int key) {
  const auto found = from.find(key);
  return found == from.end() ? std::nullopt : std::optional(found->second);
}

inline void require(bool so) {
  if (!so) RC_FAIL("the map differs from the model");
}

template <class Map>
class subject {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

 public:
  // A command that throws has no effect; any other has that on the model.
  void run(const command& one) {
    model after = model_;
    if (succeeds(one, after)) {
      model_ = std::move(after);
    } else if (one.does == what::erase_if || one.does == what::fill) {
      adopt();  // these take effect step by step
    }
    compare_all();
  }

 private:
  static key_type key(int number) { return object<key_type>(number); }
  static value_type value(int number) { return object<value_type>(number); }

  bool succeeds(const command& one, model& now) {
    struct armed {
      explicit armed(int calls) { support::fuse::arm(calls); }
      ~armed() { support::fuse::disarm(); }
    };
    try {
      const armed fuse(one.fails);
      execute(one, now);
      return true;
    } catch (const support::fuse::blown&) {
      return false;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  void execute(const command& one, model& now) {
    const std::optional<int> before = get(now, one.key);
    switch (one.does) {
      case what::store:
        map_.store(key(one.key), value(one.value));
        now[one.key] = one.value;
        return;
      case what::insert_or_assign:
        require(map_.insert_or_assign(key(one.key), value(one.value)) == !before);
        now[one.key] = one.value;
        return;
      case what::swap:
        require(number_of(map_.swap(key(one.key), value(one.value))) == before);
        now[one.key] = one.value;
        return;
      case what::load_or_store: {
        const auto result = map_.load_or_store(key(one.key), value(one.value));
        now.emplace(one.key, one.value);
        require(result.loaded == before.has_value() && number_of(result.value) == now[one.key]);
        return;
      }
      case what::try_emplace:
        require(map_.try_emplace(key(one.key), value(one.value)) == !before);
        now.emplace(one.key, one.value);
        return;
      case what::load_or_compute: {
        const auto result = map_.load_or_compute(key(one.key), [&] {
          support::fuse::tick();
          return value(one.value);
        });
        now.emplace(one.key, one.value);
        require(result.loaded == before.has_value() && number_of(result.value) == now[one.key]);
        return;
      }
      case what::update: {
        const auto result = map_.update(key(one.key), [&](const value_type& old) {
          support::fuse::tick();
          require(number_of(old) == before);
          return value(one.value);
        });
        if (before) now[one.key] = one.value;
        require(number_of(result) == get(now, one.key));
        return;
      }
      case what::compute:
      case what::compute_nothing: {
        const auto result = map_.compute(key(one.key), [&](const value_type* old) {
          support::fuse::tick();
          require((old == nullptr ? std::nullopt : std::optional(number_of(*old))) == before);
          return one.does == what::compute ? std::optional<value_type>(value(one.value))
                                           : std::nullopt;
        });
        if (one.does == what::compute) {
          now[one.key] = one.value;
        } else {
          now.erase(one.key);
        }
        require(number_of(result) == get(now, one.key));
        return;
      }
      case what::erase:
        require(map_.erase(key(one.key)) == before.has_value());
        now.erase(one.key);
        return;
      case what::load_and_erase:
        require(number_of(map_.load_and_erase(key(one.key))) == before);
        now.erase(one.key);
        return;
      case what::compare_and_swap: {
        const bool equal = before == one.other;
        require(map_.compare_and_swap(key(one.key), value(one.other), value(one.value)) == equal);
        if (equal) now[one.key] = one.value;
        return;
      }
      case what::compare_and_erase: {
        const bool equal = before == one.other;
        require(map_.compare_and_erase(key(one.key), value(one.other)) == equal);
        if (equal) now.erase(one.key);
        return;
      }
      case what::load:
        return require(number_of(map_.load(key(one.key))) == before);
      case what::contains:
        return require(map_.contains(key(one.key)) == before.has_value());
      case what::visit: {
        std::optional<int> seen;
        map_.visit(key(one.key), [&](const value_type& at) { seen = number_of(at); });
        return require(seen == before);
      }
      case what::find: {
        const auto found = map_.find(key(one.key));
        require(static_cast<bool>(found) == before.has_value());
        if (found) require(number_of(found.key()) == one.key && number_of(*found) == before);
        return;
      }
      default:
        return execute_on_many(one, now);
    }
  }

  void execute_on_many(const command& one, model& now) {
    switch (one.does) {
      case what::load_many: {
        std::vector<key_type> keys;
        for (int i = 0; i < one.other; ++i) keys.push_back(key(one.key + i));
        std::vector<std::optional<value_type>> found;
        found.reserve(keys.size());
        map_.load_many(keys, std::back_inserter(found));
        require(found.size() == keys.size());
        for (int i = 0; i < one.other; ++i) {
          require(number_of(found[static_cast<std::size_t>(i)]) == get(now, one.key + i));
        }
        return;
      }
      case what::range:
        return map_.range([&](const key_type& k, const value_type& v) {
          support::fuse::tick();
          require(get(now, number_of(k)) == number_of(v));
        });
      case what::iterate:
        for (const auto& [k, v] : map_) require(get(now, number_of(k)) == number_of(v));
        return;
      case what::to: {
        const auto all = map_.template to<std::vector<std::pair<key_type, value_type>>>();
        return require(all.size() == now.size());
      }
      case what::size:
        require(map_.empty() == now.empty());
        return require(map_.size() == now.size());
      case what::erase_if: {
        const auto is_due = [&](int k) { return k % 4 == one.other % 4; };
        const std::size_t erased = map_.erase_if([&](const key_type& k, const value_type&) {
          support::fuse::tick();
          return is_due(number_of(k));
        });
        require(erased == std::erase_if(now, [&](const auto& e) { return is_due(e.first); }));
        return;
      }
      case what::fill:
        for (int i = 0; i < one.other; ++i) {
          map_.store(key(one.key + i), value(one.value));
          now[one.key + i] = one.value;
        }
        return;
      case what::clear:
        map_.clear();
        now.clear();
        return;
      case what::reserve:
        map_.reserve(static_cast<std::size_t>(one.other) * 4);
        return;
      case what::shrink_to_fit:
        return map_.shrink_to_fit();
      default:
        return support::reclaim();
    }
  }

  void compare_all() const {
    model shown;
    map_.range([&](const key_type& k, const value_type& v) {
      require(shown.emplace(number_of(k), number_of(v)).second);
    });
    require(shown == model_);
    require(map_.size() == model_.size());
  }
  void adopt() {
    model shown;
    map_.range([&](const key_type& k, const value_type& v) { shown[number_of(k)] = number_of(v); });
    model_ = std::move(shown);
  }

  Map map_;
  model model_;
};

}  // namespace property

// Keys are few, so that commands meet; a map of any size comes from `fill`.
template <>
struct rc::Arbitrary<property::command> {
  static Gen<property::command> arbitrary() {
    using property::command;
    return gen::build<command>(
        gen::set(&command::does, gen::map(gen::inRange(0, property::count_of_commands),
                                          [](int n) { return static_cast<property::what>(n); })),
        gen::set(&command::key, gen::inRange(0, 12)), gen::set(&command::value, gen::inRange(0, 4)),
        gen::set(&command::other, gen::inRange(0, 40)),
        gen::set(&command::fails,
                 gen::weightedOneOf<int>({{3, gen::just(0)}, {1, gen::inRange(1, 40)}})));
  }
};
