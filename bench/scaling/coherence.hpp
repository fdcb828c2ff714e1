// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Private caches that never run out of room, kept coherent as MESI does it: a line is held by any number
// of caches that read it, or by the one that wrote it last.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

namespace scaling {

inline constexpr std::size_t line_bytes = 64;
inline constexpr std::size_t max_caches = 128;

class cache_set {
 public:
  static cache_set first(std::size_t count) {
    cache_set all;
    for (std::size_t cache = 0; cache < count; ++cache) all.add(cache);
    return all;
  }
  static cache_set only(std::size_t cache) {
    cache_set one;
    one.add(cache);
    return one;
  }
  void add(std::size_t cache) { words_[cache / 64] |= std::uint64_t{1} << (cache % 64); }
  [[nodiscard]] bool has(std::size_t cache) const {
    return (words_[cache / 64] >> (cache % 64) & 1) != 0;
  }
  friend bool operator==(const cache_set&, const cache_set&) = default;

 private:
  std::uint64_t words_[max_caches / 64] = {};
};

struct coherence_counts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t read_misses = 0;      ///< another cache has written the line since
  std::uint64_t write_misses = 0;     ///< other caches hold the line: they must give it up
  std::uint64_t prefetch_misses = 0;  ///< as either of these, but nobody waits for the line

  [[nodiscard]] std::uint64_t coherence_misses() const {
    return read_misses + write_misses + prefetch_misses;
  }
};

class coherence {
 public:
  // All caches hold all lines in the beginning, as after a long time of reading: so the first read of
  // a line is no miss, and every miss is there because another cache has written.
  explicit coherence(std::size_t caches) : everyone_(cache_set::first(caches)), lines_(1 << 12) {}

  void read(std::size_t cache, const void* at) {
    ++counts_.reads;
    share(cache, find(at), counts_.read_misses);
  }
  void write(std::size_t cache, const void* at) {
    ++counts_.writes;
    own(cache, find(at), counts_.write_misses);
  }
  void prefetch(std::size_t cache, const void* at, bool for_writing) {
    if (for_writing) {
      own(cache, find(at), counts_.prefetch_misses);
    } else {
      share(cache, find(at), counts_.prefetch_misses);
    }
  }

  // A large block was allocated: its lines are the cache's own, at no cost. They are noted as a range,
  // because most lines of a large block are never looked at by another.
  void claim(std::size_t cache, const void* at, std::size_t bytes) {
    for_each_line(at, bytes, [this, cache](std::uint64_t number) {
      line& one = place_of(number);
      if (one.number != 0) one.holders = cache_set::only(cache);
    });
    const std::uint64_t begin = number_of(at);
    const std::uint64_t end = number_of(static_cast<const char*>(at) + bytes - 1) + 1;
    auto old = claims_.lower_bound(begin);
    if (old != claims_.begin() && std::prev(old)->second.end > begin) --old;
    while (old != claims_.end() && old->first < end) old = claims_.erase(old);
    claims_.emplace(begin, range{end, cache});
  }
  // A constructor writes: nothing new about lines that were claimed and that nobody else has seen.
  void initialize(std::size_t cache, const void* at) {
    const std::uint64_t number = number_of(at);
    if (place_of(number).number == 0) {
      const range* const found = claim_of(number);
      if (found != nullptr && found->cache == cache) return;
    }
    write(cache, at);
  }

  template <class F>
  static void for_each_line(const void* at, std::size_t bytes, F f) {
    const std::uint64_t end = number_of(static_cast<const char*>(at) + bytes - 1) + 1;
    for (std::uint64_t number = number_of(at); number != end; ++number) f(number);
  }

  // Counts from here on; the caches keep what they have.
  void start_counting() {
    counts_ = {};
    for (line& each : lines_) each.misses = 0;
  }
  [[nodiscard]] const coherence_counts& counts() const { return counts_; }
  // The misses on the line that has most of them. They are served one after the other.
  [[nodiscard]] std::uint64_t busiest_line() const {
    std::uint64_t most = 0;
    for (const line& each : lines_) most = std::max<std::uint64_t>(most, each.misses);
    return most;
  }

 private:
  struct line {
    std::uint64_t number = 0;  // 0: none
    cache_set holders;
    std::uint64_t misses = 0;
  };

  struct range {
    std::uint64_t end;
    std::size_t cache;
  };
  [[nodiscard]] const range* claim_of(std::uint64_t number) const {
    auto after = claims_.upper_bound(number);
    if (after == claims_.begin()) return nullptr;
    const range& before = std::prev(after)->second;
    return number < before.end ? &before : nullptr;
  }

  static std::uint64_t number_of(const void* at) {
    return reinterpret_cast<std::uintptr_t>(at) / line_bytes;
  }

  void share(std::size_t cache, line& one, std::uint64_t& misses) {
    if (one.holders.has(cache)) return;
    count(one, misses);
    one.holders.add(cache);
  }
  void own(std::size_t cache, line& one, std::uint64_t& misses) {
    const auto alone = cache_set::only(cache);
    if (one.holders == alone) return;
    count(one, misses);
    one.holders = alone;
  }
  static void count(line& one, std::uint64_t& misses) {
    ++misses;
    ++one.misses;
  }

  line& find(const void* at) { return find_number(number_of(at)); }

  // Open addressing, at most half full.
  line& find_number(std::uint64_t number) {
    line* found = &place_of(number);
    if (found->number == number) return *found;
    if (++known_ * 2 > lines_.size()) {
      grow();
      found = &place_of(number);
    }
    const range* const claimed = claim_of(number);
    *found = {number, claimed == nullptr ? everyone_ : cache_set::only(claimed->cache), 0};
    return *found;
  }
  line& place_of(std::uint64_t number) {
    const std::size_t mask = lines_.size() - 1;
    std::size_t at = (number * 0x9e3779b97f4a7c15U) >> 32 & mask;
    while (lines_[at].number != number && lines_[at].number != 0) at = (at + 1) & mask;
    return lines_[at];
  }
  void grow() {
    std::vector<line> old(lines_.size() * 2);
    old.swap(lines_);
    for (const line& each : old) {
      if (each.number != 0) place_of(each.number) = each;
    }
  }

  const cache_set everyone_;
  std::vector<line> lines_;
  std::size_t known_ = 0;
  std::map<std::uint64_t, range> claims_;  // by the first line
  coherence_counts counts_;
};

}  // namespace scaling
