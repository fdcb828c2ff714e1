# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from linting import LinterTest

HEADER = """
namespace syncmap {
inline namespace v9 {
template <class Key>
class map {};
namespace detail {
class group;
}  // namespace detail
namespace pmr {
template <class Key>
using map = syncmap::map<Key>;
}  // namespace pmr
inline void reclaim() noexcept {}
inline constexpr int most = 9;
template <class Key>
struct hash<std::basic_string<Key>> {
};
template <class Key>
map(Key) -> map<Key>;
}  // namespace v9
}  // namespace syncmap
template <class T>
struct std::tuple_size<syncmap::map<T>> {
};
"""
NAMES = ["syncmap::map", "syncmap::pmr::map", "syncmap::reclaim", "syncmap::most"]


class Module(LinterTest):
    linter = "lint-module.py"

    def one(self, names, header=HEADER):
        lines = "".join(f"using {name};\n" for name in names)
        return {"map.hpp": header, "../../modules/syncmap.cppm": lines}

    def test_accepts_all_public_names(self):
        self.assert_accepts(self.one(NAMES))
        inline = HEADER.replace("syncmap {\ninline namespace", "syncmap::inline").replace(
            "}  // namespace v9\n", ""
        )
        self.assert_accepts(self.one(NAMES, inline))

    def test_refuses_a_module_that_lacks_one(self):
        for name in NAMES:
            lacking = self.one([other for other in NAMES if other != name])
            self.assert_complains(lacking, f"map.hpp:1: modules/syncmap.cppm does not export {name}")

    def test_refuses_a_name_that_no_header_declares(self):
        for name in "syncmap::detail::group", "syncmap::novel", "syncmap::hash":
            self.assert_complains(self.one([*NAMES, name]), f"no public header declares {name}")


if __name__ == "__main__":
    unittest.main()
