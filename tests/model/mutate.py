#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Weakens the memory orders of the engines, one at a time, and asks the model checker to notice.

A mutation is one order that is one step weaker than it is written, an announcement without its light
fence, or a heavy fence left out. All of them are compiled into one copy of the headers: at each site
the order is looked up, and SYNCMAP_MODEL_MUTATION says which site is weakened. So there is one
compilation for all, and one run for each.

What is known is kept in the folder, and not asked again: an interrupted run goes on.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DETAIL = pathlib.Path("include/syncmap/detail")

# Which tests see the mutations of a header, the likeliest first.
GROUPS = ["group_map_inline", "group_map_nodes", "group_map_nodes_lazy"]
NODES = ["group_map_nodes", "group_map_word_nodes", "group_map_nodes_lazy", "group_map_single_keys"]
BOXED = ["read_dirty_boxed", "read_dirty_inlined", "read_dirty_boxed_lazy"]
TESTS = {
    "hazard_domain.hpp": ["hazard_domain", "group_map_nodes", "read_dirty_boxed"],
    "hazard.hpp": ["hazard_domain", "group_map_nodes", "group_map_inline", "read_dirty_boxed"],
    "entry.hpp": BOXED,
    "read_dirty_tables.hpp": BOXED,
    "group.hpp": GROUPS,
    "group_root.hpp": GROUPS,
    "group_table.hpp": GROUPS,
    "overflow_list.hpp": GROUPS,
    "node_slot.hpp": NODES,
    "inline_slot.hpp": ["group_map_inline"],
    "striped_counter.hpp": ["group_map_inline", "read_dirty_inlined"],
    "single_flight.hpp": ["group_map_inline", "read_dirty_inlined"],
    "wait_graph.hpp": ["group_map_inline", "read_dirty_inlined"],
}

ORDER = re.compile(r"std::memory_order_(\w+)")
ANNOUNCE = re.compile(r"P::(announce(?:_lightly)?)\(([^,;]*), ([^;]*)\);")
HEAVY = re.compile(r"P::fence_heavy\(\)")
LABEL = re.compile(r"(?:[a-z_]+:)?[ST][0-9]+(?: (?:release|acquire))?")

SWITCH = """// Which order is weakened: made by tests/model/mutate.py.
#pragma once
#include <atomic>
#include <cstdlib>
namespace syncmap::detail {
struct mutation {
  int site = -1;
  int order = 0;
  mutation() {
    const char* const given = std::getenv("SYNCMAP_MODEL_MUTATION");
    if (given == nullptr) return;
    char* end = nullptr;
    site = static_cast<int>(std::strtol(given, &end, 10));
    order = static_cast<int>(std::strtol(end + 1, nullptr, 10));
  }
};
inline const mutation the_mutation;
inline bool is_mutated(int site) noexcept { return site == the_mutation.site; }
inline std::memory_order mutated(int site, std::memory_order order) noexcept {
  return is_mutated(site) ? static_cast<std::memory_order>(the_mutation.order) : order;
}
}  // namespace syncmap::detail
"""
# What comes after this in a page is the table, up to the next page.
TABLE = "## The mutations"
NEXT = "\n# "

# As std::memory_order numbers them, in both standard libraries.
NUMBER = {"relaxed": 0, "acquire": 2, "release": 3, "acq_rel": 4, "seq_cst": 5}

Site = collections.namedtuple("Site", "number header line code labels what weaker")


def weaker(order, kind):
    """The orders one step weaker, of a load, a store or a read-modify-write. From seq_cst there are two
    steps: the first takes it out of the total order, the second takes the edge away."""
    if order == "seq_cst":
        steps = {"load": ["acquire", "relaxed"], "store": ["release", "relaxed"]}
        return steps.get(kind, ["acq_rel", "acquire", "release"])
    if order == "acq_rel":
        return ["acquire", "release"]
    return ["relaxed"]


def kind_of(before):
    """What an order in an argument list belongs to, given the code in front of it."""
    calls = re.findall(r"\b(load|store|wait_while|compare_exchange_\w+|exchange|fetch_\w+)\s*\(", before)
    if not calls:
        return "read_modify_write"
    last = calls[-1]
    if last.startswith("compare_exchange") and "memory_order" in before[before.rindex(last) :]:
        return "load"  # the order of a failure
    return {"load": "load", "wait_while": "load", "store": "store"}.get(last, "read_modify_write")


