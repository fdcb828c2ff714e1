#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Breaks the headers in small ways, one at a time, and asks the tests to notice.

What is mutated: statements left out, guards that leave (return, continue, break) left out, conditions made
true or false, operands of && and || left out, operators and constants changed, adjacent stores swapped,
protections and locks dropped. All dropped protections and locks and all swapped stores are asked about;
of the rest, samples: of the conditions that look again at what may have changed, and of all others, drawn
by a seed so that each header has its share.

All mutations are compiled into one copy of the headers, and an environment variable says which of them is
real. A first run of each program notes which test comes to which mutation; then each mutation is given to
the tests that come to it, the quick ones first, until one fails, crashes or does not end.

What has survived is a missing test, or changes nothing that could be seen: survivors.txt says so, one by one.
A survivor that it does not have is a failure.

Results are kept in the folder: an interrupted run goes on, and what is known is not asked again. (The
memory orders have their own mutations: tests/model/mutate.py.)
"""

import argparse
import collections
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time

from mutants import SWITCH, Finder, instrument

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include/syncmap"
HERE = pathlib.Path(__file__).resolve().parent
# Not a part of the algorithms: a wish to the system; interfaces without code.
NOT_MUTATED = {"large_pages.hpp", "concepts.hpp", "concurrent_map.hpp", "map_stats.hpp", "syncmap.hpp"}
EXPLAINED = HERE / "survivors.txt"
BEGIN, END = "<!-- made by tests/mutation/mutate.py -->", "<!-- until here -->"

Program = collections.namedtuple("Program", "tier name sources flags arguments is_gtest hash", defaults=[None])


# Those of the unit tests that notice much for the time it takes to compile them; the others come later.
FIRST = "hazard group_table read_dirty_transitions entry_table growth wait_graph".split()


def programs():
    """In the order in which they are asked."""
    cross = sorted((ROOT / "tests/cross").glob("*.cpp"))
    yield Program("cross", "cross", cross, ["-O1", f"-I{ROOT}/tests/cross"], ["5"], False)
    gtest = ["-DSYNCMAP_MUTATION_GTEST", f"-I{ROOT}/tests/support", f"-I{ROOT}/tests"]
    units = {
        path.stem.removesuffix("_test"): path for path in sorted((ROOT / "tests/unit").glob("*_test.cpp"))
    }
    first = [name for name in FIRST if name in units]
    rest = [name for name in units if name not in FIRST]
    model = sorted((ROOT / "tests/model").glob("*_test.cpp"))

    def unit(name):
        program = Program("unit", name, [units[name]], ["-O0", *gtest], [], True)
        yield program
        if "TYPED_TEST_SUITE(contract" in units[name].read_text(encoding="utf-8"):
            for hash_kind in ("constant", "four_bit"):
                arguments = ["--gtest_filter=contract/*"]
                yield program._replace(name=f"{name} {hash_kind}", arguments=arguments, hash=hash_kind)

    for name in first:
        yield from unit(name)
    for path in model:
        if path.stem not in ("litmus_test", "toy_stack_test"):
            flags = ["-O1", "-U_FORTIFY_SOURCE", f"-I{ROOT}/tests/model", *gtest]
            yield Program("model", path.stem.removesuffix("_test"), [path], flags, [], True)
    for name in rest:
        yield from unit(name)
    for path in sorted((ROOT / "tests/guarantees").glob("*_test.cpp")):
        yield Program("unit", path.stem.removesuffix("_test"), [path], ["-O0", *gtest], [], True)
    for name in (
        "no_membarrier before",
        "no_membarrier after",
        "forks",
        "short_threads",
        "thread_locals",
        "static_exit",
    ):
        source, *arguments = name.split()
        path = ROOT / f"tests/programs/{source}.cpp"
        yield Program("programs", name, [path], ["-O1", f"-I{ROOT}/tests/programs"], arguments, False)


# --- which mutations


def all_mutants():
    found = []
    for path in sorted(INCLUDE.rglob("*.hpp")):
        if path.name not in NOT_MUTATED:
            found += Finder(str(path.relative_to(INCLUDE)), path.read_text(encoding="utf-8")).all()
    return found


def drawn(seed, text):
    """A number by chance that stays the same when others come and go."""
    return hashlib.sha256(f"{seed} {text}".encode()).hexdigest()


def sample(mutants, count, seed):
    """`count` of them: of each header its share, one at least; of a header each kind in turn."""
    by_header = collections.defaultdict(list)
    for one in mutants:
        by_header[one.header].append(one)
    chosen = []
    total, left = len(mutants), count
    for header in sorted(by_header, key=lambda name: (len(by_header[name]), name)):
        those = by_header[header]
        by_kind = collections.defaultdict(list)
        for one in those:
            by_kind[one.kind].append(one)
        kinds = sorted(by_kind, key=lambda kind: drawn(seed, f"{header} {kind}"))
        for some in by_kind.values():
            some.sort(key=lambda one: drawn(seed, one.key))
        in_turn = [
            one for turn in itertools.zip_longest(*(by_kind[kind] for kind in kinds)) for one in turn if one
        ]
        share = min(len(those), max(1, round(left * len(those) / total))) if left > 0 else 0
        chosen += in_turn[:share]
        total, left = total - len(those), left - share
    return chosen


def choose(mutants, count, seed):
    whole = [one for one in mutants if set(one.classes) & {"protect", "lock", "swap"}]
    again = [one for one in mutants if "recheck" in one.classes and one.kind in ("condition", "operand")]
    rest = [one for one in mutants if not one.classes]
    chosen = whole + sample(again, count // 2, seed) + sample(rest, count, seed)
    return sorted(chosen, key=lambda one: (one.header, one.line, one.key))


# --- compiling


class Build:
    def __init__(self, folder, mutants):
        self.folder = folder
        self.mutants = mutants
        self.dropped = set()  # numbers of those that do not compile
        wanted = self.texts()
        wanted["trace.cpp"] = (HERE / "trace.cpp").read_text(encoding="utf-8")
        self.stamp = hashlib.sha256(
            "".join(f"{name}\n{wanted[name]}" for name in sorted(wanted)).encode()
        ).hexdigest()
        known = folder / "dropped.json"
        if known.exists():
            kept = json.loads(known.read_text(encoding="utf-8"))
            if kept["stamp"] == self.stamp:
                self.dropped = set(kept["numbers"])
        self.drop(set())

    def texts(self):
        """The headers with the mutations: {path below include: text}."""
        switch = SWITCH.replace("@COUNT@", str(len(self.mutants)))
        texts = {"syncmap/mutation.hpp": switch}
        for path in sorted(INCLUDE.rglob("*.hpp")):
            name = str(path.relative_to(INCLUDE))
            mine = [
                (at, one)
                for at, one in enumerate(self.mutants)
                if one.header == name and at not in self.dropped
            ]
            text, crossed = instrument(path.read_text(encoding="utf-8"), mine)
            self.dropped |= crossed
            texts[f"syncmap/{name}"] = text
        return texts

    def drop(self, numbers):
        self.dropped |= numbers
        for name, text in self.texts().items():
            path = self.folder / "include" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
        kept = {"stamp": self.stamp, "numbers": sorted(self.dropped)}
        known = self.folder / "dropped.json"
        if not known.exists() or json.loads(known.read_text(encoding="utf-8")) != kept:
            known.write_text(json.dumps(kept), encoding="utf-8")

    def guilty(self, log):
        """The mutations that the errors of a compiler are about."""
        place = re.compile(
            rf"^(?:In file included from )?{re.escape(str(self.folder))}/include/syncmap/"
            r"([\w/.]+):(\d+):(\d+):? (error|.*required)?",
            re.M,
        )
        found = set()
        for block in re.split(r"(?m)(?=^\S+: In )", log):
            if "error:" not in block:
                continue
            for match in place.finditer(block):
                lines = (self.folder / "include/syncmap" / match[1]).read_text(encoding="utf-8").split("\n")
                for back in range(4):
                    line = lines[int(match[2]) - 1 - back]
                    before = line[: int(match[3]) + 30] if back == 0 else line
                    numbers = re.findall(r"mutated\((\d+)\)", before) or re.findall(r"mutated\((\d+)\)", line)
                    if numbers:
                        found.add(int(numbers[-1]))
                        break
                if found and match[4] == "error":
                    break
        return found - self.dropped

    def compile(self, source, flags, output):
        """Compiles; what is guilty of errors is dropped, until nothing is."""
        while True:
            command = [
                "g++",
                "-std=c++20",
                "-w",
                "-fmax-errors=200",
                "-pthread",
                f"-I{self.folder}/include",
                *flags,
            ]
            command += [str(source), *output]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            guilty = self.guilty(done.stderr)
            if not guilty:
                sys.exit(f"{source} does not compile:\n{done.stderr[:6000]}")
            for number in sorted(guilty):
                print(f"does not compile: {tell(self.mutants[number])}", flush=True)
            self.drop(guilty)

    def program(self, one):
        """The path of the program; what has been compiled is kept."""
        objects = []
        for source in [*one.sources, HERE / "trace.cpp"]:
            wanted = f"{self.stamp} {hashlib.sha256(source.read_bytes()).hexdigest()} {one.flags}"
            path = self.folder / "objects" / one.tier / f"{source.parent.name}_{source.stem}.o"
            mark = path.with_suffix(".stamp")
            objects.append(str(path))
            if mark.exists() and mark.read_text(encoding="utf-8") == wanted and path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            print(f"compiling {source.relative_to(ROOT)}", flush=True)
            self.compile(source, one.flags, ["-c", "-o", str(path)])
            mark.write_text(wanted, encoding="utf-8")
        binary = self.folder / "objects" / one.tier / one.sources[0].stem
        libraries = ["-lgtest_main", "-lgtest"] if one.is_gtest else []
        subprocess.run(["g++", "-pthread", *objects, "-o", str(binary), *libraries, "-ldl"], check=True)
        return binary


# --- running


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, environment, seconds):
    """(status, output); status None: it did not end."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=limit_memory,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output


