// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Built twice with -fvisibility=hidden, as two shared libraries; see sharing_host.cpp.

#include <sharing.hpp>
#include <stdexcept>
#include <syncmap/detail/hazard.hpp>

namespace {

using domain = syncmap::detail::hazard_domain<syncmap::detail::platform>;

constexpr int common_keys = 5;

void use_common(lifecycle::all_maps& maps, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    maps.each([round]<class Entries>(auto& map) {
      const int i = round % common_keys;
      const auto key = Entries::key(i);
      map.store(key, Entries::value(i, round));
      map.visit(key, [i](const auto& value) { EXPECT(Entries::fits(value, i)); });
      if (const auto found = map.find(key)) EXPECT(Entries::fits(*found, i));
      if (round % 7 == 0) map.erase(key);
      if (round % 500 == 0) map.clear();
      if (const auto value = map.load(key)) EXPECT(Entries::fits(*value, i));
    });
    if (round % 300 == 0) syncmap::reclaim();
  }
}

void exercise(lifecycle::all_maps& maps, int first) {
  maps.each([first]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, first); });
}

bool compute(lifecycle::all_maps& maps, const sharing::functions* inner) {
  bool refused = false;
  const auto with = [&]<class Entries>(auto& map) {
    const auto factory = [&] {
      if (inner != nullptr) refused = inner->compute(maps, nullptr) || refused;
      return Entries::value(-1, 1);
    };
    try {
      map.load_or_compute(Entries::key(-1), factory);
    } catch (const std::logic_error&) {
      refused = true;
    }
  };
  with.operator()<lifecycle::texts>(maps.table_of_texts);
  return refused;
}

void hold(lifecycle::all_maps& maps, int i, void (*meanwhile)(void*), void* argument) {
  maps.each([=]<class Entries>(auto& map) {
    const auto key = Entries::key(i);
    map.store(key, Entries::value(i, 1));
    const auto found = map.find(key);
    EXPECT(found);
    EXPECT(map.visit(key, [&](const auto& value) {
      meanwhile(argument);
      EXPECT(Entries::fits(value, i) && Entries::fits(*found, i));
    }));
    EXPECT(Entries::fits(*found, i));
  });
}

}  // namespace

#define SHARING_NAME2(number) sharing_functions_##number
#define SHARING_NAME(number) SHARING_NAME2(number)

extern "C" [[gnu::visibility("default")]] void SHARING_NAME(SHARING_NUMBER)(
    sharing::functions& mine) {
  mine = {&domain::global(),
          &domain::this_record(),
          &lifecycle::text::living,
          use_common,
          exercise,
          compute,
          hold};
}
