// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the user asks for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "grid/job.hpp"

namespace grid {

struct options {
  std::vector<std::string> maps;  // all if empty
  std::vector<std::string> types = {"u64"};
  std::vector<std::string> choices = {"uniform"};
  std::vector<std::string> workloads = {
      "hit", "miss", "mix99", "mix90", "mix50", "insert", "foreach"};
  std::vector<std::size_t> sizes;  // what the workload brings, if empty
  std::vector<int> threads = {1, 2};
  double seconds = 0.1;
  int repeats = 5;
  int patience = 2;
  unsigned limit = 120;
  std::string text = "/usr/include";
  std::size_t text_bytes = std::size_t{64} << 20;
  std::string json;
  bool list = false;
  bool spin = false;
};

inline constexpr std::size_t most_entries = 100'000'000, most_bytes = std::size_t{1} << 30;
inline constexpr int most_threads = 1'000;

inline constexpr std::string_view usage = R"(usage: syncmap_grid [--OPTION=VALUE]...

  --maps=A,B         parts of names of adapters or maps (all)
  --types=u64,string,record                             (u64)
  --sizes=1e3,1e5    entries                            (1e3,1e5; ycsb 1e6, trace 1e5)
  --workloads=A,B    or all; or ycsb, trace; see --list (hit,miss,mix99,mix90,mix50,insert,foreach)
  --choices=uniform,zipf                                (uniform)
  --threads=1,2                                         (1,2)
  --seconds=S        of one measurement                 (0.1)
  --repeats=N        of each measurement                (5)
  --patience=N       how often to measure again what had to wait for a processor (2)
  --limit=S          after which a measurement is given up (120)
  --text=FOLDER      whose words word_count counts      (/usr/include)
  --text-bytes=N     of it                              (67108864)
  --json=FILE        a line for each measurement
  --spin             one thread spins while one thread measures
  --list             what there is
  --help             this text
)";

inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

[[noreturn]] inline void refuse(const std::string& what) {
  std::cerr << usage << "\nsyncmap_grid: " << what << '\n';
  std::exit(2);
}

inline double number(const std::string& text) {
  constexpr double most = 1e12;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(value >= 0 && value <= most)) {
    refuse("not a number, or too large or below 0: '" + text + "'");
  }
  return value;
}

inline double seconds(const std::string& text) {
  const double value = number(text);
  if (value == 0) refuse("no time at all: '" + text + "'");
  return value;
}

template <class T>
T whole(const std::string& text, T least, T most) {
  const double value = number(text);
  if (value != std::floor(value) || value < static_cast<double>(least) ||
      value > static_cast<double>(most)) {
    refuse("not a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
           ": '" + text + "'");
  }
  return static_cast<T>(value);
}

// Not empty, and no part of it is.
inline std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> parts = split(text);
  if (parts.empty() || text.back() == ',' || std::count(parts.begin(), parts.end(), "") != 0) {
    refuse("nothing, or nothing between two commas: '" + text + "'");
  }
  return parts;
}

template <class T>
std::vector<T> wholes(const std::string& text, T most) {
  std::vector<T> result;
  for (const std::string& part : list_of(text)) result.push_back(whole<T>(part, 1, most));
  return result;
}

inline const workload_info& workload_named(const std::string& name) {
  const auto* const found = std::find_if(
      workloads.begin(), workloads.end(), [&](const auto& one) { return one.name == name; });
  if (found == workloads.end()) refuse("no such workload: " + name);
  return *found;
}

// A name of a workload, or the beginning of several.
inline std::vector<std::string> workloads_of(const std::string& name) {
  std::vector<std::string> found;
  for (const workload_info& one : workloads) {
    const std::string known = one.name;
    if (name == "all" || known == name || known.starts_with(name + '_')) found.push_back(known);
  }
  if (found.empty()) refuse("no such workload: " + name);
  return found;
}

inline std::vector<std::size_t> sizes_of(const workload_info& work, const options& asked) {
  if (!asked.sizes.empty()) return asked.sizes;
  if (work.own_entries != 0) return {work.own_entries};
  return {1'000, 100'000};
}

inline void check(const options& asked) {
  const auto only = [](const std::vector<std::string>& given, const std::string& known) {
    for (const std::string& one : given) {
      if (("," + known + ",").find("," + one + ",") == std::string::npos) {
        refuse(one + " is not one of " + known);
      }
    }
  };
  only(asked.types, "u64,string,record");
  only(asked.choices, "uniform,zipf");
  for (const std::string& name : asked.workloads) {
    if (name == "word_count" && !std::filesystem::is_directory(asked.text)) {
      refuse("no such folder: " + asked.text);
    }
    for (const std::size_t size : sizes_of(workload_named(name), asked)) {
      for (const int threads : asked.threads) {
        if (size < 64 * static_cast<std::size_t>(threads))
          refuse("too few entries for the threads");
      }
    }
  }
}

inline std::vector<std::string> expanded(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const std::string& name : names) {
    for (const std::string& one : workloads_of(name)) all.push_back(one);
  }
  return all;
}

inline options parse(int argc, char** argv) {
  options asked;
  const std::map<std::string, std::function<void(const std::string&)>> known = {
      {"--maps", [&](const auto& v) { asked.maps = list_of(v); }},
      {"--types", [&](const auto& v) { asked.types = list_of(v); }},
      {"--sizes", [&](const auto& v) { asked.sizes = wholes<std::size_t>(v, most_entries); }},
      {"--workloads", [&](const auto& v) { asked.workloads = expanded(list_of(v)); }},
      {"--choices", [&](const auto& v) { asked.choices = list_of(v); }},
      {"--threads", [&](const auto& v) { asked.threads = wholes<int>(v, most_threads); }},
      {"--seconds", [&](const auto& v) { asked.seconds = seconds(v); }},
      {"--repeats", [&](const auto& v) { asked.repeats = whole<int>(v, 1, 1'000); }},
      {"--patience", [&](const auto& v) { asked.patience = whole<int>(v, 0, 1'000); }},
      {"--limit", [&](const auto& v) { asked.limit = whole<unsigned>(v, 1, 86'400); }},
      {"--text", [&](const auto& v) { asked.text = v; }},
      {"--text-bytes",
       [&](const auto& v) { asked.text_bytes = whole<std::size_t>(v, 1, most_bytes); }},
      {"--json", [&](const auto& v) { asked.json = v; }},
  };
  const std::map<std::string, std::function<void()>> flags = {
      {"--help", [] { std::cout << usage, std::exit(0); }},
      {"--spin", [&] { asked.spin = true; }},
      {"--list", [&] { asked.list = true; }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (const auto flag = flags.find(argument); flag != flags.end()) {
      flag->second();
      continue;
    }
    const std::size_t equals = argument.find('=');
    const auto option = known.find(argument.substr(0, equals));
    if (option == known.end()) refuse("no such option: " + argument);
    if (equals == std::string::npos || equals + 1 == argument.size()) {
      refuse("without a value: " + argument);
    }
    option->second(argument.substr(equals + 1));
  }
  check(asked);
  return asked;
}

}  // namespace grid
