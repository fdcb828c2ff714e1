#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Relative links in Markdown files lead to a file, and their anchors to a heading of it."""

import re
import urllib.parse

import lintlib

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def anchors(path):
    """The anchors that headings get on GitHub."""
    found = set()
    for heading in HEADING.findall(FENCED.sub(blank, path.read_text(encoding="utf-8"))):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-1")
    return found


def check(root, document):
    text = FENCED.sub(blank, (root / document).read_text(encoding="utf-8"))
    text = CODE.sub(blank, text)
    for match in LINK.finditer(text):
        link = match[1] or match[2]
        line = text.count("\n", 0, match.start()) + 1
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = urllib.parse.unquote(link).partition("#")
        target = (root / document).parent / path if path else root / document
        if not target.exists():
            yield f"{document}:{line}: {link} leads nowhere"
        elif not target.resolve().is_relative_to(root.resolve()):
            yield f"{document}:{line}: {link} leads out of the repository"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{document}:{line}: {link}: no such heading"


def main():
    root = lintlib.root_argument(__doc__)
    documents = [path for path in lintlib.repository_files(root) if path.suffix == ".md"]
    complaints = [complaint for path in documents for complaint in check(root, path)]
    lintlib.finish(complaints, f"{len(documents)} documents")


if __name__ == "__main__":
    main()
