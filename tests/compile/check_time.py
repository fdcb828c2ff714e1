#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks that including the library takes at most so many times as long as including what a map behind
a lock needs of the standard library.

Both are compiled in turn, and the least processor time of each counts: others that use the machine add
to it, and nothing takes away. Each round can only lower the two, so it ends with the first that shows
what is promised."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

OURS = ["syncmap/map.hpp"]
THEIRS = ["unordered_map", "mutex", "thread"]
ROUNDS = 20
LEAST_ROUNDS = 5


def seconds(command):
    """Processor time of `command`, those it starts included."""
    before = os.times()
    subprocess.run(command, check=True)
    after = os.times()
    return sum(
        getattr(after, kind) - getattr(before, kind) for kind in ("children_user", "children_system")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", required=True)
    parser.add_argument("--most", type=float, required=True)
    given = parser.parse_args()
    flags = ["-std=c++20", "-O2", "-fsyntax-only", "-I", given.include]

    with tempfile.TemporaryDirectory() as folder:
        commands = []
        for name, headers in (("ours", OURS), ("theirs", THEIRS)):
            source = pathlib.Path(folder) / f"{name}.cpp"
            source.write_text("".join(f"#include <{header}>\n" for header in headers), "utf-8")
            commands.append([given.compiler, *flags, str(source)])
        least = [float("inf")] * len(commands)
        for count in range(1, ROUNDS + 1):
            least = [min(known, seconds(each)) for known, each in zip(least, commands)]
            ratio = least[0] / least[1]
            if count >= LEAST_ROUNDS and ratio <= given.most:
                break
    names = " ".join(f"<{header}>" for header in THEIRS)
    print(f"<{OURS[0]}>: {least[0]:.2f} s, {names}: {least[1]:.2f} s, ratio {ratio:.2f}")
    if ratio > given.most:
        sys.exit(f"more than {given.most}, in each of {ROUNDS} rounds: see docs/decisions/0011")


if __name__ == "__main__":
    main()
