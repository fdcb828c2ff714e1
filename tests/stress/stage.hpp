// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map under stress, whatever its type: threads take a seat at it and do everything that its
// contract has, others stand still inside it, and in the end it is asked whether all is well.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <kinds.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <syncmap/map_stats.hpp>
#include <test_platform.hpp>
#include <utility>
#include <validated.hpp>
#include <vector>

namespace stress {

inline constexpr std::size_t seats = 4;
// Keys 0 to seats - 1 are written by one seat each, so that generations only go up. The next is for
// those who stand still inside an operation; the one after it is never there. The rest is for all.
inline constexpr int kept_key = static_cast<int>(seats);
inline constexpr int absent_key = kept_key + 1;
inline constexpr int first_shared = absent_key + 1;
inline constexpr int shared_keys = 1400;
static_assert(first_shared + shared_keys < 1 << support::testimony::key_bits);

// Where a thread can stand still.
enum class stall { in_visit, in_range, in_iteration, in_compute, in_factory, with_handles };
inline constexpr std::array all_stalls{stall::in_visit,   stall::in_range,   stall::in_iteration,
                                       stall::in_compute, stall::in_factory, stall::with_handles};

// Random operations of one thread on one map.
class player {
 public:
  player() = default;
  player(const player&) = delete;
  player& operator=(const player&) = delete;
  virtual ~player() = default;
  virtual void play(int turns) = 0;
};

class stage {
 public:
  stage() = default;
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  virtual ~stage() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  virtual std::unique_ptr<player> enter(std::size_t seat, std::uint64_t stream) = 0;
  // Calls `inside` from within an operation, which does not end before `inside` has returned.
  virtual void stand_still(stall where, const std::function<void()>& inside) = 0;
  [[nodiscard]] virtual syncmap::map_stats stats() const = 0;
  // Nobody is at it any more: it says what it should, and gives its memory back.
  virtual void close() = 0;
};

struct failing_factory {};

template <class Setup>
class map_stage final : public stage {
  using says = typename Setup::says;
  using key_type = typename Setup::key;
  using value_type = typename says::type;
  using map_type = typename Setup::template map<key_type, value_type>;
  using handle = typename map_type::handle;

 public:
  explicit map_stage(bool with_clear) : with_clear_(with_clear) {
    for (int key = 0; key <= kept_key; ++key) map_.store(key_of(key), says::made(key, 0));
    balance_ = kept_key + 1;
  }

  [[nodiscard]] std::string name() const override { return Setup::name(); }
  std::unique_ptr<player> enter(std::size_t seat, std::uint64_t stream) override {
    return std::make_unique<map_player>(*this, seat, stream);
  }
  [[nodiscard]] syncmap::map_stats stats() const override { return map_.stats(); }

  void stand_still(stall where, const std::function<void()>& inside) override {
    bool stood = false;
    const auto stand = [&] {
      if (!std::exchange(stood, true)) inside();
    };
    while (!stood) {
      // clear() may have taken it. Nobody else writes it.
      if (map_.try_emplace(key_of(kept_key), says::made(kept_key, 0))) ++balance_;
      switch (where) {
        case stall::in_visit:
          map_.visit(key_of(kept_key), [&](const value_type& value) { keep(value, stand); });
          break;
        case stall::in_range:
          map_.range([&](const key_type& key, const value_type& value) {
            keep(support::number_of(key), value, stand);
          });
          break;
        case stall::in_iteration:
          for (const auto& [key, value] : map_) keep(support::number_of(key), value, stand);
          break;
        case stall::in_compute:
          map_.compute(key_of(kept_key), [&](const value_type* value) {
            if (value != nullptr) keep(*value, stand);
            return value != nullptr ? std::optional<value_type>(*value) : std::nullopt;
          });
          break;
        case stall::in_factory:
          try {
            map_.load_or_compute(key_of(absent_key), [&]() -> value_type {
              stand();
              throw failing_factory();
            });
            ADD_FAILURE() << name() << ": a factory threw, and nobody was told";
          } catch (const failing_factory&) {
          }
          break;
        case stall::with_handles: {
          std::vector<std::pair<handle, std::uint32_t>> held;
          for (int number = 0; number < first_shared + 200; ++number) {
            if (handle one = map_.find(key_of(number))) {
              const std::uint32_t generation = check(number, *one).generation;
              held.emplace_back(std::move(one), generation);
            }
          }
          stand();
          for (const auto& [one, generation] : held) {
            const int number = support::number_of(one.key());
            if (check(number, *one).generation != generation) wrong(number, "another value");
          }
          break;
        }
      }
    }
  }

