#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Writes single_include/syncmap.hpp: <syncmap/syncmap.hpp> with all that it includes, in one file.

Each header of the library stands where it is first needed. Includes of others come first, once
each and sorted; those that depend on a condition stay where they are. Comments stay too."""

import argparse
import pathlib
import re
import sys

TARGET = "single_include/syncmap.hpp"
FIRST = "syncmap/syncmap.hpp"

INCLUDE = re.compile(r"^\s*#\s*include\s*(<[^>]+>)\s*(?://.*)?$")
OPENS = re.compile(r"^\s*#\s*if")
CLOSES = re.compile(r"^\s*#\s*endif\b")
LEFT_OUT = re.compile(r"^\s*#\s*pragma\s+once\b|^// SPDX-|^/// @file\b")


class Amalgamation:
    """The bodies of the headers in their order, and what they include besides one another."""

    def __init__(self, root):
        self.root = root
        self.done = set()
        self.others = set()
        self.bodies = []
        self.add(FIRST)

    def add(self, header):
        """Adds a header, after those that it includes."""
        if header in self.done:
            return
        self.done.add(header)
        text = (self.root / "include" / header).read_text(encoding="utf-8")
        lines, conditions = [], 0
        for number, line in enumerate(text.splitlines(), 1):
            conditions += bool(OPENS.match(line)) - bool(CLOSES.match(line))
            included = INCLUDE.match(line)
            ours = included and included[1].startswith("<syncmap/")
            if ours and conditions:
                sys.exit(f"include/{header}:{number}: {included[1]} depends on a condition")
            if ours:
                self.add(included[1][1:-1])
            elif included and not conditions:
                self.others.add(f"#include {included[1]}")
            elif not LEFT_OUT.match(line):
                lines.append(line)
        self.bodies.append(f"// ---- {header}\n{tidy(lines)}")


def tidy(lines):
    """The lines without those that are empty at the ends, or beside another empty one."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return re.sub(r"\A(?://\s*\n|\n)+", "", text).strip("\n") + "\n"


def amalgamate(root):
    """The text of the single header."""
    licence = (root / "LICENSE").read_text(encoding="utf-8").strip("\n")
    cmake = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    version = re.search(r"\bproject\([^)]*\bVERSION\s+([\d.]+)", cmake)[1]
    all_headers = Amalgamation(root)
    head = [
        "// SPDX-FileCopyrightText: The syncmap authors",
        "// SPDX-License-Identifier: MIT",
        "//",
        f"// syncmap {version} in one file, made by tools/amalgamate.py: do not edit it.",
        "//",
        *(f"// {line}".rstrip() for line in licence.splitlines()),
        "",
        "#pragma once",
        "",
        *sorted(all_headers.others),
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(all_headers.bodies)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    here = pathlib.Path(__file__).resolve().parents[1]
    parser.add_argument("--root", type=pathlib.Path, default=here)
    root = parser.parse_args().root
    (root / TARGET).write_text(amalgamate(root), encoding="utf-8")


if __name__ == "__main__":
    main()
