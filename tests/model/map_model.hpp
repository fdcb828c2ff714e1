// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// map_model.hpp -- runs a scenario with a map whose platform is the checker's.
//
// Wrong is: what no order of the operations explains; a data race; an access to what was freed; a leak; a
// deadlock; a livelock; an exception.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <checker.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <explore.hpp>
#include <functional>
#include <history.hpp>
#include <iterator>
#include <memory>
#include <model_platform.hpp>
#include <optional>
#include <scenarios.hpp>
#include <statics.hpp>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/hazard_domain.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncmap::model {

inline int number_of(int number) { return number; }
template <bool IsCopied>
int number_of(const tracked_number<IsCopied>& one) {
  return one.number();
}

// A key says where it goes: 100 * (which sixteenth of all hashes) + its tag. 1000 more is another key with
// the same hash.
struct telling_hash {
  using is_avalanching = void;
  template <class Key>
  std::size_t operator()(const Key& key) const {
    const auto number = static_cast<std::uint64_t>(number_of(key));
    return (number / 100 % 10) << 60 | (number % 100 * 2 + 2);
  }
};

template <class Map>
struct map_platform;
template <class Engine>
struct map_platform<basic_map<Engine>> {
  using type = detail::platform_of<typename Engine::memory>;
};
template <class Map>
using platform_of_map = typename map_platform<Map>::type;

template <class Map>
class performance {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;
  using P = platform_of_map<Map>;
  using domain = detail::hazard_domain<P>;

 public:
  explicit performance(const scenario& what) : what_(what), order_(contents_before(what)) {
    adopt_statics<P>();
  }

  // One execution.
  void operator()() {
    events_.clear();
    time_ = 0;
    factories_ = 0;
    checker& all = the_checker();
    all.be_quiet(true);
    map_ = ::new (model_platform::allocate(sizeof(Map), alignof(Map), "map")) Map();
    {
      player setup(*this, 0);
      for (const step& one : what_.before) setup.perform(one);
      events_.clear();
    }
    const std::size_t count = what_.threads.size();
    if (!what_.is_cold) {
      all.run_threads(count, false, [](std::size_t) { domain::global().attach(); });
    }
    all.run_threads(count, true, [this](std::size_t me) {
      {
        player mine(*this, me);
        for (const step& one : what_.threads[me - 1]) mine.perform(one);
      }
      model_platform::exit_thread<typename domain::record>();
    });
    finish();
    if (!order_.explain(events_)) fail("no order explains:" + describe());
  }

  // Of the operations of each thread, and then of what was left.
  [[nodiscard]] std::vector<result> results() const {
    std::vector<result> all;
    for (std::size_t i = 0; i <= what_.threads.size(); ++i) {
      const std::size_t thread = (i + 1) % (what_.threads.size() + 1);
      for (const event& each : events_) {
        if (each.thread == thread) all.push_back(each.got);
      }
    }
    return all;
  }

 private:
  // What one thread does, and keeps.
  class player {
   public:
    player(performance& all, std::size_t thread) : all_(all), map_(*all.map_), thread_(thread) {}

    void perform(const step& one) {
      the_checker().note([&] { return "--- " + name_of(one); });
      // Whoever begins could have begun later: others may come before, in a choice of its own.
      const bool is_first = !std::exchange(has_begun_, true);
      if (is_event(one.what) && !is_first) the_checker().begin_operation();
      const std::size_t begin = ++all_.time_;
      if (one.what == call::range) {
        walk(begin);
        the_checker().end_operation();
        return;
      }
      if (one.what == call::load_many) {
        load_many(begin);
        return;
      }
      const result got = changes(one) ? last_ : other(one);
      if (is_event(one.what)) {
        const std::size_t end = ++all_.time_;
        the_checker().end_operation();
        const bool is_any_time = one.what == call::size;
        all_.events_.push_back(
            {one, got, thread_, is_any_time ? 0 : begin, is_any_time ? never : end});
      }
      the_checker().note([&] { return "--- " + name_of(one) + " = " + std::to_string(got); });
    }

   private:
    static constexpr auto never = static_cast<std::size_t>(-1);

    static bool is_event(call what) {
      return what != call::look && what != call::reserve && what != call::shrink &&
             what != call::reclaim && what != call::stats;
    }
    static result encode(const std::optional<value_type>& value) {
      return value ? number_of(*value) : nothing;
    }
    static result encode(const load_or_store_result<value_type>& got) {
      return 2 * number_of(got.value) + (got.loaded ? 1 : 0);
    }

    struct no_value {};
    result load_or_throw(const key_type& key) {
      try {
        if constexpr (std::is_copy_constructible_v<key_type>) {
          return encode(map_.load_or_compute(key, []() -> value_type { throw no_value(); }));
        } else {
          const result there = encode(map_.load(key));
          return there == nothing ? thrown : 2 * there + 1;
        }
      } catch (const no_value&) {
        return thrown;
      }
    }

