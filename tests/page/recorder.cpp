// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <recorder.hpp>
#include <stdexcept>
#include <utility>

namespace syncmap::page {
namespace {

std::string innermost(const std::vector<function>& stack) {
  return stack.empty() ? std::string() : stack.back().name;
}
bool runs(const std::vector<function>& stack, const char* name) {
  return std::ranges::any_of(stack, [&](const function& one) { return one.name == name; });
}

bool has(const table_state& table, int id) {
  return std::ranges::find(table.entries, id) != table.entries.end();
}
// What `after` has and `before` lacks, or 0.
int gained(const table_state& before, const table_state& after) {
  for (const int id : after.entries) {
    if (!has(before, id)) return id;
  }
  return 0;
}
const entry_state* find(const state& in, int id) {
  for (const entry_state& one : in.entries) {
    if (one.id == id) return &one;
  }
  return nullptr;
}
const entry_state* find(const state& in, const table_state& table, char key) {
  for (const int id : table.entries) {
    if (find(in, id)->key == key) return find(in, id);
  }
  return nullptr;
}
std::string quoted(char key) { return std::string("`") + key + "`"; }
std::string key_of(const state& in, int id) { return quoted(find(in, id)->key); }
std::string described(const entry_state& one) {
  return one.word == "live" ? "live, " + std::to_string(one.value) : one.word;
}
std::string counted(std::size_t n, const char* one, const char* more) {
  return std::to_string(n) + " " + (n == 1 ? one : more);
}

std::string mutex_taken(int times) {
  if (times == 0) return "It never took the mutex.";
  return "It took the mutex " + (times == 1   ? "once."
                                 : times == 2 ? "twice."
                                              : std::to_string(times) + " times.");
}

// The fields that are not steps of their own: they are told with the next one.
bool is_quiet(const state& before, const state& after) {
  state same = after;
  same.retired = before.retired;
  same.holder = before.holder;
  same.size = before.size;
  same.entries = before.entries;
  if (!after.made.exists) same.made = before.made;
  if (after.misses < before.misses) same.misses = before.misses;
  if (!(same == before)) return false;
  return std::ranges::all_of(before.entries, [&](const entry_state& one) {
    const entry_state* const now = find(after, one.id);
    return now == nullptr || *now == one;
  });
}

}  // namespace

// --- what a story says

void recorder::begin(const std::string& title, const std::string& about) {
  story_.title = title;
  story_.about = about;
  size_ = map_.size();
  now = this;
  last_ = look();
  tell_step({"start", about}, {});
}

void recorder::run(char key, std::string call, std::string why,
                   const std::function<std::string()>& f) {
  const int number = static_cast<int>(story_.operations.size());
  const int outer = std::exchange(me().operation, number);
  story_.operations.push_back({turns::self(), key, std::move(call), std::move(why), "", 0});
  me().last.clear();
  tell_step({"call", current().why}, {});
  const std::string result = f();
  operation& done = story_.operations[static_cast<std::size_t>(number)];
  done.result = result;
  is_looking_ = true;
  size_ = map_.size();
  is_looking_ = false;
  tell_step(
      {"return", "Returns" + (result.empty() ? "" : " " + result) + ". " + mutex_taken(done.locks)},
      {});
  me().operation = outer;
  if (turns::self() == 0 && outer < 0) turns_.finish();
}

story recorder::end() {
  turns_.finish();
  now = nullptr;
  const std::string wrong = test::validate(map_);
  if (!wrong.empty()) throw std::logic_error(story_.title + ": " + wrong);
  return std::move(story_);
}

void recorder::tell_step(const telling& what, std::vector<function> stack) {
  last_ = look();
  me().last = what.text;
  story_.steps.push_back({me().operation, turns::self(), what.kind, what.text, what.looks_at,
                          what.entry, std::move(stack), last_});
  spring_trap(what.kind);
}

void recorder::spring_trap(const std::string& kind) {
  if (trap_ && turns::self() == 0 && kind == trap_kind_)
    turns_.start(std::exchange(trap_, nullptr));
}

// What was made before the lock is taken, told in one.
void recorder::tell_preparations() {
  doing& mine = me();
  if (!mine.made_entry && !mine.made_table) return;
  const std::string what = mine.made_entry && mine.made_table
                               ? "an entry, and a table with room for it"
                           : mine.made_entry ? "an entry"
                                             : "a table with more room";
  mine.made_entry = mine.made_table = false;
  tell_step(
      {"prepare", "Makes " + what + ", before the mutex: memory is never asked for under it."},
      std::move(mine.made_by));
}

// --- what the engine does

void recorder::on(event what, const void* where, std::size_t bytes) {
  if (is_looking_) return;
  switch (what) {
    case event::makes: {
      std::vector<function> stack = call_stack();
      const bool is_table = runs(stack, "make_table");
      if (!is_table && bytes != sizeof(entry_type)) return;
      // It is not yet constructed, and will be before the next event.
      if (is_table) tables_.insert(static_cast<const table_type*>(where));
      (is_table ? me().made_table : me().made_entry) = true;
      me().made_by = std::move(stack);
      return;
    }
    case event::destroys:
      ids_.erase(where);
      for (auto* const each : {&tables_, &were_current_, &were_read_}) {
        each->erase(static_cast<const table_type*>(where));
      }
      return;
    default:
      break;
  }
  if (me().operation < 0) return;
  const std::vector<function> stack = call_stack();
  switch (what) {
    case event::will_lock:
      tell_preparations();
      spring_trap("will lock");
      while (static_cast<const recorded_mutex*>(where)->is_locked()) {
        tell_step({"wait", "Another thread has the mutex: waits for it."}, stack);
        turns_.pass();
      }
      return;
    case event::locks:
      holder_ = turns::self();
      ++current().locks;
      me().changes = 0;
      tell_step({"lock", "Takes the mutex."}, stack);
      return;
    case event::unlocks: {
      holder_ = -1;
      const bool stores = runs(stack, "attempt_at_once");
      tell_step(
          {"unlock", me().changes == 0 && stores
                         ? "Releases the mutex. Nothing is changed yet: what the new key needs "
                           "is made without it, and then everything is looked at again."
                         : "Releases the mutex."},
          stack);
      return;
    }
    case event::loads_read:
      tell_preparations();
      if (const auto told = lookup(stack); told && told->text != me().last) tell_step(*told, stack);
      return;
    case event::loads_word:
      if (const entry_type* const one = entry_at(where)) {
        if (const auto told = word_seen(*one, stack); told && told->text != me().last)
          tell_step(*told, stack);
      }
      return;
    case event::fails:
      if (const entry_type* const one = entry_at(where)) {
        tell_step({"fails",
                   "The compare-and-swap on the entry of " + quoted(one->key()) +
                       " fails: another thread has changed it in between.",
                   {},
                   id_of(*one)},
                  stack);
      }
      return;
    default:
      break;
  }
  const state after = look();
  if (is_quiet(last_, after)) return;
  if (const auto told = change(last_, after, stack)) {
    ++me().changes;
    tell_step(*told, stack);
  }
}

// --- the state

int recorder::id_of(const entry_type& one) {
  const auto [at, is_new] = ids_.try_emplace(&one, next_id_);
  if (is_new) ++next_id_;
  return at->second;
}

const entry_type* recorder::entry_at(const void* word) const {
  for (const auto& [address, id] : ids_) {
    const auto* const first = static_cast<const char*>(address);
    if (word >= first && word < first + sizeof(entry_type))
      return static_cast<const entry_type*>(address);
  }
  return nullptr;
}

state recorder::look() {
  is_looking_ = true;
  const engine& of = test::engine_of(map_);
  state result;
  const auto add_to = [&](table_state& table) {
    return [&](const entry_type& one) {
      const int id = id_of(one);
      table.entries.push_back(id);
      if (find(result, id) != nullptr) return;
      const auto word = one.load();
      result.entries.push_back({id, one.key(),
                                word.is_live()       ? "live"
                                : word.is_expunged() ? "expunged"
                                                     : "nil",
                                word.is_live() ? *word.value() : 0});
    };
  };
  const auto add_all = [&](const table_type& from, table_state& to) {
    to.exists = true;
    for (std::size_t i = 0; i < from.slot_count(); ++i) {
      if (from.at(i) != nullptr) add_to(to)(*from.at(i));
    }
  };
  const auto* const read = static_cast<const table_type*>(inspector::read_table(of));
  const auto* const dirty = static_cast<const table_type*>(inspector::dirty_table(of));
  if (read != nullptr) add_all(*read, result.read);
  if (dirty != nullptr) add_all(*dirty, result.dirty);
  result.amended = inspector::amended(of);
  result.misses = inspector::misses_since(of);
  result.size = size_;
  result.holder = holder_;
  for (const table_type* const current : {read, dirty}) {
    if (current != nullptr) tables_.insert(current), were_current_.insert(current);
  }
  if (read != nullptr) were_read_.insert(read);
  for (const table_type* const table : tables_) {
    if (!were_current_.contains(table)) {
      add_all(*table, result.made);
    } else if (table != read && table != dirty && were_read_.contains(table)) {
      add_all(*table, result.retired.emplace_back());
    }
  }
  std::ranges::sort(result.entries, {}, &entry_state::id);
  is_looking_ = false;
  return result;
}

// --- the sentences

// `read` was loaded, to look a key up.
std::optional<recorder::telling> recorder::lookup(const std::vector<function>& stack) {
  static const std::set<std::string> deciding = {
      "load", "attempt", "find_locked", "clear", "cursor", "find", "read"};
  if (!deciding.contains(innermost(stack))) return std::nullopt;
  const char key = current().key;
  const state seen = look();
  if (innermost(stack) == "clear") {
    const bool is_clear = !seen.amended && seen.read.entries.empty();
    if (!is_clear && seen.holder >= 0)
      return telling{
          "look",
          "Looks again, as another thread may have cleared it: there still is something.",
          {"read"}};
    return telling{"look",
                   is_clear ? "Looks at `read`: no keys, and not amended. There is nothing to do."
                            : "Looks at `read`: there is something to clear.",
                   {"read"}};
  }
  if (innermost(stack) == "cursor") {
    return telling{"look",
                   seen.amended
                       ? "Looks at `read`: it is amended, so it does not have all keys."
                       : "Looks at `read`: it has all keys. This table is walked, and stays "
                         "as it is whatever others do.",
                   {"read"}};
  }
  const std::string k = quoted(key);
  const bool in_read = find(seen, seen.read, key) != nullptr;
  if (innermost(stack) == "find_locked") {
    const bool in_dirty = find(seen, seen.dirty, key) != nullptr;
    if (in_read)
      return telling{"look",
                     "Looks again, as another thread may have changed it: `read` has " + k + ".",
                     {"read"}};
    if (!seen.amended)
      return telling{
          "look", "Looks again: `read` lacks " + k + ", and there is no `dirty`.", {"read"}};
    return telling{"look",
                   "Looks again: `read` still lacks " + k +
                       ". Then in `dirty`: " + (in_dirty ? "there it is." : "not there either."),
                   {"read", "dirty"}};
  }
  if (in_read)
    return telling{"look", "Looks in `read`, without the mutex: it has " + k + ".", {"read"}};
  if (seen.amended) {
    return telling{"look",
                   "Looks in `read`, without the mutex: it lacks " + k +
                       ", but it is amended, so `dirty` may have it. Only the mutex can tell.",
                   {"read"}};
  }
  return telling{"look",
                 "Looks in `read`, without the mutex: it lacks " + k +
                     ", and it is not amended. So the map has no " + k + ".",
                 {"read"}};
}

std::optional<recorder::telling> recorder::word_seen(const entry_type& one,
                                                     const std::vector<function>& stack) {
  static const std::set<std::string> deciding = {
      "load", "read", "read_slow", "change", "attempt", "attempt_slow", "attempt_at_once", "next"};
  const state seen = look();
  const entry_state* const found = find(seen, ids_.at(&one));
  if (innermost(stack) == "try_expunge_locked" && found->word == "nil") {
    return telling{"expunging",
                   "Loads the word of " + quoted(one.key()) +
                       ": nil. So it is not to be copied, but expunged.",
                   {},
                   found->id};
  }
  if (!deciding.contains(innermost(stack))) return std::nullopt;
  std::string text = "Loads the word of " + quoted(one.key()) + ": " + described(*found) + ".";
  if (found->word == "expunged" && innermost(stack) == "change") {
    text += " `dirty` lacks this key, so the mutex is needed to put it there.";
  }
  return telling{"word", text, {}, found->id};
}

// What the difference between two looks is called.
std::optional<recorder::telling> recorder::change(const state& before, const state& after,
                                                  const std::vector<function>& stack) {
  for (const entry_state& was : before.entries) {
    const entry_state* const is = find(after, was.id);
    if (is != nullptr && *is != was) return word_change(was, *is, after);
  }
  // Promotion and clear take dirty away first, which nobody can see before they publish.
  if (before.dirty.exists && !after.dirty.exists && after.amended) return std::nullopt;
  if (auto told = publication(before, after)) return told;
  return table_change(before, after, stack);
}

recorder::telling recorder::word_change(const entry_state& was, const entry_state& is,
                                        const state& after) {
  const std::string k = quoted(is.key);
  const std::string swaps = "Compare-and-swap on the entry of " + k + ": ";
  const bool both = has(after.read, is.id) && has(after.dirty, is.id);
  const std::string shared = both ? " Both tables see it: they share the entry." : "";
  if (is.word == "expunged") {
    return {"expunge", swaps +
                           "nil becomes *expunged*. It stays out of the new table, and whoever "
                           "stores " +
                           k + " again knows that `dirty` lacks it."};
  }
  if (was.word == "expunged") {
    return {"unexpunge", swaps +
                             "expunged becomes nil. Only under the mutex, and `dirty` gets the "
                             "entry before it is released."};
  }
  if (is.word == "nil") {
    return {"erase", swaps + "live becomes *nil*. The value is gone; the entry stays where it is."};
  }
  if (was.word == "nil") {
    return {"revive", swaps + "nil becomes live, " + std::to_string(is.value) + "." + shared};
  }
  return {"replace", swaps + std::to_string(was.value) + " becomes " + std::to_string(is.value) +
                         "." + shared};
}

std::optional<recorder::telling> recorder::publication(const state& before, const state& after) {
  const bool had_keys = before.amended || before.read.exists;
  if (had_keys && !after.amended && !after.read.exists) {
    return telling{
        "clear",
        "Publishes a `read` with no table, and drops `dirty`: everything is gone at this instant."};
  }
  if (before.amended && !after.amended) {
    return telling{
        "promote",
        "Promotes: `dirty` becomes `read`, by one store, however many entries it has. There "
        "is no `dirty` now, nothing is amended, and misses count from 0."};
  }
  if (!before.amended && after.amended) {
    return telling{
        "amend",
        "Publishes `amended = true`: from here on a key that `read` lacks is looked up in "
        "`dirty` too. This comes after the copy, so nobody waits while it is made."};
  }
  return std::nullopt;
}

std::optional<recorder::telling> recorder::table_change(const state& before, const state& after,
                                                        const std::vector<function>& stack) {
  if (!before.dirty.exists && after.dirty.exists) {
    const std::size_t n = after.dirty.entries.size();
    return telling{
        "dirty", n == 0 ? "The new table is `dirty` now. There was nothing to copy."
                        : "The copy is `dirty` now: " + counted(n, "entry", "entries") +
                              ". The one step that costs as much as there are entries is done."};
  }
  if (const int id = gained(before.made, after.made); id != 0 && after.made.exists) {
    return telling{"copy", "Copies the pointer to the entry of " + key_of(after, id) +
                               " into the new table. The entry itself is shared."};
  }
  if (const int id = gained(before.dirty, after.dirty)) {
    if (innermost(stack) == "take_back_locked") {
      return telling{
          "take back", "Puts the entry of " + key_of(after, id) + " into `dirty` again."};
    }
    return telling{"add", "Adds the entry of " + key_of(after, id) + " to `dirty`, " +
                              described(*find(after, id)) + ". `read` is never changed."};
  }
  if (const int id = gained(after.dirty, before.dirty)) {
    return telling{
        "remove", "Takes the entry of " + key_of(before, id) +
                      " out of `dirty`. No table has it now: nothing of it is left behind."};
  }
  if (after.misses > before.misses) {
    const std::size_t limit = after.dirty.entries.size();
    const bool is_paid = after.misses >= limit;
    return telling{"miss", "Counts a miss: " + std::to_string(after.misses) + " of " +
                               std::to_string(limit) +
                               (is_paid ? ". The misses have paid for a promotion." : ".")};
  }
  return std::nullopt;
}

}  // namespace syncmap::page
