#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Runs every lint-*.py beside it and says which passed, failed or were skipped."""

import pathlib
import subprocess
import sys
import time

from lintlib import SKIPPED


def main():
    linters = sorted(pathlib.Path(__file__).resolve().parent.glob("lint-*.py"))
    table, failed, skipped = [], 0, 0
    for linter in linters:
        start = time.monotonic()
        command = [sys.executable, "-B", str(linter), *sys.argv[1:]]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        said = (result.stdout + result.stderr).strip().splitlines() or [""]
        if result.returncode == SKIPPED:
            verdict, skipped = "skip", skipped + 1
        elif result.returncode != 0:
            verdict, failed = "FAIL", failed + 1
            print(f"--- {linter.stem}", *said, sep="\n", flush=True)
        else:
            verdict = "ok"
        table.append(f"{verdict:5} {linter.stem:14} {time.monotonic() - start:5.1f} s  {said[-1]}")
    print(*table, sep="\n")
    passed = len(linters) - failed - skipped
    print(f"\nlint: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