class Runner:
    """A program, and which of its tests come to which mutation."""

    def __init__(self, program, binary, folder, stamp, budget):
        self.program, self.binary = program, binary
        self.environment = {"SYNCMAP_MODEL_BUDGET": str(budget), "SYNCMAP_TEST_SEED": "1"}
        if program.hash is not None:
            self.environment["SYNCMAP_TEST_HASH"] = program.hash
        self.tests = {}  # name -> milliseconds
        self.reaching = collections.defaultdict(list)  # number -> names
        trace = folder / "traces" / program.name.replace(" ", "_")
        trace.parent.mkdir(exist_ok=True)
        mark = trace.with_suffix(".stamp")
        wanted = f"{stamp} {budget}"
        if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
            trace.unlink(missing_ok=True)
            print(f"{program.name}: which test comes to what", flush=True)
            environment = {**self.environment, "SYNCMAP_MUTATION_TRACE": str(trace)}
            begin = time.monotonic()
            status, output = run([str(binary), *program.arguments], environment, 1800)
            if status not in (0, 77):
                sys.exit(f"{program.name} fails without a mutation ({status}):\n{output[-3000:]}")
            if not program.is_gtest:  # those say how long each test took
                text = trace.read_text(encoding="utf-8") if trace.exists() else ""
                trace.write_text(
                    text.replace("\t0\t", f"\t{1000 * (time.monotonic() - begin):.0f}\t"), encoding="utf-8"
                )
            mark.write_text(wanted, encoding="utf-8")
        for line in trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []:
            name, milliseconds, numbers = line.split("\t")
            self.tests[name] = max(self.tests.get(name, 0), int(milliseconds))
            for number in numbers.split():
                if name not in self.reaching[int(number)]:
                    self.reaching[int(number)].append(name)

    def ask(self, number, patience):
        """What noticed the mutation, or None. `patience`: milliseconds of tests at most."""
        names = sorted(self.reaching.get(number, []), key=lambda name: self.tests[name])
        if not names:
            return None
        environment = {**self.environment, "SYNCMAP_MUTATION": str(number)}
        if not self.program.is_gtest:
            limit = 20 + 10 * self.tests[names[0]] / 1000
            status, output = run([str(self.binary), *self.program.arguments], environment, limit)
            if status in (0, 77):
                return None
            reason = re.search(r"(?:\w+\.cpp:)?.*(?:not true|failed|expected|error): .*", output)
            reason = f"ends with {status}" if reason is None else re.sub(r"^\S*/", "", reason[0])[:100]
            return "does not end" if status is None else reason
        spent, begin = 0, 0
        while begin < len(names):
            end, rest = begin, 0
            while end < len(names) and (end == begin or rest + self.tests[names[end]] <= max(200, 2 * spent)):
                rest += self.tests[names[end]]
                end += 1
            batch, begin = names[begin:end], end
            if spent + rest > patience and spent > 0:
                return None
            spent += rest
            command = [str(self.binary), "--gtest_fail_fast", "--gtest_filter=" + ":".join(batch)]
            status, output = run(command, environment, 20 + 10 * rest / 1000)
            if status != 0:
                started = re.findall(r"^\[ RUN      \] (\S+)", output, re.M)
                failed = re.findall(r"^\[  FAILED  \] ([\w./]+)", output, re.M)
                name = failed[0] if failed else started[-1] if started else "?"
                how = "does not end" if status is None else "" if failed else f"ends with {status}"
                return f"{name} {how}".strip()
        return None


