// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include "grid/report.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <sstream>

namespace grid {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double median_of(std::vector<double> values) {
  if (values.empty()) return none;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string formatted(double value, const char* format) {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string digits(double value) { return formatted(value, value < 1000 ? "%.3g" : "%.0f"); }

std::string ratio(double value, double base) {
  return std::isnan(value) || std::isnan(base) ? "-" : formatted(value / base, "x%.2f");
}

std::string size_text(std::size_t entries) {
  std::size_t zeros = 0, rest = entries;
  for (; rest >= 10 && rest % 10 == 0; rest /= 10) ++zeros;
  return rest < 10 && zeros > 0 ? std::to_string(rest) + "e" + std::to_string(zeros)
                                : std::to_string(entries);
}

// The series of that kind with the least median; null if there is none.
const series* best(const cell_result& cell, role kind) {
  const series* found = nullptr;
  for (const series& one : cell.maps) {
    if (one.map->kind != kind || one.runs.empty() || !one.error.empty()) continue;
    if (found == nullptr || one.median(0) < found->median(0)) found = &one;
  }
  return found;
}

bool differ_in_threads_only(const cell_place& a, const cell_place& b) {
  return a.work == b.work && a.types == b.types && a.chosen == b.chosen && a.entries == b.entries;
}

double floor_of(const cell_result& cell, const std::vector<cell_result>& all) {
  for (const cell_result& other : all) {
    if (other.place.threads != 1 || !differ_in_threads_only(cell.place, other.place)) continue;
    if (const series* const one = best(other, role::floor)) return one->median(0);
  }
  return none;
}

double median_or_none(const series* one) { return one == nullptr ? none : one->median(0); }

std::string first_line_with(const char* file, const std::string& start) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(start)) return line.substr(start.size());
  }
  return "";
}

std::string processor() {
  std::string name = first_line_with("/proc/cpuinfo", "model name");
  name.erase(0, name.find_first_not_of("\t :"));
  return name;
}

std::vector<std::pair<std::string, std::string>> machine() {
  utsname system{};
  uname(&system);
  char now[32];
  const std::time_t time = std::time(nullptr);
  std::strftime(now, sizeof now, "%FT%TZ", std::gmtime(&time));
  return {{"processor", processor()},
          {"processors", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
          {"kernel", system.release},
          {"huge_pages", first_line_with("/sys/kernel/mm/transparent_hugepage/enabled", "")},
          {"compiler", SYNCMAP_GRID_COMPILER},
          {"flags", SYNCMAP_GRID_FLAGS},
          {"date", now}};
}

// The beginning of a line: what it is about.
std::string json_place(const cell_place& place, const map_entry& map) {
  std::ostringstream out;
  out << R"({"workload":")" << place.work->name << R"(","types":")" << place.types
      << R"(","entries":)" << place.entries << R"(,"choice":")" << place.chosen << R"(","threads":)"
      << place.threads << R"(,"map":")" << map.name << '"';
  return out.str();
}

}  // namespace

double series::median(std::size_t measure) const {
  std::vector<double> values;
  for (const outcome& run : runs) values.push_back(run.measures[measure]);
  return median_of(values);
}

double series::spread() const {
  if (runs.empty()) return none;
  const auto [least, most] = std::minmax_element(
      runs.begin(), runs.end(),
      [](const outcome& a, const outcome& b) { return a.measures[0] < b.measures[0]; });
  return (most->measures[0] - least->measures[0]) / median(0);
}

bool series::waited() const {
  const auto count = std::count_if(
      runs.begin(), runs.end(), [](const outcome& run) { return run.waited > disturbed; });
  return 2 * count >= static_cast<std::ptrdiff_t>(runs.size());
}

std::string cell_place::text() const {
  return std::string(work->name) + " " + types + " " + size_text(entries) +
         (work->choice != choice::none && work->choice != choice::own ? " " + chosen : "") + " " +
         std::to_string(threads) + "t";
}

std::string json_line(const cell_place& place, const map_entry& map, int repeat,
                      const outcome& run) {
  std::ostringstream out;
  out.precision(6);
  out << json_place(place, map) << R"(,"repeat":)" << repeat << R"(,"rounds":)" << run.rounds
      << R"(,"waited":)" << run.waited << R"(,"wrong":)" << run.wrong << R"(,"unit":")"
      << place.work->unit << '"';
  for (std::size_t i = 0; i < run.measures.size() && place.work->measures[i] != nullptr; ++i) {
    out << ",\"" << place.work->measures[i] << "\":" << run.measures[i];
  }
  out << '}';
  return out.str();
}

