// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// node_slot.hpp -- entries of the group table that are too large for their slot: the slot points to a
// node. The members are those of inline_slot.hpp.
//
//   word_node_layout    the value is a word in the node and is replaced in place
//   node_layout         any other value: a change of it publishes a new node
//
// Invariants
//   I1  A node's key and hash are constant from its publication to its reclamation; so is the value
//       of a node_layout's.
//   I2  A node is retired once: by whoever took it out of the slot, under the lock, of a group that
//       is not forwarded. A forwarded group's slots still point to it, so a reader that has announced
//       a node looks whether the slot still has it, and whether the group's version is still the
//       same.
//   I3  Nodes that follow each other for one key share a key that cannot be copied.
//
// Synchronization
//   S1 publish-node   release: fill(), replace(), vacate()   acquire: examine(), capture()
//      Carries the node, and whatever its writer did before (as inline_slot:S1); by a null, that the tag
//      is gone.
//   S2 share-key      release: drop()              acquire: drop()
//      Carries every node's last use of a shared key to whoever destroys it.
//   T1 node-order     sites: find(), load(), capture(), put(), replace()
//      A replaced value becomes visible in the one order of group:T1.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <syncmap/detail/arch.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/inline_slot.hpp>
#include <syncmap/detail/memory.hpp>
#include <syncmap/detail/platform.hpp>
#include <type_traits>
#include <utility>

namespace syncmap::inline v0_1::detail {

// A key that several nodes may have: each a copy of its own if it can be copied.
template <class Key, class M, bool IsCopied = std::is_copy_constructible_v<Key>>
class node_key {
 public:
  template <class K>
  node_key(std::in_place_t, const M& memory, K&& key)
      : key_(made_with<Key>(memory, std::forward<K>(key))) {}
  node_key(const M& memory, const node_key& other) : key_(made_with<Key>(memory, other.key_)) {}
  node_key(const node_key&) = delete;
  node_key& operator=(const node_key&) = delete;
  [[nodiscard]] const Key& get() const noexcept { return key_; }

 private:
  const Key key_;
};

template <class Key, class M>
class node_key<Key, M, false> {
  struct shared {
    template <class K>
    shared(const M& from, K&& made)
        : key(made_with<Key>(from, std::forward<K>(made))), memory(from) {}
    typename platform_of<M>::template atomic<std::size_t> nodes{1};
    const Key key;
    SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
  };

 public:
  template <class K>
  node_key(std::in_place_t, const M& memory, K&& key)
      : shared_(make_in<shared>(memory, memory, std::forward<K>(key))) {}
  node_key(const node_key&) = delete;
  node_key(const M&, const node_key& other) noexcept : shared_(other.shared_) {
    // relaxed (own): the caller protects the node that it copies from.
    shared_->nodes.fetch_add(1, std::memory_order_relaxed);
  }
  node_key& operator=(const node_key&) = delete;
  ~node_key() { drop(); }
  [[nodiscard]] const Key& get() const noexcept { return shared_->key; }

 private:
  void drop() noexcept {
    // S2 release, S2 acquire
    if (shared_->nodes.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy_in(shared_->memory, shared_);
    }
  }

  shared* const shared_;
};

// What both layouts have in common: a slot that points to a Node.
template <class Node, class M>
struct node_pointers {
  using memory = M;
  using P = platform_of<M>;
  static constexpr bool is_inline = false;
  static constexpr std::size_t bytes_beside = sizeof(Node);

  struct slot {
    typename P::template atomic<Node*> node{nullptr};
  };

  // Protects the node of the slot and compares it. REQUIRES: `is_still` tells whether the group's
  // version is what it was before the tag was read.
  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness find(const slot& one, std::uint64_t hash, const K& key,
                                      const KeyEqual& equal, const protector<P>& guard,
                                      Node*& found, const IsStill& is_still) {
    struct pointer {
      Node* node;
      [[nodiscard]] const Node* address() const noexcept { return node; }
      bool operator==(const pointer&) const noexcept = default;
    };
    found = guard
                .protect([&one] {
                  return pointer{one.node.load(std::memory_order_seq_cst)};  // S1 acquire, T1
                })
                .node;
    if (found == nullptr || !is_still()) [[unlikely]]  // I2
      return likeness::changed;
    return found->hash == hash && equal(found->key.get(), key) ? likeness::same : likeness::other;
  }

