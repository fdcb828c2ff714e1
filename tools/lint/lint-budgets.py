#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Headers and functions stay small enough to be read in one go."""

import re

import lintlib

HEADER_LINES = 450
FUNCTION_LINES = 60

# What may be larger, how large, and why. Raising a number is a line in a review.
EXCEPTIONS = {
    # "include/syncmap/detail/x.hpp": 500,          a header
    # "include/syncmap/detail/x.hpp:rehash": 80,    a function
}

# A head with one of these words opens a scope, unless it ends as a function's head does.
SCOPE = re.compile(
    r"\b(?:namespace|class|struct|union|enum|concept)\b(?![^{]*\)\s*(?:const|noexcept|\{|$))"
)
NAME = re.compile(r"(~?\w+|operator\s*[^\s\w(]+|operator\s*\(\))\s*\(")


def functions(lines):
    """(name, first line, number of lines) of function bodies; what is inside one belongs to it."""
    stack, head, inside = [], "", None
    for number, line in enumerate(lines):
        code = "" if line.code.lstrip().startswith("#") else line.code
        for character in code + "\n":
            if character == "{":
                named = NAME.search(head)
                value = "=" in head.split("(")[0]
                if inside is None and named and not value and not SCOPE.search(head):
                    inside = (named[1], number, len(stack))
                stack.append(character)
                head = ""
            elif character == "}" and stack:
                stack.pop()
                if inside and len(stack) == inside[2]:
                    yield inside[0], inside[1] + 1, number - inside[1] + 1
                    inside = None
                head = ""
            elif character == ";":
                head = ""
            else:
                head += character


def main():
    root = lintlib.root_argument(__doc__)
    complaints, checked, longest = [], 0, 0
    for path in lintlib.headers(root):
        text = (root / path).read_text(encoding="utf-8")
        if lintlib.generator(text) is not None:
            continue  # what is read is what it is made from
        lines = lintlib.split_lines(text.rstrip("\n"))
        if len(lines) > EXCEPTIONS.get(str(path), HEADER_LINES):
            complaints.append(f"{path}:1: {len(lines)} lines, at most {HEADER_LINES}")
        for name, line, length in functions(lines):
            checked, longest = checked + 1, max(longest, length)
            if length > EXCEPTIONS.get(f"{path}:{name}", FUNCTION_LINES):
                what = f"{name} has {length} lines, at most {FUNCTION_LINES}"
                complaints.append(f"{path}:{line}: {what}")
    lintlib.finish(complaints, f"{checked} functions, the longest of {longest} lines")


if __name__ == "__main__":
    main()