# --- the answer


class Answers:
    """What is known, one answer a line."""

    def __init__(self, path, mutants):
        self.path = path
        self.known = collections.defaultdict(dict)  # key -> {program: answer}
        self.mutants = mutants
        self.lock = threading.Lock()
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            one = json.loads(line)
            self.known[one["key"]][one["program"]] = one

    def add(self, mutant, program, noticed, reached):
        one = {
            "key": mutant.key,
            "program": program.name,
            "tier": program.tier,
            "noticed": noticed,
            "reached": reached,
        }
        with self.lock:
            self.known[mutant.key][program.name] = one
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")

    def is_known(self, mutant, program, again):
        answers = self.known.get(mutant.key, {})
        if any(one["noticed"] for one in answers.values()):
            return True
        return program.name in answers and not again

    def states(self):
        """{key: {state: killed, dropped, survived or under way, ...}}"""
        names = {one.name for one in programs()}
        states = {}
        for key, answers in self.known.items():
            noticed = next((one for one in answers.values() if one["noticed"]), None)
            state = {"reached": any(one["reached"] for one in answers.values())}
            if noticed and noticed["noticed"] == "does not compile":
                state["state"] = "dropped"
            elif noticed:
                state |= {"state": "killed", "tier": noticed["tier"], "by": noticed["noticed"]}
            else:
                state["state"] = "survived" if names <= set(answers) else "under way"
            states[key] = state
        return states