std::string error_line(const cell_place& place, const map_entry& map, const std::string& error) {
  return json_place(place, map) + R"(,"error":")" + error + "\"}";
}

std::string machine_json() {
  std::string out = "{";
  for (const auto& [name, text] : machine()) {
    out += (out.size() > 1 ? ",\"" : "\"") + name + "\":\"" + text + '"';
  }
  for (const map_entry& map : all_maps()) {
    if (!map.name.empty()) out += ",\"" + map.name + "\":\"" + map.version + '"';
  }
  return out + '}';
}

void write_table(std::ostream& out, const cell_result& cell, const std::vector<cell_result>& all) {
  const workload_info& work = *cell.place.work;
  const double floor = floor_of(cell, all);
  const double peer = median_or_none(best(cell, role::peer));
  out << "\n### " << cell.place.text() << "\n\n| map | " << work.measures[0];
  if (work.measures[0] != std::string(work.unit)) out << ", " << work.unit;
  out << " | spread | to the floor | to the best peer |";
  std::string line = "|---|---|---|---|---|";
  for (std::size_t i = 1; i < work.measures.size() && work.measures[i] != nullptr; ++i) {
    out << ' ' << work.measures[i] << " |";
    line += "---|";
  }
  out << '\n' << line << '\n';

  std::vector<const series*> order;
  for (const series& one : cell.maps) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(), [](const series* a, const series* b) {
    const bool a_failed = a->runs.empty(), b_failed = b->runs.empty();
    return a_failed != b_failed ? b_failed : !a_failed && a->median(0) < b->median(0);
  });
  for (const series* one : order) {
    const bool ours = one->map->kind == role::ours;
    const std::string mark = ours ? "**" : "";
    out << "| " << mark << one->map->name << mark
        << (one->map->kind == role::floor ? " (floor)" : "") << " | ";
    if (!one->error.empty() || one->runs.empty()) {
      out << (one->error.empty() ? "not measured" : one->error) << " | - | - | - |\n";
      continue;
    }
    out << digits(one->median(0)) << (one->waited() ? " !" : "") << " | "
        << formatted(100 * one->spread(), "%.0f") << " % | " << ratio(one->median(0), floor)
        << " | " << ratio(one->median(0), peer) << " |";
    for (std::size_t i = 1; i < work.measures.size() && work.measures[i] != nullptr; ++i) {
      out << ' ' << digits(one->median(i)) << " |";
    }
    out << '\n';
  }
}

std::string verdict(const cell_result& cell, const std::vector<cell_result>& all,
                    const std::string& subject) {
  const auto mine = std::find_if(cell.maps.begin(), cell.maps.end(),
                                 [&](const series& one) { return one.map->name == subject; });
  if (mine == cell.maps.end()) return "";
  std::string text = cell.place.text() + ": ";
  if (mine->runs.empty() || !mine->error.empty()) return text + mine->error;
  const double value = mine->median(0);
  const double floor = floor_of(cell, all);
  text += digits(value) + " " + cell.place.work->unit + (mine->waited() ? " (disturbed)" : "");
  if (!std::isnan(floor)) text += ", floor " + ratio(value, floor);
  if (const series* const peer = best(cell, role::peer)) {
    const double theirs = peer->median(0);
    const bool worse = value > theirs;
    text += ", best peer (" + peer->map->name + ") " +
            (worse ? ratio(value, theirs) + " worse" : ratio(theirs, value) + " better");
    text += worse ? " LOSES" : "";
  }
  return text;
}

void write_report(std::ostream& out, const std::vector<cell_result>& all) {
  out << "# Comparison\n\n";
  for (const auto& [name, text] : machine()) out << "- " << name << ": " << text << '\n';
  out << "- versions:";
  const char* comma = " ";
  for (const map_entry& map : all_maps()) {
    if (map.name.empty()) continue;
    out << comma << map.name << ' ' << map.version;
    comma = ", ";
  }
  out << "\n\nMedians; the spread is from the least to the largest. Nanoseconds are those of each "
         "thread. The floor is\nthe best unsynchronised map, with one thread. `!`: the threads had "
         "to wait for a processor.\n";
  for (const cell_result& cell : all) write_table(out, cell, all);
  for (const char* const subject : {"syncmap::map", "syncmap::read_dirty_map"}) {
    std::string verdicts;
    for (const cell_result& cell : all) {
      const std::string line = verdict(cell, all, subject);
      if (!line.empty()) verdicts += "- " + line + '\n';
    }
    if (!verdicts.empty()) out << "\n## " << subject << "\n\n" << verdicts;
  }
}

}  // namespace grid