  static Node* capture(const slot& one) noexcept {
    return one.node.load(std::memory_order_seq_cst);  // S1 acquire, T1
  }
  static Node* get(const slot& one) noexcept {
    return one.node.load(std::memory_order_relaxed);  // relaxed (locked)
  }
  static const auto& key_at(const slot& one) noexcept { return get(one)->key.get(); }
  static void put(slot& one, Node* node) noexcept {
    one.node.store(node, std::memory_order_seq_cst);  // S1 release, T1
  }
  static void vacate(slot& one) noexcept {
    one.node.store(nullptr, std::memory_order_release);  // S1 release
  }
  static void transfer(const slot& from, slot& to) noexcept {
    to.node.store(get(from), std::memory_order_relaxed);  // relaxed (unpublished)
  }
};

// --- a value that is a word in the node

template <class Key, class T, class M>
struct word_node : hazard_pointer_obj_base {
  template <class K>
  word_node(const M& from, std::uint64_t mixed, K&& made)
      : hash(mixed), key(from, std::forward<K>(made)), memory(from) {}
  static void reclaimed(word_node* node) noexcept { destroy_in(node->memory, node); }

  struct plain_key {
    template <class K>
    plain_key(const M& from, K&& made) : value(made_with<Key>(from, std::forward<K>(made))) {}
    [[nodiscard]] const Key& get() const noexcept { return value; }
    const Key value;
  };

  const std::uint64_t hash;
  const plain_key key;
  typename platform_of<M>::template atomic<std::uint64_t> value{0};
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
};

template <class Key, class T, class M>
struct word_node_layout : node_pointers<word_node<Key, T, M>, M> {
  using P = platform_of<M>;
  using node = word_node<Key, T, M>;
  using base = node_pointers<node, M>;
  using slot = typename base::slot;

  struct view {
    node* found = nullptr;
    std::uint64_t value = 0;
  };
  using entry = node*;

  class draft : public word_value<T> {
   public:
    explicit draft(const M& memory) noexcept : fresh_(nullptr, destroyer<M>{memory}) {}
    [[nodiscard]] const Key* key() const noexcept {
      return fresh_ == nullptr ? nullptr : std::addressof(fresh_->key.get());
    }

   private:
    friend word_node_layout;
    owned<M, node> fresh_;
  };

  template <class KeyEqual, class K>
  static constexpr bool compares_without_user_code = false;

  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness examine(const slot& one, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& seen, const IsStill& is_still) {
    const likeness result = base::find(one, hash, key, equal, guard, seen.found, is_still);
    if (result == likeness::same) seen.value = load(seen.found);
    return result;
  }
  static T value(const view& seen) noexcept { return from_word<T>(seen.value); }

  static const Key& key_of(const entry& one) noexcept { return one->key.get(); }
  // The value may change while it is shown: what is shown is a copy.
  class window {
   public:
    void look(const entry& one) noexcept { copy_.emplace(from_word<T>(load(one))); }
    // REQUIRES: look() was called.
    const T& value(const entry&) const noexcept { return *copy_; }

   private:
    std::optional<T> copy_;
  };

  template <class K>
  static void prepare_insert(draft& next, std::uint64_t hash, K&& key) {
    if (next.fresh_ == nullptr) {
      const M& memory = next.fresh_.get_deleter().memory;
      next.fresh_.reset(make_in<node>(memory, memory, hash, std::forward<K>(key)));
    }
  }
  static void prepare_replace(draft&, const view&) noexcept {}
  static const Key& key_of(const draft& next) noexcept { return *next.key(); }

  static void refresh(const slot& one, view& seen) noexcept { seen.value = load(base::get(one)); }
  static bool is_unchanged(const slot& one, const view& seen) noexcept {
    return load(base::get(one)) == seen.value;
  }
  static void fill(slot& one, draft& next) noexcept {
    // relaxed (unpublished)
    next.fresh_->value.store(next.word(), std::memory_order_relaxed);
    base::put(one, next.fresh_.release());
  }
  static void replace(slot& one, const view&, draft& next) noexcept {
    base::get(one)->value.store(next.word(), std::memory_order_seq_cst);  // S1 release, T1
  }

  template <class Retire>
  static void replaced(const view&, const Retire&) noexcept {}
  template <class Retire>
  static void erased(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }

 private:
  static std::uint64_t load(const node* one) noexcept {
    return one->value.load(std::memory_order_seq_cst);  // S1 acquire, T1
  }
};

// --- any other value

template <class Key, class T, class M>
struct value_node : hazard_pointer_obj_base {
  using key_type = node_key<Key, M>;

  // Made in two steps, value first: see node_layout::draft.
  explicit value_node(const M& from) noexcept : memory(from) {}
  ~value_node() {}  // NOLINT(modernize-use-equals-default)

  // Of a node that has both.
  static void reclaimed(value_node* node) noexcept {
    std::destroy_at(std::addressof(node->value));
    std::destroy_at(std::addressof(node->key));
    destroy_in(node->memory, node);
  }

