#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every block of code of README.md and docs/c_api.md stands, line by line, in an example that is run."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/c_api.md"]
SUFFIXES = {"cpp": ".cpp", "c": ".c", "python": ".py"}


def lines(text: str) -> str:
    """The text without what may differ: indentation and empty lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def main() -> int:
    examples = [path for path in (ROOT / "examples").rglob("*") if path.suffix in SUFFIXES.values()]
    texts = {path: lines(path.read_text()) for path in examples}
    checked = strays = 0
    for page in PAGES:
        blocks = re.findall(r"```(cpp|c|python)\n(.*?)```", (ROOT / page).read_text(), re.S)
        for language, block in blocks:
            checked += 1
            same = [text for path, text in texts.items() if path.suffix == SUFFIXES[language]]
            if not any(lines(block) in text for text in same):
                strays += 1
                print(f"{page}: no example has this block:\n{block}")
        if not blocks:
            strays += 1
            print(f"{page}: no block")
    print(f"{checked} blocks: " + (f"{strays} strays" if strays else "no complaints"))
    return 1 if strays else 0


if __name__ == "__main__":
    sys.exit(main())
