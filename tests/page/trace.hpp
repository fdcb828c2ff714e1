// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// trace.hpp -- what is recorded of a story, and its text for the page.

#pragma once

#include <call_stack.hpp>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace syncmap::page {

struct entry_state {
  int id = 0;  ///< never used again for another entry
  char key = 0;
  std::string word;  ///< live, nil, expunged
  int value = 0;     ///< if live
  friend bool operator==(const entry_state&, const entry_state&) = default;
};

struct table_state {
  bool exists = false;
  std::vector<int> entries;  ///< in the order of its slots
  friend bool operator==(const table_state&, const table_state&) = default;
};

struct state {
  table_state read;
  bool amended = false;
  table_state dirty;
  table_state made;                  ///< prepared, and not yet dirty
  std::vector<table_state> retired;  ///< was read, and somebody still uses it
  std::size_t misses = 0;
  std::size_t size = 0;  ///< as of the last operation that returned
  int holder = -1;       ///< the thread that has the mutex
  std::vector<entry_state> entries;
  friend bool operator==(const state&, const state&) = default;
};

struct operation {
  int thread = 0;
  char key = 0;  ///< or 0
  std::string call;
  std::string why;     ///< what to look at
  std::string result;  ///< empty until it returns
  int locks = 0;       ///< how often it took the mutex
};

struct step {
  int operation = -1;  ///< none: where a story begins
  int thread = 0;
  std::string kind;
  std::string text;
  std::vector<std::string> looks_at;  ///< tables: read, dirty
  int entry = 0;                      ///< whose word is loaded, or 0
  std::vector<function> stack;
  state now;
};

struct story {
  std::string title;
  std::string about;
  std::vector<operation> operations;
  std::vector<step> steps;
};

// --- as JSON

inline void put(std::ostream& out, std::string_view text) {
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out << '\\';
    out << c;
  }
  out << '"';
}
inline void put(std::ostream& out, int number) { out << number; }

template <class List, class Put>
void put_list(std::ostream& out, const List& list, Put put_one, const char* between = ",") {
  out << '[';
  const char* before = "";
  for (const auto& one : list) {
    out << before;
    put_one(one);
    before = between;
  }
  out << ']';
}

inline void put(std::ostream& out, const table_state& table) {
  if (!table.exists) {
    out << "null";
  } else {
    put_list(out, table.entries, [&](int id) { out << id; });
  }
}

inline void put(std::ostream& out, const state& now) {
  out << "{\"read\":";
  put(out, now.read);
  out << ",\"amended\":" << (now.amended ? "true" : "false") << ",\"dirty\":";
  put(out, now.dirty);
  out << ",\"made\":";
  put(out, now.made);
  out << ",\"retired\":";
  put_list(out, now.retired, [&](const table_state& table) { put(out, table); });
  out << ",\"misses\":" << now.misses << ",\"size\":" << now.size << ",\"holder\":" << now.holder
      << ",\"entries\":";
  put_list(out, now.entries, [&](const entry_state& one) {
    out << "{\"id\":" << one.id << ",\"key\":\"" << one.key << "\",\"word\":\"" << one.word << '"';
    if (one.word == "live") out << ",\"value\":" << one.value;
    out << '}';
  });
  out << '}';
}

inline void put(std::ostream& out, const step& one) {
  out << "{\"operation\":" << one.operation << ",\"thread\":" << one.thread << ",\"kind\":\""
      << one.kind << "\",\"text\":";
  put(out, one.text);
  if (!one.looks_at.empty()) {
    out << ",\"looksAt\":";
    put_list(out, one.looks_at, [&](const std::string& table) { put(out, table); });
  }
  if (one.entry != 0) out << ",\"entry\":" << one.entry;
  out << ",\"stack\":";
  put_list(out, one.stack, [&](const function& at) { put(out, at.name); });
  out << ",\"header\":";
  put(out, one.stack.empty() ? "" : one.stack.back().header);
  out << ",\n  \"now\":";
  put(out, one.now);
  out << '}';
}

inline void put(std::ostream& out, const operation& one) {
  out << "{\"thread\":" << one.thread << ",\"call\":";
  put(out, one.call);
  out << ",\"why\":";
  put(out, one.why);
  out << ",\"result\":";
  put(out, one.result);
  out << ",\"locks\":" << one.locks << '}';
}

inline void put(std::ostream& out, const story& one) {
  out << "{\"title\":";
  put(out, one.title);
  out << ",\"about\":";
  put(out, one.about);
  out << ",\n\"operations\":";
  put_list(
      out, one.operations, [&](const operation& each) { put(out, each); }, ",\n ");
  out << ",\n\"steps\":";
  put_list(
      out, one.steps, [&](const step& each) { put(out, each); }, ",\n ");
  out << '}';
}

}  // namespace syncmap::page
