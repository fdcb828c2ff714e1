#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""check_exports.py NM LIBRARY HEADER: the library exports what the header declares, and nothing else."""

import pathlib
import re
import subprocess
import sys

SANITIZER = re.compile(r"__(?:asan|odr_asan|ubsan|tsan)_?\w*")  # they export marks of their own


def main():
    nm, library, header = sys.argv[1:]
    command = [nm, "--dynamic", "--defined-only", "--format=posix", library]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exported = {line.split()[0] for line in listed.splitlines() if line.strip()}
    exported = {name for name in exported if not SANITIZER.match(name)}
    code = re.sub(r"//.*", "", pathlib.Path(header).read_text(encoding="utf-8"))
    declared = set(re.findall(r"^\w[\w* ]*?\b(syncmap_\w+)\(", code, re.MULTILINE))
    for name in sorted(exported - declared):
        print(f"exported, not declared: {name}")
    for name in sorted(declared - exported):
        print(f"declared, not exported: {name}")
    print(f"{len(declared)} functions declared, {len(exported)} symbols exported")
    return 0 if declared and declared == exported else 1


if __name__ == "__main__":
    sys.exit(main())
