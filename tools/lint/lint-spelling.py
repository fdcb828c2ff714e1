#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""No word is misspelt in a way that codespell knows."""

import shutil
import subprocess

import lintlib

TOOL = "codespell"
SUFFIXES = {".hpp", ".cpp", ".h", ".c", ".py", ".sh", ".md", ".txt", ".cmake", ".pml", ".js", ".html", ""}
# What is right here: statics are variables, \bload is a regular expression.
RIGHT = "statics,bload"


def main():
    root = lintlib.root_argument(__doc__)
    if not shutil.which(TOOL):
        lintlib.skip(f"{TOOL} is not installed")
    files = [
        path
        for path in lintlib.repository_files(root)
        if path.suffix in SUFFIXES and "corpus" not in path.parts
    ]
    command = [TOOL, f"--ignore-words-list={RIGHT}", *map(str, files)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    complaints = result.stdout.splitlines()
    if result.returncode != 0 and not complaints:
        complaints = [result.stderr.strip()]
    lintlib.finish(complaints, f"{len(files)} files")


if __name__ == "__main__":
    main()
