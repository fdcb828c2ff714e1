# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The tools of tools/bench, and files of results to give them."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools" / "bench"
DATA = pathlib.Path(__file__).resolve().parent / "data"
GRID = DATA / "grid.json"
GO = DATA / "go.json"
sys.path.insert(0, str(TOOLS))


def lines_of(path=GRID):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class BenchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, lines):
        """A file of these lines: texts, or what JSON makes of them."""
        path = self.folder / name
        texts = [line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines]
        path.write_text("".join(texts), encoding="utf-8")
        return path

    def changed(self, name, change):
        """grid.json with change(line) called for each measurement."""
        lines = lines_of()
        for line in lines[1:]:
            change(line)
        return self.file(name, lines)

    def run_tool(self, tool, *arguments, python=sys.executable):
        command = [python, "-B", str(TOOLS / tool), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)
