// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Allocators: every byte that a map holds comes through its own, and goes back there.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <fuse.hpp>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <threads.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// What an allocator has given and not got back.
struct account {
  std::atomic<std::size_t> bytes{0};
  std::atomic<std::size_t> calls{0};
};

// The least that an allocator must be; it has a state, and cannot be made without.
template <class X>
class billing {
 public:
  using value_type = X;

  explicit billing(account& to) noexcept : to_(&to) {}
  template <class Y>
  billing(const billing<Y>& other) noexcept : to_(other.to()) {}  // NOLINT: converts

  X* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(X))
      throw std::bad_array_new_length();
    void* const memory = ::operator new(count * sizeof(X));  // the fuse is in there
    to_->bytes += count * sizeof(X);
    ++to_->calls;
    return static_cast<X*>(memory);
  }
  void deallocate(X* memory, std::size_t count) noexcept {
    to_->bytes -= count * sizeof(X);
    ::operator delete(memory);
  }
  [[nodiscard]] account* to() const noexcept { return to_; }
  friend bool operator==(const billing&, const billing&) = default;

 private:
  account* to_;
};

template <class K, class T>
using billing_map =
    syncmap::map<K, T, syncmap::hash<K>, std::equal_to<K>, billing<std::pair<const K, T>>>;
template <class K, class T>
using billing_read_dirty_map = syncmap::read_dirty_map<K, T, syncmap::hash<K>, std::equal_to<K>,
                                                       billing<std::pair<const K, T>>>;

template <class Map>
class allocator_test : public ::testing::Test {
 public:
  using allocator = typename Map::allocator_type;
  static auto key(int number) {
    if constexpr (std::is_same_v<typename Map::key_type, int>) {
      return number;
    } else {
      return "the key with the number " + std::to_string(number);
    }
  }
  static auto value(int number) {
    if constexpr (std::is_same_v<typename Map::mapped_type, int>) {
      return number;
    } else {
      return std::to_string(number);
    }
  }
};
using billing_maps =
    ::testing::Types<billing_map<int, int>, billing_map<std::string, int>,
                     billing_map<std::string, std::string>, billing_read_dirty_map<int, int>,
                     billing_read_dirty_map<std::string, std::string>>;
TYPED_TEST_SUITE(allocator_test, billing_maps);

TYPED_TEST(allocator_test, an_empty_map_allocates_nothing_and_tells_its_allocator) {
  account own;
  const typename TestFixture::allocator from(own);
  const TypeParam map(from);
  EXPECT_EQ(own.calls, 0U);
  EXPECT_EQ(map.get_allocator(), from);
}

TYPED_TEST(allocator_test, all_that_a_map_holds_comes_from_its_allocator_and_goes_back) {
  account own;
  {
    TypeParam map(typename TestFixture::allocator{own});
    for (int i = 0; i < 3000; ++i) map.store(this->key(i), this->value(i));
    for (int i = 0; i < 3000; i += 2) map.erase(this->key(i));
    for (int i = 0; i < 3000; i += 3) map.store(this->key(i), this->value(-i));
    map.load_or_compute(this->key(-1), [&] { return this->value(1); });
    const auto held = map.find(this->key(3));
    map.clear();
    for (int i = 0; i < 100; ++i) map.swap(this->key(i), this->value(i));
    syncmap::reclaim();
    EXPECT_GT(own.bytes, 0U);
    EXPECT_EQ(*held, this->value(-3));
  }
  EXPECT_EQ(own.bytes, 0U);
}

// What stats() tells is what was asked for, but for the rounding of each block.
TYPED_TEST(allocator_test, stats_tell_how_many_bytes_a_map_holds) {
  account own;
  TypeParam map(typename TestFixture::allocator{own});
  EXPECT_EQ(map.stats().bytes, 0U);
  for (int i = 0; i < 5000; ++i) map.store(this->key(i), this->value(i));
  map.range([](const auto&, const auto&) {});  // read_dirty_map promotes
  map.shrink_to_fit();
  EXPECT_GE(own.bytes.load(), map.stats().bytes);
  EXPECT_LE(own.bytes.load(), map.stats().bytes + 5000 * 2 * 16 + 4096);
  map.clear();
  map.shrink_to_fit();
  syncmap::reclaim();
  EXPECT_GE(own.bytes.load(), map.stats().bytes);
  EXPECT_LE(own.bytes.load(), map.stats().bytes + 64) << "only the counter is left";
  EXPECT_LE(own.bytes, 2048U);
}

TYPED_TEST(allocator_test, memory_that_another_thread_retired_goes_back_to_the_allocator) {
  account own;
  {
    TypeParam map(typename TestFixture::allocator{own});
    support::run_together(3, [&](int id) {
      for (int i = 0; i < 2000; ++i) {
        map.store(this->key(i), this->value(i + id));
        if (i % 4 == id) map.erase(this->key(i));
      }
    });
  }
  EXPECT_EQ(own.bytes, 0U);
}

