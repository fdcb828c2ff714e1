// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// call_stack.hpp -- which functions of the library are running: asked of the stack itself, so that
// no name can be wrong. Needs -rdynamic, and a build that inlines nothing.

#pragma once

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncmap::page {

struct function {
  std::string name;
  std::string header;  ///< below include/syncmap
  friend bool operator==(const function&, const function&) = default;
};

namespace functions {

// Without what stands in brackets: ns::table<a::b>::find<int>(int) const -> ns::table::find
inline std::string plain(std::string_view demangled) {
  std::string result;
  int depth = 0;
  for (const char c : demangled) {
    if (c == '(' && depth == 0 && !result.ends_with("operator")) break;
    if (c == '<') ++depth;
    if (depth == 0) result += c;
    if (c == '>') --depth;
  }
  return result.substr(result.rfind(' ') + 1);  // a function template names its return type first
}

// Where a class is, of those whose functions a reader wants to see.
inline std::string header_of(std::string_view scope) {
  static constexpr std::pair<std::string_view, std::string_view> headers[] = {
      {"core_map", "core_map.hpp"},
      {"basic_map", "basic_map.hpp"},
      {"read_dirty", "detail/read_dirty.hpp"},
      {"cursor", "detail/read_dirty_views.hpp"},
      {"read_dirty_tables", "detail/read_dirty_tables.hpp"},
      {"entry_table", "detail/entry_table.hpp"},
      {"entry", "detail/entry.hpp"},
  };
  for (const auto& [name, header] : headers) {
    if (name == scope) return std::string(header);
  }
  return {};
}

// Of what the others consist of.
inline bool is_detail(std::string_view name) {
  static constexpr std::array names = {"load",           "exchange", "protect", "protect_value",
                                       "for_each",       "insert",   "remove",  "make",
                                       "publish_locked", "find"};
  return name.starts_with("operator") || std::ranges::find(names, name) != names.end();
}

inline bool parse(const char* mangled, function& into) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  if (status != 0) return false;
  const std::string name = plain(text.get());
  const std::size_t last = name.rfind("::");
  if (last == std::string::npos) return false;
  const std::size_t scope = name.rfind("::", last - 1);
  into.header = header_of(std::string_view(name).substr(0, last).substr(scope + 2));
  into.name = name.substr(last + 2);
  const bool is_operation = into.header == "core_map.hpp" || into.header == "basic_map.hpp";
  return !into.header.empty() && !into.name.empty() && (is_operation || !is_detail(into.name));
}

}  // namespace functions

// The outermost first: an operation of the map.
inline std::vector<function> call_stack() {
  std::array<void*, 64> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  std::vector<function> result;
  for (int i = count; i-- > 0;) {
    Dl_info info{};
    // A return address may be the first of the next function.
    void* const inside = static_cast<char*>(frames[static_cast<std::size_t>(i)]) - 1;
    if (dladdr(inside, &info) == 0 || info.dli_sname == nullptr) continue;
    function one;
    if (!functions::parse(info.dli_sname, one)) continue;
    // A lambda has the name of the function that it is in: once is enough.
    if (std::ranges::find(result, one) != result.end()) continue;
    // An operation that only calls its namesake further in.
    if (!result.empty() && result.back().name == one.name) result.pop_back();
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace syncmap::page