  void close() override {
    std::map<int, std::uint32_t> seen;
    map_.range([&](const key_type& key, const value_type& value) {
      const int number = support::number_of(key);
      check(number, value);
      if (!seen.emplace(number, says::heard(value).generation).second) wrong(number, "shown twice");
    });
    for (const auto& [number, generation] : seen) {
      const auto found = map_.load(key_of(number));
      if (!found) {
        wrong(number, "shown and not found");
      } else if (check(number, *found).generation != generation) {
        wrong(number, "shown with another value");
      }
    }
    EXPECT_EQ(map_.size(), seen.size()) << name();
    EXPECT_FALSE(map_.contains(key_of(absent_key))) << name();
    if (!with_clear_) {
      EXPECT_EQ(static_cast<long>(seen.size()), balance_.load()) << name();
      for (int key = 0; key <= kept_key; ++key) EXPECT_TRUE(seen.contains(key)) << name();
    }
    bag_.clear();
    const std::size_t erased = map_.erase_if([](const auto&, const auto&) { return true; });
    EXPECT_EQ(erased, seen.size()) << name();
    map_.shrink_to_fit();
    const syncmap::map_stats left = map_.stats();
    EXPECT_EQ(left.entries, 0U) << name();
    EXPECT_EQ(left.capacity, 0U) << name();
  }

 private:
  static key_type key_of(int number) { return support::numbered<key_type>(number); }

  void wrong(int key, const char* what) const {
    ADD_FAILURE() << name() << ": key " << key << ": " << what;
  }
  support::testimony check(int key, const value_type& value) const {
    const support::testimony said = says::heard(value);
    if (!said.is_of(key)) {
      ADD_FAILURE() << name() << ": key " << key << " has a value of " << said.key
                    << (said.whole ? "" : ", which is broken");
    }
    return said;
  }
  // A value does not change while somebody stands beside it.
  template <class F>
  void keep(int key, const value_type& value, const F& stand) const {
    const std::uint32_t before = check(key, value).generation;
    stand();
    if (check(key, value).generation != before) wrong(key, "changed under a reader");
  }
  template <class F>
  void keep(const value_type& value, const F& stand) const {
    keep(kept_key, value, stand);
  }

  // Handles that go from thread to thread, and stay for a while.
  struct kept_handle {
    handle entry;
    int key;
    std::uint32_t generation;
  };

  class map_player final : public player {
   public:
    map_player(map_stage& at, std::size_t seat, std::uint64_t stream)
        : at_(at), map_(at.map_), seat_(seat), random_(stream) {}
    map_player(const map_player&) = delete;
    map_player& operator=(const map_player&) = delete;
    ~map_player() override { at_.balance_ += balance_; }

    void play(int turns) override {
      for (int i = 0; i < turns; ++i) turn();
    }

   private:
    int below(int end) { return static_cast<int>(random_.below(static_cast<std::size_t>(end))); }
    // From a part of all keys, another one for a while: the number of entries goes up and down.
    int shared_key() { return first_shared + below(1 + (shared_keys - 1) * part_ / 8); }
    int any_key() { return below(4) == 0 ? below(absent_key) : shared_key(); }
    value_type fresh(int key) { return says::made(key, ++at_.generations_[seat_]); }
    void inserted_if(bool was_absent) { balance_ += was_absent ? 1 : 0; }
    void removed_if(bool was_present) { balance_ -= was_present ? 1 : 0; }

    // Values of a key with one writer are seen in the order in which they were stored.
    std::uint32_t see(int key, const value_type& value) {
      const std::uint32_t generation = at_.check(key, value).generation;
      if (key < static_cast<int>(seats)) {
        std::optional<std::uint32_t>& last = last_[static_cast<std::size_t>(key)];
        if (last && support::testimony::older(generation, *last)) at_.wrong(key, "went back");
        last = generation;
      }
      return generation;
    }
    bool see(int key, const std::optional<value_type>& value) {
      if (value) see(key, *value);
      if (!value && key <= kept_key && !at_.with_clear_) at_.wrong(key, "stays, and was not found");
      return value.has_value();
    }

