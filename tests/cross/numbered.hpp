// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A map of any keys and values as one of numbers. So what is tested is compiled once, and each operation
// once for every kind of map: that keeps a compiler busy for seconds, not for minutes.
#pragma once

#include <checks.hpp>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <syncmap/concurrent_map.hpp>
#include <utility>
#include <vector>

namespace cross {

using number = std::optional<unsigned>;
using entries = std::vector<std::pair<unsigned, unsigned>>;
struct given {
  unsigned value;
  bool loaded;
};

// What find() found.
struct number_handle {
  virtual ~number_handle() = default;
  [[nodiscard]] virtual number key() const = 0;
  [[nodiscard]] virtual number value() const = 0;
};

struct number_map {
  virtual ~number_map() = default;

  [[nodiscard]] virtual number load(unsigned k) const = 0;
  virtual void store(unsigned k, unsigned v) = 0;
  virtual given load_or_store(unsigned k, unsigned v) = 0;
  virtual number load_and_erase(unsigned k) = 0;
  virtual bool erase(unsigned k) = 0;
  virtual number swap(unsigned k, unsigned v) = 0;
  virtual bool compare_and_swap(unsigned k, unsigned expected, unsigned v) = 0;
  virtual bool compare_and_erase(unsigned k, unsigned expected) = 0;
  virtual void range(const std::function<bool(unsigned, unsigned)>& f) const = 0;
  virtual void clear() = 0;

  [[nodiscard]] virtual bool contains(unsigned k) const = 0;
  [[nodiscard]] virtual number visit(unsigned k) const = 0;
  [[nodiscard]] virtual std::unique_ptr<number_handle> find(unsigned k) const = 0;
  // Of `count` keys from `first` on, that are there, or are made when they are asked for.
  [[nodiscard]] virtual std::vector<number> load_many(unsigned first, unsigned count,
                                                      bool made) const = 0;
  virtual given load_or_compute(unsigned k, const std::function<unsigned()>& f) = 0;
  virtual number update(unsigned k, const std::function<unsigned(unsigned)>& f) = 0;
  virtual number compute(unsigned k, const std::function<number(number)>& f) = 0;
  virtual std::size_t erase_if(const std::function<bool(unsigned, unsigned)>& f) = 0;
  virtual bool try_emplace(unsigned k, unsigned v) = 0;
  virtual bool insert_or_assign(unsigned k, unsigned v) = 0;

  [[nodiscard]] virtual entries walk() const = 0;  // by iterators
  [[nodiscard]] virtual entries copy() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual bool empty() const = 0;
  [[nodiscard]] virtual std::size_t capacity() const = 0;
  [[nodiscard]] virtual syncmap::map_stats stats() const = 0;
  virtual void reserve(std::size_t count) = 0;
  virtual void shrink_to_fit() = 0;
};

// Keys that follow each other, each gone when it has been looked at.
template <class Key>
class made_keys {
 public:
  class iterator {
   public:
    using value_type = Key;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(unsigned at) : at_(at) {}
    Key operator*() const { return make<Key>(at_); }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    iterator operator++(int) {
      const iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const iterator&) const = default;

   private:
    unsigned at_ = 0;
  };

  made_keys(unsigned first, unsigned count) : first_(first), last_(first + count) {}
  [[nodiscard]] iterator begin() const { return first_; }
  [[nodiscard]] iterator end() const { return last_; }

 private:
  iterator first_;
  iterator last_;
};

template <class Map>
class numbered final : public number_map {
  static_assert(syncmap::concurrent_map<Map>);
  using key_type = typename Map::key_type;
  using value_type = typename Map::mapped_type;

  static key_type key(unsigned k) { return make<key_type>(k); }
  static value_type value(unsigned v) { return make<value_type>(v); }
  static number of(const std::optional<value_type>& v) {
    return v ? number(number_of(*v)) : std::nullopt;
  }
  static given of(const syncmap::load_or_store_result<value_type>& result) {
    return {number_of(result.value), result.loaded};
  }

  class handle final : public number_handle {
   public:
    explicit handle(typename Map::handle found) : found_(std::move(found)) {}
    [[nodiscard]] number key() const override {
      return found_ ? number(number_of(found_.key())) : std::nullopt;
    }
    [[nodiscard]] number value() const override {
      return found_ ? number(number_of(*found_)) : std::nullopt;
    }

   private:
    typename Map::handle found_;
  };

