# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import importlib.util
import pathlib
import shutil
import sys
import tempfile
import unittest

from linting import TOOLS

ROOT = TOOLS.parents[1]
sys.path.insert(0, str(TOOLS))


def load_linter():
    spec = importlib.util.spec_from_file_location("lint_versions", TOOLS / "lint-versions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Versions(unittest.TestCase):
    def setUp(self):
        self.linter = load_linter()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in "CMakeLists.txt", "CHANGELOG.md", *self.linter.PLACES:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def test_accepts_what_is_here(self):
        self.assertEqual(self.linter.check(self.root)[1], [])

    def test_refuses_another_version_in_any_place(self):
        version, _ = self.linter.check(self.root)
        for place in self.linter.PLACES:
            with self.subTest(place):
                text = (self.root / place).read_text(encoding="utf-8")
                (self.root / place).write_text(text.replace(version, "9.8.7"), encoding="utf-8")
                complaints = self.linter.check(self.root)[1]
                self.assertTrue(complaints)
                for complaint in complaints:
                    self.assertRegex(complaint, rf"^{place}:\d+: says 9.8.7, CMake {version}$")
                (self.root / place).write_text("nothing\n", encoding="utf-8")
                self.assertIn(
                    f"{place}:1: says no version, CMake {version}", self.linter.check(self.root)[1]
                )
                (self.root / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    unittest.main()