  std::uint64_t hash = 0;
  SYNCMAP_NO_UNIQUE_ADDRESS const M memory;
  union {
    key_type key;
  };
  union {
    T value;
  };
};

template <class Key, class T, class M>
struct node_layout : node_pointers<value_node<Key, T, M>, M> {
  using P = platform_of<M>;
  using node = value_node<Key, T, M>;
  using base = node_pointers<node, M>;
  using slot = typename base::slot;

  struct view {
    node* found = nullptr;
  };
  using entry = node*;

  // A node to come. The value is made before it is known whether its key will be that of an entry, or
  // a new one.
  class draft {
   public:
    explicit draft(const M& memory) noexcept : fresh_(nullptr, destroyer<M>{memory}) {}
    draft(const draft&) = delete;
    draft& operator=(const draft&) = delete;
    ~draft() {
      reset_value();
      if (has_key_) std::destroy_at(std::addressof(fresh_->key));
    }

    template <class... Args>
    const T& emplace(Args&&... args) {
      if (fresh_ == nullptr) fresh_.reset(make_in<node>(memory(), memory()));
      reset_value();
      void* const place = std::addressof(fresh_->value);
      ::new (place) T(made_with<T>(memory(), std::forward<Args>(args)...));
      has_value_ = true;
      return fresh_->value;
    }
    explicit operator bool() const noexcept { return has_value_; }
    const T& operator*() const noexcept { return fresh_->value; }
    [[nodiscard]] const Key* key() const noexcept {
      return has_key_ ? std::addressof(fresh_->key.get()) : nullptr;
    }

   private:
    friend node_layout;

    [[nodiscard]] const M& memory() const noexcept { return fresh_.get_deleter().memory; }
    template <class... Args>
    void make_key(std::uint64_t hash, Args&&... args) {
      if (has_key_) return;
      ::new (static_cast<void*>(std::addressof(fresh_->key)))
          typename node::key_type(std::forward<Args>(args)...);
      fresh_->hash = hash;
      has_key_ = true;
    }
    void reset_value() noexcept {
      if (std::exchange(has_value_, false)) std::destroy_at(std::addressof(fresh_->value));
    }
    node* release() noexcept {
      has_value_ = has_key_ = false;
      return fresh_.release();
    }

    owned<M, node> fresh_;
    bool has_value_ = false;
    bool has_key_ = false;
  };

  template <class KeyEqual, class K>
  static constexpr bool compares_without_user_code = false;

  template <class K, class KeyEqual, class IsStill>
  SYNCMAP_INLINE static likeness examine(const slot& one, std::uint64_t hash, const K& key,
                                         const KeyEqual& equal, const protector<P>& guard,
                                         view& seen, const IsStill& is_still) {
    return base::find(one, hash, key, equal, guard, seen.found, is_still);
  }
  static const T& value(const view& seen) noexcept { return seen.found->value; }

  static const Key& key_of(const entry& one) noexcept { return one->key.get(); }
  struct window {
    void look(const entry&) noexcept {}
    static const T& value(const entry& one) noexcept { return one->value; }
  };

  template <class K>
  static void prepare_insert(draft& next, std::uint64_t hash, K&& key) {
    next.make_key(hash, std::in_place, next.memory(), std::forward<K>(key));
  }
  static void prepare_replace(draft& next, const view& seen) {
    next.make_key(seen.found->hash, next.memory(), seen.found->key);
  }
  static const Key& key_of(const draft& next) noexcept { return *next.key(); }

  static void refresh(const slot& one, view& seen) noexcept { seen.found = base::get(one); }
  static bool is_unchanged(const slot& one, const view& seen) noexcept {
    return base::get(one) == seen.found;
  }
  static void fill(slot& one, draft& next) noexcept { base::put(one, next.release()); }
  static void replace(slot& one, const view&, draft& next) noexcept {
    base::put(one, next.release());
  }

  template <class Retire>
  static void replaced(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }
  template <class Retire>
  static void erased(const view& seen, const Retire& retire) noexcept {
    retire(seen.found);
  }
};

// --- which one

template <class Key, class T, class M>
consteval auto choose_layout() {
  if constexpr (!fits_in_eight_bytes<T>) {
    return std::type_identity<node_layout<Key, T, M>>();
  } else if constexpr (!fits_in_eight_bytes<Key>) {
    return std::type_identity<word_node_layout<Key, T, M>>();
  } else {
    return std::type_identity<inline_layout<Key, T, M>>();
  }
}
// REQUIRES: Key and T are complete.
template <class Key, class T, class M>
using slot_layout = typename decltype(choose_layout<Key, T, M>())::type;

}  // namespace syncmap::inline v0_1::detail
