// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Random lists of calls give the same results on a map and on a std::unordered_map behind a mutex.
// SYNCMAP_TEST_SEED chooses the lists; a failure prints the seed and the calls that lead to it.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <maps.hpp>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

template <class Key, class T>
class reference {
 public:
  std::optional<T> load(const Key& key) {
    return change(key, [](auto& now) { return now; });
  }
  void store(const Key& key, const T& value) { swap(key, value); }
  std::optional<T> swap(const Key& key, const T& value) {
    return change(key, [&](auto& now) { return std::exchange(now, value); });
  }
  std::optional<T> load_and_erase(const Key& key) {
    return change(key, [](auto& now) { return std::exchange(now, std::nullopt); });
  }
  std::pair<T, bool> load_or_store(const Key& key, const T& value) {
    return change(key, [&](auto& now) {
      const bool loaded = now.has_value();
      if (!loaded) now = value;
      return std::pair(*now, loaded);
    });
  }
  bool compare_and_set(const Key& key, const T& expected, std::optional<T> desired) {
    return change(key, [&](auto& now) {
      const bool equal = now == expected;  // false if there is none
      if (equal) now = desired;
      return equal;
    });
  }
  template <class F>
  std::optional<T> compute(const Key& key, F f) {
    return change(key, [&](auto& now) { return now = f(now ? &*now : nullptr); });
  }
  template <class Pred>
  std::size_t erase_if(Pred pred) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(
        entries_, [&](const auto& entry) { return pred(entry.first, entry.second); });
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
  }
  std::map<Key, T> contents() {
    const std::lock_guard lock(mutex_);
    return {entries_.begin(), entries_.end()};
  }

 private:
  template <class F>
  auto change(const Key& key, F f) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    std::optional<T> now;
    if (found != entries_.end()) now = found->second;
    auto result = f(now);
    if (now) {
      entries_.insert_or_assign(key, *now);
    } else {
      entries_.erase(key);
    }
    return result;
  }

  std::mutex mutex_;
  std::unordered_map<Key, T> entries_;
};

// Results as text, so that they compare and print alike.
std::string text(bool result) { return result ? "true" : "false"; }
std::string text(std::size_t result) { return std::to_string(result); }
std::string text(int result) { return std::to_string(result); }
std::string text(const std::string& result) { return '"' + result + '"'; }
template <class T>
std::string text(const std::optional<T>& result) {
  return result ? text(*result) : "nothing";
}
template <class T>
std::string text(const T& value, bool loaded) {
  return text(value) + (loaded ? " loaded" : " stored");
}
template <class Key, class T>
std::string text(const std::map<Key, T>& contents) {
  std::string result = "{";
  for (const auto& [key, value] : contents) result += " " + text(key) + ":" + text(value);
  return result + " }";
}

template <class Key, class T>
struct call {
  int operation;
  Key key;
  T a;
  T b;
};
constexpr int operations = 22;

template <class Map>
auto contents_by_range(const Map& map) {
  std::map<typename Map::key_type, typename Map::mapped_type> result;
  std::size_t count = 0;
  map.range([&](const auto& key, const auto& value) {
    result.emplace(key, value);
    ++count;
  });
  EXPECT_EQ(result.size(), count) << "a key was visited twice";
  return result;
}

