#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Makes a release: ./dev release X.Y.Z [--dry-run].

Everything that says the version is changed, checked, committed and tagged in a clone, and only then
taken over here; with --dry-run it is shown instead. Nothing is pushed."""

import argparse
import datetime
import importlib
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
TARGET = "single_include/syncmap.hpp"  # made anew
NAMESPACE = re.compile(r"(namespace syncmap::inline )v\w+")


def fail(what):
    sys.exit(f"release: {what}")


def git(*args, cwd=ROOT):
    result = subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        fail(f"git {' '.join(args)}: {result.stderr.strip()}")
    return result.stdout


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def namespace_of(version):
    """What can break a program: the minor number below 1.0, from there on the major one."""
    major, minor, _ = numbers(version)
    return f"v{major}" if major else f"v0_{minor}"


def current_version(root):
    return re.search(r"^ *VERSION ([0-9.]+)$", (root / "CMakeLists.txt").read_text("utf-8"), re.M)[1]


def lint_versions():
    """Knows where versions stand."""
    folder = ROOT / "tools/lint"
    sys.path.insert(0, str(folder))
    return importlib.import_module("lint-versions")


def substitute(path, pattern, replacement):
    """The pattern must be there: a file that has changed its form must not be forgotten."""
    text, count = re.subn(pattern, replacement, path.read_text("utf-8"), flags=re.MULTILINE)
    if count == 0:
        fail(f"{path.name} has nothing like {pattern}")
    path.write_text(text, "utf-8")


def substitute_first_groups(path, pattern, replacement):
    def replaced(match):
        begin, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:begin] + replacement + match[0][end:]

    substitute(path, pattern, replaced)


def news_of(root):
    """The section of the changelog that has no version yet."""
    text = (root / "CHANGELOG.md").read_text("utf-8")
    section = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if section is None or not re.search(r"^- ", section[1], re.M):
        fail("CHANGELOG.md has no news under [Unreleased]")
    return re.sub(r"\ATo become .*\n", "", section[1].strip()).strip()


def change_version(root, version, today):
    for place, pattern in lint_versions().PLACES.items():
        if place == "debian/changelog":
            add_debian_entry(root / place, version)
        elif place != TARGET:
            substitute_first_groups(root / place, pattern, version)
    substitute(root / "CMakeLists.txt", r"^( *VERSION )[0-9.]+$", rf"\g<1>{version}")
    header = root / "include/syncmap/version.hpp"
    for part, value in zip(("major", "minor", "patch"), numbers(version)):
        substitute(header, rf"(version_{part} = )\d+", rf"\g<1>{value}")
    substitute(header, r'(version = ")[0-9.]+', rf"\g<1>{version}")
    for folder in ("include", "tests/support"):
        for path in (root / folder).rglob("*.hpp"):
            if NAMESPACE.search(path.read_text("utf-8")):
                substitute(path, NAMESPACE.pattern, rf"\g<1>{namespace_of(version)}")
    natvis = root / "tools/natvis/syncmap.natvis"
    substitute(natvis, r"syncmap::v\w+::", f"syncmap::{namespace_of(version)}::")
    substitute(
        root / "CHANGELOG.md",
        r"^## \[Unreleased\]\n(\nTo become .*\n)?",
        f"## [Unreleased]\n\n## [{version}] - {today}\n",
    )
    subprocess.run([sys.executable, "-B", "tools/amalgamate.py"], cwd=root, check=True)
    subprocess.run([sys.executable, "-B", "tools/lint/lint-versions.py"], cwd=root, check=True)


def add_debian_entry(path, version):
    """A new entry on top; the first release has its entry already."""
    text = path.read_text("utf-8")
    name, maintainer = re.match(r"(\S+) \(", text)[1], re.search(r"^ -- (.*?)  ", text, re.M)[1]
    if text.startswith(f"{name} ({version})"):
        return
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000")
    entry = f"{name} ({version}) unstable; urgency=medium\n\n  * New release.\n\n -- {maintainer}  {now}\n\n"
    path.write_text(entry + text, "utf-8")


def check(root, version, is_dry):
    if not VERSION.fullmatch(version):
        fail(f"{version} is not of the form X.Y.Z")
    if not is_dry and git("status", "--porcelain"):
        fail("there are changes that are not committed")
    if f"v{version}" in git("tag", "--list").split():
        fail(f"v{version} exists")
    now = current_version(root)
    released = f"v{now}" in git("tag", "--list").split()
    if numbers(version) < numbers(now) or (released and version == now):
        fail(f"{version} is not after {now}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", metavar="X.Y.Z")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done")
    given = parser.parse_args()
    version, tag = given.version, f"v{given.version}"
    check(ROOT, version, given.dry_run)

    with tempfile.TemporaryDirectory(prefix="release") as folder:
        clone = pathlib.Path(folder) / "syncmap"
        git("clone", "--quiet", str(ROOT), str(clone))
        news = news_of(clone)
        change_version(clone, version, datetime.date.today())
        git("commit", "--quiet", "--all", "--message", f"release: {version}", cwd=clone)
        git("tag", "--annotate", "--cleanup=verbatim", tag, "--message", f"syncmap {version}\n\n{news}", cwd=clone)
        if given.dry_run:
            print(git("show", "--stat", "--format=%s%n%b", "HEAD", cwd=clone))
            print(git("tag", "--list", "--format=%(contents)", tag, cwd=clone))
            print(f"release: nothing was changed; without --dry-run this is committed, and tagged {tag}")
            return
        git("pull", "--quiet", "--ff-only", str(clone), "HEAD")
        git("fetch", "--quiet", str(clone), f"refs/tags/{tag}:refs/tags/{tag}")
    print(f"release: {tag} is committed and tagged here. Next: ./dev package, look at it, git push --follow-tags")


if __name__ == "__main__":
    main()
