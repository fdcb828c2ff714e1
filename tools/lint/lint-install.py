#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every block of code in docs/install.md, but for commands, stands in a project that is built and run."""

import re

import lintlib

DOCUMENT = "docs/install.md"
BLOCK = re.compile(r"^```(?!sh\n)(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    root = lintlib.root_argument(__doc__)
    projects = [
        (root / path).read_text(encoding="utf-8")
        for path in lintlib.repository_files(root)
        if path.is_relative_to("tests/package")
    ]
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    complaints = [
        f"{DOCUMENT}:{text.count(chr(10), 0, block.start()) + 1}: no file of tests/package has this block"
        for block in blocks
        if not any(block[2] in project for project in projects)
    ]
    lintlib.finish(complaints, f"{len(blocks)} blocks")


if __name__ == "__main__":
    main()
