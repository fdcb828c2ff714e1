#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks that including the library takes at most so many times as long as including what a map behind
a lock needs of the standard library.

Counted are the instructions that the compiler executes (by valgrind), and not seconds: those depend on
what else the machine does."""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

OURS = ["syncmap/map.hpp"]
THEIRS = ["unordered_map", "mutex", "thread"]
VALGRIND = ["valgrind", "--trace-children=yes", "--tool=cachegrind", "--cache-sim=no"]
VALGRIND += ["--cachegrind-out-file=/dev/null"]
COUNT = re.compile(r"I +refs: +([\d,]+)")


def instructions(command):
    """How many `command` executes, in all its processes."""
    run = subprocess.run([*VALGRIND, *command], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{run.stderr}")
    return sum(int(each.replace(",", "")) for each in COUNT.findall(run.stderr))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("--most", type=float, required=True)
    given = parser.parse_args()
    if not shutil.which("valgrind"):
        print("SKIPPED: no valgrind")
        return
    flags = ["-std=c++20", "-O2", "-fsyntax-only", "-I", given.include]

    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor() as both:
        commands = []
        for name, headers in (("ours", OURS), ("theirs", THEIRS)):
            source = pathlib.Path(folder) / f"{name}.cpp"
            source.write_text("".join(f"#include <{header}>\n" for header in headers), "utf-8")
            commands.append([given.compiler, *flags, str(source)])
        ours, theirs = both.map(instructions, commands)
    names = " ".join(f"<{header}>" for header in THEIRS)
    ratio = ours / theirs
    print(f"<{OURS[0]}>: {ours:,} instructions, {names}: {theirs:,}, ratio {ratio:.2f}")
    if ratio > given.most:
        sys.exit(f"more than {given.most}: see docs/decisions/0011")


if __name__ == "__main__":
    main()
