// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map and a std::unordered_map do what a string of bytes says, and must not differ. The bytes choose
// operations, keys, values, how many bits of the hash are used, and which call of user code or of
// operator new fails. An operation that fails must not have had an effect (G6).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <fuse.hpp>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/reclaim.hpp>
#include <test_platform.hpp>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fuzz {

using support::fuse;

using bytes = std::span<const std::uint8_t>;

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

// An int with an alignment that no small object has. Every construction and comparison may throw, and
// one that was moved as bytes, or is used when it is dead, is noticed.
class alignas(64) wide {
 public:
  explicit wide(int number) : number_(burnt(number)) { ++alive; }
  wide(const wide& other) : number_(burnt(other.number())) { ++alive; }
  wide(wide&& other) : number_(burnt(other.number())) { ++alive; }  // NOLINT: may throw
  wide& operator=(const wide& other) {
    number_ = burnt(other.number());
    return *this;
  }
  ~wide() {
    check();
    self_ = nullptr;
    --alive;
  }
  [[nodiscard]] int number() const {
    check();
    return number_;
  }
  friend bool operator==(const wide& a, const wide& b) {
    fuse::tick();
    return a.number() == b.number();
  }
  static inline long alive = 0;

 private:
  static int burnt(int number) {
    fuse::tick();
    return number;
  }
  void check() const { require(self_ == this, "an object was used that is not alive"); }

  int number_;
  const wide* self_ = this;
};

// The number of an object, and an object with that number: some of the texts fit into a std::string.
inline int number_of(std::uint64_t object) { return static_cast<int>(object); }
inline int number_of(const wide& object) { return object.number(); }
inline int number_of(const std::string& object) { return std::atoi(object.c_str()); }
template <class X>
X object(int number) {
  if constexpr (std::is_same_v<X, std::string>) {
    std::string text = std::to_string(number);
    if (number % 2 == 0) text += " in a text that has to be allocated";
    return text;
  } else {
    return X(static_cast<std::conditional_t<std::is_same_v<X, wide>, int, X>>(number));
  }
}

inline std::size_t hash_mask = 0;
struct hash {
  std::size_t operator()(const auto& key) const {
    fuse::tick();
    return std::hash<int>()(number_of(key)) & hash_mask;
  }
};
struct equal {
  bool operator()(const auto& a, const auto& b) const {
    fuse::tick();
    return number_of(a) == number_of(b);
  }
};

// Reads bytes; behind their end there are zeros.
class reader {
 public:
  explicit reader(bytes of) : rest_(of) {}
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  int next() {
    if (rest_.empty()) return 0;
    const int result = rest_.front();
    rest_ = rest_.subspan(1);
    return result;
  }

 private:
  bytes rest_;
};

template <class Map>
class differential {
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;
  using model = std::unordered_map<int, int>;

 public:
  static void run(bytes input) {
    reader in(input);
    constexpr std::size_t masks[] = {~std::size_t{0}, 0, 15, ~std::size_t{0} << 56};
    hash_mask = masks[in.next() % 4];
    const long alive = wide::alive;
    {
      differential all;
      while (!in.is_at_end()) all.step(in);
      all.expect_contents();
    }
    syncmap::detail::hazard_domain<syncmap::test::growing_platform>::global().reclaim();
    syncmap::reclaim();
    require(wide::alive == alive, "an object was leaked, or destroyed twice");
  }

 private:
  static constexpr int operations = 26;
  static constexpr int may_fail = 128;

  // What an operation says, in numbers.
  struct outcome {
    std::optional<int> value;
    bool flag = false;
    bool operator==(const outcome&) const = default;
  };

