#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The single header is what tools/amalgamate.py makes of the sources."""

import pathlib
import sys

import lintlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import amalgamate  # noqa: E402 (found by the line above)


def main():
    root = lintlib.root_argument(__doc__)
    made, file = amalgamate.amalgamate(root), root / amalgamate.TARGET
    same = file.exists() and file.read_text(encoding="utf-8") == made
    stale = f"{amalgamate.TARGET}:1: not what the headers give: run tools/amalgamate.py"
    lintlib.finish([] if same else [stale], f"{made.count(chr(10))} lines")


if __name__ == "__main__":
    main()
