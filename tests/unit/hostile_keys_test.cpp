// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Keys whose hashes are chosen badly (G11), and hashes that throw, or that call the map, while it
// moves its entries. SYNCMAP_TEST_HOSTILE_KEYS sets how many keys have one hash (2000 by default).

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <kinds.hpp>
#include <maps.hpp>
#include <string>
#include <test_platform.hpp>
#include <threads.hpp>
#include <utility>
#include <vector>

namespace {

using support::number_of;
using support::numbered;
using support::numbers;

// Bytes of what lives; a domain's own, a few kilobytes, included.
struct weighing_platform : syncmap::test::tiny_platform {
  static inline std::atomic<std::size_t> bytes{0};

  static void* allocate(std::size_t size, std::size_t alignment) {
    bytes += size;
    return tiny_platform::allocate(size, alignment);
  }
  static void deallocate(void* memory, std::size_t size, std::size_t alignment) noexcept {
    bytes -= size;
    tiny_platform::deallocate(memory, size, alignment);
  }
  static void* allocate_table(std::size_t size, std::size_t alignment) {
    bytes += size;
    return tiny_platform::allocate_table(size, alignment);
  }
  static void deallocate_table(void* memory, std::size_t size, std::size_t alignment) noexcept {
    bytes -= size;
    tiny_platform::deallocate_table(memory, size, alignment);
  }
};

// Bits of a hash that are used.
template <std::uint64_t Mask>
struct masked_hash {
  std::size_t operator()(const auto& key) const {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(number_of(key)) & Mask);
  }
};
template <class Key, class T, class Hash, class P>
using map_on = syncmap::basic_map<syncmap::detail::group_map<Key, T, Hash, std::equal_to<Key>, P>>;

std::size_t hostile_keys() {
  const char* const given = std::getenv("SYNCMAP_TEST_HOSTILE_KEYS");
  const std::size_t wanted = given != nullptr ? std::strtoull(given, nullptr, 10) : 2000;
  return given == nullptr && syncmap::test::sanitized ? wanted / 4 : wanted;
}