def labels_of(lines, number):
    """The labels in the comment of a line, and above it."""
    found = LABEL.findall(lines[number].partition("//")[2])
    above = number - 1
    while not found and above >= 0 and above > number - 5:
        text = lines[above].strip()
        if text.startswith("//"):
            found = LABEL.findall(text)
        elif text.endswith((";", "{", "}")):
            break
        above -= 1
    return ", ".join(dict.fromkeys(found))


def instrument(header, text, sites):
    """The text with every site looked up; adds the sites."""
    lines = text.split("\n")
    statement = ""
    for number, line in enumerate(lines):
        code, mark, comment = line.partition("//")
        if not code.strip():
            continue

        def site(what, weaker_ones):
            one = Site(len(sites), header, number + 1, code.strip(), labels_of(lines, number), what, weaker_ones)
            sites.append(one)
            return one.number

        def replace_order(match):
            order = match[1]
            if order == "relaxed":
                return match[0]
            kind = kind_of(statement + code[: match.start()])
            return f"mutated({site(f'{order} {kind}', weaker(order, kind))}, {match[0]})"

        def replace_announce(match):
            at = site("light fence", ["none"])
            plain = f"({match[2]}).store({match[3]}, std::memory_order_release)"
            return f"is_mutated({at}) ? {plain} : P::{match[1]}({match[2]}, {match[3]});"

        def replace_heavy(match):
            return f"(is_mutated({site('heavy fence', ['none'])}) || {match[0]})"

        changed = ORDER.sub(replace_order, code)
        changed = ANNOUNCE.sub(replace_announce, changed)
        changed = HEAVY.sub(replace_heavy, changed)
        statement = "" if code.rstrip().endswith((";", "{", "}")) else statement + code + " "
        lines[number] = changed + mark + comment
    return "\n".join(lines)


def make_copy(folder):
    """A copy of the headers with all sites; returns these."""
    copy = folder / "include"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "include", copy)
    sites = []
    for header in TESTS:
        path = folder / DETAIL / header
        path.write_text(instrument(header, path.read_text(encoding="utf-8"), sites), encoding="utf-8")
    (folder / DETAIL / "mutation.hpp").write_text(SWITCH, encoding="utf-8")
    first = folder / DETAIL / "arch.hpp"
    text = first.read_text(encoding="utf-8")
    text = text.replace("#pragma once\n", "#pragma once\n#include <syncmap/detail/mutation.hpp>\n", 1)
    first.write_text(text, encoding="utf-8")
    return sites


def compile_test(folder, test):
    """The program of one test with the copy; compiled anew if something has changed."""
    program, source = folder / test, ROOT / "tests/model" / f"{test}_test.cpp"
    stamp = folder / f"{test}.stamp"
    inputs = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "tests/model").glob("*.hpp")]
    inputs += [source, __file__]
    newest = str(max(os.stat(path).st_mtime for path in inputs))
    if program.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == newest:
        return program
    print(f"compiling {test}", flush=True)
    command = ["g++", "-std=c++20", "-O1", "-U_FORTIFY_SOURCE", "-pthread", f"-I{folder / 'include'}"]
    command += [f"-I{ROOT / 'tests' / each}" for each in ("model", "support")]
    command += [str(source), "-o", str(program), "-lgtest_main", "-lgtest"]
    subprocess.run(command, check=True)
    stamp.write_text(newest, encoding="utf-8")
    return program


CHECKED = re.compile(r"^model (\S+): (\d+) executions", re.MULTILINE)
REASON = re.compile(r"^(thread \d: .*?)(?:\nSYNCMAP_MODEL_REPLAY|\n)", re.MULTILINE)