 public:
  [[nodiscard]] number load(unsigned k) const override { return of(map_.load(key(k))); }
  void store(unsigned k, unsigned v) override { map_.store(key(k), value(v)); }
  given load_or_store(unsigned k, unsigned v) override {
    return of(map_.load_or_store(key(k), value(v)));
  }
  number load_and_erase(unsigned k) override { return of(map_.load_and_erase(key(k))); }
  bool erase(unsigned k) override { return map_.erase(key(k)); }
  number swap(unsigned k, unsigned v) override { return of(map_.swap(key(k), value(v))); }
  bool compare_and_swap(unsigned k, unsigned expected, unsigned v) override {
    return map_.compare_and_swap(key(k), value(expected), value(v));
  }
  bool compare_and_erase(unsigned k, unsigned expected) override {
    return map_.compare_and_erase(key(k), value(expected));
  }
  void range(const std::function<bool(unsigned, unsigned)>& f) const override {
    map_.range(
        [&](const key_type& k, const value_type& v) { return f(number_of(k), number_of(v)); });
  }
  void clear() override { map_.clear(); }

  [[nodiscard]] bool contains(unsigned k) const override { return map_.contains(key(k)); }
  [[nodiscard]] number visit(unsigned k) const override {
    number seen;
    const bool present = map_.visit(key(k), [&](const value_type& v) { seen = number_of(v); });
    CHECK(present == seen.has_value());
    return seen;
  }
  [[nodiscard]] std::unique_ptr<number_handle> find(unsigned k) const override {
    return std::make_unique<handle>(map_.find(key(k)));
  }
  [[nodiscard]] std::vector<number> load_many(unsigned first, unsigned count,
                                              bool made) const override {
    std::vector<std::optional<value_type>> found(count);
    const made_keys<key_type> wanted(first, count);
    if (made) {
      CHECK(map_.load_many(wanted, found.begin()) == found.end());
    } else {
      std::vector<key_type> keys;
      for (key_type k : wanted) keys.push_back(std::move(k));
      CHECK(map_.load_many(keys, found.begin()) == found.end());
    }
    std::vector<number> result;
    for (const auto& each : found) result.push_back(of(each));
    return result;
  }
  given load_or_compute(unsigned k, const std::function<unsigned()>& f) override {
    return of(map_.load_or_compute(key(k), [&] { return value(f()); }));
  }
  number update(unsigned k, const std::function<unsigned(unsigned)>& f) override {
    return of(map_.update(key(k), [&](const value_type& v) { return value(f(number_of(v))); }));
  }
  number compute(unsigned k, const std::function<number(number)>& f) override {
    return of(map_.compute(key(k), [&](const value_type* v) -> std::optional<value_type> {
      const number wanted = f(v == nullptr ? std::nullopt : number(number_of(*v)));
      return wanted ? std::optional<value_type>(value(*wanted)) : std::nullopt;
    }));
  }
  std::size_t erase_if(const std::function<bool(unsigned, unsigned)>& f) override {
    return map_.erase_if(
        [&](const key_type& k, const value_type& v) { return f(number_of(k), number_of(v)); });
  }
  bool try_emplace(unsigned k, unsigned v) override { return map_.try_emplace(key(k), value(v)); }
  bool insert_or_assign(unsigned k, unsigned v) override {
    return map_.insert_or_assign(key(k), value(v));
  }

  [[nodiscard]] entries walk() const override {
    entries result;
    for (const auto& [k, v] : map_) result.emplace_back(number_of(k), number_of(v));
    return result;
  }
  [[nodiscard]] entries copy() const override {
    entries result;
    for (const auto& [k, v] : map_.template to<std::vector<std::pair<key_type, value_type>>>()) {
      result.emplace_back(number_of(k), number_of(v));
    }
    return result;
  }
  [[nodiscard]] std::size_t size() const override { return map_.size(); }
  [[nodiscard]] bool empty() const override { return map_.empty(); }
  [[nodiscard]] std::size_t capacity() const override { return map_.capacity(); }
  [[nodiscard]] syncmap::map_stats stats() const override { return map_.stats(); }
  void reserve(std::size_t count) override { map_.reserve(count); }
  void shrink_to_fit() override { map_.shrink_to_fit(); }

 private:
  Map map_;
};

// Makes empty maps of one kind.
using new_map = std::unique_ptr<number_map> (*)();

template <class Map>
std::unique_ptr<number_map> make_numbered() {
  return std::make_unique<numbered<Map>>();
}

void test_with_one_thread(new_map made);
void test_with_many_threads(new_map made);

}  // namespace cross
