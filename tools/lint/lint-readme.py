#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every C++ block of README.md stands, line by line, in an example that is compiled and run."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def lines(text: str) -> str:
    """The text without what may differ: indentation and empty lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def main() -> int:
    examples = {path.name: lines(path.read_text()) for path in (ROOT / "examples").glob("*.cpp")}
    blocks = re.findall(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    strays = [block for block in blocks if not any(lines(block) in text for text in examples.values())]
    for block in strays:
        print(f"README.md: no example has this block:\n{block}")
    print(f"{len(blocks)} blocks: " + (f"{len(strays)} strays" if strays else "no complaints"))
    return 1 if strays or not blocks else 0


if __name__ == "__main__":
    sys.exit(main())
