// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <syncmap/detail/block_cache.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <syncmap/syncmap.hpp>
#include <thread>
#include <vector>

namespace {

using syncmap::detail::block_cache;

constexpr std::size_t size = 32;

class block_cache_test : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!block_cache::serves(size, alignof(void*))) GTEST_SKIP() << "a sanitizer sees every free";
    block_cache::release();
  }
  void TearDown() override { block_cache::release(); }

  static void keep_or_free(void* block) {
    if (!block_cache::give(block, size)) ::operator delete(block);
  }
};

TEST_F(block_cache_test, a_block_has_the_next_size_that_is_kept) {
  for (const std::size_t bytes : {1U, 15U, 16U}) EXPECT_EQ(block_cache::rounded(bytes), 16U);
  for (const std::size_t bytes : {17U, 31U, 32U}) EXPECT_EQ(block_cache::rounded(bytes), 32U);
}

TEST_F(block_cache_test, what_a_thread_gave_last_it_takes_first) {
  void* const one = ::operator new(size);
  void* const two = ::operator new(size);
  EXPECT_EQ(block_cache::take(size), nullptr);
  ASSERT_TRUE(block_cache::give(one, size));
  ASSERT_TRUE(block_cache::give(two, size));
  EXPECT_EQ(block_cache::take(size), two);
  EXPECT_EQ(block_cache::take(size), one);
  EXPECT_EQ(block_cache::take(size), nullptr);
  ::operator delete(one);
  ::operator delete(two);
}

TEST_F(block_cache_test, sizes_are_rounded_up_and_kept_apart) {
  static_assert(block_cache::rounded(1) == 16 && block_cache::rounded(16) == 16 &&
                block_cache::rounded(17) == 32);
  void* const block = ::operator new(size);
  ASSERT_TRUE(block_cache::give(block, size));
  EXPECT_EQ(block_cache::take(size - block_cache::granule), nullptr);
  EXPECT_EQ(block_cache::take(size + 1), nullptr);
  EXPECT_EQ(block_cache::take(size - 1), block);
  ::operator delete(block);
}

TEST_F(block_cache_test, large_and_over_aligned_blocks_are_not_kept) {
  static_assert(!block_cache::serves(block_cache::granule * block_cache::bins + 1, 8));
  static_assert(!block_cache::serves(16, 2 * __STDCPP_DEFAULT_NEW_ALIGNMENT__));
}

TEST_F(block_cache_test, keeps_no_more_than_its_limit) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < block_cache::limit; ++i) {
    ASSERT_TRUE(block_cache::give(::operator new(size), size));
  }
  void* const surplus = ::operator new(size);
  EXPECT_FALSE(block_cache::give(surplus, size));
  ::operator delete(surplus);
  block_cache::release();
  EXPECT_EQ(block_cache::take(size), nullptr);
}

TEST_F(block_cache_test, a_block_stays_with_the_thread_that_freed_it) {
  void* const block = ::operator new(size);
  ASSERT_TRUE(block_cache::give(block, size));
  std::thread([] { EXPECT_EQ(block_cache::take(size), nullptr); }).join();
  EXPECT_EQ(block_cache::take(size), block);
  ::operator delete(block);
}

// A leak checker would see the block; and a thread-local destructor that runs later keeps nothing.
struct frees_at_the_end {
  bool* kept;
  ~frees_at_the_end() {
    void* const block = ::operator new(size);
    *kept = block_cache::give(block, size);
    if (!*kept) ::operator delete(block);
  }
};
TEST_F(block_cache_test, a_thread_that_has_given_its_blocks_back_keeps_none) {
  bool kept = true;
  std::thread([&] {
    static thread_local frees_at_the_end last{nullptr};
    last.kept = &kept;  // constructed first, so destroyed after the cache's own hook
    keep_or_free(::operator new(size));
  }).join();
  EXPECT_FALSE(kept);
}

TEST_F(block_cache_test, reclaim_gives_the_blocks_of_the_calling_thread_back) {
  ASSERT_TRUE(block_cache::give(::operator new(size), size));
  syncmap::reclaim();
  EXPECT_EQ(block_cache::take(size), nullptr);
}

TEST_F(block_cache_test, a_store_uses_what_an_earlier_store_replaced) {
  syncmap::read_dirty_map<int, long long> map;
  for (int i = 0; i < 5000; ++i) map.store(1, i);
  void* const kept = block_cache::take(size);
  EXPECT_NE(kept, nullptr);
  ::operator delete(kept);
}

}  // namespace