class stopwatch {
 public:
  double seconds() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Inserts, finds, fails to find and erases `count` keys of a map with that hash. Correct, and with
// no more memory than so many bytes for each entry.
template <class Map>
void expect_correct_and_proportional(const char* name, std::size_t count, std::size_t each) {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  const int keys = static_cast<int>(count);
  stopwatch watch;
  {
    Map map;
    map.store(numbered<key>(-1), numbered<value>(-1));
    const std::size_t before = weighing_platform::bytes.load();
    for (int i = 0; i < keys; ++i) {
      ASSERT_TRUE(map.try_emplace(numbered<key>(i), numbered<value>(i)));
    }
    const double inserted = watch.seconds();
    const std::size_t bytes = weighing_platform::bytes.load() - before;
    EXPECT_LE(bytes, count * each + 20000) << name;
    EXPECT_LE(map.stats().groups, 16 + count) << name;
    EXPECT_EQ(map.size(), count + 1);
    for (int i = 0; i < keys; ++i) {
      const auto found = map.load(numbered<key>(i));
      ASSERT_TRUE(found.has_value()) << i;
      ASSERT_EQ(number_of(*found), i);
    }
    const double found = watch.seconds();
    EXPECT_EQ(support::numbers_of(map).size(), count + 1);
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(map.contains(numbered<key>(keys + i)));
    for (int i = 0; i < keys; i += 2) ASSERT_TRUE(map.erase(numbered<key>(i))) << i;
    for (int i = 0; i < keys; ++i) ASSERT_EQ(map.contains(numbered<key>(i)), i % 2 != 0) << i;
    for (int i = 0; i < keys; i += 2) map.store(numbered<key>(i), numbered<value>(i));
    EXPECT_LE(weighing_platform::bytes.load() - before, count * each + 20000) << name;
    for (int i = keys - 1; i >= -1; --i) ASSERT_TRUE(map.erase(numbered<key>(i))) << i;
    const double erased = watch.seconds();
    std::printf(
        "%s: %zu keys in %zu groups, %.1f bytes each; %.3f s to insert, %.3f to find, "
        "%.3f to erase twice\n",
        name, count, map.stats().groups, static_cast<double>(bytes) / double(count), inserted,
        found, erased);
    EXPECT_TRUE(map.empty());
    map.shrink_to_fit();
    EXPECT_EQ(map.capacity(), 0U);
  }
}

// 16 bytes a slot, or a pointer to a node of 40 bytes and more with a text of 64.
constexpr std::size_t of_words = 64;
constexpr std::size_t of_texts = 320;

template <std::uint64_t Mask>
void expect_correct_with(const char* name, std::size_t count, std::size_t words,
                         std::size_t texts) {
  using hash = masked_hash<Mask>;
  const std::string prefix = std::string(name) + ", ";
  expect_correct_and_proportional<map_on<int, int, hash, weighing_platform>>(
      (prefix + "words").c_str(), count, words);
  expect_correct_and_proportional<map_on<std::string, int, hash, weighing_platform>>(
      (prefix + "text_to_word").c_str(), count, texts);
  expect_correct_and_proportional<map_on<std::string, std::string, hash, weighing_platform>>(
      (prefix + "texts").c_str(), count, texts);
}

TEST(hostile_keys, g11_a01_one_hash_for_all) {
  expect_correct_with<0>("one hash", hostile_keys(), of_words, of_texts);
}
// The table may get larger than the entries need, by as much as it is for the worst of hashes: a
// group for two of them.
TEST(hostile_keys, g11_a01_two_hashes) {
  expect_correct_with<1>("two hashes", hostile_keys(), of_words, of_texts);
}
TEST(hostile_keys, g11_a01_ten_bits) {
  expect_correct_with<1023>("ten bits", 8 * hostile_keys(), 4 * of_words, of_texts);
}
TEST(hostile_keys, g11_a01_many_keys_for_each_hash) {
  expect_correct_with<~std::uint64_t{31}>(
      "32 keys a hash", 2 * hostile_keys(), 8 * of_words, 4 * of_texts);
}

// Hashes that differ in some bits only are as good as others: the table has the size that the
// default hash gives it.
template <class Hash>
std::size_t groups_with(int keys) {
  map_on<std::uint64_t, int, Hash, syncmap::detail::platform> map;
  for (int i = 0; i < keys; ++i) map.store(static_cast<std::uint64_t>(i), i);
  for (int i = 0; i < keys; ++i) EXPECT_EQ(map.load(static_cast<std::uint64_t>(i)), i);
  return map.stats().groups;
}
template <unsigned Shift>
struct shifted_hash {
  std::size_t operator()(std::uint64_t key) const { return static_cast<std::size_t>(key << Shift); }
};
template <std::uint64_t Factor>
struct multiple_hash {
  std::size_t operator()(std::uint64_t key) const { return static_cast<std::size_t>(key * Factor); }
};

TEST(hostile_keys, g11_a01_weak_hashes_are_mixed) {
  constexpr int keys = 20000;
  constexpr std::size_t usual = 4096;  // 2048, or once more if it was nearly full
  EXPECT_LE((groups_with<shifted_hash<0>>(keys)), usual);
  EXPECT_LE((groups_with<shifted_hash<3>>(keys)), usual);
  EXPECT_LE((groups_with<shifted_hash<16>>(keys)), usual);
  EXPECT_LE((groups_with<shifted_hash<32>>(keys)), usual);
  EXPECT_LE((groups_with<shifted_hash<40>>(keys)), usual);
  EXPECT_LE((groups_with<shifted_hash<49>>(keys)), usual);
  EXPECT_LE((groups_with<multiple_hash<1000003>>(keys)), usual);
  EXPECT_LE((groups_with<multiple_hash<4096>>(keys)), usual);
  EXPECT_LE((groups_with<multiple_hash<0x9e3779b97f4a7c15U>>(keys)), usual);
  EXPECT_LE((groups_with<multiple_hash<0xf1de83e19937733dU>>(keys)), usual);  // its inverse
}

// Another seed, another order: what collides in one map does not in another.
TEST(hostile_keys, g11_a02_every_map_has_its_own_seed) {
  std::vector<std::vector<int>> orders;
  for (int i = 0; i < 4; ++i) {
    syncmap::map<int, int> map;
    for (int key = 0; key < 1000; ++key) map.store(key, key);
    orders.emplace_back();
    map.range([&](int key, int) { orders.back().push_back(key); });
  }
  for (std::size_t i = 1; i < orders.size(); ++i) EXPECT_NE(orders[i], orders[0]);
}

// --- hashes that throw while the map moves entries

// Counts its calls within an operation, and throws from the given one on.
struct throwing_hash {
  static inline thread_local int calls = 0;
  static inline thread_local int throws_from = 1 << 30;
  struct thrown {};

