#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""clang-tidy, with the checks of .clang-tidy, over all public headers, the C library and the examples."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import lintlib

TOOL = "clang-tidy-16"
COMPLAINT = re.compile(r"^\S+:\d+:\d+: (?:warning|error): .*", re.MULTILINE)


def run_tidy(root, source):
    """The complaints about one source; fails if clang-tidy itself does."""
    command = [TOOL, "--quiet", f"--config-file={root / '.clang-tidy'}", str(source), "--"]
    command += ["-std=c++20", "-pthread", f"-I{root / 'include'}"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = [line.replace(f"{root}/", "") for line in COMPLAINT.findall(result.stdout)]
    if result.returncode != 0 and not found:
        sys.exit(f"{source}: {result.stderr.strip()}")
    return found


def main():
    root = lintlib.root_argument(__doc__).resolve()
    if not shutil.which(TOOL):
        lintlib.skip(f"{TOOL} is not installed")
    public = [path for path in lintlib.headers(root) if path.parent.name == "syncmap"]
    if not public:
        lintlib.skip("there are no public headers")
    complaints = set()
    with tempfile.TemporaryDirectory() as folder:
        everything = pathlib.Path(folder) / "everything.cpp"
        includes = (f"#include <{path.relative_to('include')}>\n" for path in public)
        everything.write_text("".join(includes), encoding="utf-8")
        sources = [everything, root / "src/c.cpp", *sorted((root / "examples").glob("*.cpp"))]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for found in pool.map(lambda source: run_tidy(root, source), sources):
                complaints.update(found)
    lintlib.finish(sorted(complaints), f"{len(sources)} translation units")


if __name__ == "__main__":
    main()
