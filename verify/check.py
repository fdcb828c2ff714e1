#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks the models of this folder with spin: each is clean, and explored completely; each of its seeded
bugs is found, by the check that is meant to find it.

    verify/check.py [--large] [MODEL...]
    verify/check.py --bug BUG MODEL      only whether that bug is found
    verify/check.py --trace BUG MODEL    the steps that lead to a bug, as few as possible

What a model checks and which bugs it has stands at its head:
    //   P1 no-use-after-free   what a reader uses is not freed meanwhile
    //   BUG_NO_RELOAD   P1     a reader does not load again after its announcement
An assertion says which check it is by a comment on its line.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "verify"
MEGABYTES = 4000
DEPTH = 1000000

# The sizes at which a model is explored. `ends`: that no execution goes on for ever, as well. A bug is
# looked for at the sizes in turn, until it is found.
SIZES = {
    "hazard_pointers": [
        "-DREADERS=1 -DREADS=2 -DWRITERS=1 -DWRITES=3",
        "-DREADERS=2 -DWRITERS=1 -DWRITES=2",
        "-DREADERS=1 -DREADS=2 -DWRITERS=2 -DFAILURES=1",
        "-DREADERS=1 -DWRITERS=1 -DRECLAIMS=1 -DFAILURES=1",
        "ends -DREADERS=1 -DWRITERS=2",
    ],
    "read_dirty": [
        "-DTHREADS=2 -DCALLS=1",
        "-DTHREADS=2 -DCALLS=2 -DKINDS=SHRINKING",
        "-DTHREADS=2 -DCALLS=2 -DKINDS=CLEARING",
        "-DTHREADS=3 -DCALLS=1 -DKINDS=PLAIN",
        "ends -DTHREADS=2 -DCALLS=1",
    ],
    "group_table": [
        "-DTHREADS=2 -DCALLS=1",
        "-DTHREADS=2 -DCALLS=2 -DKINDS=DROPPING",
        "-DTHREADS=2 -DCALLS=2 -DKINDS=READING -DSTILL",
        "ends -DTHREADS=2 -DCALLS=1",
    ],
    "single_flight": [
        "-DTHREADS=2",
        "-DTHREADS=3 -DKEYS=3 -DFAILURES=0 -DRING",
        "ends -DTHREADS=2",
    ],
}
LARGE = {
    "single_flight": [
        "-DTHREADS=2 -DCALLS=2",
        "-DTHREADS=3",
    ],
    "group_table": [
        "-DTHREADS=2 -DCALLS=2 -DKINDS=READING",
        "-DTHREADS=2 -DCALLS=2 -DKINDS=MOVING",
        "-DTHREADS=3 -DCALLS=1",
    ],
    "read_dirty": [
        "-DTHREADS=2 -DCALLS=2",
        "-DTHREADS=3 -DCALLS=1",
    ],
    "hazard_pointers": [
        "-DREADERS=2 -DREADS=1 -DWRITERS=2",
        "-DREADERS=1 -DWRITERS=1 -DWRITES=2 -DRECLAIMS=1",
    ],
}
# A bug that shows only at a size that takes too long to be explored wholly.
ELSEWHERE = {
    "BUG_STALE_WAIT": "-DTHREADS=2 -DCALLS=2 -DFAILURES=0",
}


@dataclasses.dataclass
class Model:
    path: pathlib.Path
    checks: dict  # P1 -> no-use-after-free
    bugs: dict  # BUG_X -> (P1, text)


@dataclasses.dataclass
class Result:
    seconds: float  # of a processor, for all of it
    states: int
    transitions: int
    depth: int
    megabytes: float
    complete: bool
    errors: int
    found: str  # P1, end, for-ever or another message of spin's; empty if nothing
    at: int  # depth of what was found
    dead: set  # lines that no execution comes to


class Failure(Exception):
    pass


