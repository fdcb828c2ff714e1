// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// cds::container::SplitListMap: a lock-free list in the order of the reversed hashes, with pointers
// into it, under hazard pointers. Of the hash maps of libcds the only one that grows and keeps keys
// apart whose hashes are equal. It cannot change a value in one atomic step.
#pragma once

namespace bench {
template <class Key, class T>
class libcds_split_list;
}

#if __has_include(<cds/container/split_list_map.h>)
#include <cds/init.h>

#include <cds/container/iterable_list_hp.h>
#include <cds/container/split_list_map.h>
#include <cds/gc/hp.h>
#include <cds/threading/model.h>
#include <cds/version.h>

#include <cstddef>
#include <functional>
#include <string>

#include "maps/support/hash.hpp"

namespace bench {

// The library, for the life of the process, and a thread's part in it, as its documentation asks:
// a thread has to be attached before it touches a map, and detached before it ends.
class libcds_thread {
 public:
  // The answer is always true. What calls it needs a thread that is attached.
  static bool attached() {
    static thread_local const libcds_thread here;
    return here.attached_;
  }

 private:
  struct library {
    library() { cds::Initialize(); }
  };
  struct hazard_pointers : library {
    cds::gc::HP domain{16, 128};  // for each thread; threads
  };

  libcds_thread() {
    static const hazard_pointers& forever = *new hazard_pointers;
    static_cast<void>(forever);
    cds::threading::Manager::attachThread();
  }
  libcds_thread(const libcds_thread&) = delete;
  libcds_thread& operator=(const libcds_thread&) = delete;
  ~libcds_thread() { cds::threading::Manager::detachThread(); }

  const bool attached_ = true;
};

}  // namespace bench

template <class Key, class T>
class bench::libcds_split_list {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "cds::SplitListMap"; }
  static std::string version() { return CDS_VERSION_STRING; }

  // It has to know how large it may become: a pointer for each entry, in segments made when used.
  explicit libcds_split_list(std::size_t hint)
      : map_(libcds_thread::attached() && hint != 0 ? hint : most_entries) {}
  ~libcds_split_list() { libcds_thread::attached(); }
  libcds_split_list(const libcds_split_list&) = delete;
  libcds_split_list& operator=(const libcds_split_list&) = delete;

  template <class F>
  bool visit(const Key& key, F f) const {
    return libcds_thread::attached() && map_.find(key, [&](const auto& entry) { f(entry.second); });
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  void store(const Key& key, const T& value) {
    if (libcds_thread::attached()) map_.upsert(key, value);
  }
  bool insert(const Key& key, const T& value) {
    return libcds_thread::attached() && map_.insert(key, value);
  }
  bool erase(const Key& key) { return libcds_thread::attached() && map_.erase(key); }
  template <class F>
  void for_each(F f) const {
    libcds_thread::attached();
    for (auto at = map_.begin(); at != map_.end(); ++at) f(at->first, at->second);
  }

 private:
  static constexpr std::size_t most_entries = std::size_t{1} << 24;

  struct traits : cds::container::split_list::traits {
    using ordered_list = cds::container::iterable_list_tag;  // replaces values in one step
    using hash = mixing_hash<Key>;
    using item_counter = cds::atomicity::cache_friendly_item_counter;
    struct ordered_list_traits : cds::container::iterable_list::traits {
      using less = std::less<Key>;
    };
  };

  mutable cds::container::SplitListMap<cds::gc::HP, Key, T, traits> map_;
};
#endif
