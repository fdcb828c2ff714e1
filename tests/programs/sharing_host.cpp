// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Two shared libraries that hide their symbols use the maps of one program, at the same time: what one
// retires, another protects, and a third destroys. There must be one domain and one record of a thread
// for all, not one for each library.
//
// Linked to the libraries (SHARING_LINKED), or `sharing_host ONE TWO`, which loads them; then the
// program must export its symbols (-rdynamic, ENABLE_EXPORTS).

#include <cstdio>

#if defined(__unix__) || defined(__APPLE__)

#include <dlfcn.h>

#include <barrier>
#include <sharing.hpp>
#include <syncmap/detail/hazard.hpp>
#include <thread>
#include <vector>

#if defined(SHARING_LINKED)
extern "C" void sharing_functions_1(sharing::functions&);
extern "C" void sharing_functions_2(sharing::functions&);
#endif

namespace {

using domain = syncmap::detail::hazard_domain<syncmap::detail::platform>;
using lifecycle::all_maps;
using sharing::functions;

#if !defined(SHARING_LINKED)
functions load(const char* path, const char* name) {
  void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) std::fprintf(stderr, "%s\n", ::dlerror());
  EXPECT(library != nullptr);
  const auto get = reinterpret_cast<void (*)(functions&)>(::dlsym(library, name));
  EXPECT(get != nullptr);
  functions loaded;
  get(loaded);
  return loaded;
}
#endif

void both_at_once(const functions& one, const functions& two) {
  const int rounds = syncmap::detail::under_sanitizer ? 1500 : 6000;
  all_maps maps;
  std::barrier alone(2);  // with keys of its own: use_common() clears the maps now and then
  std::vector<std::thread> threads;
  for (const int id : {1, 2}) {
    const functions& mine = id == 1 ? one : two;
    const functions& others = id == 1 ? two : one;
    threads.emplace_back([&, id] {
      mine.use_common(maps, rounds);
      alone.arrive_and_wait();
      mine.exercise(maps, id * 100);
      alone.arrive_and_wait();
      others.use_common(maps, rounds);  // the same thread from the other library
    });
  }
  for (auto& each : threads) each.join();
}

// One library destroys nothing that another holds; and everything else.
void hold(const functions& holder, const functions& writer) {
  struct both {
    const functions& writer;
    all_maps maps;
  } here{writer, {}};
  const auto meanwhile = [](void* argument) {
    both& given = *static_cast<both*>(argument);
    std::thread([&given] {
      given.writer.use_common(given.maps, 100);
      given.maps.each([]<class Entries>(auto& map) {
        map.store(Entries::key(3), Entries::value(3, 2));
        map.erase(Entries::key(3));
        map.clear();
      });
      syncmap::reclaim();
    }).join();
    EXPECT(lifecycle::text::living <= 1);  // of the maps with texts: what is held
  };
  holder.hold(here.maps, 3, meanwhile, &here);
  here.maps.each([]<class Entries>(auto& map) { map.clear(); });
  syncmap::reclaim();
  EXPECT(lifecycle::text::living == 0);
}

}  // namespace

int main(int argc, char** argv) {
  functions one;
  functions two;
#if defined(SHARING_LINKED)
  EXPECT(argc == 1 && argv[1] == nullptr);
  sharing_functions_1(one);
  sharing_functions_2(two);
#else
  EXPECT(argc == 3);
  one = load(argv[1], "sharing_functions_1");
  two = load(argv[2], "sharing_functions_2");
#endif
  for (const functions& each : {one, two}) {
    EXPECT(each.domain == &domain::global());
    EXPECT(each.thread_record == &domain::this_record());
    EXPECT(each.texts_living == &lifecycle::text::living);
  }
  EXPECT(one.exercise != two.exercise);

  both_at_once(one, two);
  EXPECT(lifecycle::text::living == 0);
  hold(one, two);
  hold(two, one);

  // A factory that asks the other library for the key that it is for. Where symbols are not unique in the
  // process (clang), what they share is the program's, if the program has it.
  syncmap::map<int, int> own;
  own.load_or_compute(1, [] { return 1; });
  all_maps maps;
  EXPECT(one.compute(maps, &two));
  maps.each([]<class Entries>(auto& map) { map.erase(Entries::key(-1)); });
  EXPECT(!two.compute(maps, nullptr));
  EXPECT(maps.table_of_texts.contains(lifecycle::texts::key(-1)));
  return 0;
}

#else

int main() { return 77; }

#endif
