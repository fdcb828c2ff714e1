#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Doxygen's filter of Markdown pages, which are written for a Git host: prints one as doxygen wants it.

Headings get the anchors that a Git host gives them, below a name for the page; links to pages and headings become
references; links to other files lead to listings, which site_links.py makes; pictures become HTML; comments go."""

import functools
import html
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^( *)(```|~~~).*?^ *\2[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)[^\n]*?\1")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +(.*?)[ #]*$", re.MULTILINE)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
DEFINITION = re.compile(r"^(\[[^\]]+\]: +)(\S+)", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def slugs(text):
    """The anchors that a Git host gives to the headings of a page, in order."""
    text = COMMENT.sub("", FENCED.sub("", text))
    seen, result = {}, []
    for _, heading in HEADING.findall(text):
        slug = re.sub(r"[^\w\- ]", "", LINK.sub(r"\1", heading).lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        result.append(f"{slug}-{count}" if count else slug)
    return result


@functools.cache
def slugs_of(path):
    return slugs((ROOT / path).read_text(encoding="utf-8"))


def page_name(path):
    """What doxygen shall call the page of this file, which is below the root."""
    parts = [part for part in path.with_suffix("").parts if part not in ("docs", "README")]
    return re.sub(r"\W", "_", "_".join(parts).lower()) or "index"


def is_page(path):
    return path.suffix == ".md" and (ROOT / path).is_file()


def reference(path, anchor):
    """The name of a page, or of a heading of it."""
    own = slugs_of(path)
    if page_name(path) != "index" and anchor in own[1:]:
        return f"{page_name(path)}-{anchor}"
    return page_name(path)


def target(page, link):
    """What the link of a page becomes."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return link
    path, _, anchor = urllib.parse.unquote(link).partition("#")
    found = (ROOT / page.parent / path).resolve() if path else ROOT / page
    found = found.relative_to(ROOT)
    if is_page(found):
        return "@ref " + reference(found, anchor)
    if found.match("docs/interactive/index.html"):
        return "interactive/index.html"
    if found.parent.as_posix() == "include/syncmap":
        text = (ROOT / found).read_text(encoding="utf-8")
        is_class = re.search(rf"^(class|struct) {found.stem}\b", text, re.MULTILINE)
        return f"@ref syncmap::{found.stem}" if is_class else f"@ref {found.name}"
    if found.suffix == ".svg":
        return "images/" + found.name
    return "source/" + urllib.parse.quote(found.as_posix()) + ("/index.html" if (ROOT / found).is_dir() else ".html")


def convert(page, text):
    kept = []

    def keep(match):
        kept.append(match.group())
        return f"\0{len(kept) - 1}\0"

    def heading(match):
        slug, name = next(anchors), page_name(page)
        if slug == own[0]:
            contents = "\n\n[TOC]\n" if len(own) > 5 and name != "index" else ""
            return f"{match.group()} {{#{'mainpage' if name == 'index' else name}}}{contents}"
        if name == "index":  # a heading that is none to doxygen, which would put it among the pages
            level = len(match[1])
            return f"\n<h{level}>{match[2]}</h{level}>\n"
        return f"{match[1]} {match[2].replace('`', '')} {{#{name}-{slug}}}"  # code in them confuses doxygen

    def picture(match):
        name = pathlib.PurePath(match[2]).name
        return (f'<a class="picture" href="images/{name}"><img src="images/{name}"'
                f' alt="{html.escape(match[1])}"></a>')

    own = slugs(text)
    anchors = iter(own)
    text = FENCED.sub(keep, text)
    text = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    text = HEADING.sub(heading, text)
    text = CODE.sub(keep, text)
    text = PICTURE.sub(picture, text)
    text = LINK.sub(lambda match: "[" + match[1].replace("\n", " ") + f"]({target(page, match[2])})", text)
    text = DEFINITION.sub(lambda match: match[1] + target(page, match[2]), text)
    while "\0" in text:  # code within code
        text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return text


def main():
    page = pathlib.Path(sys.argv[1]).resolve().relative_to(ROOT)
    sys.stdout.write(convert(page, (ROOT / page).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
