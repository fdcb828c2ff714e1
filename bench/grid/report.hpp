// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// From measurements to lines of JSON, tables and verdicts.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "grid/job.hpp"
#include "grid/registry.hpp"

namespace grid {

// A repetition is kept but marked if its threads waited longer for a processor than this share.
inline constexpr double disturbed = 0.025;

// All that was measured of one map in one cell.
struct series {
  const map_entry* map;
  std::vector<outcome> runs;
  std::string error;  // of the first run that had one

  double median(std::size_t measure) const;
  double spread() const;  // of the first measure: largest less smallest, as a share of the median
  bool waited() const;    // at least half of the runs were disturbed
};

struct cell_place {
  const workload_info* work;
  std::string types, chosen;
  std::size_t entries;
  int threads;

  std::string text() const;
};

struct cell_result {
  cell_place place;
  std::vector<series> maps;
};

std::string json_line(const cell_place& place, const map_entry& map, int repeat,
                      const outcome& run);
// Of a map that did not get that far.
std::string error_line(const cell_place& place, const map_entry& map, const std::string& error);
std::string machine_json();

// `all` are for the floors, which are measured with one thread only.
void write_table(std::ostream& out, const cell_result& cell, const std::vector<cell_result>& all);
std::string verdict(const cell_result& cell, const std::vector<cell_result>& all,
                    const std::string& subject);
void write_report(std::ostream& out, const std::vector<cell_result>& all);

}  // namespace grid