  std::size_t operator()(const auto& key) const {
    if (++calls >= throws_from) throw thrown();
    return std::hash<int>()(number_of(key));
  }
};

template <class Map>
void expect_growth_to_wait_for_the_hash() {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  Map map;
  numbers expected;
  const auto store = [&](int from, int to, int throws_from) {
    for (int i = from; i < to; ++i) {
      throwing_hash::calls = 0;
      throwing_hash::throws_from = throws_from;
      EXPECT_NO_THROW(map.store(numbered<key>(i), numbered<value>(i))) << i;
      throwing_hash::throws_from = 1 << 30;
      expected[i] = i;
      ASSERT_EQ(map.size(), expected.size());
    }
  };
  // The first call is for the operation itself; any other is that of a move, which must not fail it.
  store(0, 300, 2);
  support::expect_contents(map, expected);
  store(300, 600, 3);  // a move that throws halfway
  support::expect_contents(map, expected);
  // One that throws for its own key has no effect.
  for (int i = 600; i < 620; ++i) {
    throwing_hash::calls = 0;
    throwing_hash::throws_from = 1;
    EXPECT_THROW(map.store(numbered<key>(i), numbered<value>(i)), throwing_hash::thrown);
    throwing_hash::throws_from = 1 << 30;
  }
  support::expect_contents(map, expected);
  const auto before = map.stats().growths;
  store(1000, 2000, 1 << 30);
  EXPECT_GT(map.stats().growths, before);
  support::expect_contents(map, expected);
}

template <class Key, class T>
using throwing_map = support::growing_map_family::map<Key, T, throwing_hash>;

TEST(hostile_keys, hash_that_throws_during_a_move_fails_no_operation) {
  expect_growth_to_wait_for_the_hash<throwing_map<int, int>>();
  expect_growth_to_wait_for_the_hash<throwing_map<std::string, int>>();
  expect_growth_to_wait_for_the_hash<throwing_map<std::string, std::string>>();
}

// --- hashes that call the map

thread_local std::function<void()> on_hash;
thread_local bool is_calling = false;
thread_local std::size_t calls_back = 0;

struct calling_hash {
  std::size_t operator()(const auto& key) const {
    if (!is_calling && on_hash) {
      is_calling = true;
      ++calls_back;
      on_hash();
      is_calling = false;
    }
    return std::hash<int>()(number_of(key));
  }
};

// Any operation on the same map, from any call of the hash: that of an operation, that of a move,
// that of a range. Keys below 0 come and go, the others are counted.
template <class Map>
void call_from_hash(Map& map, syncmap::test::random_source& random) {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  const int number = -1 - static_cast<int>(random.below(64));
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      map.store(numbered<key>(number), numbered<value>(number));
      break;
    case 3:
    case 4:
      map.erase(numbered<key>(number));
      break;
    case 5:
      static_cast<void>(map.load(numbered<key>(number)));
      break;
    case 6:
      if (random.below(8) == 0) map.range([](const auto&, const auto&) {});
      break;
    case 7:
      if (random.below(16) == 0) map.shrink_to_fit();
      break;
    case 8:
      if (random.below(16) == 0) map.reserve(500);
      break;
    default:
      for (int i = 0; i < 8; ++i) map.store(numbered<key>(-100 - i), numbered<value>(i));
      break;
  }
}

template <class Map>
void expect_hash_to_be_free_to_call(int threads) {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  Map map;
  const int each = support::rounds(400);
  support::run_together(threads, [&](int id) {
    syncmap::test::random_source random(static_cast<std::uint64_t>(id));
    on_hash = [&] { call_from_hash(map, random); };
    calls_back = 0;
    for (int i = id * each; i < (id + 1) * each; ++i) {
      map.store(numbered<key>(i), numbered<value>(i));
      if (i % 3 == 0) {
        EXPECT_TRUE(map.erase(numbered<key>(i))) << i;
      }
    }
    EXPECT_GE(calls_back, static_cast<std::size_t>(each));
    on_hash = nullptr;
  });
  std::size_t found = 0;
  for (const auto& [number, value_number] : support::numbers_of(map)) {
    if (number < 0) continue;
    EXPECT_EQ(number, value_number);
    EXPECT_NE(number % 3, 0);
    ++found;
  }
  std::size_t expected = 0;
  for (int i = 0; i < threads * each; ++i) expected += i % 3 != 0 ? 1U : 0U;
  EXPECT_EQ(found, expected);
  EXPECT_EQ(map.size(), support::numbers_of(map).size());
}

template <class Key, class T>
using calling_map = support::growing_map_family::map<Key, T, calling_hash>;

TEST(hostile_keys, g5_hash_may_call_the_map_that_moves) {
  for (const int threads : {1, 3}) {
    expect_hash_to_be_free_to_call<calling_map<int, int>>(threads);
    expect_hash_to_be_free_to_call<calling_map<std::string, int>>(threads);
    expect_hash_to_be_free_to_call<calling_map<std::string, std::string>>(threads);
  }
}

// Including the one that takes the table away.
TEST(hostile_keys, g5_hash_may_clear_the_map_that_moves) {
  calling_map<int, int> map;
  int turn = 0;
  on_hash = [&] {
    if (++turn % 7 == 0) map.clear();
    if (turn % 11 == 0) map.shrink_to_fit();
  };
  for (int i = 0; i < 5000; ++i) {
    map.store(i, i);
    EXPECT_LE(map.size(), 20U);
  }
  on_hash = nullptr;
  map.clear();
  EXPECT_TRUE(support::numbers_of(map).empty());
  EXPECT_EQ(map.size(), 0U);
}

// Keys that are equal need not have equal bits: an enumeration's operator== may be its own.
enum class residue : int {};
bool operator==(residue one, residue other) {
  return static_cast<int>(one) % 100 == static_cast<int>(other) % 100;
}
struct hash_of_residue {
  std::size_t operator()(residue) const { return 7; }
};

TEST(hostile_keys, equality_decides_in_a_long_chain_too) {
  syncmap::map<residue, int, hash_of_residue> map;
  for (int i = 0; i < 60; ++i) map.store(residue{i}, i);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(map.load(residue{100 + i}), i);
  for (int i = 0; i < 60; ++i) map.store(residue{200 + i}, -i);
  EXPECT_EQ(map.size(), 60U);
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(map.erase(residue{300 + i}));
  EXPECT_TRUE(map.empty());
}

}  // namespace
