// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Property: the hazard domain alone keeps its promises in every execution: what is protected is not
// destroyed, what is not is destroyed once, and reclaim() returns after that.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <explore.hpp>
#include <functional>
#include <model_platform.hpp>
#include <new>
#include <statics.hpp>
#include <string>
#include <syncmap/detail/hazard.hpp>
#include <utility>

namespace syncmap::model {
namespace {

using domain = detail::hazard_domain<model_platform>;
using scope = detail::hazard_scope<model_platform, 1>;
using handle = detail::hazard_pointer<model_platform>;

// Notes its destruction where whoever knows of it may look.
struct object : detail::hazard_pointer_obj_base {
  explicit object(var<int>& note) : grave(note) {}
  static void reclaimed(object* one) noexcept {
    one->grave = one->grave + 1;
    one->~object();
    model_platform::deallocate(one, sizeof(object), alignof(object));
  }
  var<int>& grave;
  var<int> value{7};
};

// What the threads share: a place where an object is published, and what became of four of them.
struct stage {
  atomic<object*> published{nullptr};
  atomic<object*> other{nullptr};
  var<int> graves[4];
  handle left;  // by one thread to another
  atomic<bool> is_left{false};

  object* make(std::size_t number) {
    return ::new (model_platform::allocate(sizeof(object), alignof(object))) object(graves[number]);
  }
};

template <class Guard>
object* protect(const Guard& guard, const atomic<object*>& from) {
  struct word {
    object* bits;
    [[nodiscard]] const object* address() const noexcept { return bits; }
    bool operator==(const word&) const noexcept = default;
  };
  return guard.protect([&from] { return word{from.load(std::memory_order_seq_cst)}; }).bits;
}
void look_at(const object* one) {
  if (one != nullptr && one->value != 7) fail("what was protected has another value");
}
void replace(atomic<object*>& where, object* by) {
  if (object* const old = where.exchange(by, std::memory_order_seq_cst)) {
    detail::retire<model_platform>(old);
  }
}

struct play {
  const char* name;
  std::function<void(stage&)> before;
  std::vector<std::function<void(stage&)>> threads;
  int destroyed;  // at the end

  friend std::ostream& operator<<(std::ostream& out, const play& one) { return out << one.name; }
};

void read(stage& all) {
  const scope guard;
  look_at(protect(guard[0], all.published));
}
void attach(stage&) { domain::global().attach(); }

std::vector<play> plays() {
  const auto publish = [](stage& all) {
    all.published.store(all.make(0), std::memory_order_seq_cst);
  };
  const auto publish_both = [publish](stage& all) {
    publish(all);
    all.other.store(all.make(1), std::memory_order_seq_cst);
  };
  const auto reclaim = [](stage&) { domain::global().reclaim(); };
  const auto remove = [](stage& all) { replace(all.published, nullptr); };
  const auto remove_other = [](stage& all) { replace(all.other, nullptr); };
  // What a thread has retired is gone when its reclaim() returns: nobody protects it.
  const auto remove_and_reclaim = [](stage& all) {
    replace(all.published, nullptr);
    domain::global().reclaim();
    if (all.graves[0] != 1) fail("reclaim() returns before the end of what was retired");
  };
  const auto reads_by_handle = [](stage& all) {
    const handle mine = detail::make_hazard_pointer<model_platform>();
    look_at(protect(mine.get(), all.published));
  };
  // Another thread takes what this one has made and retired, if a third one protected it then.
  const auto make_and_remove = [](stage& all) {
    replace(all.published, all.make(1));
    replace(all.published, nullptr);
  };
  // One that begins with no record, and ends the protection of another thread.
  const auto ends_the_handle = [](stage& all) {
    while (!all.is_left.load(std::memory_order_acquire)) model_platform::yield();
    const handle ended = std::move(all.left);
  };
  const auto leaves_a_handle = [](stage& all) {
    all.left = detail::make_hazard_pointer<model_platform>();
    look_at(protect(all.left.get(), all.other));
    all.is_left.store(true, std::memory_order_release);
  };
  const auto leaves_before = [publish_both, leaves_a_handle](stage& all) {
    publish_both(all);
    leaves_a_handle(all);
  };
  const auto attached = [](auto f) {
    return [f](stage& all) {
      attach(all);
      f(all);
    };
  };
  const auto ends = [](auto f) {
    return [f](stage& all) {
      f(all);
      model_platform::exit_thread<domain::record>();
    };
  };
  return {
      {"read_remove", publish, {read, attached(remove)}, 1},
      {"read_twice_remove", publish, {attached(read), attached(read), attached(remove)}, 1},
      {"handle_remove", publish, {reads_by_handle, attached(remove)}, 1},
      {"remove_reclaim", publish, {attached(remove_and_reclaim), reclaim}, 1},
      {"remove_reclaim_attached", publish, {attached(remove_and_reclaim), attached(reclaim)}, 1},
      {"remove_without_a_record", publish, {remove_and_reclaim, attached(reclaim)}, 1},
      {"remove_without_a_record_and_pass",
       publish_both,
       {remove_and_reclaim, attached(remove_other)},
       2},
      {"two_remove", publish_both, {attached(remove), attached(remove_other)}, 2},
      {"two_remove_and_reclaim",
       publish_both,
       {attached(remove_and_reclaim), attached(remove_other)},
       2},
      {"taken_by_another", publish, {attached(make_and_remove), attached(read), reclaim}, 2},
      {"left_to_another", publish, {ends(attached(make_and_remove)), attached(read), reclaim}, 2},
      {"retired_without_a_record", publish, {make_and_remove, attached(reclaim)}, 2},
      {"retired_without_a_record_and_read", publish, {make_and_remove, read, attached(reclaim)}, 2},
      {"unit_changes_hands",
       leaves_before,
       {ends_the_handle, reads_by_handle, attached(remove)},
       1},
      {"unit_comes_back",
       leaves_before,
       {ends_the_handle, attached(remove_other), reads_by_handle},
       1},
      {"record_changes_hands", publish, {ends(attached(remove)), ends(attached(read))}, 1},
      {"record_changes_hands_twice",
       publish_both,
       {ends(attached(remove)), ends(attached(remove_other)), ends(read)},
       2},
  };
}

void perform(const play& what) {
  checker& all = the_checker();
  stage& shared = *::new (model_platform::allocate(sizeof(stage), alignof(stage), "stage")) stage();
  attach(shared);
  what.before(shared);
  all.run_threads(what.threads.size(), true, [&](std::size_t me) { what.threads[me - 1](shared); });
  shared.left = handle();
  domain::global().reclaim();
  int destroyed = 0;
  for (const auto& each : shared.graves) destroyed += each;
  if (destroyed != what.destroyed) fail(std::to_string(destroyed) + " objects were destroyed");
}

class hazard_domain : public ::testing::TestWithParam<play> {};

TEST_P(hazard_domain, holds) {
  adopt_statics<model_platform>();
  tell("hazard_domain", GetParam().name, explorer([] { perform(GetParam()); }).run());
}

INSTANTIATE_TEST_SUITE_P(model, hazard_domain, ::testing::ValuesIn(plays()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace syncmap::model
