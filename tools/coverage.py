#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Tell which lines and branches of the headers no test has run.

    tools/coverage.py --lines 98 --branches 90 PROFILES PROGRAM...

PROFILES is the folder in which programs built with clang's -fprofile-instr-generate
-fcoverage-mapping have left theirs. Each condition is two branches; one in a template counts as taken
if any instantiation took it. Conditions that the compiler knows the answer of are not branches.

Exits with 1 if less is covered than asked for.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys


def ranges(numbers):
    """[1, 2, 3, 7] as '1-3 7'."""
    runs = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def lines_of(tracefile):
    """{file: {line: times it ran}} of an lcov tracefile."""
    files, current = {}, None
    for record in tracefile.splitlines():
        kind, _, rest = record.partition(":")
        if kind == "SF":
            current = files.setdefault(rest, collections.Counter())
        elif kind == "DA":
            line, count = rest.split(",")[:2]
            current[int(line)] += int(count)
    return files


def branches_of(functions):
    """{file: {(line, column, side): times it was taken}} of what llvm-cov has exported.

    A condition that was evaluated, and yet has taken neither side, has been decided by the compiler.
    """
    taken = collections.defaultdict(collections.Counter)
    decided = collections.defaultdict(set)
    for function in functions:
        reached = {tuple(region[:4]): region[4] for region in function["regions"]}
        for branch in function["branches"]:
            file = function["filenames"][branch[6]]
            place = tuple(branch[:2])
            yes, no = branch[4], branch[5]
            taken[file][(*place, True)] += yes
            taken[file][(*place, False)] += no
            # The right side of && and || has a region of its own; else the function's stands for it.
            if not yes and not no and reached.get(tuple(branch[:4]), function["count"]):
                decided[file].add(place)
    return {
        file: {
            branch: count
            for branch, count in sides.items()
            if branch[:2] not in decided[file]
            or sides[(*branch[:2], True)] + sides[(*branch[:2], False)]
        }
        for file, sides in taken.items()
    }


def export(programs, profile, *arguments):
    objects = [word for program in programs[1:] for word in ("-object", str(program))]
    command = ["llvm-cov", "export", f"-instr-profile={profile}", str(programs[0]), *objects]
    return subprocess.run(
        [*command, *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def percent(covered, total):
    return 100.0 * covered / total if total else 100.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("profiles", type=pathlib.Path)
    parser.add_argument("programs", type=pathlib.Path, nargs="+")
    parser.add_argument("--lines", type=float, default=0, help="least percentage")
    parser.add_argument("--branches", type=float, default=0, help="least percentage")
    options = parser.parse_args()
    include = str(pathlib.Path(__file__).resolve().parent.parent / "include")

    raw = sorted(options.profiles.glob("*.profraw"))
    if not raw:
        sys.exit(f"coverage: no program has left a profile in {options.profiles}")
    profile = options.profiles / "all.profdata"
    listed = options.profiles / "all.txt"
    listed.write_text("".join(f"{each}\n" for each in raw))
    subprocess.run(
        ["llvm-profdata", "merge", "-sparse", f"-input-files={listed}", "-o", str(profile)],
        check=True,
    )
    lines = lines_of(export(options.programs, profile, "-format=lcov"))
    exported = json.loads(export(options.programs, profile, "-skip-expansions"))
    branches = branches_of(exported["data"][0]["functions"])

    print(f"{'header':36} {'lines':>13} {'branches':>14}   not run")
    total = collections.Counter()
    for file in sorted(each for each in lines if each.startswith(include)):
        ran = collections.Counter(lines=len(lines[file]), branches=len(branches.get(file, {})))
        missed = [line for line, count in lines[file].items() if not count]
        untaken = [branch for branch, count in branches.get(file, {}).items() if not count]
        ran.update(lines_run=len(lines[file]) - len(missed))
        ran.update(branches_run=ran["branches"] - len(untaken))
        total.update(ran)
        sides = " ".join(f"{line}:{column}{'TF'[not side]}" for line, column, side in sorted(untaken))
        print(
            f"{file.removeprefix(include + '/syncmap/'):36} "
            f"{ran['lines_run']:5}/{ran['lines']:5}   {ran['branches_run']:5}/{ran['branches']:5}   "
            f"{ranges(missed)}{' | ' if sides else ''}{sides}"
        )
    of_lines = percent(total["lines_run"], total["lines"])
    of_branches = percent(total["branches_run"], total["branches"])
    print(f"coverage: {of_lines:.1f} % of {total['lines']} lines, ", end="")
    print(f"{of_branches:.1f} % of {total['branches']} branches")
    return of_lines < options.lines or of_branches < options.branches


if __name__ == "__main__":
    sys.exit(main())
