#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Runs the comparison of maps in parts, and collects their results in one file.

    tools/bench/run.py quick|full --grid PROGRAM --json FILE [-- OPTIONS OF THE PROGRAM]

Each part has a limit of time. One that reaches it keeps what it has measured, less its last cell,
and says so. After an interruption `full` goes on with the parts that are not there yet, if the
program is the same; FILE always holds the parts that are done. `quick` always begins anew. What was
in FILE before goes to FILE.previous.json (without the first .json).
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

CELL = ("types", "workload", "entries", "choice", "threads")

# (name, limit in minutes, options). Little at a time: a part is what an interruption loses.
STEADY = "hit,miss,visit,dependent,mix99,mix90,mix50"
QUICK = (
    ("u64", 5, "--types=u64 --sizes=1e3,1e5 --workloads=hit,miss,mix90,mix50,insert "
               "--threads=1,2 --seconds=0.02 --repeats=5 --patience=1"),
    ("string", 5, "--types=string --sizes=1e3,1e5 --workloads=hit,miss,mix90,mix50,insert "
                  "--threads=1,2 --seconds=0.02 --repeats=5 --patience=1"),
    ("pause", 2, "--sizes=3e5 --workloads=pause,load_pause --threads=1,2 --repeats=5 --patience=1"),
    ("memory", 1, "--sizes=1e4,3e4,1e5,3e5 --workloads=memory --threads=1 --repeats=3 --patience=0"),
)
FULL = (
    ("u64 small", 8, f"--sizes=1e3,1e5 --workloads={STEADY} --seconds=0.05"),
    ("u64 small, whole map", 6,
     "--sizes=1e3,1e5 --workloads=insert,reserve_insert,foreach --seconds=0.05"),
    ("u64 small, zipf", 8, f"--sizes=1e3,1e5 --workloads={STEADY} --choices=zipf --seconds=0.05"),
    ("one key", 4, "--types=u64,string --sizes=1e3 --workloads=hot_write,hot_update,hot_read "
                   "--seconds=0.05"),
    ("pauses", 5, "--sizes=1e6 --workloads=pause,load_pause --repeats=5"),
    ("pauses, string", 3, "--types=string --sizes=3e5 --workloads=pause,load_pause --repeats=3"),
    ("memory", 4, "--sizes=1e4,2e4,5e4,1e5,2e5,5e5,1e6 --workloads=memory,memory_kept "
                  "--threads=1 --repeats=3"),
    ("memory, string, record", 4, "--types=string,record --sizes=1e4,1e5,3e5 --workloads=memory "
                                  "--threads=1 --repeats=3"),
    ("string small", 10, "--types=string --sizes=1e3,1e5 "
                         "--workloads=hit,miss,visit,mix99,mix90,mix50,insert --seconds=0.05"),
    ("record small", 8, "--types=record --sizes=1e3,1e5 "
                         "--workloads=hit,visit,mix99,mix90,mix50,insert --seconds=0.05"),
    ("caches, words, more threads than processors", 4,
     "--sizes=1e5 --workloads=trace,word_count,oversubscribed --repeats=3 --seconds=0.05"),
    ("YCSB", 4, "--sizes=1e6 --workloads=ycsb --repeats=3 --seconds=0.05"),
    ("u64 large", 10, "--sizes=1e6 --workloads=hit,miss,mix99,mix90,mix50,insert --repeats=3"),
    ("string large", 10, "--types=string --sizes=1e6 --workloads=hit,miss,mix90,mix50,insert "
                         "--repeats=3"),
    ("u64 huge", 21, "--sizes=1e7 --workloads=hit,mix90,insert --repeats=3 --patience=0"),
    ("pauses, huge", 5, "--sizes=1e7 --workloads=pause --repeats=3 --threads=1 --patience=0"),
)
PLANS = {"quick": QUICK, "full": FULL}


def say(text):
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def complete_cells(lines):
    """The lines without those of the last cell: of that not every map may have been measured."""

    def cell(line):
        return tuple(line.get(name) for name in CELL) if "workload" in line else None

    if not lines or cell(lines[-1]) is None:
        return lines
    last = cell(lines[-1])
    return [line for line in lines if cell(line) != last]


def parse(text):
    """The whole lines of a file of results."""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def described(lines, facts):
    """The first line says more: facts that are not there yet."""
    return [{**facts, **line} if "workload" not in line else line for line in lines]


def facts(grid):
    """What the program does not say of itself: the commit, and the adapters that have no library."""
    found = {}
    listed = subprocess.run([grid, "--list"], capture_output=True, text=True, check=True).stdout
    skipped = [line.split(":")[0] for line in listed.splitlines() if ": skipped" in line]
    if skipped:
        found["skipped"] = ", ".join(skipped)
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
        found["commit"] = subprocess.run(command, capture_output=True, text=True, check=True,
                                         cwd=pathlib.Path(__file__).parent).stdout.strip()
    return found


def measure(command, seconds):
    """Runs it; False if it was stopped at the limit. Its own group: what it forked stops as well."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if status:
        raise RuntimeError(f"{command[0]} ended with status {status}")
    return status == 0


def run_part(number, plan, arguments, target, known):
    """Measures a part into `target`, which is there only when it is done."""
    name, minutes, options = plan[number]
    say(f"[{number + 1}/{len(plan)}] {name}, at most {minutes} min")
    start, raw = time.monotonic(), target.with_suffix(".raw")
    command = [arguments.grid, *options.split(), *arguments.options, f"--json={raw}"]
    in_time = measure(command, 60 * minutes * arguments.patience)
    lines = parse(raw.read_text(encoding="utf-8"))
    raw.unlink()
    if not in_time:
        lines = complete_cells(lines)
        say(f"{name}: stopped at its limit; the cells that are missing are not in the results")
    text = "".join(json.dumps(line) + "\n" for line in described(lines, known))
    part = target.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(target)
    say(f"{name}: {time.monotonic() - start:.0f} s")


def run(arguments):
    plan = PLANS[arguments.plan]
    with open(arguments.grid, "rb") as program:
        digest = hashlib.sha256(program.read())
    digest.update(repr((plan, arguments.options)).encode())
    folder = arguments.json.with_suffix(".parts")
    mark = folder / "program"
    going_on = arguments.plan == "full" and mark.is_file() and mark.read_text() == digest.hexdigest()
    if not going_on:
        if arguments.json.is_file():
            arguments.json.rename(arguments.json.with_suffix(".previous.json"))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write_text(digest.hexdigest())
    known = facts(arguments.grid)
    for number in range(len(plan)):
        target = folder / f"{number:02}.json"
        if target.is_file():
            say(f"[{number + 1}/{len(plan)}] {plan[number][0]}: there from before")
        else:
            run_part(number, plan, arguments, target, known)
        done = sorted(folder.glob("*.json"))
        arguments.json.write_text("".join(part.read_text() for part in done))
    shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--grid", required=True, help="the program syncmap_grid")
    parser.add_argument("--json", required=True, type=pathlib.Path, help="where the results go")
    parser.add_argument("--patience", type=float, default=1, metavar="FACTOR",
                        help="multiplies the limits of the parts (1)")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments = parser.parse_args(sys.argv[1:split])
    arguments.options = sys.argv[split + 1:]  # for the program
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(arguments)
    except KeyboardInterrupt:
        say(f"interrupted; {arguments.json} has the parts that are done" +
            (", the same command goes on" if arguments.plan == "full" else ""))
        return 130
    except (OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