  void step(reader& in) {
    const int chosen = in.next();
    which_ = chosen % may_fail % operations;
    number_ = in.next() % 96;
    given_ = in.next();
    key_.emplace(object<key_type>(number_));
    value_.emplace(object<value_type>(given_));
    expected_.emplace(object<value_type>(given_ % 16));
    fuse::arm(chosen >= may_fail ? in.next() + 1 : 0);
    outcome said;
    bool failed = false;
    try {
      said = which_ < reads ? read() : write();
    } catch (const fuse::blown&) {
      failed = true;
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    fuse::disarm();
    require(!failed || fuse::has_blown(), "an operation threw for no reason");
    if (!failed) {
      require(said == (which_ < reads ? read_model() : write_model()), "an operation lied");
    } else if (which_ == erase_if) {
      drop_what_is_gone();
    }
    require(map_.size() == model_.size(), "size is wrong");
  }

  // --- On the map

  static constexpr int reads = 8;
  static constexpr int erase_if = 25;

  outcome read() {
    outcome result;
    const auto count = [&](const auto&, const auto&) {
      fuse::tick();
      result.value = result.value.value_or(0) + 1;
    };
    switch (which_) {
      case 0:
        return {number(map_.load(*key_))};
      case 1:
        return {{}, map_.contains(*key_)};
      case 2:
        map_.visit(*key_, [&](const value_type& now) {
          fuse::tick();
          result.value = number_of(now);
        });
        return result;
      case 3: {
        const auto found = map_.find(*key_);
        if (found) result.value = number_of(*found);
        return result;
      }
      case 4: {
        std::optional<value_type> out[2];
        map_.load_many(std::vector<key_type>(2, *key_), out);
        require(out[0].has_value() == out[1].has_value(), "load_many found half");
        return {number(out[1])};
      }
      case 5:
        map_.range(count);
        return result;
      case 6:
        for (const auto& [key, value] : map_) count(key, value);
        return result;
      default:
        expect_contents();
        return result;
    }
  }

  outcome write() {
    switch (which_) {
      case 8:
      case 9:
        map_.store(*key_, *value_);
        return {};
      case 10:
        map_.store(std::move(*key_), std::move(*value_));
        return {};
      case 11:
        return {{}, map_.insert_or_assign(*key_, *value_)};
      case 12:
        return {number(map_.swap(*key_, *value_))};
      case 13:
        return told(map_.load_or_store(*key_, *value_));
      case 14:
        return told(map_.load_or_compute(*key_, [&] {
          fuse::tick();
          return *value_;
        }));
      case 15:
        return {{}, map_.try_emplace(*key_, *value_)};
      case 16:
        return {number(map_.load_and_erase(*key_))};
      case 17:
        return {{}, map_.erase(*key_)};
      case 18:
        return {{}, map_.compare_and_swap(*key_, *expected_, *value_)};
      case 19:
        return {{}, map_.compare_and_erase(*key_, *expected_)};
      default:
        return write_more();
    }
  }

  outcome write_more() {
    switch (which_) {
      case 20:
        return {number(map_.update(*key_, [](const value_type& now) {
          fuse::tick();
          return object<value_type>(number_of(now) + 1);
        }))};
      case 21:
        return {number(map_.compute(*key_, [&](const value_type* now) {
          fuse::tick();
          return now == nullptr ? std::optional<value_type>(*value_) : std::nullopt;
        }))};
      case 22:
        // Rarely: what grows by inserting is of interest.
        if (given_ < 32) map_.clear();
        return {};
      case 23:
        map_.reserve(static_cast<std::size_t>(given_));
        return {};
      case 24:
        map_.shrink_to_fit();
        return {};
      default:
        return {static_cast<int>(map_.erase_if([&](const key_type&, const value_type& now) {
          fuse::tick();
          return number_of(now) % 16 == number_ % 16;
        }))};
    }
  }

  static std::optional<int> number(const std::optional<value_type>& of) {
    return of ? std::optional(number_of(*of)) : std::nullopt;
  }
  template <class Result>
  static outcome told(const Result& result) {
    return {number_of(result.value), result.loaded};
  }

  // --- On the model

  [[nodiscard]] std::optional<int> now() const {
    const auto found = model_.find(number_);
    return found == model_.end() ? std::nullopt : std::optional(found->second);
  }

  outcome read_model() {
    switch (which_) {
      case 1:
        return {{}, now().has_value()};
      case 5:
      case 6:
        if (model_.empty()) return {};
        return {static_cast<int>(model_.size())};
      case 7:
        return {};
      default:
        return {now()};
    }
  }

  outcome write_model() {
    const std::optional<int> before = now();
    const bool equal = before == given_ % 16;
    switch (which_) {
      case 8:
      case 9:
      case 10:
        model_[number_] = given_;
        return {};
      case 11:
        model_[number_] = given_;
        return {{}, !before};
      case 12:
        model_[number_] = given_;
        return {before};
      case 13:
      case 14:
        return {model_.emplace(number_, given_).first->second, before.has_value()};
      case 15:
        return {{}, model_.emplace(number_, given_).second};
      case 16:
        model_.erase(number_);
        return {before};
      case 17:
        return {{}, model_.erase(number_) == 1};
      case 18:
        if (equal) model_[number_] = given_;
        return {{}, equal};
      case 19:
        if (equal) model_.erase(number_);
        return {{}, equal};
      default:
        return write_model_more(before);
    }
  }

  outcome write_model_more(const std::optional<int>& before) {
    switch (which_) {
      case 20:
        if (before) model_[number_] = *before + 1;
        return {now()};
      case 21:
        if (before) {
          model_.erase(number_);
        } else {
          model_[number_] = given_;
        }
        return {now()};
      case 22:
        if (given_ < 32) model_.clear();
        return {};
      case 23:
      case 24:
        return {};
      default:
        return {static_cast<int>(std::erase_if(
            model_, [&](const auto& entry) { return entry.second % 16 == number_ % 16; }))};
    }
  }

  // What an erase_if has erased until it failed stays erased: it had the right to.
  void drop_what_is_gone() {
    std::erase_if(model_, [&](const auto& entry) {
      if (map_.contains(object<key_type>(entry.first))) return false;
      require(entry.second % 16 == number_ % 16, "erase_if has erased what it must not");
      return true;
    });
  }

  void expect_contents() {
    fuse::disarm();
    model seen;
    map_.range([&](const key_type& key, const value_type& value) {
      require(seen.emplace(number_of(key), number_of(value)).second, "a key was shown twice");
    });
    require(seen == model_, "the contents are wrong");
    for (const auto& [key, value] : model_) {
      require(number(map_.load(object<key_type>(key))) == value, "a key was not found");
    }
  }

  Map map_;
  model model_;
  int which_ = 0, number_ = 0, given_ = 0;
  // Made before what may fail.
  std::optional<key_type> key_;
  std::optional<value_type> value_, expected_;
};

// Chooses one of the layouts of entries that maps have.
template <template <class, class> class Map>
void run_layout(int layout, bytes input) {
  switch (layout) {
    case 0:
      return differential<Map<std::uint64_t, std::uint64_t>>::run(input);
    case 1:
      return differential<Map<std::string, std::string>>::run(input);
    case 2:
      return differential<Map<std::uint64_t, std::string>>::run(input);
    default:
      return differential<Map<wide, wide>>::run(input);
  }
}
inline constexpr int layouts = 4;

void run_map(int layout, bytes input);
void run_growing_map(int layout, bytes input);
void run_read_dirty_map(int layout, bytes input);

// Of all maps; the first byte says which.
void run_any(bytes input);

}  // namespace fuzz
