#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Completes what doxygen has made: lists the files that pages link to, copies pictures, and looks at every link."""

import argparse
import html
import html.parser
import os
import pathlib
import re
import shutil
import urllib.parse

import page

ROOT = pathlib.Path(__file__).resolve().parents[2]

LISTING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{styles}</head>
<body><div class="contents" style="padding: 0 20px">
<p><a href="{top}index.html">syncmap</a> / {title}</p>
{body}
</div></body></html>
"""
STYLES = ("doxygen.css", "doxygen-awesome.css", "site.css")


class Links(html.parser.HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name in ("href", "src", "data") and value and tag != "base":
                self.links.add(value)


def links_in_script(text):
    """The pages that doxygen's scripts of navigation and search lead to."""
    return set(re.findall(r"""["']((?:\.\./)*[\w-]+\.html(?:#[^"'\s]*)?)["']""", text))


def is_outside(link):
    return re.match(r"[a-z][a-z0-9+.-]*:|//", link) is not None


def make_listing(site, link):
    """The page that shows the file, or the folder, of a link source/..."""
    listing = site / urllib.parse.unquote(link)
    source = listing.parent if listing.name == "index.html" else listing.with_suffix("")
    source = source.relative_to(site / "source")
    top = "../" * len(listing.relative_to(site).parent.parts)
    more = []
    if (ROOT / source).is_dir():
        names = sorted(each.name for each in (ROOT / source).iterdir() if each.is_file() and each.name[0] != ".")
        more = [f"source/{source.as_posix()}/{name}.html" for name in names]
        body = "<ul>" + "".join(f'<li><a href="{html.escape(name)}.html">{html.escape(name)}</a></li>' for name in names)
        body += "</ul>"
    else:
        lines = (ROOT / source).read_text(encoding="utf-8", errors="replace").splitlines()
        body = "\n".join(f'<span id="L{number}">{html.escape(line)}</span>' for number, line in enumerate(lines, 1))
        body = f'<pre class="fragment source">{body}</pre>'
    styles = "".join(f'<link rel="stylesheet" href="{top}{style}">\n' for style in STYLES)
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(LISTING.format(title=html.escape(source.as_posix()), styles=styles, top=top, body=body),
                    encoding="utf-8")
    return more


def make_listings(site):
    """Of the files that pages link to, and of the files in folders that they link to."""
    wanted = set()
    for path in site.glob("*.html"):
        found = Links(path.read_text(encoding="utf-8")).links
        wanted |= {link.partition("#")[0] for link in found if link.startswith("source/")}
    done = set()
    while wanted:
        link = wanted.pop()
        if link not in done:
            done.add(link)
            wanted |= set(make_listing(site, link))
    return len(done)


def dead_links(site):
    pages = {path: Links(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    leads = {path: found.links for path, found in pages.items()}
    # navtreeindex*.js tells which part of the tree is shown for an address, and leads nowhere itself.
    leads.update({path: links_in_script(path.read_text(encoding="utf-8"))
                  for path in site.glob("*.js") if not path.name.startswith("navtreeindex")})
    for path, links in sorted(leads.items()):
        for link in sorted(links):
            if is_outside(link) or link.startswith("#!") or link == "#":
                continue
            name, _, anchor = link.partition("#")
            name = urllib.parse.unquote(name)
            target = pathlib.Path(os.path.normpath(path.parent / name)) if name else path
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link} leads nowhere"
            elif anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].anchors:
                yield f"{path.relative_to(site)}: {link}: no such anchor"


def strays(site):
    """Pages that the navigation lacks: who comes to one would not find his way."""
    tree = (site / "navtreedata.js").read_text(encoding="utf-8")
    for path in sorted(set(ROOT.rglob("*.md")) - set((ROOT / "build").rglob("*.md"))):
        name = page.page_name(path.relative_to(ROOT)) + ".html"
        if (site / name).is_file() and f'"{name}"' not in tree:
            yield f"{path.relative_to(ROOT)}: docs/site/layout.xml has no place for it"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=pathlib.Path)
    site = parser.parse_args().site.resolve()
    pictures = [path for folder in ("docs/images", "bench/results") for path in (ROOT / folder).rglob("*.svg")]
    (site / "images").mkdir(exist_ok=True)
    for path in pictures:
        shutil.copyfile(path, site / "images" / path.name)
    if (ROOT / "docs/interactive").is_dir():
        shutil.copytree(ROOT / "docs/interactive", site / "interactive", dirs_exist_ok=True)
    listings = make_listings(site)
    dead = [*strays(site), *dead_links(site)]
    print(*dead, sep="\n", end="\n" if dead else "")
    count = len(list(site.rglob("*.html")))
    print(f"{count} pages, {listings} of them listings, {len(pictures)} pictures: {len(dead) or 'no'} complaints")
    return 1 if dead else 0


if __name__ == "__main__":
    raise SystemExit(main())
