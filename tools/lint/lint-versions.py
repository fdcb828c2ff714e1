#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""CMake, version.hpp, the inline namespace, the changelog and whatever packs the library agree on
the version."""

import re

import lintlib

CMAKE = re.compile(r"\bproject\([^)]*\bVERSION\s+(\d+\.\d+\.\d+)")
CONSTANT = re.compile(r'\b\w*version\w*(?:\[\])?\s*[={\s]\s*"(\d+\.\d+\.\d+)"', re.IGNORECASE)
PART = re.compile(r"\bversion_(major|minor|patch)\b\s*(?:=|\{|\s)\s*(\d+)", re.IGNORECASE)
NAMESPACE = re.compile(r"^namespace syncmap(?:::inline (\w+))?\b", re.MULTILINE)
ENTRY = re.compile(r"^## \[?(\d+\.\d+\.\d+|Unreleased)\b", re.MULTILINE)

# Where else it stands, each time: the first group.
NUMBER = r"(\d+\.\d+\.\d+)"
PLACES = {
    "meson.build": rf"^project\(.*\bversion: '{NUMBER}'",
    "packaging/meson/syncmap.wrap": rf"^(?:directory|source_filename) = syncmap-{NUMBER}",
    "packaging/conan/conanfile.py": rf'^    version = "{NUMBER}"$',
    "packaging/vcpkg/vcpkg.json": rf'^  "version": "{NUMBER}",$',
    "single_include/syncmap.hpp": rf"^// syncmap {NUMBER} in one file",
    "tests/package/fetch_content/CMakeLists.txt": rf"\bGIT_TAG v{NUMBER}",
    "tests/package/find_package/CMakeLists.txt": rf"^find_package\(syncmap {NUMBER}",
    "docs/install.md": rf"(?:\bsyncmap[-/]|^find_package\(syncmap |\bGIT_TAG v|libsyncmap-\w+_){NUMBER}",
    "CITATION.cff": rf"^version: {NUMBER}$",
    # The first entry only.
    "debian/changelog": rf"\Asyncmap \({NUMBER}(?:-\d+)?\)",
}


def number(version):
    return tuple(int(part) for part in version.split("."))


def inline_namespace(version):
    """What breaks users is told by the minor number below 1.0, by the major number from there on."""
    major, minor, _ = number(version)
    return f"v{major}" if major else f"v0_{minor}"


def check_namespaces(root, version):
    wanted = inline_namespace(version)
    for path in lintlib.headers(root):
        for said in NAMESPACE.findall((root / path).read_text(encoding="utf-8")):
            if said != wanted:
                yield f"{path}:1: opens syncmap::{said or '(nothing)'}, and must syncmap::inline {wanted}"


def check(root):
    match = CMAKE.search((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    if not match:
        return "?", ["CMakeLists.txt:1: project() has no VERSION x.y.z"]
    version, complaints = match[1], []

    header = root / "include/syncmap/version.hpp"
    if header.exists():
        text = header.read_text(encoding="utf-8")
        found = set(CONSTANT.findall(text))
        parts = {name.lower(): value for name, value in PART.findall(text)}
        if len(parts) == 3:
            found.add(f"{parts['major']}.{parts['minor']}.{parts['patch']}")
        if found != {version}:
            said = ", ".join(sorted(found)) or "nothing"
            complaints.append(f"include/syncmap/version.hpp:1: says {said}, CMake {version}")

    complaints += check_namespaces(root, version)

    entries = ENTRY.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not entries:
        complaints.append("CHANGELOG.md:1: no entry")
    elif entries[0] not in ("Unreleased", version):
        complaints.append(f"CHANGELOG.md:1: the top entry is {entries[0]}, CMake says {version}")
    released = [entry for entry in entries if entry != "Unreleased"]
    if released and number(released[0]) > number(version):
        complaints.append(f"CHANGELOG.md:1: {released[0]} is newer than CMake's {version}")
    return version, complaints + sum((disagreements(root, place, version) for place in PLACES), [])


def disagreements(root, place, version):
    """The complaints about one of PLACES."""
    text = (root / place).read_text(encoding="utf-8")
    found = list(re.finditer(PLACES[place], text, re.MULTILINE))
    if not found:
        return [f"{place}:1: says no version, CMake {version}"]
    return [
        f"{place}:{text.count(chr(10), 0, match.start(1)) + 1}: says {match[1]}, CMake {version}"
        for match in found
        if match[1] != version
    ]


def main():
    version, complaints = check(lintlib.root_argument(__doc__))
    lintlib.finish(complaints, f"version {version}")


if __name__ == "__main__":
    main()
