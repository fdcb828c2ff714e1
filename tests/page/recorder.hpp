// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// recorder.hpp -- watches a read_dirty_map while it works, and writes down each step that a reader
// should see: every change of its state, and what decides which way an operation goes.
//
// The state is looked at after every operation on an atomic or on what the mutex guards. What differs
// from the last time is a step; what it is called follows from the difference.

#pragma once

#include <functional>
#include <inspector.hpp>
#include <map>
#include <optional>
#include <recording_platform.hpp>
#include <set>
#include <string>
#include <syncmap/basic_map.hpp>
#include <syncmap/detail/read_dirty.hpp>
#include <syncmap/detail/read_dirty_views.hpp>
#include <trace.hpp>
#include <turns.hpp>
#include <vector>

namespace syncmap::page {

using engine =
    detail::read_dirty<char, int, syncmap::hash<char>, std::equal_to<char>, recording_platform>;
using map_type = basic_map<engine>;
using entry_type = detail::entry<char, int, recording_platform>;
using table_type = detail::entry_table<entry_type>;

class recorder final : public listener {
 public:
  explicit recorder(map_type& map) : map_(map) {}
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;
  ~recorder() { now = nullptr; }

  // Until here nothing is told: the map is brought into the state where the story begins.
  void begin(const std::string& title, const std::string& about);

  // Records `f`, whose result is told. `key` is 0 if the operation has none.
  void run(char key, std::string call, std::string why, const std::function<std::string()>& f);

  // After the main thread's next step of this kind (or `will lock`: before it takes the mutex), the other
  // thread runs `f` until it ends or waits.
  void then_other(std::string kind, std::function<void()> f) {
    trap_kind_ = std::move(kind);
    trap_ = std::move(f);
  }

  story end();

  void on(event what, const void* where, std::size_t bytes) override;

 private:
  using inspector = test::read_dirty_inspector;
  struct telling {
    std::string kind;
    std::string text;
    std::vector<std::string> looks_at = {};
    int entry = 0;
  };
  // What a thread is doing.
  struct doing {
    int operation = -1;
    int changes = 0;  // in this critical section
    std::vector<function> made_by;
    bool made_entry = false;
    bool made_table = false;
    std::string last;  // the last step's text: what only repeats it is left out
  };

  [[nodiscard]] operation& current() { return story_.operations[std::size_t(me().operation)]; }
  [[nodiscard]] doing& me() { return doing_[turns::self()]; }
  void tell_step(const telling& what, std::vector<function> stack);
  void spring_trap(const std::string& kind);
  void tell_preparations();

  state look();
  int id_of(const entry_type& one);
  [[nodiscard]] const entry_type* entry_at(const void* word) const;

  static std::optional<telling> change(const state& before, const state& after,
                                       const std::vector<function>& stack);
  static telling word_change(const entry_state& was, const entry_state& is, const state& after);
  static std::optional<telling> publication(const state& before, const state& after);
  static std::optional<telling> table_change(const state& before, const state& after,
                                             const std::vector<function>& stack);
  std::optional<telling> lookup(const std::vector<function>& stack);
  std::optional<telling> word_seen(const entry_type& one, const std::vector<function>& stack);

  map_type& map_;
  story story_;
  state last_;
  int holder_ = -1;
  std::size_t size_ = 0;
  bool is_looking_ = false;
  doing doing_[2];
  std::map<const void*, int> ids_;
  int next_id_ = 1;
  std::set<const table_type*> tables_;        // in memory
  std::set<const table_type*> were_current_;  // read or dirty
  std::set<const table_type*> were_read_;
  std::string trap_kind_;
  std::function<void()> trap_;
  turns turns_;
};

}  // namespace syncmap::page
