#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks that sources do not compile, and that the compiler says why, early on and briefly.

A source says `syncmap::MAP` and is compiled with each map of the library in its place, by every
compiler found. It tells what the compiler must say:

    // first: <regex>      found in the first error (optional)
    // expect: <substring> the reason: the name of the concept that is violated, or the text of the
                           static_assert. In the first error, too, if there is no `first`; else
                           within the first three located messages (an error may need two notes to
                           get from the call to the concept it violates)
    // lines: <number>     how long the output may be (optional), source lines and carets included

Without sources, it precompiles what they all include into a folder, for those that are given it later.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

COMPILERS = {"g++": ".gch", "clang++": ".pch"}
MAPS = ("map", "read_dirty_map")
EXPECT = re.compile(r"^//\s*expect:\s*(.+?)\s*$", re.MULTILINE)
FIRST = re.compile(r"^//\s*first:\s*(.+?)\s*$", re.MULTILINE)
LINES = re.compile(r"^//\s*lines:\s*(\d+)$", re.MULTILINE)
LOCATED = re.compile(r"^[^\s:][^:]*:\d+(:\d+)?:")
EARLY = 3
MOST_LINES = 40
HEADER = "all.hpp"


def problem(command, source):
    """(why `source` fails the check with `command` or None, lines of output)."""
    text = source.read_text(encoding="utf-8")
    expected, first = EXPECT.findall(text), FIRST.findall(text)
    if len(expected) != 1 or len(first) > 1 or "syncmap::MAP<" not in text:
        return "needs one line `// expect:`, at most one `// first:`, and syncmap::MAP", 0
    result = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return "compiles, and must not", 0
    lines = result.stderr.splitlines()
    errors = [line for line in lines if "error:" in line]
    first_error = errors[0] if errors else ""
    early = [line for line in lines if LOCATED.match(line)][:EARLY]
    said = "\n    ".join([first_error, *early] if early else lines[:EARLY])
    if first and not re.search(first[0], first_error):
        return f"the first error does not say '{first[0]}'; it says\n    {said}", len(lines)
    if not any(expected[0] in line for line in ([first_error, *early] if first else [first_error])):
        return f"fails without saying '{expected[0]}' early; it says\n    {said}", len(lines)
    if len(lines) > int((LINES.findall(text) or [MOST_LINES])[0]):
        return f"{len(errors)} errors in {len(lines)} lines: too long to be read", len(lines)
    return None, len(lines)


def precompile(command, header):
    """Writes `header` and what `command` makes of it. Whether that went well."""
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text("".join(f"#include <syncmap/{which}.hpp>\n" for which in MAPS), encoding="utf-8")
    made = f"{header}{COMPILERS[command[0]]}"
    command = [*command, "-x", "c++-header", str(header), "-o", made]
    return subprocess.run(command, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--include", type=pathlib.Path, required=True)
    parser.add_argument("--precompiled", type=pathlib.Path, required=True, help="the folder")
    parser.add_argument("sources", type=pathlib.Path, nargs="*")
    arguments = parser.parse_args()

    compilers = [name for name in COMPILERS if shutil.which(name)]
    if not compilers:
        sys.exit("no compiler found: " + ", ".join(COMPILERS))
    commands = {name: [name, "-std=c++20", "-I", str(arguments.include)] for name in compilers}
    header = arguments.precompiled / HEADER
    if not arguments.sources:
        return 0 if all(precompile(command, header) for command in commands.values()) else 1
    failures = 0
    for source in arguments.sources:
        for compiler, command in commands.items():
            for which in MAPS:
                options = ["-fsyntax-only", f"-DMAP={which}", "-include", str(header)]
                reason, lines = problem([*command, *options], source)
                result = "ok  " if reason is None else "FAIL"
                print(f"{result} {compiler:8} {which:14} {lines:3} lines  {source.name}")
                if reason is not None:
                    failures += 1
                    print(f"  {reason}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
