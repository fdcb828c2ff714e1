#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every file says its licence in its first lines, except formats without comments."""

import lintlib

LICENCE = "SPDX-License-Identifier: MIT"
FIRST_LINES = 5
WITHOUT_COMMENTS = {".json", ".csv", ".svg", ".png", ".txt", ".input"}
# Formats of others that know no comments, or say the licence in their own way.
EXCEPTIONS = {
    "LICENSE",
    "debian/changelog",
    "debian/copyright",
    "debian/source/format",
    "packaging/vcpkg/usage",
}


def main():
    root = lintlib.root_argument(__doc__)
    complaints, checked = [], 0
    for path in lintlib.repository_files(root):
        speaks = path.suffix not in WITHOUT_COMMENTS or path.name == "CMakeLists.txt"
        if path.as_posix() in EXCEPTIONS or not speaks:
            continue
        checked += 1
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        if not any(LICENCE in line for line in text.split("\n")[:FIRST_LINES]):
            complaints.append(f"{path}:1: no `{LICENCE}` in the first {FIRST_LINES} lines")
    lintlib.finish(complaints, f"{checked} files")


if __name__ == "__main__":
    main()
