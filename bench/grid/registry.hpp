// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps that were compiled in, each with a function that measures it.
#pragma once

#include <string>
#include <vector>

#include "grid/job.hpp"
#include "grid/types.hpp"
#include "grid/words.hpp"

namespace grid {

enum class role { ours, peer, floor };

template <class Types>
using runner = outcome (*)(const job&, const dataset<Types>&);

struct map_entry {
  std::string id;    // of its adapter
  std::string name;  // empty if the adapter is: what it needs was not there
  std::string version;
  role kind = role::peer;
  runner<integers> run_integers = nullptr;
  runner<strings> run_strings = nullptr;
  runner<records> run_records = nullptr;
  runner<words> run_words = nullptr;

  template <class Types>
  runner<Types> run() const;
};

template <>
inline runner<integers> map_entry::run<integers>() const {
  return run_integers;
}
template <>
inline runner<strings> map_entry::run<strings>() const {
  return run_strings;
}
template <>
inline runner<records> map_entry::run<records>() const {
  return run_records;
}

template <>
inline runner<words> map_entry::run<words>() const {
  return run_words;
}

inline std::vector<map_entry>& all_maps() {
  static std::vector<map_entry> maps;
  return maps;
}

}  // namespace grid
