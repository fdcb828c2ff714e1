# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from linting import LinterTest


class Layers(LinterTest):
    linter = "lint-layers.py"

    def one(self, name, text):
        return {name: "#pragma once\n" + text}

    def test_accepts_lower_layers_and_the_standard_library(self):
        self.assert_accepts(
            self.one("read_dirty_map.hpp", "#include <vector>\n#include <syncmap/detail/hazard.hpp>\n")
        )

    def test_refuses_a_higher_layer(self):
        files = self.one("detail/hazard.hpp", "#include <syncmap/read_dirty_map.hpp>\n")
        self.assert_complains(files, "hazard.hpp:2: <syncmap/read_dirty_map.hpp> is not of a lower layer")

    def test_refuses_itself(self):
        files = self.one("read_dirty_map.hpp", "#include <syncmap/read_dirty_map.hpp>\n")
        self.assert_complains(files, "not of a lower layer")

    def test_refuses_a_header_that_the_list_lacks(self):
        self.assert_complains(self.one("detail/novel.hpp", ""), "novel.hpp:1: has no place")
        self.assert_complains(self.one("read_dirty_map.hpp", "#include <syncmap/novel.hpp>\n"), "has no place")

    def test_refuses_quotes(self):
        self.assert_complains(self.one("read_dirty_map.hpp", '#include "detail/arch.hpp"\n'), "instead of")

    def test_refuses_headers_of_others(self):
        self.assert_complains(self.one("read_dirty_map.hpp", "#include <unistd.h>\n"), "standard library")
        self.assert_accepts(self.one("detail/asym_fence.hpp", "#include <unistd.h>\n"))

    def test_lets_the_header_of_c_include_only_headers_of_c(self):
        self.assert_accepts(self.one("c.h", "#include <stddef.h>\n"))
        self.assert_complains(self.one("c.h", "#include <cstddef>\n"), "c.h:2: <cstddef> is not of the standard")
        self.assert_complains(self.one("c.h", "#include <syncmap/map.hpp>\n"), "not of a lower layer")
        self.assert_complains(self.one("map.hpp", "#include <stddef.h>\n"), "standard library")

    def test_refuses_questions_about_the_platform(self):
        lines = "#ifdef _WIN32", "#if defined(__GNUC__)", "#elif __x86_64__", "# ifndef __linux__"
        for line in lines:
            self.assert_complains(self.one("read_dirty_map.hpp", line + "\n"), "depends on the platform")
            self.assert_accepts(self.one("detail/arch.hpp", line + "\n"))

    def test_refuses_them_on_a_continued_line(self):
        files = self.one("read_dirty_map.hpp", "#if 1 && \\\n    defined(_MSC_VER)\n")
        self.assert_complains(files, "map.hpp:2:")

    def test_accepts_questions_about_the_language(self):
        self.assert_accepts(
            self.one("read_dirty_map.hpp", "#if defined(__cpp_exceptions) && !defined(NDEBUG)\n#endif\n")
        )

    def test_ignores_comments(self):
        self.assert_accepts(self.one("read_dirty_map.hpp", "// #ifdef _WIN32\n/*\n#include <unistd.h>\n*/\n"))


if __name__ == "__main__":
    unittest.main()
