// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// All operations in threads with stacks of 128 KiB, one inside the other as deep as it goes there; and how much
// of a stack an operation takes, measured by what it leaves written in a stack of its own.

#include <gtest/gtest.h>

#if defined(__linux__)

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iterator>
#include <maps.hpp>
#include <optional>
#include <string>
#include <syncmap/syncmap.hpp>
#include <test_platform.hpp>
#include <vector>

namespace {

constexpr std::size_t stack_bytes = 128 * 1024;
constexpr unsigned char untouched = 0xa5;

// Runs `f` in a thread with such a stack; returns how many bytes of it were written.
std::size_t stack_used_by(const std::function<void()>& f) {
  void* const stack = ::mmap(
      nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return 0;
  std::memset(stack, untouched, stack_bytes);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  EXPECT_EQ(pthread_attr_setstack(&attributes, stack, stack_bytes), 0);
  pthread_t thread{};
  const auto run = [](void* what) -> void* {
    (*static_cast<const std::function<void()>*>(what))();
    return nullptr;
  };
  auto* const what = const_cast<std::function<void()>*>(&f);  // NOLINT: is not changed
  EXPECT_EQ(pthread_create(&thread, &attributes, run, what), 0);
  EXPECT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  const auto* const begin = static_cast<const unsigned char*>(stack);
  const auto* const end = begin + stack_bytes;
  const auto* const first =
      std::find_if(begin, end, [](unsigned char byte) { return byte != untouched; });
  const auto used = static_cast<std::size_t>(end - first);
  ::munmap(stack, stack_bytes);
  return used;
}

template <class Map>
void use(Map& map, int first) {
  using key = typename Map::key_type;
  using value = typename Map::mapped_type;
  const auto text = [](int number) {
    if constexpr (std::is_same_v<value, int>) {
      return number;
    } else {
      return std::to_string(number);
    }
  };
  for (int i = first; i < first + 600; ++i) map.store(key(text(i)), text(i));
  for (int i = first; i < first + 600; ++i) {
    const key one(text(i));
    static_cast<void>(map.load(one));
    static_cast<void>(map.load_or_store(one, text(i)));
    static_cast<void>(map.swap(one, text(i + 1)));
    static_cast<void>(map.compare_and_swap(one, text(i + 1), text(i)));
    static_cast<void>(map.update(one, [](const value& now) { return now; }));
    static_cast<void>(map.compute(one, [](const value* now) { return std::optional(*now); }));
    static_cast<void>(map.load_or_compute(one, [&] { return text(i); }));
    static_cast<void>(map.find(one));
    if (i % 2 == 0) static_cast<void>(map.load_and_erase(one));
    if (i % 3 == 0) static_cast<void>(map.compare_and_erase(one, text(i)));
    static_cast<void>(map.erase(one));
    static_cast<void>(map.load_or_compute(one, [&] { return text(i); }));
  }
  map.range([](const auto&, const auto&) {});
  for (const auto& each : map) static_cast<void>(each);
  const std::vector<key> keys(100, key(text(1)));
  std::vector<std::optional<value>> found;
  map.load_many(keys, std::back_inserter(found));
  map.erase_if([](const auto& k, const auto&) { return k == key(); });
  map.reserve(5000);
  map.shrink_to_fit();
  map.clear();
  syncmap::reclaim();
}

template <class Map>
void visit_inside(Map& map, int depth) {
  map.visit(0, [&](const auto& value) {
    EXPECT_EQ(value, 0);
    if (depth > 1) visit_inside(map, depth - 1);
  });
}

template <class Map>
class a19_small_stacks : public ::testing::Test {};
using maps = ::testing::Types<syncmap::map<int, int>, syncmap::map<std::string, std::string>,
                              syncmap::read_dirty_map<int, int>,
                              syncmap::read_dirty_map<std::string, std::string>>;
TYPED_TEST_SUITE(a19_small_stacks, maps);

TYPED_TEST(a19_small_stacks, are_enough_for_every_operation) {
  if (syncmap::test::sanitized) GTEST_SKIP() << "what a sanitizer puts on a stack is not ours";
  // What a thread takes to begin and to end, with a first allocation and its formatting.
  const std::size_t none =
      stack_used_by([] { static_cast<void>(std::to_string(1) + "and more than that"); });
  TypeParam map;
  // The first thread of a process also finds symbols, and draws a random number for the seeds.
  const std::size_t first = stack_used_by([&] { use(map, 0); });
  const std::size_t used = stack_used_by([&] { use(map, 0); });
  std::printf("%zu bytes of stack, %zu at first; %zu of them for a thread that does nothing\n",
              used, first, none);
  EXPECT_GT(used, none);
  EXPECT_LE(used - none, 4096U);
  EXPECT_LE(first, 32U * 1024);
}

TEST(a19_small_stacks_nested, take_a_hundred_visits_inside_each_other) {
  if (syncmap::test::sanitized) GTEST_SKIP() << "what a sanitizer puts on a stack is not ours";
  syncmap::map<int, int> map;
  map.store(0, 0);
  const std::size_t few = stack_used_by([&] { visit_inside(map, 10); });
  const std::size_t many = stack_used_by([&] { visit_inside(map, 110); });
  std::printf("%zu bytes for each level\n", (many - few) / 100);
  EXPECT_LE((many - few) / 100, 512U);
}

}  // namespace

#endif