def read_model(name):
    path = HERE / f"{name}.pml"
    if not path.is_file():
        raise Failure(f"there is no model {path}")
    text = path.read_text(encoding="utf-8")
    head = text.split("\n\n#")[0]
    checks = dict(re.findall(r"^//   (P\d+) ([\w-]+)", head, re.M))
    bugs = {bug: (by, said) for bug, by, said in
            re.findall(r"^//   (BUG_\w+)\s+([\w/-]+)\s+(.*)$", head, re.M)}
    used = set(re.findall(r"\bBUG_\w+", text[len(head):]))
    if used != set(bugs):
        raise Failure(f"{path.name}: bugs listed or used only: {sorted(used ^ set(bugs))}")
    asserted = set()
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(r"\bassert\(", line):
            named = re.search(r"// (P\d+)\b", line)
            if not named or named[1] not in checks:
                raise Failure(f"{path.name}:{number}: an assertion that says not what it checks")
            asserted.add(named[1])
    if asserted != set(checks):
        raise Failure(f"{path.name}: checks without an assertion: {sorted(set(checks) - asserted)}")
    unmet = set(checks) - {each for by, _ in bugs.values() for each in by.split("/")}
    if unmet:
        raise Failure(f"{path.name}: checks that no bug is to be found by: {sorted(unmet)}")
    return Model(path, checks, bugs)


def command(args, folder, what):
    done = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{what}: {' '.join(map(str, args))}\n{done.stdout}{done.stderr}")
    return done.stdout


def number(pattern, text, kind=int):
    found = re.search(pattern, text)
    return kind(float(found[1])) if found else kind(0)


def explore(model, size, bug="", shortest=False):
    """Generates, compiles and runs the verifier for one size of a model."""
    flags = size.split()
    ends = flags[0] == "ends"
    flags = flags[1:] if ends else flags
    if bug:
        flags.append(f"-D{bug}")
    folder = BUILD / model.path.stem
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    start = os.times()
    command(["spin", *flags, "-a", model.path], folder, model.path.name)
    kind = ["-DNP"] if ends else ["-DSAFETY"]
    if shortest:
        kind.append("-DBFS")
    # A bug is found soon, so what counts is how soon the compiler is done.
    command(["gcc", "-O0" if bug else "-O1", "-w", *kind, "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan", "pan.c"],
            folder, model.path.name)
    args = ["./pan", f"-m{DEPTH}"] + (["-l"] if ends else [])
    said = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False).stdout
    found, at = what_was_found(model, folder, flags, said)
    stopped = re.search(r"not completed|max search depth too small|reached -DMEMLIM|out of memory", said)
    end = os.times()
    return Result(
        seconds=sum(end[2:4]) - sum(start[2:4]),
        states=number(r"([\d.e+]+) states, stored", said),
        transitions=number(r"([\d.e+]+) transitions \(", said),
        depth=number(r"depth reached (\d+)", said),
        megabytes=number(r"([\d.]+)\s+total actual memory usage", said, float),
        complete=not stopped and "errors:" in said,
        errors=number(r"errors: (\d+)", said),
        found=found,
        at=at,
        dead=dead_lines(folder, said),
    )


def dead_lines(folder, said):
    """The lines of which no statement was reached, in whatever process or place they are used."""
    states = re.compile(r"state\s+(\d+) -\(tr.*\.pml:(\d+) =>")
    unreached = re.compile(r"\.pml:(\d+), state (\d+),")
    reached, missed, process = {}, set(), ""
    for line in command(["./pan", "-d"], folder, "pan -d").split("\n"):
        if line.startswith(("proctype ", "init")):
            process = line.split()[-1]
        elif each := states.search(line):
            reached.setdefault(int(each[2]), set()).add((process, each[1]))
    for line in said.split("\n"):
        if line.startswith("unreached in "):
            process = line.split()[-1]
        elif each := unreached.search(line):
            missed.add((process, each[2]))
    return {line for line, of in reached.items() if of <= missed}


def what_was_found(model, folder, flags, said):
    message = re.search(r"^pan:1: (.*?)(?: \(at depth (\d+)\))?$", said, re.M)
    if not message:
        return "", 0
    at = int(message[2] or 0)
    if "invalid end state" in message[1]:
        return "end", at
    if "non-progress cycle" in message[1]:
        return "for-ever", at
    if "assertion violated" in message[1]:
        replay = command(["spin", *flags, "-t", "-k", f"{model.path.name}.trail", model.path],
                         folder, model.path.name)
        line = re.search(r":(\d+), Error: assertion violated", replay)
        if line:
            source = model.path.read_text(encoding="utf-8").split("\n")[int(line[1]) - 1]
            return re.search(r"// (P\d+)", source)[1], at
    return message[1], at


