#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Relative links in Markdown and HTML files lead to a file, and their anchors to a heading, or an id, of it."""

import html.parser
import re
import urllib.parse

import lintlib

FENCED = re.compile(r"^( *)(```|~~~).*?^ *\2", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.*?)[ #]*$", re.MULTILINE)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


class Page(html.parser.HTMLParser):
    """The links of an HTML file, with their lines, and what they may lead to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append((self.getpos()[0], value))


def headings(text):
    """The anchors that headings get on a Git host."""
    found, seen = set(), {}
    for heading in HEADING.findall(COMMENT.sub(blank, FENCED.sub(blank, text))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def anchors(path):
    text = path.read_text(encoding="utf-8")
    return headings(text) if path.suffix == ".md" else Page(text).anchors


def links(path):
    """(line, link) of each link."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        yield from Page(text).links
        return
    for pattern in (FENCED, COMMENT, CODE):
        text = pattern.sub(blank, text)
    for match in LINK.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1] or match[2]


def check(root, document):
    for line, link in links(root / document):
        if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
            continue
        path, _, anchor = urllib.parse.unquote(link).partition("#")
        target = (root / document).parent / path if path else root / document
        if not target.exists():
            yield f"{document}:{line}: {link} leads nowhere"
        elif not target.resolve().is_relative_to(root.resolve()):
            yield f"{document}:{line}: {link} leads out of the repository"
        elif anchor and target.suffix in (".md", ".html") and anchor not in anchors(target):
            yield f"{document}:{line}: {link}: no such heading"


def main():
    root = lintlib.root_argument(__doc__)
    documents = [path for path in lintlib.repository_files(root) if path.suffix in (".md", ".html")]
    complaints = [complaint for path in documents for complaint in check(root, path)]
    lintlib.finish(complaints, f"{len(documents)} documents")


if __name__ == "__main__":
    main()