    void turn() {
      const int key = shared_key();
      switch (below(27)) {
        case 0:
          if (at_.with_clear_) return map_.store(at_.key_of(key), fresh(key));
          [[fallthrough]];
        case 1:
          return inserted_if(map_.insert_or_assign(at_.key_of(key), fresh(key)));
        case 2:
          return inserted_if(!see(key, map_.swap(at_.key_of(key), fresh(key))));
        case 3: {
          const auto result = map_.load_or_store(at_.key_of(key), fresh(key));
          see(key, result.value);
          return inserted_if(!result.loaded);
        }
        case 4:
          return inserted_if(map_.try_emplace(at_.key_of(key), fresh(key)));
        case 5:
        case 6:
          return removed_if(see(key, map_.load_and_erase(at_.key_of(key))));
        case 7:
        case 8:
          return removed_if(map_.erase(at_.key_of(key)));
        case 9:
          return change_what_is_there(key);
        case 10: {
          const auto now = map_.update(at_.key_of(key), [&](const value_type& old) {
            see(key, old);
            return fresh(key);
          });
          see(key, now);
          return;
        }
        case 11:
          return compute(key);
        case 12:
        case 13:
          return load_or_compute(key);
        case 14:
        case 15:
          return write_in_order();
        case 16:
          return visit(any_key());
        case 17:
          return load_many();
        case 18:
        case 19:
          return hold(any_key());
        case 20:
          static_cast<void>(map_.contains(at_.key_of(any_key())));
          return;
        case 21:
          return rarely();
        default: {
          const int sought = any_key();
          see(sought, map_.load(at_.key_of(sought)));
          return;
        }
      }
    }

    void change_what_is_there(int key) {
      const auto now = map_.load(at_.key_of(key));
      if (!see(key, now)) return;
      if (below(2) == 0) return removed_if(map_.compare_and_erase(at_.key_of(key), *now));
      map_.compare_and_swap(at_.key_of(key), *now, fresh(key));
    }

    void compute(int key) {
      bool was_present = false;
      const bool keeps = below(2) == 0;
      const auto now = map_.compute(at_.key_of(key), [&](const value_type* old) {
        was_present = old != nullptr;
        if (was_present) see(key, *old);
        return keeps ? std::optional<value_type>(fresh(key)) : std::nullopt;
      });
      if (now.has_value() != keeps) at_.wrong(key, "compute() returned something else");
      inserted_if(keeps && !was_present);
      removed_if(!keeps && was_present);
    }

    // Some factories fail, some look at the map meanwhile.
    void load_or_compute(int key) {
      const int mood = below(8);
      try {
        const auto result = map_.load_or_compute(at_.key_of(key), [&]() -> value_type {
          if (mood == 0) throw failing_factory();
          if (mood == 1) see(shared_key_seen_, map_.load(at_.key_of(shared_key_seen_)));
          return fresh(key);
        });
        see(key, result.value);
        inserted_if(!result.loaded);
      } catch (const failing_factory&) {
      }
    }

    // All ways to write, on a key that nobody else writes.
    void write_in_order() {
      const int mine = static_cast<int>(seat_);
      const key_type key = at_.key_of(mine);
      switch (below(6)) {
        case 0:
          return inserted_if(map_.insert_or_assign(key, fresh(mine)));
        case 1:
          return inserted_if(!see(mine, map_.swap(key, fresh(mine))));
        case 2:
          see(mine, map_.update(key, [&](const value_type&) { return fresh(mine); }));
          return;
        case 3: {
          bool was_present = false;
          see(mine, map_.compute(key, [&](const value_type* now) {
            was_present = now != nullptr;
            return std::optional<value_type>(fresh(mine));
          }));
          return inserted_if(!was_present);
        }
        case 4: {
          const auto now = map_.load(key);
          if (!see(mine, now)) return;
          const bool swapped = map_.compare_and_swap(key, *now, fresh(mine));
          if (!swapped && !at_.with_clear_) at_.wrong(mine, "changed, though only this one does");
          return;
        }
        default: {
          const auto result = map_.load_or_store(key, fresh(mine));
          see(mine, result.value);
          return inserted_if(!result.loaded);
        }
      }
    }

