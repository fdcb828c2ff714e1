#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Each label in the head of a header has a litmus test of its name in
tests/model/label_litmus_test.cpp, and no test is of a label that is not there."""

import re

import lintlib

TESTS = "tests/model/label_litmus_test.cpp"
# In the head of a file: `//   S1 publish-node   release: ...`
LABEL = re.compile(r"^//   ([ST]\d+) ([a-z]+(?:-[a-z]+)*)  ", re.MULTILINE)
TEST = re.compile(r'\blabel\("(\w+)"')


def main():
    root = lintlib.root_argument(__doc__)
    labels = {}
    for path in lintlib.headers(root):
        for match in LABEL.finditer((root / path).read_text(encoding="utf-8")):
            name = f"{path.stem}_{match[1]}_{match[2].replace('-', '_')}"
            line = match.string.count("\n", 0, match.start()) + 1
            labels[name] = f"{path}:{line}"
    tested = set(TEST.findall((root / TESTS).read_text(encoding="utf-8")))
    complaints = [
        f"{labels[name]}: no litmus test `{name}` in {TESTS}" for name in labels if name not in tested
    ]
    complaints += [f"{TESTS}:1: no header has a label for `{name}`" for name in tested - set(labels)]
    lintlib.finish(sorted(complaints), f"{len(labels)} labels")


if __name__ == "__main__":
    main()
