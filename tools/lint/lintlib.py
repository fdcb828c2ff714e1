# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""What the linters share: arguments, the files of the repository, and C++ split into code and
comments. A linter exits with 0 (clean), 1 (complaints printed) or 77 (skipped, reason printed)."""

import argparse
import dataclasses
import pathlib
import re
import subprocess
import sys

SKIPPED = 77


def root_argument(description):
    """The repository to check: --root, or the one this file is in."""
    parser = argparse.ArgumentParser(description=description)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--root", type=pathlib.Path, default=here)
    return parser.parse_args().root


def repository_files(root):
    """Paths relative to root: what git tracks or would track; without git, all but build/."""
    command = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        paths = [pathlib.Path(name) for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path.relative_to(root) for path in root.rglob("*")]
        paths = [path for path in paths if path.parts[0] not in ("build", ".git")]
    return sorted(path for path in set(paths) if (root / path).is_file())


def headers(root):
    """The library's headers, that of C included, relative to root."""
    found = (root / "include" / "syncmap").rglob("*.h*")
    return sorted(path.relative_to(root) for path in found)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def finish(complaints, checked):
    """Prints `path:line: text` complaints and exits accordingly."""
    for complaint in complaints:
        print(complaint)
    print(f"{checked}: {len(complaints) or 'no'} complaint{'s' if len(complaints) != 1 else ''}")
    sys.exit(1 if complaints else 0)


@dataclasses.dataclass
class Line:
    """One line of C++: its code with strings emptied and comments removed, and its comment."""

    code: str
    comment: str


TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)" | "(?:\\.|[^"\\\n])*"
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+' """,
    re.DOTALL | re.VERBOSE,
)


def split_lines(text):
    """The lines of a C++ source as Line objects; multi-line comments stay on their lines."""
    code, comments, position = [], {}, 0
    for match in TOKEN.finditer(text):
        code.append(text[position : match.start()])
        found, position = match.group(), match.end()
        if found.startswith(("//", "/*")):
            first = text.count("\n", 0, match.start())
            for offset, part in enumerate(found.split("\n")):
                comments[first + offset] = comments.get(first + offset, "") + " " + part
            code.append("\n" * found.count("\n"))
        else:
            code.append('""' + "\n" * found.count("\n") if '"' in found else "' '")
    code.append(text[position:])
    lines = "".join(code).split("\n")
    return [Line(line.rstrip(), comments.get(i, "").strip()) for i, line in enumerate(lines)]
