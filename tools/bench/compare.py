#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Compare two files of results: what of syncmap got slower or faster.

    ./dev bench compare OLD NEW

The machine is not as fast today as it was then: a change is taken relative to the median change of
the other maps in the same cell, if there are three whose versions are the same. What is left counts
if it is more than the noise: half the spreads of both sides together, or the change of which four in
five of the other maps stay within (they did not change: it is the noise between the two runs), or
5 %. The same rule applied to the other maps says how far it can be trusted.

Exit status: 0 if nothing got slower, 1 if something did, 2 if there was nothing to compare.
"""

import argparse
import dataclasses
import math
import statistics
import sys

import results

LEAST_CHANGE = 0.05  # percentiles are exact to 3 % on each side
LEAST_RUNS = 3  # fewer have no spread
LEAST_OTHERS = 3


@dataclasses.dataclass
class Change:
    cell: results.Cell
    map: str
    measure: str
    unit: str
    old: float
    new: float
    drift: float  # of the other maps
    change: float  # new / old, less the drift
    noise: float
    undecided: str  # why it does not count, or empty

    @property
    def slower(self):
        return not self.undecided and self.change > 1 + self.noise

    @property
    def faster(self):
        return not self.undecided and 1 / self.change > 1 + self.noise


def _ratio(old, new, measure):
    before, after = old.median(measure), new.median(measure)
    return after / before if before > 0 and after > 0 else None


def others(old, new, cell, measure, subject):
    """(drift, noise) as the maps show that did not change, without the subject: their median change,
    and what four in five of them stay within of it. Without three such maps (1, 0)."""
    ratios = []
    for name, series in old.cells[cell].items():
        other = new.cells[cell].get(name)
        if name == subject or results.role(name) == "ours" or not other:
            continue
        if old.versions.get(name) != new.versions.get(name) or measure not in other.measures:
            continue
        ratios.append(_ratio(series, other, measure))
    ratios = [ratio for ratio in ratios if ratio]
    if len(ratios) < LEAST_OTHERS:
        return 1.0, 0.0
    drift = statistics.median(ratios)
    apart = sorted(max(ratio / drift, drift / ratio) - 1 for ratio in ratios)
    return drift, apart[math.ceil(0.8 * len(apart)) - 1]


def changes(old, new):
    """A Change for each measure of each map and cell that both have."""
    found = []
    for cell in old.cells:
        for name, before in old.cells[cell].items():
            after = new.cells.get(cell, {}).get(name)
            if not after:
                continue
            undecided = ""
            if min(len(before.runs), len(after.runs)) < LEAST_RUNS:
                undecided = f"fewer than {LEAST_RUNS} runs"
            elif before.disturbed or after.disturbed:
                undecided = "disturbed"
            for measure in before.measures:
                if measure not in after.measures or not _ratio(before, after, measure):
                    continue
                drift, between = others(old, new, cell, measure, name)
                within = (before.spread(measure) + after.spread(measure)) / 2
                found.append(Change(cell, name, measure, before.unit, before.median(measure),
                                    after.median(measure), drift,
                                    _ratio(before, after, measure) / drift,
                                    max(within, between, LEAST_CHANGE), undecided))
    return found


def show(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def table(rows):
    lines = ["| cell | map | measure | old | new | other maps | change beyond that | noise |",
             "|---|---|---|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: -row.change):
        unit = row.unit if row.measure == row.unit else f"{row.measure}, {row.unit}"
        lines.append(f"| {row.cell.text()} | {row.map} | {unit} | {show(row.old)} | "
                     f"{show(row.new)} | {row.drift - 1:+.0%} | {row.change - 1:+.0%} | "
                     f"{row.noise:.0%} |")
    return lines


def report(old, new, found):
    """The lines to print."""
    lines = []
    for name in results.SETTING:
        if old.machine.get(name) != new.machine.get(name):
            lines.append(f"Not the same {name}: {old.machine.get(name)}, {new.machine.get(name)}.")
    ours = [one for one in found if results.role(one.map) == "ours"]
    for what, rows in (("slower", [one for one in ours if one.slower]),
                       ("faster", [one for one in ours if one.faster])):
        lines += ["", f"## {len(rows)} figures got {what}"] + (["", *table(rows)] if rows else [])
    for why in sorted({one.undecided for one in ours if one.undecided}):
        count = sum(one.undecided == why for one in ours)
        lines += ["", f"{count} of {len(ours)} figures do not count: {why}."]
    controls = [one for one in found if results.role(one.map) != "ours" and not one.undecided]
    if controls:
        moved = sum(one.slower or one.faster for one in controls)
        lines += ["", f"For comparison, by the same rule {moved} of {len(controls)} figures of the "
                      f"other maps changed ({moved / len(controls):.1%})."]
    lines += ["", "Noise: half the spreads of both files together, or what four in five of the other "
                  "maps stay within, or 5 %."]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old")
    parser.add_argument("new")
    arguments = parser.parse_args()
    try:
        old, new = results.read([arguments.old]), results.read([arguments.new])
    except results.Unusable as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    found = changes(old, new)
    print("\n".join(report(old, new, found)).strip())
    ours = [one for one in found if results.role(one.map) == "ours"]
    if all(one.undecided for one in ours):
        print("compare.py: the files have no figures of syncmap that can be compared", file=sys.stderr)
        return 2
    return 1 if any(one.slower for one in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
