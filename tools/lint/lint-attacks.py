#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The attacks in docs/attacks.md are numbered without a gap; each has tests that carry its number in their
names, and each number in a test's name is one of them."""

import re

import lintlib

TABLE = "docs/attacks.md"
ROW = re.compile(r"^\| \*\*A(\d+)\*\* \|", re.MULTILINE)
# In names of tests, of suites and of files: a07_..., g6_a07_...
TAG = re.compile(r"(?:\b|_)a(\d\d)_[a-z]")


def main():
    root = lintlib.root_argument(__doc__)
    text = (root / TABLE).read_text(encoding="utf-8")
    rows = [int(number) for number in ROW.findall(text)]
    complaints = []
    if rows != list(range(1, len(rows) + 1)):
        complaints.append(f"{TABLE}:1: the attacks are not numbered from 1 on: {rows}")
    tagged = {}
    for path in lintlib.repository_files(root):
        if path.parts[0] != "tests" or path.suffix not in (".cpp", ".txt"):
            continue
        where = f"{path} {(root / path).read_text(encoding='utf-8', errors='replace')}"
        for number in TAG.findall(where):
            tagged.setdefault(int(number), path)
    complaints += [f"{TABLE}:1: A{number} has no test" for number in rows if number not in tagged]
    complaints += [
        f"{path}:1: a test of A{number}, which is not in {TABLE}"
        for number, path in tagged.items()
        if number not in rows
    ]
    lintlib.finish(complaints, f"{len(rows)} attacks")


if __name__ == "__main__":
    main()
