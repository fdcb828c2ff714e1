#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""What is generated equals what would be generated now. A generated header says so in its head, and by what."""

import subprocess
import sys

import lintlib


def main():
    root = lintlib.root_argument(__doc__)
    complaints, checked = [], 0
    for path in lintlib.headers(root):
        text = (root / path).read_text(encoding="utf-8")
        generator = lintlib.generator(text)
        if generator is None:
            continue
        checked += 1
        command = [sys.executable, "-B", str(root / generator), "--root", str(root), "--print"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            complaints.append(f"{path}:1: {generator} fails: {made.stderr.strip()[-200:]}")
        elif made.stdout != text:
            complaints.append(f"{path}:1: is not what {generator} makes now: run it")
    lintlib.finish(complaints, f"{checked} generated headers")


if __name__ == "__main__":
    main()
