#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks that sources do not compile, and that the compiler says why early on.

Each source names the reason in a line `// expect: <substring>`. Every compiler found must refuse
it, with the substring in its first error or within its first three located messages (an error may
need two notes to get from the call to the concept it violates).
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

COMPILERS = ("g++", "clang++")
EXPECT = re.compile(r"^//\s*expect:\s*(.+?)\s*$", re.MULTILINE)
LOCATED = re.compile(r"^[^\s:][^:]*:\d+(:\d+)?:")
EARLY = 3


def problem(compiler, source, include):
    """Why `source` fails the check with `compiler`, or None."""
    expected = EXPECT.findall(source.read_text(encoding="utf-8"))
    if len(expected) != 1:
        return "needs exactly one line `// expect: <substring>`"
    command = [compiler, "-std=c++20", "-fsyntax-only", "-I", str(include), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return "compiles, and must not"
    lines = result.stderr.splitlines()
    first_error = next((line for line in lines if "error:" in line), "")
    early = [line for line in lines if LOCATED.match(line)][:EARLY]
    if any(expected[0] in line for line in [first_error, *early]):
        return None
    said = "\n    ".join([first_error, *early] if early else lines[:EARLY])
    return f"fails without saying '{expected[0]}' early; it says\n    {said}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--include", type=pathlib.Path, required=True)
    parser.add_argument("sources", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()

    compilers = [name for name in COMPILERS if shutil.which(name)]
    if not compilers:
        sys.exit("no compiler found: " + ", ".join(COMPILERS))
    failures = 0
    for source in arguments.sources:
        for compiler in compilers:
            reason = problem(compiler, source, arguments.include)
            print(f"{'ok  ' if reason is None else 'FAIL'} {compiler:8} {source.name}")
            if reason is not None:
                failures += 1
                print(f"  {reason}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
