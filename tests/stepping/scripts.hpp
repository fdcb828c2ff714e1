// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What the key is before, what is stopped, and what another thread does meanwhile.
#pragma once

#include <operations.hpp>
#include <vector>

namespace stepping {

// The operations are about this key. The next ones are always there in the beginning, and those from
// `later` on never.
inline constexpr int the_key = 1;
inline constexpr int neighbours = 10;
inline constexpr int later = 2000;
inline constexpr int nobodys = 3000;  // never there at all

inline int first_value(int key) { return 10 * key; }

struct state {
  const char* name;
  // Of map: its table is not about to grow, and does not.
  bool has_room;
  // Of read_dirty_map: all that is there is in its read table, and nothing new beside it.
  bool is_settled;
  std::vector<operation> history;
};

inline std::vector<state> states(int many_entries) {
  const auto add = [](int key) { return operation{kind::store, key, first_value(key)}; };
  const auto with = [&](std::vector<operation> first, const std::vector<operation>& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
  };
  const auto entries = [&](int number) {
    std::vector<operation> result;
    for (int i = 0; i < number; ++i) result.push_back(add(neighbours + i));
    return result;
  };
  const operation look{kind::range};
  const auto few = entries(4);
  return {
      {"absent", true, true, with(few, {look})},
      {"present", true, true, with(few, {add(the_key), look})},
      {"absent among as many as fit", false, true, with(entries(15), {look})},
      {"present among many", false, true, with(entries(many_entries), {add(the_key), look})},
      {"absent beside new ones", true, false, with(few, {look, add(nobodys + 1)})},
      {"present and new", true, false, with(few, {look, add(nobodys + 1), add(the_key)})},
      {"erased", true, true, with(few, {add(the_key), look, {kind::erase, the_key}})},
      {"erased beside new ones", true, false,
       with(few, {add(the_key), look, {kind::erase, the_key}, add(nobodys + 1)})},
  };
}

// Each kind, where it does something and where it does not.
struct stopped_operation {
  const char* name;
  operation run;
};
inline const std::vector<stopped_operation>& stopped_operations() {
  static const int v = first_value(the_key);
  static const std::vector<stopped_operation> all = {
      {"load", {kind::load, the_key}},
      {"contains", {kind::contains, the_key}},
      {"visit", {kind::visit, the_key}},
      {"find", {kind::find, the_key}},
      {"load_many", {kind::load_many, the_key}},
      {"range", {kind::range}},
      {"iteration", {kind::iteration}},
      {"size", {kind::size}},
      {"store", {kind::store, the_key, 90}},
      {"insert_or_assign", {kind::insert_or_assign, the_key, 90}},
      {"swap", {kind::swap, the_key, 90}},
      {"load_or_store", {kind::load_or_store, the_key, 90}},
      {"load_or_compute", {kind::load_or_compute, the_key, 90}},
      {"try_emplace", {kind::try_emplace, the_key, 90}},
      {"load_and_erase", {kind::load_and_erase, the_key}},
      {"erase", {kind::erase, the_key}},
      {"compare_and_swap", {kind::compare_and_swap, the_key, 90, v}},
      {"compare_and_swap_of_another_value", {kind::compare_and_swap, the_key, 90, 77}},
      {"compare_and_erase", {kind::compare_and_erase, the_key, 0, v}},
      {"update", {kind::update, the_key}},
      {"compute_a_value", {kind::compute_a_value, the_key, 90}},
      {"compute_nothing", {kind::compute_nothing, the_key}},
      {"erase_if", {kind::erase_if, 0, 0, v}},
      {"clear", {kind::clear}},
      {"reserve", {kind::reserve, 0, 60}},
      {"shrink_to_fit", {kind::shrink_to_fit}},
  };
  return all;
}

enum class effect {
  none_but_clear,        // reads, and `clear`
  none_on_settled_keys,  // reads of keys that are in the read table, if there is one
  none,                  // writes that find nothing to change
  some,
};

struct script {
  const char* name;
  effect has;
  std::vector<operation> run;
};

inline const std::vector<script>& scripts() {
  static const std::vector<script> all = [] {
    constexpr int a = neighbours;
    constexpr int b = neighbours + 1;
    const int v = first_value(the_key);
    std::vector<operation> growth;
    for (int i = 0; i < 40; ++i) {
      growth.push_back({kind::store, later + i, i});
      if (i % 8 == 0) growth.push_back({kind::load, the_key});
    }
    growth.push_back({kind::range});
    return std::vector<script>{
        {"reads of what stays",
         effect::none_on_settled_keys,
         {{kind::load, a}, {kind::contains, b}, {kind::visit, a}, {kind::find, b}}},
        {"reads",
         effect::none_but_clear,
         {{kind::load, the_key},
          {kind::contains, the_key},
          {kind::visit, the_key},
          {kind::find, the_key},
          {kind::load_many, the_key},
          {kind::load, nobodys},
          {kind::range},
          {kind::iteration},
          {kind::size},
          {kind::load, the_key}}},
        {"writes that change nothing",
         effect::none,
         {{kind::load_or_store, a, 5},
          {kind::load_or_compute, b, 5},
          {kind::try_emplace, a, 5},
          {kind::erase, nobodys},
          {kind::load_and_erase, nobodys},
          {kind::compare_and_swap, a, 5, 6},
          {kind::compare_and_erase, b, 0, 6},
          {kind::update, nobodys},
          {kind::load, the_key}}},
        {"writes of the key",
         effect::some,
         {{kind::store, the_key, 50},
          {kind::load, the_key},
          {kind::compare_and_swap, the_key, 51, 50},
          {kind::swap, the_key, 52},
          {kind::update, the_key},
          {kind::load_and_erase, the_key},
          {kind::load_or_store, the_key, 53},
          {kind::compute_a_value, the_key, 54},
          {kind::compare_and_erase, the_key, 0, 54},
          {kind::load_or_compute, the_key, 55},
          {kind::insert_or_assign, the_key, 56},
          {kind::load, the_key}}},
        {"erase and insert",
         effect::some,
         {{kind::erase, a},
          {kind::erase, the_key},
          {kind::store, later, 1},
          {kind::store, a, 2},
          {kind::try_emplace, the_key, 60},
          {kind::load, the_key},
          {kind::range}}},
        // The value that the stopped operation compares with comes back.
        {"there and back",
         effect::some,
         {{kind::compute_nothing, nobodys},
          {kind::compute_nothing, the_key},
          {kind::store, the_key, v},
          {kind::store, b, 3},
          {kind::erase, b},
          {kind::load, b}}},
        {"growth", effect::some, growth},
        {"clear",
         effect::none_but_clear,
         {{kind::clear}, {kind::load, the_key}, {kind::load, a}, {kind::range}}},
        {"clear and store",
         effect::some,
         {{kind::clear}, {kind::store, the_key, 70}, {kind::store, a, 71}, {kind::load, the_key}}},
        {"erase_if and sizes",
         effect::some,
         {{kind::erase_if, 0, 0, v},
          {kind::reserve, 0, 80},
          {kind::load, the_key},
          {kind::shrink_to_fit},
          {kind::load, a},
          {kind::range}}},
    };
  }();
  return all;
}

}  // namespace stepping
