// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Memory that was freed last is what any thread gets next, retired objects are freed as soon as they may
// be, and threads stand still at atomic operations: an address that a thread has read means something else
// as often as possible. Property: every history of all operations can be explained all the same (G1).

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <guaranteed_maps.hpp>
#include <linearizability.hpp>
#include <maps.hpp>
#include <mutex>
#include <new>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/hash.hpp>
#include <test_platform.hpp>
#include <threads.hpp>
#include <unordered_map>
#include <vector>

namespace {

// The last block of a size that any thread has freed is the next that any thread gets.
class last_freed_first {
 public:
  static inline std::atomic<std::size_t> taken_again{0};

  static void* allocate(std::size_t bytes, std::size_t alignment) {
    {
      const std::lock_guard lock(mutex());
      auto& kept = blocks()[bytes * 4096 + alignment];
      if (!kept.empty()) {
        void* const block = kept.back();
        kept.pop_back();
        ++taken_again;
        return block;
      }
    }
    return ::operator new(bytes, std::align_val_t{alignment});
  }
  static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const std::lock_guard lock(mutex());
    blocks()[bytes * 4096 + alignment].push_back(block);
  }

 private:
  // Never destroyed: threads may end after main().
  static std::mutex& mutex() {
    static auto& one = *new std::mutex();
    return one;
  }
  static std::unordered_map<std::size_t, std::vector<void*>>& blocks() {
    static auto& all = *new std::unordered_map<std::size_t, std::vector<void*>>();
    return all;
  }
};

template <class Base>
struct reusing : Base {
  static void* allocate(std::size_t bytes, std::size_t alignment) {
    return last_freed_first::allocate(bytes, alignment);
  }
  static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    last_freed_first::deallocate(block, bytes, alignment);
  }
  static void* allocate_table(std::size_t bytes, std::size_t alignment) {
    return last_freed_first::allocate(bytes, alignment);
  }
  static void deallocate_table(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    last_freed_first::deallocate(block, bytes, alignment);
  }
};
using syncmap::test::yielding;
struct reusing_platform : yielding<reusing<syncmap::test::tiny_platform>> {};
struct reusing_growing_platform : yielding<reusing<syncmap::test::growing_platform>> {};

struct map_on_reused_addresses {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::basic_map<syncmap::detail::group_map<K, T, H, E, reusing_growing_platform>>;
  static std::string name() { return "map"; }
};
struct read_dirty_map_on_reused_addresses {
  template <class K, class T, class H = syncmap::hash<K>, class E = std::equal_to<K>>
  using map = syncmap::basic_map<syncmap::detail::read_dirty<K, T, H, E, reusing_platform>>;
  static std::string name() { return "read_dirty_map"; }
};

template <class Setup>
class a11_reused_addresses : public ::testing::Test {};
using support::kind_setup;
using setups = ::testing::Types<kind_setup<map_on_reused_addresses, support::texts>,
                                kind_setup<map_on_reused_addresses, support::text_to_word>,
                                kind_setup<read_dirty_map_on_reused_addresses, support::texts>>;
TYPED_TEST_SUITE(a11_reused_addresses, setups, support::setup_names);

TYPED_TEST(a11_reused_addresses, do_not_make_a_history_that_cannot_be_explained) {
  SCOPED_TRACE("SYNCMAP_TEST_SEED=" + std::to_string(syncmap::test::test_seed()));
  const std::size_t before = last_freed_first::taken_again;
  using subject = support::lin::subject_of<typename TypeParam::map>;
  const auto all = support::lin::check_histories<subject>(support::rounds(384));
  EXPECT_TRUE(all.flaw.empty()) << all.flaw;
  EXPECT_GT(all.overlapping, all.events / 20) << "the threads ran one after the other";
  this->RecordProperty("histories", all.histories);
  EXPECT_GT(last_freed_first::taken_again - before, static_cast<std::size_t>(all.histories));
}

}  // namespace
