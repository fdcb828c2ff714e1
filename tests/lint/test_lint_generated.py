# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from linting import TOOLS

ROOT = TOOLS.parents[1]
COPIED = ["include/syncmap", "tools/gdb", "tools/natvis", "tools/lint"]


class GeneratedTest(unittest.TestCase):
    """What the linters of generated and of foreign text say about a copy of the repository with a change."""

    def complaints(self, linter, name, old, new):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for each in COPIED:
                shutil.copytree(ROOT / each, root / each)
            text = (root / name).read_text(encoding="utf-8")
            self.assertIn(old, text)
            (root / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
            command = [sys.executable, "-B", str(TOOLS / linter), "--root", folder]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        return re.findall(r"^\S+:\d+: (.*)$", result.stdout, re.MULTILINE)

    def test_a_generated_header_equals_what_it_is_made_from(self):
        source = "tools/gdb/syncmap_printers.py"
        self.assertEqual(self.complaints("lint-embedded.py", source, "", ""), [])
        (said,) = self.complaints("lint-embedded.py", source, "import gdb\n", "import gdb  # changed\n")
        self.assertIn("is not what tools/gdb/embed.py makes now", said)

    def test_visualizers_name_what_is_in_the_headers(self):
        source, linter = "tools/natvis/syncmap.natvis", "lint-natvis.py"
        self.assertEqual(self.complaints(linter, source, "", ""), [])
        for said in self.complaints(linter, source, "group_count_", "number_of_groups_"):
            self.assertIn("number_of_groups_ is not in the headers", said)
        for name in ("v0_1", "node_key"):
            said = self.complaints(linter, source, name, "another")
            self.assertTrue(any("there is no type or namespace another" in each for each in said), said)
        (said,) = self.complaints(linter, source, "</AutoVisualizer>", "")
        self.assertIn("no element found", said)


if __name__ == "__main__":
    unittest.main()
