// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Static maps of two translation units, which use each other's in constructors and destructors of
// statics: before the other unit was initialized, and until its maps are destroyed. The program is
// linked in both orders. The argument, `one` or `two`, says which unit is to be
// the first.

#include <statics.hpp>
#include <string>
#include <thread>

void statics::exercise(lifecycle::all_maps& maps, int first_key) {
  maps.each(
      [first_key]<class Entries>(auto& map) { lifecycle::exercise<Entries>(map, first_key); });
  syncmap::reclaim();
}

int main(int argc, char** argv) {
  EXPECT(argc == 2);
  EXPECT(statics::first ==
         (argv[1] == std::string("one") ? 1 : 2));  // else both programs test one order
  EXPECT(statics::one().constructed && statics::two().constructed);
  EXPECT(lifecycle::text::living >= 12);
  std::thread([] {
    statics::exercise(statics::one().maps, 500);
    statics::exercise(statics::two().maps, 500);
  }).join();
  return 0;
}
