# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import pathlib
import sys
import tempfile
import unittest

from linting import LinterTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import amalgamate

CMAKE = "project(\n  syncmap\n  VERSION 9.8.7)\n"
FIRST = """// SPDX-License-Identifier: MIT
#pragma once
#include <vector>
#include <syncmap/detail/b.hpp>  // first
#include <syncmap/detail/a.hpp>
int first;
"""
A = "#pragma once\n#include <vector>\n#include <array>\nint a;\n"
B = "#include <syncmap/detail/a.hpp>\n#if 1\n# if 2\n#include <unistd.h>\n# endif\n#endif\nint b;\n"


def sources(**replaced):
    files = {"syncmap.hpp": FIRST, "detail/a.hpp": A, "detail/b.hpp": B}
    files |= {"../../CMakeLists.txt": CMAKE, "../../LICENSE": "As you like.\n"}
    return files | replaced


def amalgamation(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, "include", "syncmap", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return amalgamate.amalgamate(pathlib.Path(folder))


class Amalgamation(LinterTest):
    linter = "lint-amalgamation.py"

    def test_has_every_header_once_after_those_that_it_includes(self):
        code = [line for line in amalgamation(sources()).splitlines() if line.startswith("int ")]
        self.assertEqual(code, ["int a;", "int b;", "int first;"])

    def test_has_includes_of_others_sorted_in_front_and_conditional_ones_in_their_place(self):
        lines = amalgamation(sources()).splitlines()
        includes = [line for line in lines if line.startswith("#include")]
        self.assertEqual(includes, ["#include <array>", "#include <vector>", "#include <unistd.h>"])
        self.assertLess(lines.index("int a;"), lines.index("#include <unistd.h>"))
        self.assertEqual(lines.count("#pragma once"), 1)

    def test_says_version_and_licence(self):
        made = amalgamation(sources())
        self.assertIn("// syncmap 9.8.7 in one file", made)
        self.assertIn("// As you like.\n", made)

    def test_refuses_a_header_of_ours_that_depends_on_a_condition(self):
        files = sources(**{"detail/a.hpp": "#if 1\n#include <syncmap/detail/b.hpp>\n#endif\n"})
        with self.assertRaisesRegex(SystemExit, "a.hpp:2: .* depends on a condition"):
            amalgamation(files)

    def test_lint_accepts_what_is_up_to_date_and_nothing_else(self):
        target = "../../" + amalgamate.TARGET
        files = sources()
        self.assert_complains(files, "single_include/syncmap.hpp:1: not what the headers give")
        files[target] = amalgamation(files)
        self.assert_accepts(files)
        files["detail/a.hpp"] += "\nint more;\n"
        self.assert_complains(files, "run tools/amalgamate.py")


if __name__ == "__main__":
    unittest.main()
