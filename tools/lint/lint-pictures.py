#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The pictures of docs/story.md are those that tools/docs/pictures.py draws."""

import pathlib
import subprocess
import sys

if __name__ == "__main__":
    draw = pathlib.Path(__file__).resolve().parents[1] / "docs" / "pictures.py"
    sys.exit(subprocess.run([sys.executable, "-B", str(draw), "--check"], check=False).returncode)
