// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Compares maps: see --help. The maps take turns, so that what disturbs one disturbs all.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "grid/isolate.hpp"
#include "grid/job.hpp"
#include "grid/options.hpp"
#include "grid/registry.hpp"
#include "grid/report.hpp"
#include "grid/threads.hpp"

namespace grid {
namespace {

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool named(const map_entry& map, const std::string& part) {
  return map.id.find(part) != std::string::npos || map.name.find(part) != std::string::npos;
}

bool wanted(const map_entry& map, const options& asked) {
  return asked.maps.empty() ||
         std::any_of(asked.maps.begin(), asked.maps.end(),
                     [&](const std::string& part) { return named(map, part); });
}

// Each part of a name must be that of a map, and one of the maps must be there.
void check_maps(const options& asked) {
  const std::vector<map_entry>& all = all_maps();
  for (const std::string& part : asked.maps) {
    const auto is_named = [&](const map_entry& map) { return named(map, part); };
    if (std::none_of(all.begin(), all.end(), is_named)) refuse("no such map: " + part);
  }
  const auto is_there = [&](const map_entry& map) {
    return !map.name.empty() && wanted(map, asked);
  };
  if (std::none_of(all.begin(), all.end(), is_there)) refuse("none of these maps is installed");
}

class runs {
 public:
  explicit runs(const options& asked) : asked_(asked) {
    for (const std::string& name : asked.workloads) work_.push_back(&workload_named(name));
    if (asked.json.empty()) return;
    json_.open(asked.json);
    if (!json_.is_open()) refuse("cannot write " + asked.json);
    json_ << machine_json() << std::endl;
  }

  void all() {
    for (const std::string& types : asked_.types) {
      if (types == "u64") all_sizes<integers>();
      if (types == "string") all_sizes<strings>();
      if (types == "record") all_sizes<records>();
    }
    for (const workload_info* const work : work_) {
      if (work->cluster != nullptr) replay_trace(*work);
      if (work->id == workload::word_count) count_words(*work);
    }
  }

  const std::vector<cell_result>& results() const { return results_; }

 private:
  template <class Types>
  void all_sizes() {
    std::set<std::size_t> sizes;
    for (const workload_info* const work : work_) {
      for (const std::size_t entries : sizes_of(*work, asked_)) sizes.insert(entries);
    }
    for (const std::size_t entries : sizes) {
      for (const char* const chosen : {"uniform", "zipf"}) one_set<Types>(entries, chosen);
    }
  }

  // All workloads that go with one set of keys.
  template <class Types>
  void one_set(std::size_t entries, const std::string& chosen) {
    std::vector<const workload_info*> here;
    for (const workload_info* const work : work_) {
      if (contains(sizes_of(*work, asked_), entries) && contains(choices_of(*work), chosen)) {
        here.push_back(work);
      }
    }
    if (here.empty()) return;
    const dataset<Types> data(entries, shape{.skew = chosen == "zipf" ? ycsb_skew : 0});
    for (const workload_info* const work : here) {
      all_threads({work, Types::name, chosen, entries, 1}, data);
    }
  }

  void replay_trace(const workload_info& work) {
    const trace& of = *work.cluster;
    for (const std::size_t entries : sizes_of(work, asked_)) {
      const dataset<strings> data(entries, shape{of.skew, of.key_bytes, of.value_bytes});
      all_threads({&work, strings::name, "zipf", entries, 1}, data);
    }
  }

  void count_words(const workload_info& work) {
    const dataset<words> text(asked_.text, asked_.text_bytes);
    if (text.tokens.empty()) refuse("no words in " + asked_.text);
    all_threads({&work, words::name, "text", text.entries, 1}, text);
  }

  template <class Types>
  void all_threads(cell_place place, const dataset<Types>& data) {
    for (const int threads : threads_of(*place.work)) {
      if (threads < place.work->least_threads || threads > place.work->most_threads) continue;
      place.threads = threads;
      measure(place, data);
    }
  }

