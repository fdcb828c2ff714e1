# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Runs a linter over a repository made of the given files, which are headers if nothing else is said."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "lint"


class LinterTest(unittest.TestCase):
    linter = ""
    folder = "include/syncmap"

    def complaints(self, files):
        """What the linter says about {path below self.folder: text}; [] if it is content."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            command = [sys.executable, "-B", str(TOOLS / self.linter), "--root", folder]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        lines = result.stdout.strip().splitlines()[:-1]
        self.assertEqual(result.returncode, 1 if lines else 0)
        return lines

    def assert_accepts(self, files):
        self.assertEqual(self.complaints(files), [])

    def assert_complains(self, files, *expected):
        """Exactly one complaint for each expected substring, in order of the output."""
        found = self.complaints(files)
        self.assertEqual(len(found), len(expected), "\n".join(found))
        for line, part in zip(found, expected):
            self.assertIn(part, line)
