// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A cache that does not keep its objects alive: the map holds weak pointers, and an object's end
// removes its entry, if the entry is still its own. That replaces and erases one value in a race.

#include <gtest/gtest.h>

#include <cstddef>
#include <maps.hpp>
#include <memory>
#include <random>
#include <threads.hpp>

namespace {

struct object {
  int key;
};

// Equal if they share ownership, also after the object's death.
struct weak_object {
  std::weak_ptr<object> pointer;
  friend bool operator==(const weak_object& a, const weak_object& b) {
    return !a.pointer.owner_before(b.pointer) && !b.pointer.owner_before(a.pointer);
  }
};

template <class Setup>
class cache {
 public:
  std::shared_ptr<object> get(int key) {
    std::shared_ptr<object> fresh;
    for (;;) {
      if (const auto cached = entries_.load(key)) {
        if (auto alive = cached->pointer.lock()) return alive;
        if (!fresh) fresh = make(key);
        if (entries_.compare_and_swap(key, *cached, weak_object{fresh})) return fresh;
        continue;
      }
      if (!fresh) fresh = make(key);
      const auto [value, loaded] = entries_.load_or_store(key, weak_object{fresh});
      if (!loaded) return fresh;
      if (auto alive = value.pointer.lock()) return alive;
      if (entries_.compare_and_swap(key, value, weak_object{fresh})) return fresh;
    }
  }

  std::size_t size() const { return entries_.size(); }

 private:
  std::shared_ptr<object> make(int key) {
    const auto deleter = [this](object* dead) {
      // Its own weak pointer was left with it, before it was handed out.
      const auto self = std::unique_ptr<owned_object>(static_cast<owned_object*>(dead));
      entries_.compare_and_erase(self->key, self->self);
    };
    auto* const raw = new owned_object{{key}, {}};
    std::shared_ptr<object> result(raw, deleter);
    raw->self.pointer = result;
    return result;
  }

  struct owned_object : object {
    weak_object self;
  };

  typename Setup::template map<int, weak_object> entries_;
};

using support::contract;
TYPED_TEST_SUITE(contract, support::setups, support::setup_names);

TYPED_TEST(contract, cache_of_weak_pointers_never_hands_out_two_live_objects) {
  constexpr int keys = 500;
  constexpr int threads = 8;
  const int gets = support::rounds(8000);
  cache<TypeParam> all;
  support::run_together(threads, [&](int id) {
    std::minstd_rand random(static_cast<unsigned>(id + 1));
    for (int i = 0; i < gets; ++i) {
      const int key = static_cast<int>(random() % (i % 2 == 0 ? keys : 4));
      const auto first = all.get(key);
      ASSERT_EQ(first->key, key);
      // While one holds the object, everybody gets the same.
      const auto second = all.get(key);
      ASSERT_EQ(first, second);
    }
  });
  EXPECT_EQ(all.size(), 0U) << "each object's end removed its entry, or a later one's did";
}

}  // namespace