  std::vector<std::string> choices_of(const workload_info& work) const {
    switch (work.choice) {
      case choice::asked:
        return asked_.choices;
      case choice::zipf:
        return {"zipf"};
      case choice::own:
        return {};
      default:
        return {asked_.choices.front()};
    }
  }
  std::vector<int> threads_of(const workload_info& work) const {
    if (work.own_threads[0] == 0) return asked_.threads;
    return {work.own_threads.begin(), work.own_threads.end()};
  }

  template <class Types>
  void measure(const cell_place& place, const dataset<Types>& data) {
    cell_result cell{place, {}};
    for (const map_entry& map : all_maps()) {
      if (map.name.empty() || !wanted(map, asked_)) continue;
      if (map.kind == role::floor && place.threads > 1) continue;
      cell.maps.push_back({&map, {}, ""});
    }
    const std::size_t count = cell.maps.size();
    for (int repeat = 0; repeat < asked_.repeats; ++repeat) {
      for (std::size_t i = 0; i < count; ++i) {
        series& one = cell.maps[(i + static_cast<std::size_t>(repeat)) % count];
        if (one.error.empty()) run_once(one, place, repeat, data);
      }
    }
    results_.push_back(cell);
    std::cerr << place.text() << ':';
    for (const series& one : cell.maps) {
      std::cerr << "  " << one.map->id << ' ';
      if (one.error.empty()) std::cerr << one.median(0) << (one.waited() ? "!" : "");
      std::cerr << one.error;
    }
    std::cerr << '\n';
  }

  // Again, as long as patience lasts, if the threads had to wait; the least disturbed run counts.
  template <class Types>
  void run_once(series& one, const cell_place& place, int repeat, const dataset<Types>& data) {
    const std::uint64_t rounds = one.runs.empty() ? 0 : one.runs.front().rounds;
    const job what{place.work->id, place.threads, asked_.seconds, rounds, place.work->cluster};
    outcome kept;
    for (int attempt = 0; attempt <= asked_.patience; ++attempt) {
      const auto got =
          in_child<outcome>([&] { return one.map->run<Types>()(what, data); }, asked_.limit);
      one.error = got.result.offered ? got.error : "not offered";
      if (!one.error.empty()) {
        if (json_.is_open()) json_ << error_line(place, *one.map, one.error) << std::endl;
        return;
      }
      if (attempt == 0 || got.result.waited < kept.waited) kept = got.result;
      if (kept.waited <= disturbed) break;
    }
    if (kept.wrong != 0) one.error = std::to_string(kept.wrong) + " wrong answers";
    one.runs.push_back(kept);
    if (json_.is_open()) json_ << json_line(place, *one.map, repeat, kept) << std::endl;
  }

  const options& asked_;
  std::vector<const workload_info*> work_;
  std::ofstream json_;
  std::vector<cell_result> results_;
};

void list() {
  for (const map_entry& map : all_maps()) {
    std::cout << map.id << ": ";
    if (map.name.empty()) {
      std::cout << "skipped, not installed\n";
    } else {
      const char* const floor = map.kind == role::floor ? "one thread only: " : "";
      std::cout << floor << map.name << ' ' << map.version << '\n';
    }
  }
  std::string all = "workloads:", parallel = "with more than one thread only:";
  for (const workload_info& one : workloads) {
    all += std::string(" ") + one.name;
    const bool alone = one.least_threads == 1 && one.own_threads[0] <= 1;
    if (!alone) parallel += std::string(" ") + one.name;
  }
  std::cout << all << '\n' << parallel << '\n';
}

int run(int argc, char** argv) {
  const options asked = parse(argc, argv);
  std::sort(all_maps().begin(), all_maps().end(),
            [](const map_entry& a, const map_entry& b) { return a.id < b.id; });
  if (asked.list) {
    list();
    return 0;
  }
  check_maps(asked);
  for (const map_entry& map : all_maps()) {
    if (map.name.empty()) std::cerr << map.id << ": skipped, not installed\n";
  }
  spin_beside = asked.spin;
  runs work(asked);
  work.all();
  if (work.results().empty()) refuse("none of these workloads runs with so many threads");
  write_report(std::cout, work.results());
  return 0;
}

}  // namespace
}  // namespace grid

int main(int argc, char** argv) { return grid::run(argc, argv); }
