// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// cds_lfht of liburcu: a lock-free hash table of linked nodes, read under RCU (flavour bp).
#pragma once

namespace bench {
template <class Key, class T>
class urcu_lfht;
}

#if __has_include(<urcu/rculfhash.h>)
#define _LGPL_SOURCE  // lets the read side be inlined
#include <urcu-bp.h>
#include <urcu/rculfhash.h>

#include <bit>
#include <cstddef>
#include <memory>
#include <string>

#include "maps/support/hash.hpp"

template <class Key, class T>
class bench::urcu_lfht {
 public:
  static constexpr bool concurrent = true;
  static std::string name() { return "liburcu cds_lfht"; }
  static std::string version() { return "Debian's"; }

  explicit urcu_lfht(std::size_t hint)
      : table_(cds_lfht_new_flavor(std::bit_ceil(hint < 64 ? 64 : hint), 1, 0,
                                   CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, &urcu_bp_flavor,
                                   nullptr)) {
    urcu_bp_get_default_call_rcu_data();  // starts its thread
  }
  urcu_lfht(const urcu_lfht&) = delete;
  urcu_lfht& operator=(const urcu_lfht&) = delete;
  ~urcu_lfht() {
    each([this](node* one) { retire(one); });
    cds_lfht_destroy(table_, nullptr);
  }

  template <class F>
  bool visit(const Key& key, F f) const {
    const reader reading;
    const node* const found = find(key);
    if (found == nullptr) return false;
    f(found->value);
    return true;
  }
  bool load(const Key& key, T& out) const {
    return visit(key, [&](const T& value) { out = value; });
  }
  void store(const Key& key, const T& value) {
    node* const fresh = new node(key, value);
    const reader reading;
    free_later(cds_lfht_add_replace(table_, hash(key), equal, &key, &fresh->link));
  }
  bool insert(const Key& key, const T& value) {
    auto fresh = std::make_unique<node>(key, value);
    const reader reading;
    if (cds_lfht_add_unique(table_, hash(key), equal, &key, &fresh->link) != &fresh->link) {
      return false;
    }
    fresh.release();
    return true;
  }
  bool erase(const Key& key) {
    const reader reading;
    node* const found = find(key);
    return found != nullptr && retire(found);
  }
  template <class F>
  bool update(const Key& key, F f) {
    auto fresh = std::make_unique<node>(key, T());
    const reader reading;
    for (;;) {
      cds_lfht_iter at;
      cds_lfht_lookup(table_, hash(key), equal, &key, &at);
      node* const found = node_of(cds_lfht_iter_get_node(&at));
      if (found == nullptr) return false;
      fresh->value = found->value;
      f(fresh->value);
      if (cds_lfht_replace(table_, &at, hash(key), equal, &key, &fresh->link) != 0) continue;
      fresh.release();
      free_later(&found->link);
      return true;
    }
  }
  template <class F>
  void for_each(F f) const {
    each([&](node* one) { f(one->key, one->value); });
  }

 private:
  struct node {
    node(const Key& k, const T& v) : key(k), value(v) {}

    cds_lfht_node link{};  // first: a pointer to it is a pointer to the node
    Key key;
    T value;
    rcu_head head{};
  };

  struct reader {
    reader() { urcu_bp_read_lock(); }
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { urcu_bp_read_unlock(); }
  };

  static node* node_of(cds_lfht_node* link) { return reinterpret_cast<node*>(link); }
  static std::size_t hash(const Key& key) { return mixing_hash<Key>()(key); }
  static int equal(cds_lfht_node* link, const void* key) {
    return node_of(link)->key == *static_cast<const Key*>(key) ? 1 : 0;
  }

  node* find(const Key& key) const {
    cds_lfht_iter at;
    cds_lfht_lookup(table_, hash(key), equal, &key, &at);
    return node_of(cds_lfht_iter_get_node(&at));
  }

  static void free_later(cds_lfht_node* link) {
    if (link == nullptr) return;
    urcu_bp_call_rcu(&node_of(link)->head, [](rcu_head* head) {
      delete reinterpret_cast<node*>(reinterpret_cast<char*>(head) - offset_of_head());
    });
  }
  static std::size_t offset_of_head() { return __builtin_offsetof(node, head); }

  bool retire(node* one) {
    if (cds_lfht_del(table_, &one->link) != 0) return false;
    free_later(&one->link);
    return true;
  }

  template <class F>
  void each(F f) const {
    const reader reading;
    cds_lfht_iter at;
    cds_lfht_first(table_, &at);
    while (cds_lfht_node* const link = cds_lfht_iter_get_node(&at)) {
      cds_lfht_next(table_, &at);
      f(node_of(link));
    }
  }

  cds_lfht* const table_;
};
#endif
