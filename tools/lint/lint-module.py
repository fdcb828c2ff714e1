#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""modules/syncmap.cppm exports every name that the public headers declare, and no other."""

import re

import lintlib

MODULE = "modules/syncmap.cppm"

# The sources are formatted: what stands in a namespace begins at the margin.
OPENS = re.compile(r"^((?:inline )?namespace [\w: ]+) \{$")
TYPE = re.compile(r"^(?:class|struct|enum class|concept|using) (?:[A-Z_]+ )?(\w+)\b(?!<| ::|::)")
OTHER = re.compile(r"^(?:\[\[\w+\]\] )?(?:inline|constexpr|constinit) [^(={]*?(\w+)(?:\(| =|\{|;)")


def declared(text):
    """What the namespaces of a header declare, but for those that are the library's own."""
    scopes = []
    for line in lintlib.split_lines(text):
        if opened := OPENS.match(line.code):
            scopes.append(re.sub(r"(?:^|::)inline (?:namespace )?\w+|^namespace ", "", opened[1]))
        elif line.code == "}" and line.comment.startswith("// namespace"):
            scopes.pop()
        elif found := TYPE.match(line.code) or OTHER.match(line.code):
            space = "::".join(scope for scope in scopes if scope)
            if space.startswith("syncmap") and "detail" not in space.split("::"):
                yield f"{space}::{found[1]}"


def main():
    root = lintlib.root_argument(__doc__)
    places = {}
    for path in lintlib.headers(root):
        if path.parent.name == "syncmap":
            for name in declared((root / path).read_text(encoding="utf-8")):
                places.setdefault(name, path)
    text = (root / MODULE).read_text(encoding="utf-8")
    exported = set(re.findall(r"^using ([\w:]+);$", text, re.MULTILINE))
    complaints = [
        f"{places[name]}:1: {MODULE} does not export {name}" for name in sorted(places.keys() - exported)
    ]
    complaints += [
        f"{MODULE}:1: no public header declares {name}" for name in sorted(exported - places.keys())
    ]
    lintlib.finish(complaints, f"{len(exported)} names")


if __name__ == "__main__":
    main()
