#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""C++ and C are formatted as .clang-format says (./dev format does it). One version: they differ."""

import re
import shutil
import subprocess

import lintlib

TOOL = "clang-format-16"


def main():
    root = lintlib.root_argument(__doc__)
    if not shutil.which(TOOL):
        lintlib.skip(f"{TOOL} is not installed")
    suffixes = (".hpp", ".cpp", ".h", ".c")
    sources = [path for path in lintlib.repository_files(root) if path.suffix in suffixes]
    unformatted = set()
    if sources:
        command = [TOOL, "--style=file", "--dry-run", *map(str, sources)]
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        places = re.findall(r"^(.+?):(\d+):\d+: (?:warning|error): ", result.stderr, re.MULTILINE)
        unformatted = {f"{path}:{line}: not formatted" for path, line in places}
        if result.returncode != 0 and not unformatted:
            unformatted = {result.stderr.strip()}
    lintlib.finish(sorted(unformatted), f"{len(sources)} files")


if __name__ == "__main__":
    main()