// What the call gives, on the map and on the reference.
template <class Map, class Key, class T>
std::pair<std::string, std::string> run(Map& map, reference<Key, T>& model, const call<Key, T>& c) {
  const auto& [operation, key, a, b] = c;
  const auto copied = [&](const T* now) { return now == nullptr ? std::optional<T>() : *now; };
  // Three computations: to a value, to nothing, and a turn from nothing to a to b to nothing.
  const auto to_a = [&a = a](const T*) { return std::optional<T>(a); };
  const auto to_nothing = [](const T*) { return std::optional<T>(); };
  const auto turn = [&a = a, &b = b](const T* now) -> std::optional<T> {
    if (now == nullptr) return a;
    if (*now == a) return b;
    return std::nullopt;
  };
  const auto to_b_if_there = [&b = b](const T* now) {
    return now == nullptr ? std::optional<T>() : std::optional<T>(b);
  };
  const auto matches = [&key = key, &a = a](
                           const Key& k, const T& v) { return k == key || v == a; };
  switch (operation) {
    case 0:
      return {text(map.load(key)), text(model.load(key))};
    case 1:
      map.store(key, a), model.store(key, a);
      return {};
    case 2: {
      const auto [value, loaded] = map.load_or_store(key, a);
      const auto expected = model.load_or_store(key, a);
      return {text(value, loaded), text(expected.first, expected.second)};
    }
    case 3:
      return {text(map.load_and_erase(key)), text(model.load_and_erase(key))};
    case 4:
      return {text(map.erase(key)), text(model.load_and_erase(key).has_value())};
    case 5:
      return {text(map.swap(key, a)), text(model.swap(key, a))};
    case 6:
      return {text(map.compare_and_swap(key, a, b)), text(model.compare_and_set(key, a, b))};
    case 7:
      return {
          text(map.compare_and_erase(key, a)), text(model.compare_and_set(key, a, std::nullopt))};
    case 8:
      return {text(map.contains(key)), text(model.load(key).has_value())};
    case 9: {
      std::optional<T> seen;
      const bool present = map.visit(key, [&](const T& value) { seen = value; });
      EXPECT_EQ(present, seen.has_value());
      return {text(seen), text(model.load(key))};
    }
    case 10:
      return {text(map.update(key, [&b = b](const T&) { return b; })),
              text(model.compute(key, to_b_if_there))};
    case 11:
      return {text(map.compute(key, to_a)), text(model.compute(key, to_a))};
    case 12:
      return {text(map.compute(key, to_nothing)), text(model.compute(key, to_nothing))};
    case 13:
      return {text(map.compute(key, turn)), text(model.compute(key, turn))};
    case 14:
      return {text(map.compute(key, copied)), text(model.load(key))};
    case 15:
      return {text(map.try_emplace(key, a)), text(!model.load_or_store(key, a).second)};
    case 16:
      return {text(map.insert_or_assign(key, a)), text(!model.swap(key, a).has_value())};
    case 17:
      return {text(map.erase_if(matches)), text(model.erase_if(matches))};
    case 18:
      return {text(contents_by_range(map)), text(model.contents())};
    case 19:
      return {text(map.template to<std::map<Key, T>>()), text(model.contents())};
    case 20:
      return {text(map.size()), text(model.contents().size())};
    default:
      map.clear(), model.clear();
      return {text(map.empty()), text(model.contents().empty())};
  }
}

unsigned seed() {
  static const unsigned chosen = [] {
    const char* const given = std::getenv("SYNCMAP_TEST_SEED");
    const unsigned result = given != nullptr
                                ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                : std::random_device()();
    std::printf("SYNCMAP_TEST_SEED=%u\n", result);
    return result;
  }();
  return chosen;
}

template <class Map, class Key, class T>
void compare_random_lists(const std::vector<Key>& keys, const std::vector<T>& values) {
  std::mt19937 random(seed());
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int list = 0; list < 400; ++list) {
    Map map;
    reference<Key, T> model;
    std::string story = "seed " + std::to_string(seed()) + ", list " + std::to_string(list) + ":\n";
    // Some lists keep to few kinds of calls, which brings about longer runs of each.
    const std::size_t kinds = 1 + below(operations);
    const std::size_t first = below(operations);
    const std::size_t length = below(51);
    for (std::size_t i = 0; i < length; ++i) {
      const bool any = below(3) == 0;
      const std::size_t operation = any ? below(operations) : (first + below(kinds)) % operations;
      const call<Key, T> next{static_cast<int>(operation), keys[below(keys.size())],
                              values[below(values.size())], values[below(values.size())]};
      const auto [got, expected] = run(map, model, next);
      story += "  operation " + std::to_string(operation) + " " + text(next.key) + " " +
               text(next.a) + " " + text(next.b) + " -> " + got + "\n";
      ASSERT_EQ(got, expected) << story;
    }
    ASSERT_EQ(map.size(), model.contents().size()) << story;
    ASSERT_EQ(text(contents_by_range(map)), text(model.contents())) << story;
  }
}

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, call_lists_on_strings_to_ints_match_the_reference) {
  const std::vector<std::string> keys{"", "a", "b", "aa", "ab", "ba", "bb"};
  compare_random_lists<typename TestFixture::string_map, std::string, int>(keys, {0, 1, 2});
}

TYPED_TEST(contract, call_lists_on_ints_to_strings_match_the_reference) {
  using map = typename TypeParam::template map<int, std::string>;
  const std::vector<std::string> values{"", "x", std::string(40, 'y')};
  compare_random_lists<map, int, std::string>({0, 1, 2, 3, 16, 32}, values);
}

TYPED_TEST(contract, call_lists_on_many_keys_match_the_reference) {
  std::vector<int> keys(60);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<int>(i);
  compare_random_lists<typename TestFixture::int_map, int, int>(keys, {0, 1});
}

}  // namespace