def short(count):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)


def tell(verdict, what, result, said=""):
    print(f"{verdict:5} {what:50} {short(result.states):>7} states {short(result.transitions):>7} transitions"
          f"  depth {result.depth:>5}  {result.seconds:5.1f} s {result.megabytes:6.0f} MB  {said}".rstrip(),
          flush=True)


def check_model(name, large, only):
    model = read_model(name)
    sizes = SIZES[name] + (LARGE[name] if large else [])
    if only:
        model.bugs = {bug: model.bugs[bug] for bug in only.split(",")}
        sizes = []
    print(f"\n{model.path.name}: {len(model.checks)} checks, {len(model.bugs)} seeded bugs")
    states = transitions = failed = 0
    never = None if sizes else set()
    for size in sizes:
        result = explore(model, size)
        clean = result.errors == 0 and result.complete and not result.found
        tell("ok" if clean else "FAIL", size.replace("-D", ""), result,
             result.found or ("" if result.complete else "not explored completely"))
        states += result.states
        transitions += result.transitions
        failed += not clean
        if not size.startswith("ends"):
            never = result.dead if never is None else never & result.dead
    for line in sorted(never):
        print(f"FAIL  {model.path.name}:{line}: no execution comes here")
        failed += 1
    found = 0
    for bug, (by, said) in model.bugs.items():
        wanted = [size for size in SIZES[name] if size.startswith("ends") == (by == "for-ever")]
        if bug in ELSEWHERE:
            wanted = [ELSEWHERE[bug]]
        for size in wanted:
            result = explore(model, size, bug)
            if result.found:
                break
        good = result.found in by.split("/")
        tell("found" if good else "FAIL", f"{bug}: {said}"[:50] if not good else bug, result,
             f"{result.found} {model.checks.get(result.found, '')} at depth {result.at}" if good
             else f"found {result.found or 'nothing'} instead of {by}")
        found += good
        failed += not good
    return states, transitions, found, len(model.bugs), failed


def trace(model, bug):
    """Prints the shortest way to a bug."""
    by = model.bugs[bug][0]
    for size in SIZES[model.path.stem]:
        if size.startswith("ends") == (by == "for-ever") and \
                explore(model, size, bug, shortest=by != "for-ever").found:
            flags = [flag for flag in size.split() if flag != "ends"] + [f"-D{bug}"]
            steps = command(["spin", *flags, "-t", "-p", "-g", "-l", "-k", f"{model.path.name}.trail",
                             model.path], BUILD / model.path.stem, bug)
            print(steps)
            return 0
    print(f"{bug} was not found")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="larger sizes too: they take long, and up to 12 GB")
    parser.add_argument("--bug", metavar="BUG", help="look for this one only (or several: A,B)")
    parser.add_argument("--trace", metavar="BUG", help="show the steps that lead to a bug")
    parser.add_argument("models", metavar="MODEL", nargs="*", help=f"of {', '.join(SIZES)}")
    args = parser.parse_args()
    names = [pathlib.Path(each).stem for each in args.models] or list(SIZES)
    global MEGABYTES
    if args.large:
        MEGABYTES = 12000
    start = time.monotonic()
    try:
        if args.trace:
            return trace(read_model(names[0]), args.trace)
        totals = [check_model(name, args.large, args.bug) for name in names]
    except Failure as failure:
        print(f"check.py: {failure}", file=sys.stderr)
        return 1
    states, transitions, found, bugs, failed = (sum(each) for each in zip(*totals))
    print(f"\nverify: {len(names)} models, {short(states)} states, {short(transitions)} transitions, "
          f"{found} of {bugs} seeded bugs found, {failed} failures, {time.monotonic() - start:.0f} s, "
          f"{sum(os.times()[2:4]):.0f} s of them computing")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