    void visit(int key) {
      map_.visit(at_.key_of(key), [&](const value_type& value) {
        const std::uint32_t before = see(key, value);
        if (key >= first_shared && below(4) == 0) removed_if(map_.erase(at_.key_of(key)));
        if (see(key, value) != before) at_.wrong(key, "changed under a visitor");
      });
    }

    void load_many() {
      std::vector<int> numbers;
      std::vector<key_type> keys;
      for (int i = 1 + below(20); i > 0; --i) {
        numbers.push_back(any_key());
        keys.push_back(at_.key_of(numbers.back()));
      }
      std::vector<std::optional<value_type>> found;
      map_.load_many(keys, std::back_inserter(found));
      if (found.size() != keys.size()) at_.wrong(numbers[0], "load_many() lost something");
      for (std::size_t i = 0; i < found.size(); ++i) see(numbers[i], found[i]);
    }

    // Takes a handle, gives it away, looks at one that another thread has found.
    void hold(int key) {
      handle found = map_.find(at_.key_of(key));
      kept_handle mine{std::move(found), key, 0};
      if (mine.entry) mine.generation = see(key, *mine.entry);
      if (!mine.entry) return;
      {
        const std::lock_guard lock(at_.bag_mutex_);
        if (at_.bag_.size() < 64) {
          at_.bag_.push_back(std::move(mine));
          return;
        }
        std::swap(mine, at_.bag_[random_.below(at_.bag_.size())]);
      }
      if (support::number_of(mine.entry.key()) != mine.key) at_.wrong(mine.key, "another key");
      const std::uint32_t now = at_.check(mine.key, mine.entry.value()).generation;
      if (now != mine.generation) at_.wrong(mine.key, "a handle shows another value");
    }

    void rarely() {
      switch (below(80)) {
        case 0:
          if (at_.with_clear_ && below(4) == 0) map_.clear();
          return;
        case 1:
          return map_.shrink_to_fit();
        case 2:
          return map_.reserve(static_cast<std::size_t>(below(3000)));
        case 3:
        case 4:
        case 5:
          part_ = below(9);
          return;
        case 6:
        case 7:
          return see_all();
        case 8: {
          const int rest = below(4);
          const auto erased = map_.erase_if([&](const key_type& each, const value_type& value) {
            const int number = support::number_of(each);
            see(number, value);
            return number >= first_shared && number % 4 == rest;
          });
          balance_ -= static_cast<long>(erased);
          return;
        }
        case 9:
          return support::reclaim();
        case 10:
          for (const auto& [key, value] : map_.template to<std::map<key_type, value_type>>()) {
            at_.check(support::number_of(key), value);
          }
          return;
        default: {
          const std::size_t most = first_shared + shared_keys + 8 * seats;
          if (map_.size() > most || map_.stats().entries > most)
            at_.wrong(-1, "size() is too large");
          static_cast<void>(map_.empty());
          static_cast<void>(map_.capacity());
          return;
        }
      }
    }

    void see_all() {
      std::set<int> seen;
      const auto show = [&](const key_type& key, const value_type& value) {
        const int number = support::number_of(key);
        see(number, value);
        if (!seen.insert(number).second) at_.wrong(number, "shown twice");
      };
      if (below(2) == 0) {
        map_.range(show);
      } else {
        for (const auto& [key, value] : map_) {
          show(key, value);
          const int other = shared_key();
          if (below(16) == 0) inserted_if(map_.insert_or_assign(at_.key_of(other), fresh(other)));
          if (below(16) == 0) removed_if(map_.erase(at_.key_of(other)));
        }
      }
      for (int key = 0; key <= kept_key && !at_.with_clear_; ++key) {
        if (!seen.contains(key)) at_.wrong(key, "stays, and was not shown");
      }
    }

    map_stage& at_;
    map_type& map_;
    const std::size_t seat_;
    syncmap::test::random_source random_;
    std::array<std::optional<std::uint32_t>, seats> last_;
    long balance_ = 0;
    int part_ = 4;
    static constexpr int shared_key_seen_ = first_shared;
  };

  const bool with_clear_;
  map_type map_;
  std::atomic<long> balance_{0};                    // inserted less removed
  std::array<std::uint32_t, seats> generations_{};  // each of its seat
  std::mutex bag_mutex_;
  std::vector<kept_handle> bag_;
};

}  // namespace stress
