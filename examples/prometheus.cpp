// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What happens inside of maps, in the text format that Prometheus reads. A program that is watched would
// answer GET /metrics with it; this one does some work and prints it.
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <syncmap/map.hpp>
#include <syncmap/map_stats.hpp>
#include <syncmap/read_dirty_map.hpp>

namespace {

// One number of map_stats. A counter only grows, and its name ends so.
struct metric {
  std::string_view name, type, help;
  std::size_t syncmap::map_stats::*field;
};
using stats = syncmap::map_stats;
constexpr std::array metrics = {
    metric{"syncmap_entries", "gauge", "Entries in the map.", &stats::entries},
    metric{"syncmap_capacity", "gauge", "Entries there can be before a table grows.",
           &stats::capacity},
    metric{"syncmap_bytes", "gauge", "Bytes of tables, entries and counters.", &stats::bytes},
    metric{"syncmap_retired_bytes", "gauge",
           "Bytes erased or replaced and not destroyed yet, of all maps.", &stats::retired_bytes},
    metric{"syncmap_longest_probe", "gauge", "Most groups or buckets that a lookup may look at.",
           &stats::longest_probe},
    metric{"syncmap_groups", "gauge", "Groups of sixteen slots.", &stats::groups},
    metric{"syncmap_overflowing_groups", "gauge", "Groups with more entries than slots.",
           &stats::overflowing_groups},
    metric{"syncmap_growths_total", "counter", "Times that another table became the table.",
           &stats::growths},
    metric{
        "syncmap_promotions_total", "counter", "Times that dirty became read.", &stats::promotions},
    metric{"syncmap_misses_total", "counter", "Lookups that took the mutex.", &stats::misses},
    metric{"syncmap_expunged", "gauge", "Erased keys in read that dirty lacks.", &stats::expunged},
};
static_assert(metrics.size() * sizeof(std::size_t) == sizeof(stats), "each field has a metric");

// The value of a label: what would end it is escaped.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') result += '\\';
    if (each == '\n') {
      result += "\\n";
    } else {
      result += each;
    }
  }
  return result += '"';
}

struct named_stats {
  std::string_view map;
  syncmap::map_stats stats;
};

// All samples of one metric stand together, after its help and its type: one of each map, or one of all
// where the maps share what is counted.
void write_metrics(std::ostream& out, std::span<const named_stats> maps) {
  for (const metric& each : metrics) {
    out << "# HELP " << each.name << ' ' << each.help << '\n';
    out << "# TYPE " << each.name << ' ' << each.type << '\n';
    if (each.field == &stats::retired_bytes) {
      out << each.name << ' ' << (maps.empty() ? 0 : maps.front().stats.retired_bytes) << '\n';
      continue;
    }
    for (const named_stats& one : maps) {
      out << each.name << "{map=" << quoted(one.map) << "} " << one.stats.*each.field << '\n';
    }
  }
}

}  // namespace

int main() {
  syncmap::map<int, std::string> sessions;
  for (int id = 0; id < 10000; ++id) sessions.store(id, "of a user");
  for (int id = 0; id < 10000; id += 10) sessions.erase(id);

  syncmap::read_dirty_map<std::string, int> settings;
  for (const char* name : {"timeout", "retries", "verbose"}) settings.store(name, 1);
  for (int request = 0; request < 100; ++request) (void)settings.load("timeout");

  const named_stats maps[] = {
      {"sessions", sessions.stats()}, {"settings of \"eu\"", settings.stats()}};
  write_metrics(std::cout, maps);
}