TYPED_TEST(allocator_test, g6_a07_an_allocator_that_throws_changes_nothing) {
  account own;
  {
    TypeParam map(typename TestFixture::allocator{own});
    std::size_t entries = 0;
    for (int key = 0; key < 40; ++key) {
      for (long n = 1;; ++n) {
        support::fuse::arm(n);
        bool done = true;
        try {
          map.load_or_compute(this->key(key), [&] { return this->value(key); });
        } catch (const std::bad_alloc&) {
          done = false;
        }
        support::fuse::disarm();
        if (done) ++entries;
        ASSERT_EQ(map.size(), entries);
        ASSERT_EQ(map.contains(this->key(key)), done);
        if (done) break;
      }
    }
  }
  EXPECT_EQ(own.bytes, 0U);
}

// --- an allocator without a state, and a hash that has an empty part

template <class X>
struct plain {
  using value_type = X;
  plain() = default;
  template <class Y>
  plain(const plain<Y>&) noexcept {}  // NOLINT: converts
  X* allocate(std::size_t count) { return static_cast<X*>(::operator new(count * sizeof(X))); }
  void deallocate(X* memory, std::size_t) noexcept { ::operator delete(memory); }
  friend bool operator==(const plain&, const plain&) = default;
};
struct nothing {};
struct hash_with_an_empty_part {
  hash_with_an_empty_part() = default;
  std::size_t operator()(int key) const { return static_cast<std::size_t>(key); }
  [[no_unique_address]] nothing part;
};

TEST(stateless_test, empty_allocators_and_hashes_leave_the_map_alone) {
  const auto use = [](auto& map) {
    EXPECT_EQ(map.load(1), std::nullopt);
    for (int i = 0; i < 100; ++i) map.store(i, i);
    EXPECT_EQ(map.load(7), 7);
    EXPECT_EQ(map.size(), 100U);
  };
  using allocator = plain<std::pair<const int, int>>;
  syncmap::map<int, int, syncmap::hash<int>, std::equal_to<int>, allocator> map;
  syncmap::read_dirty_map<int, int, syncmap::hash<int>, std::equal_to<int>, allocator> read_dirty;
  syncmap::map<int, int, hash_with_an_empty_part> hashed;
  syncmap::read_dirty_map<int, int, hash_with_an_empty_part> hashed_read_dirty;
  use(map);
  use(read_dirty);
  use(hashed);
  use(hashed_read_dirty);
  static_assert(sizeof(map) == 64 && sizeof(read_dirty) == 128);
}

// --- std::pmr

// Never gives memory that is aligned better than was asked for.
class counting_resource : public std::pmr::memory_resource {
 public:
  std::size_t bytes = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    EXPECT_LE(alignment, alignof(std::max_align_t));
    bytes += size;
    return ::operator new(size);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t) override {
    bytes -= size;
    ::operator delete(memory);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

template <class Map>
void use_pmr() {
  counting_resource own;
  counting_resource others;
  auto* const before = std::pmr::set_default_resource(&others);
  {
    Map map(&own);
    EXPECT_EQ(map.get_allocator().resource(), &own);
    for (int i = 0; i < 500; ++i) {
      const std::string text = "a text that a string has no room for, number " + std::to_string(i);
      map.store(text, text);
      map.load_or_store(text, "another one");
      map.store(text, text + "!");
    }
    for (int i = 0; i < 500; i += 2) {
      map.erase("a text that a string has no room for, number " + std::to_string(i));
    }
    map.range([&](const auto& key, const auto& value) {
      EXPECT_EQ(key.get_allocator().resource(), &own);
      EXPECT_EQ(value.get_allocator().resource(), &own);
    });
    EXPECT_EQ(others.bytes, 0U) << "keys and values get the allocator of the map";
  }
  std::pmr::set_default_resource(before);
  EXPECT_EQ(own.bytes, 0U);
}

TEST(pmr_test, keys_and_values_get_the_resource_of_the_map) {
  use_pmr<syncmap::pmr::map<std::pmr::string, std::pmr::string>>();
  use_pmr<syncmap::pmr::read_dirty_map<std::pmr::string, std::pmr::string>>();
}

TEST(pmr_test, a_map_may_live_in_a_monotonic_buffer) {
  alignas(std::max_align_t) std::byte buffer[1 << 16];
  std::pmr::monotonic_buffer_resource memory(
      buffer, sizeof(buffer), std::pmr::null_memory_resource());
  syncmap::pmr::map<int, int> map(&memory);
  for (int i = 0; i < 500; ++i) map.store(i, i);
  EXPECT_EQ(map.size(), 500U);
}

// The platform's allocator costs nothing.
static_assert(sizeof(syncmap::map<int, int>) == 64);
static_assert(sizeof(syncmap::map<std::string, std::string>) == 64);
static_assert(sizeof(syncmap::read_dirty_map<int, int>) <= 128);
static_assert(std::is_same_v<syncmap::map<int, int>::allocator_type,
                             std::allocator<std::pair<const int, int>>>);

}  // namespace
