// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// The C interface (syncmap/c.h), over the public header only. An operation is a few lines: arguments
// are checked and made views, what it throws becomes a code, and what it returns becomes a block that
// the caller frees.

// The library hides everything but what this header declares.
#pragma GCC visibility push(default)
#include <syncmap/c.h>
#pragma GCC visibility pop

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <syncmap/map.hpp>
#include <syncmap/reclaim.hpp>
#include <syncmap/version.hpp>
#include <utility>
#include <variant>

namespace {

using std::size_t;
using std::string_view;

// What a caller gets.
struct block {
  struct deleter {
    void operator()(char* freed) const noexcept { ::operator delete(freed); }
  };

  explicit block(string_view copied)
      : bytes(static_cast<char*>(::operator new(copied.size() + 1))), size(copied.size()) {
    *std::copy(copied.begin(), copied.end(), bytes.get()) = '\0';
  }

  std::unique_ptr<char, deleter> bytes;
  size_t size;
};

// A value: a string in a map, a view of what a map compares with, a block for a caller. The map copies
// a value only to return it, so a copy is a block. It is made before the operation takes effect, which
// therefore has none if memory is short (G6), and handed out as it is.
class value {
 public:
  enum class compared {};

  explicit value(string_view kept) : bytes_(std::in_place_type<std::string>, kept) {}
  value(compared, string_view bytes) noexcept : bytes_(bytes) {}
  value(const value& returned) : bytes_(std::in_place_type<block>, returned.view()) {}
  value& operator=(const value&) = delete;
  ~value() = default;

  [[nodiscard]] string_view view() const noexcept {
    if (const auto* const kept = std::get_if<std::string>(&bytes_)) return *kept;
    if (const auto* const seen = std::get_if<string_view>(&bytes_)) return *seen;
    const block& returned = *std::get_if<block>(&bytes_);
    return {returned.bytes.get(), returned.size};
  }
  [[nodiscard]] block* returned() noexcept { return std::get_if<block>(&bytes_); }

  friend bool operator==(const value& a, const value& b) noexcept { return a.view() == b.view(); }

 private:
  std::variant<std::string, string_view, block> bytes_;
};

// The two pointers through which a caller wants a value, either of which may be null.
class result {
 public:
  result(void** bytes, size_t* size) noexcept : bytes_(bytes), size_(size) {
    if (bytes_ != nullptr) *bytes_ = nullptr;
    if (size_ != nullptr) *size_ = 0;
  }

  [[nodiscard]] bool is_wanted() const noexcept { return bytes_ != nullptr || size_ != nullptr; }
  void copy(string_view found) const {
    if (bytes_ != nullptr) *bytes_ = block(found).bytes.release();
    if (size_ != nullptr) *size_ = found.size();
  }
  void take(block& found) const noexcept {
    if (bytes_ != nullptr) *bytes_ = found.bytes.release();
    if (size_ != nullptr) *size_ = found.size;
  }

 private:
  void** const bytes_;
  size_t* const size_;
};

// Thrown for an argument that breaks convention 5.
struct invalid {};

string_view view(const void* bytes, size_t size) {
  if (size > static_cast<size_t>(PTRDIFF_MAX) || (bytes == nullptr && size != 0)) throw invalid();
  return {static_cast<const char*>(bytes), size};
}
template <class Pointer>
auto& checked(Pointer pointer) {
  if (pointer == nullptr) throw invalid();
  return *pointer;
}

// The answer of `operation`. Strings hash and compare without an exception and callbacks throw none, so
// that whatever else is thrown says that there was no room.
template <class Operation>
syncmap_status answer(const Operation& operation) noexcept {
  try {
    return operation();
  } catch (const invalid&) {
    return SYNCMAP_INVALID;
  } catch (...) {
    return SYNCMAP_NO_MEMORY;
  }
}
syncmap_status present(bool was_present) noexcept {
  return was_present ? SYNCMAP_OK : SYNCMAP_ABSENT;
}
syncmap_status equal(bool was_equal) noexcept { return was_equal ? SYNCMAP_OK : SYNCMAP_UNEQUAL; }

syncmap_status hand_out(std::optional<value>& found, const result& to) noexcept {
  if (found) to.take(*found->returned());
  return present(found.has_value());
}

}  // namespace

struct syncmap_t {
  syncmap::map<std::string, value> entries;
};

syncmap_t* syncmap_create() { return new (std::nothrow) syncmap_t; }
void syncmap_destroy(syncmap_t* map) { delete map; }
void syncmap_free(void* value) { ::operator delete(value); }

syncmap_status syncmap_load(const syncmap_t* map, const void* key, size_t key_size, void** value,
                            size_t* value_size) {
  const result to(value, value_size);
  return answer([&] {
    return present(checked(map).entries.visit(
        view(key, key_size), [&](const auto& found) { to.copy(found.view()); }));
  });
}

