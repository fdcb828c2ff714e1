#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""check_prometheus.py PROGRAM: what the program prints is in the text format of Prometheus, line by line,
and says of its maps what is so."""

import pathlib
import re
import subprocess
import sys

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include/syncmap/map_stats.hpp"
HELP = re.compile(r"# HELP (syncmap_[a-z_]+) (\S.*\.)")
TYPE = re.compile(r"# TYPE (syncmap_[a-z_]+) (gauge|counter)")
SAMPLE = re.compile(r'(syncmap_[a-z_]+)(?:\{map="((?:[^"\\\n]|\\[\\"n])*)"\})? (\d+)')
MAPS = ["sessions", r"settings of \"eu\""]
EXPECTED = {
    ("syncmap_entries", MAPS[0]): 9000,
    ("syncmap_entries", MAPS[1]): 3,
    ("syncmap_misses_total", MAPS[0]): 0,
    ("syncmap_misses_total", MAPS[1]): 3,
    ("syncmap_promotions_total", MAPS[1]): 1,
    ("syncmap_groups", MAPS[1]): 0,
}


def check(text):
    """Yields what is wrong."""
    samples, seen = {}, []
    lines = iter(text.splitlines())
    line = next(lines, None)
    while line is not None:
        help_line, type_line = HELP.fullmatch(line), TYPE.fullmatch(next(lines, ""))
        if not help_line or not type_line or help_line[1] != type_line[1]:
            yield f"no HELP and TYPE of one metric: {line}"
            return
        name = help_line[1]
        if name in seen:
            yield f"{name} comes twice"
        if name.endswith("_total") != (type_line[2] == "counter"):
            yield f"{name} is a {type_line[2]}"
        seen.append(name)
        labels = []
        while (line := next(lines, None)) is not None and not line.startswith("#"):
            sample = SAMPLE.fullmatch(line)
            if not sample or sample[1] != name:
                yield f"no sample of {name}: {line}"
                return
            labels.append(sample[2])
            samples[name, sample[2]] = int(sample[3])
        if labels != ([None] if name == "syncmap_retired_bytes" else MAPS):
            yield f"{name} has samples of {labels}"
    for key, value in EXPECTED.items():
        if samples.get(key) != value:
            yield f"{key} is {samples.get(key)}, not {value}"
    fields = re.findall(r"^  std::size_t (\w+) = 0;", HEADER.read_text(encoding="utf-8"), re.MULTILINE)
    named = [name.removeprefix("syncmap_").removesuffix("_total") for name in seen]
    if named != fields or not fields:
        yield f"metrics {named}, fields {fields}"


def main():
    output = subprocess.run(sys.argv[1:2], capture_output=True, text=True, check=True).stdout
    complaints = list(check(output))
    if not output.endswith("\n"):
        complaints.append("the last line does not end")
    print(*complaints, sep="\n")
    print(f"{len(output.splitlines())} lines checked")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
