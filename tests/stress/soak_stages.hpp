// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// The maps of the soak: each family with each way in which entries are kept. One source for each family, or
// compiling them takes more memory than some machines have.
#pragma once

#include <memory>
#include <stage.hpp>
#include <string>
#include <type_traits>
#include <validated.hpp>
#include <vector>

namespace stress {

using stages = std::vector<std::unique_ptr<stage>>;

// Half of them with clear(), the other half, where every entry is accounted for, without. With a sanitizer, which
// takes several times as long to compile, those that yield stand for all.
void add_maps(stages& to, bool with_clear);
void add_read_dirty_maps(stages& to, bool with_clear);
void add_yielding_maps(stages& to, bool with_clear);
void add_yielding_read_dirty_maps(stages& to, bool with_clear);

template <class Family, class Key, class Says>
struct layout : Family {
  using key = Key;
  using says = Says;
  static std::string name() {
    return Family::name() + (std::is_same_v<Key, int> ? ", numbers to " : ", texts to ") +
           (std::is_same_v<Says, support::narrow_value> ? "words"
            : std::is_same_v<Says, support::wide_value> ? "eight bytes"
                                                        : "texts");
  }
};

template <class Family>
void add_family(stages& to, bool with_clear) {
  using namespace support;
  to.push_back(std::make_unique<map_stage<layout<Family, int, narrow_value>>>(with_clear));
  to.push_back(std::make_unique<map_stage<layout<Family, int, wide_value>>>(!with_clear));
  to.push_back(std::make_unique<map_stage<layout<Family, std::string, narrow_value>>>(!with_clear));
  to.push_back(std::make_unique<map_stage<layout<Family, std::string, text_value>>>(with_clear));
}

}  // namespace stress