def tell(one):
    return f"{one.header}:{one.line} {one.kind}: {one.before} -> {one.after or '(nothing)'}"


def explanations():
    """{key: sentence}: a line with the key of a mutation, and below it, indented, why it survives."""
    found, key = {}, None
    for line in EXPLAINED.read_text(encoding="utf-8").splitlines() if EXPLAINED.exists() else []:
        if line.startswith("  "):
            found[key] = f"{found.get(key, '')} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            key = line
    return found


def cell(text):
    return "`" + text.replace("|", "\\|") + "`" if text else "nothing"


def table(mutants, known):
    """The counts in Markdown."""
    asked = [
        one for one in mutants if known.get(one.key, {}).get("state") in ("killed", "survived", "under way")
    ]
    groups = [
        ("protections dropped (all)", [one for one in asked if "protect" in one.classes]),
        ("locks dropped (all)", [one for one in asked if "lock" in one.classes]),
        ("adjacent stores swapped (all)", [one for one in asked if "swap" in one.classes]),
        ("re-checks made true, false or left out", [one for one in asked if "recheck" in one.classes]),
    ]
    for kind, name in (
        ("statement", "statements left out"),
        ("leave", "`return`, `continue`, `break` of a guard left out"),
        ("condition", "conditions made true or false"),
        ("operand", "operands of `&&` and `||` left out"),
        ("operator", "operators changed"),
        ("constant", "constants changed"),
    ):
        groups.append((name, [one for one in asked if not one.classes and one.kind == kind]))
    tiers = ["cross", "unit", "model", "programs"]

    def row(name, some):
        by = collections.Counter(known[one.key].get("tier") for one in some)
        killed = sum(by[tier] for tier in tiers)
        share = f"{100 * killed / len(some):.0f} %" if some else ""
        return (
            f"| {name} | {len(some)} | "
            + " | ".join(str(by[tier]) for tier in tiers)
            + f" | {len(some) - killed} | {share} |"
        )

    yield "| what | mutations | `cross` | unit | model | programs | unnoticed | noticed |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for name, some in groups:
        if some:
            yield row(name, some)
    yield row("**all**", asked)
    yield ""
    yield "| header | mutations | `cross` | unit | model | programs | unnoticed | noticed |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for header in sorted({one.header for one in asked}):
        yield row(f"`{header.removeprefix('detail/')}`", [one for one in asked if one.header == header])
    why = explanations()
    survivors = [one for one in asked if known[one.key]["state"] != "killed"]
    if survivors:
        yield ""
        yield "| unnoticed | was | became | why |"
        yield "|---|---|---|---|"
    for one in survivors:
        where = f"`{one.header.removeprefix('detail/')}:{one.line}`"
        is_done = known[one.key]["state"] == "survived"
        reason = why.get(one.key) or (
            "**not explained**" if is_done else "open: some programs are still to be asked"
        )
        yield f"| {where} | {cell(one.before)} | {cell(one.after)} | {reason} |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "count",
        type=int,
        nargs="?",
        default=130,
        help="size of the sample of ordinary mutations; half as many re-checks (default 130)",
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the samples (default 1)")
    parser.add_argument(
        "--folder", type=pathlib.Path, default=ROOT / "build/mutation", help="where everything is kept"
    )
    parser.add_argument("--only", default="", help="only mutations whose description contains this")
    parser.add_argument(
        "--tests", default="", help="only test programs whose names match this regular expression"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many programs run at a time (default 1)")
    parser.add_argument("--seconds", type=float, default=1e9, help="starts no run after these")
    parser.add_argument(
        "--patience", type=float, default=60, help="seconds of tests at most for a mutation and program"
    )
    parser.add_argument("--budget", type=float, default=1, help="SYNCMAP_MODEL_BUDGET of the model checker")
    parser.add_argument("--again", action="store_true", help="asks again what has survived")
    parser.add_argument("--list", action="store_true", help="prints the mutations and ends")
    parser.add_argument("--survivors", action="store_true", help="prints what has survived and ends")
    parser.add_argument("--table", type=pathlib.Path, help="a page that gets the table")
    options = parser.parse_args()

    everything = all_mutants()
    mutants = choose(everything, options.count, options.seed)
    print(f"seed {options.seed}: {len(mutants)} of {len(everything)} mutations", flush=True)
    if options.list:
        for one in mutants:
            print(tell(one))
        return
    options.folder = options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    answers = Answers(options.folder / "answers.jsonl", mutants)
    if not options.survivors:
        ask_all(options, mutants, answers)
    known = answers.states()
    why = explanations()
    survivors = [one for one in mutants if known.get(one.key, {}).get("state") == "survived"]
    for one in survivors:
        remark = why.get(one.key) or (
            "NOT EXPLAINED" if known[one.key].get("reached") else "NO TEST COMES HERE"
        )
        print(f"survived: {tell(one)}: {remark}")
        if options.survivors:
            print(f"  {one.key}")
    if options.table:
        page = options.table.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        options.table.write_text(
            "\n".join([before + BEGIN, "", *table(everything, known), "", END + after]), encoding="utf-8"
        )
    states = collections.Counter(known.get(one.key, {}).get("state", "not asked") for one in mutants)
    print(", ".join(f"{count} {state}" for state, count in sorted(states.items())))
    missing = sum(1 for one in survivors if one.key not in why)
    print(
        f"mutations: {states['killed']} noticed, {len(survivors)} survived, {missing} of them not explained"
    )
    sys.exit(1 if missing else 0)


def ask_all(options, mutants, answers):
    end = time.monotonic() + options.seconds
    build = Build(options.folder, mutants)
    for program in programs():
        if not re.search(options.tests, f"{program.tier}/{program.name}") or time.monotonic() > end:
            continue
        waiting = [
            number
            for number, one in enumerate(mutants)
            if options.only in tell(one) and not answers.is_known(one, program, options.again)
        ]
        if not waiting:
            continue
        # In an order of chance, so that what an interruption leaves is a sample too.
        random.Random(options.seed).shuffle(waiting)
        runner = Runner(program, build.program(program), options.folder, build.stamp, options.budget)

        def ask(number, program=program, runner=runner):
            one = mutants[number]
            if time.monotonic() > end:
                return
            if number in build.dropped:
                answers.add(one, program, "does not compile", False)
                return
            noticed = runner.ask(number, 1000 * options.patience)
            answers.add(one, program, noticed, number in runner.reaching)
            if noticed:
                print(f"{program.name}: {tell(one)}: {noticed}", flush=True)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for done in [pool.submit(ask, number) for number in waiting]:
                done.result()


if __name__ == "__main__":
    main()