syncmap_status syncmap_load_into(const syncmap_t* map, const void* key, size_t key_size,
                                 void* buffer, size_t capacity, size_t* value_size) {
  const result size(nullptr, value_size);
  return answer([&] {
    view(buffer, capacity);
    bool fits = true;
    const bool found = checked(map).entries.visit(view(key, key_size), [&](const auto& shown) {
      const string_view bytes = shown.view();
      size.copy(bytes);
      fits = bytes.size() <= capacity;
      if (fits) std::copy(bytes.begin(), bytes.end(), static_cast<char*>(buffer));
    });
    return fits ? present(found) : SYNCMAP_TOO_SMALL;
  });
}

syncmap_status syncmap_visit(const syncmap_t* map, const void* key, size_t key_size,
                             syncmap_visitor visitor, void* context) {
  return answer([&] {
    auto& show = checked(visitor);
    return present(checked(map).entries.visit(view(key, key_size), [&](const auto& found) {
      const string_view bytes = found.view();
      show(bytes.data(), bytes.size(), context);
    }));
  });
}

syncmap_status syncmap_store(syncmap_t* map, const void* key, size_t key_size, const void* value,
                             size_t value_size) {
  return answer([&] {
    checked(map).entries.store(view(key, key_size), view(value, value_size));
    return SYNCMAP_OK;
  });
}

syncmap_status syncmap_load_or_store(syncmap_t* map, const void* key, size_t key_size,
                                     const void* value, size_t value_size, void** existing,
                                     size_t* existing_size) {
  const result to(existing, existing_size);
  return answer([&] {
    const string_view sought = view(key, key_size);
    const string_view stored = view(value, value_size);
    const auto copy = [&](const auto& found) { to.copy(found.view()); };
    // Not load_or_store(), which returns a copy also of what it has stored. Repeats only if another
    // thread has erased the key in between.
    for (;;) {
      if (to.is_wanted() && checked(map).entries.visit(sought, copy)) return SYNCMAP_OK;
      if (checked(map).entries.try_emplace(sought, stored)) return SYNCMAP_ABSENT;
      if (!to.is_wanted()) return SYNCMAP_OK;
    }
  });
}

syncmap_status syncmap_load_and_erase(syncmap_t* map, const void* key, size_t key_size,
                                      void** value, size_t* value_size) {
  const result to(value, value_size);
  if (!to.is_wanted()) return syncmap_erase(map, key, key_size);
  return answer([&] {
    auto found = checked(map).entries.load_and_erase(view(key, key_size));
    return hand_out(found, to);
  });
}

syncmap_status syncmap_erase(syncmap_t* map, const void* key, size_t key_size) {
  return answer([&] { return present(checked(map).entries.erase(view(key, key_size))); });
}

syncmap_status syncmap_swap(syncmap_t* map, const void* key, size_t key_size, const void* value,
                            size_t value_size, void** previous, size_t* previous_size) {
  const result to(previous, previous_size);
  return answer([&] {
    const string_view sought = view(key, key_size);
    const string_view stored = view(value, value_size);
    if (!to.is_wanted()) return present(!checked(map).entries.insert_or_assign(sought, stored));
    auto found = checked(map).entries.swap(sought, stored);
    return hand_out(found, to);
  });
}

syncmap_status syncmap_compare_and_swap(syncmap_t* map, const void* key, size_t key_size,
                                        const void* expected, size_t expected_size,
                                        const void* desired, size_t desired_size) {
  return answer([&] {
    const value wanted(value::compared{}, view(expected, expected_size));
    return equal(checked(map).entries.compare_and_swap(
        view(key, key_size), wanted, view(desired, desired_size)));
  });
}

syncmap_status syncmap_compare_and_erase(syncmap_t* map, const void* key, size_t key_size,
                                         const void* expected, size_t expected_size) {
  return answer([&] {
    const value wanted(value::compared{}, view(expected, expected_size));
    return equal(checked(map).entries.compare_and_erase(view(key, key_size), wanted));
  });
}

syncmap_status syncmap_range(const syncmap_t* map, syncmap_entry_visitor visitor, void* context) {
  return answer([&] {
    auto& show = checked(visitor);
    checked(map).entries.range([&](const std::string& key, const value& found) {
      const string_view bytes = found.view();
      return show(key.data(), key.size(), bytes.data(), bytes.size(), context);
    });
    return SYNCMAP_OK;
  });
}

syncmap_status syncmap_clear(syncmap_t* map) {
  return answer([&] {
    checked(map).entries.clear();
    return SYNCMAP_OK;
  });
}

size_t syncmap_size(const syncmap_t* map) { return map == nullptr ? 0 : map->entries.size(); }
void syncmap_reclaim() { syncmap::reclaim(); }

const char* syncmap_status_text(int status) {
  static constexpr const char* texts[] = {
      "an argument is invalid", "there is not enough memory", "done",
      "the key is not there",   "the key has not that value", "the value needs a larger buffer",
  };
  static_assert(std::size(texts) == SYNCMAP_TOO_SMALL - SYNCMAP_INVALID + 1);
  const bool is_known = SYNCMAP_INVALID <= status && status <= SYNCMAP_TOO_SMALL;
  return is_known ? texts[status - SYNCMAP_INVALID] : "unknown status";
}

const char* syncmap_version() { return syncmap::version; }
