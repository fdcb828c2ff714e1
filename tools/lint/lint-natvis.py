#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The visualizers for Visual Studio are XML, and every type and member that they name is in the headers."""

import re
import xml.etree.ElementTree as ElementTree

import lintlib

FILE = "tools/natvis/syncmap.natvis"
SPACE = "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}"
# Of the language, and of MSVC's std::atomic.
KNOWN = {"this", "nullptr", "size_t", "true", "false", "_Storage", "_Value"}
EXPRESSIONS = {"Condition", "InitialValue"}
WORD = re.compile(r"(?<![\w$])[A-Za-z_]\w*")


def expressions(node):
    """The texts in a visualizer that are C++."""
    yield from (node.attrib[name] for name in EXPRESSIONS & node.attrib.keys())
    text = (node.text or "").strip()
    if node.tag == SPACE + "DisplayString":
        yield from re.findall(r"\{([^}]*)\}", text)
    else:
        yield text
    if node.tag == SPACE + "Item":
        yield from re.findall(r"\{([^}]*)\}", node.attrib["Name"])


def main():
    root = lintlib.root_argument(__doc__)
    if not (root / FILE).exists():
        lintlib.skip(f"there is no {FILE}")
    code = "\n".join(
        line.code
        for path in lintlib.headers(root)
        for line in lintlib.split_lines((root / path).read_text(encoding="utf-8"))
    )
    words = set(WORD.findall(code))
    declared = r"\b(?:class|struct|namespace|inline)\s+(?:alignas\([^)]*\)\s*|[A-Z_]+\s+)?(?:\w+(?:<[^<>]*>)?::)*{}\b"
    complaints, checked = [], set()
    try:
        tree = ElementTree.parse(root / FILE).getroot()
    except ElementTree.ParseError as error:
        tree = ElementTree.Element("none")
        complaints.append(f"{FILE}:{error.position[0]}: {error}")
    for kind in tree.iter(SPACE + "Type"):
        name = kind.attrib["Name"]
        for word in set(WORD.findall(name)) - KNOWN:
            checked.add(word)
            scope = re.search(declared.format(word), code) or re.search(rf"::\s*(?:inline\s+)?{word}\b", code)
            if not scope:
                complaints.append(f"{FILE}:1: {name}: there is no type or namespace {word}")
        variables = {each.attrib["Name"] for each in kind.iter(SPACE + "Variable")}
        for node in kind.iter():
            for text in expressions(node):
                for word in set(WORD.findall(text)) - KNOWN - variables:
                    checked.add(word)
                    if word not in words:
                        complaints.append(f"{FILE}:1: {name}: {word} is not in the headers")
    lintlib.finish(sorted(set(complaints)), f"{len(checked)} names")


if __name__ == "__main__":
    main()