    bool changes(const step& one) {
      key_type key(one.key);
      switch (one.what) {
        case call::store:
          map_.store(std::move(key), value_type(one.value));
          last_ = 0;
          return true;
        case call::swap:
          last_ = encode(map_.swap(std::move(key), value_type(one.value)));
          return true;
        case call::load_or_store:
          last_ = encode(map_.load_or_store(std::move(key), value_type(one.value)));
          return true;
        case call::load_or_compute:
          if constexpr (std::is_copy_constructible_v<key_type>) {
            last_ = encode(map_.load_or_compute(key, [&] {
              ++all_.factories_;
              return value_type(one.value);
            }));
          } else {
            last_ = encode(map_.load_or_store(std::move(key), value_type(one.value)));
          }
          return true;
        case call::load_or_throw:
          last_ = load_or_throw(key);
          return true;
        case call::erase:
          last_ = map_.erase(key) ? 1 : 0;
          return true;
        case call::load_and_erase:
          last_ = encode(map_.load_and_erase(key));
          return true;
        case call::compare_and_swap:
          last_ =
              map_.compare_and_swap(key, value_type(one.expected), value_type(one.value)) ? 1 : 0;
          return true;
        case call::compare_and_erase:
          last_ = map_.compare_and_erase(key, value_type(one.expected)) ? 1 : 0;
          return true;
        case call::update:
          last_ = encode(map_.update(
              key, [&](const value_type& now) { return value_type(number_of(now) + one.value); }));
          return true;
        case call::compute:
          last_ = encode(map_.compute(std::move(key), [&](const value_type* now) {
            return now != nullptr ? std::nullopt : std::optional<value_type>(one.value);
          }));
          return true;
        default:
          return false;
      }
    }
    result other(const step& one) {
      const key_type key(one.key);
      switch (one.what) {
        case call::load:
          return encode(map_.load(key));
        case call::contains:
          return map_.contains(key) ? 1 : 0;
        case call::clear:
          map_.clear();
          return 0;
        case call::size:
          return static_cast<result>(map_.size());
        case call::reserve:
          map_.reserve(static_cast<std::size_t>(one.value));
          return 0;
        case call::shrink:
          map_.shrink_to_fit();
          return 0;
        case call::reclaim:
          domain::global().reclaim();
          return 0;
        case call::find:
          held_ = map_.find(key);
          held_value_ = held_ ? number_of(held_.value()) : nothing;
          held_key_ = one.key;
          if (held_ && number_of(held_.key()) != one.key) fail("find() shows another key");
          return held_value_;
        case call::look:
          if (!held_) return 0;
          if (number_of(held_.key()) != held_key_) fail("a handle shows another key");
          if (number_of(held_.value()) != held_value_) fail("a handle shows another value");
          return 0;
        case call::stats:
          return static_cast<result>(map_.stats().capacity);
        default:
          return 0;
      }
    }

    void load_many(std::size_t begin) {
      const key_type keys[] = {key_type(all_keys[0]), key_type(all_keys[1])};
      std::optional<value_type> values[std::size(keys)];
      map_.load_many(keys, values);
      const std::size_t end = ++all_.time_;
      for (std::size_t i = 0; i < std::size(keys); ++i) {
        all_.events_.push_back({load(all_keys[i]), encode(values[i]), thread_, begin, end});
      }
    }

    void walk(std::size_t begin) {
      result shown[std::size(all_keys)];  // no container: a walk may be left where it is
      std::fill(std::begin(shown), std::end(shown), nothing);
      map_.range([&](const key_type& key, const value_type& value) {
        const auto* const at = std::find(std::begin(all_keys), std::end(all_keys), number_of(key));
        if (at == std::end(all_keys)) fail("a key is shown that nobody has stored");
        result& here = shown[at - std::begin(all_keys)];
        if (here != nothing) fail("a key is shown twice");
        here = number_of(value);
      });
      const std::size_t end = ++all_.time_;
      for (std::size_t i = 0; i < std::size(all_keys); ++i) {
        all_.events_.push_back({load(all_keys[i]), shown[i], thread_, begin, end});
      }
      the_checker().note([] { return std::string("--- range ends"); });
    }

    performance& all_;
    Map& map_;
    std::size_t thread_;
    bool has_begun_ = false;
    result last_ = nothing;
    typename Map::handle held_;
    int held_key_ = 0;
    result held_value_ = nothing;
  };

  static contents contents_before(const scenario& what) {
    contents all;
    for (const step& one : what.before) meaning(one, all);
    return all;
  }

  // Then one thread computes the value, and the others wait for it.
  bool only_computes() const {
    for (const auto& thread : what_.threads) {
      for (const step& one : thread) {
        if (one.what != call::load_or_compute) return false;
      }
    }
    return true;
  }

  // What is left, and that nothing is left of that.
  void finish() {
    if (only_computes() && factories_ > 1) fail("more than one factory ran");
    std::size_t present = 0;
    {
      player last(*this, 0);
      for (const int key : all_keys) {
        last.perform(load(key));
        if (events_.back().got != nothing) ++present;
      }
      last.perform(range());
    }
    if (map_->size() != present) {
      fail("size() is " + std::to_string(map_->size()) + " of " + std::to_string(present));
    }
    map_->~Map();
    model_platform::deallocate(map_, sizeof(Map), alignof(Map));
    domain::global().reclaim();
    the_checker().objects().blocks().for_each_block([](const block& each) {
      const bool is_kept = each.alignment == alignof(typename domain::record) &&
                           (each.bytes == sizeof(typename domain::record) ||
                            each.bytes == sizeof(typename domain::unit));
      if (!each.is_freed && !is_kept) {
        fail("a leak: " + the_checker().objects().name(each));
      }
    });
  }

  std::string describe() const {
    std::string all;
    for (const event& one : events_) {
      all += "\n  thread " + std::to_string(one.thread) + "  " + name_of(one.did) + " = " +
             std::to_string(one.got) + "  [" + std::to_string(one.begin) + ", " +
             std::to_string(one.end) + ']';
    }
    return all;
  }

  const scenario& what_;
  explanations order_;
  Map* map_ = nullptr;
  std::vector<event> events_;
  std::size_t time_ = 0;
  std::size_t factories_ = 0;  // that have run
};

// A test of one scenario.
template <class Map>
void check(const char* map_name, const scenario& what) {
  performance<Map> one(what);
  tell(map_name, what.name, explorer([&one] { one(); }).run());
}

}  // namespace syncmap::model