def run(program, mutation, times, seed, limit=900):
    """(scenario, executions, reason) of what was noticed; or how many executions were in vain."""
    environment = dict(os.environ, SYNCMAP_MODEL_BUDGET=str(times), SYNCMAP_TEST_SEED=str(seed))
    if mutation:
        environment["SYNCMAP_MODEL_MUTATION"] = mutation
    command = [str(program), "--gtest_fail_fast"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return ("time limit", 0, "does not end")
    checked = CHECKED.findall(done.stdout)
    if done.returncode == 0:
        return sum(int(executions) for _, executions in checked)
    reason = REASON.search(done.stdout)
    if reason:
        return (checked[-1][0], int(checked[-1][1]), reason[1])
    return (f"after {checked[-1][0]}" if checked else "first", 0, f"ends with {done.returncode}")


def key_of(site, order):
    return f"{site.header}|{site.code}|{site.what}|{order}"


def table(sites, known):
    """The results in Markdown."""
    yield "| where | edge | mutation | noticed by | after executions | as |"
    yield "|---|---|---|---|---:|---|"
    for site in sites:
        for order in site.weaker:
            one = known.get(key_of(site, order))
            if not one:
                continue
            where = f"`{site.header}:{site.line}`"
            what = f"{site.what} -> {order}"
            if one["noticed"]:
                scenario, executions, reason = one["noticed"]
                reason = re.sub(r"^thread \d: ", "", reason).replace("|", "\\|")[:90]
                yield f"| {where} | {site.labels} | {what} | `{scenario}` | {executions} | {reason} |"
            else:
                yield f"| {where} | {site.labels} | {what} | **nothing** | {one['executions']} | |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/mutations")
    parser.add_argument("--only", default="", help="headers whose names contain this")
    parser.add_argument("--times", type=float, default=1, help="SYNCMAP_MODEL_BUDGET of each run")
    parser.add_argument("--seed", type=int, default=1, help="SYNCMAP_TEST_SEED of each run")
    parser.add_argument("--seconds", type=float, default=3600, help="starts no run after these")
    parser.add_argument("--again", action="store_true", help="asks again what nothing has noticed")
    parser.add_argument("--list", action="store_true", help="prints the mutations and ends")
    parser.add_argument("--table", type=pathlib.Path, help="a page whose last part gets the results")
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    results = options.folder / "results.json"
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    sites = make_copy(options.folder)
    if options.list:
        for site in sites:
            print(f"{site.number}: {site.header}:{site.line} [{site.labels}] {site.what} -> {site.weaker}")
        return
    end = time.monotonic() + options.seconds
    unchanged = set()
    for site in sites:
        for order in site.weaker:
            key = key_of(site, order)
            asked = key in known and (known[key]["noticed"] or not options.again)
            if options.only not in site.header or asked or time.monotonic() > end:
                continue
            noticed, vain = None, 0
            for test in TESTS[site.header]:
                program = compile_test(options.folder, test)
                if test not in unchanged:  # what is noticed must not be there without a mutation
                    if not isinstance(run(program, "", 0.1, options.seed), int):
                        sys.exit(f"{test} fails without a mutation")
                    unchanged.add(test)
                found = run(program, f"{site.number}:{NUMBER.get(order, 0)}", options.times, options.seed)
                if not isinstance(found, int):
                    noticed = found
                    break
                vain += found
            known[key] = {"noticed": noticed, "executions": vain}
            results.write_text(json.dumps(known, indent=1), encoding="utf-8")
            verdict = f"{noticed[0]} after {noticed[1]}: {noticed[2][:70]}" if noticed else "NOTHING"
            print(f"{site.header}:{site.line} [{site.labels}] {site.what} -> {order}: {verdict}", flush=True)
    if options.table:
        before, _, rest = options.table.read_text(encoding="utf-8").partition(TABLE)
        page = before + "\n".join([TABLE, "", *table(sites, known), ""])
        options.table.write_text(page + "".join(rest.partition(NEXT)[1:]), encoding="utf-8")
    counted = [known[key_of(site, order)] for site in sites for order in site.weaker if key_of(site, order) in known]
    all_of_them = sum(len(site.weaker) for site in sites)
    noticed_ones = sum(1 for one in counted if one["noticed"])
    print(f"{all_of_them} mutations, {len(counted)} asked, {noticed_ones} noticed")


if __name__ == "__main__":
    main()
