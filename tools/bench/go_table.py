#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Make a Markdown table of the Go suite from the JSON that Google Benchmark wrote.

    ./dev bench --benchmark_filter=^Go/ --benchmark_repetitions=5 \\
        --benchmark_enable_random_interleaving=true \\
        --benchmark_out=go_suite.json --benchmark_out_format=json
    tools/bench/go_table.py go_suite.json > go_suite.md

Several files may be given; their repetitions are taken together. Figures are medians, in
nanoseconds per operation, at one and two threads.
"""

import argparse
import json
import statistics
import sys

# Nanoseconds per operation at one and two processors: the fastest of five maps of Go in each figure
# (sync.Map of Go 1.21 and of Go 1.24 in both its forms, xsync 4.4, a map with a RWMutex), measured on
# a 2-core AMD Zen 4 machine; the least of three to nine runs.
GO_SOURCE = (
    "the fastest of five maps of Go in each figure (`sync.Map` of Go 1.21.13, of Go 1.24.4 in both "
    "its forms, xsync 4.4, a map with an RWMutex), measured on a 2-core AMD Zen 4 machine"
)
GO_BEST = {
    "LoadMostlyHits": (22, 14),
    "LoadMostlyMisses": (17, 9.1),
    "LoadOrStoreBalanced": (289, 303),
    "LoadOrStoreUnique": (670, 558),
    "LoadOrStoreCollision": (14, 9.2),
    "LoadAndDeleteBalanced": (19, 14),
    "LoadAndDeleteUnique": (17, 12),
    "LoadAndDeleteCollision": (68, 27),
    "Range": (5404, 3820),
    "AdversarialAlloc": (25, 22),
    "AdversarialDelete": (26, 18),
    "DeleteCollision": (8.7, 4.5),
    "SwapCollision": (37, 33),
    "SwapMostlyHits": (76, 61),
    "SwapMostlyMisses": (107, 77),
    "CompareAndSwapCollision": (77, 41),
    "CompareAndSwapNoExistingKey": (18, 10),
    "CompareAndSwapValueNotEqual": (19, 9.4),
    "CompareAndSwapMostlyHits": (86, 74),
    "CompareAndSwapMostlyMisses": (47, 34),
    "CompareAndDeleteCollision": (62, 26),
    "CompareAndDeleteMostlyHits": (121, 88),
    "CompareAndDeleteMostlyMisses": (32, 24),
    "Clear": (49, 47),
}

# Repetitions whose threads waited longer than this for a processor are left out if others exist.
QUIET_PERCENT = 5.0

MAPS = ("map", "read_dirty_map", "shared_mutex")
THREADS = (1, 2)
NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def read_runs(paths):
    """All repetitions: {workload: {(map, threads): [(ns, waited), ...]}}, and their machines."""
    runs, hosts = {}, []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        context = document["context"]
        host = f"{context['num_cpus']} CPUs at {context['mhz_per_cpu']} MHz, {context['date']}"
        if host not in hosts:
            hosts.append(host)
        for run in document["benchmarks"]:
            if run.get("run_type", "iteration") != "iteration" or run.get("error_occurred"):
                continue
            # Go/WORKLOAD/MAP/threads:N[/...]; a workload's own name may contain a slash.
            suite, *parts = run["name"].split("/")
            which = next((i for i, part in enumerate(parts) if part in MAPS), None)
            threads = next((p for p in parts if p.startswith("threads:")), None)
            if suite != "Go" or which is None or threads is None:
                continue
            workload = "/".join(parts[:which])
            cell = (parts[which], int(threads.partition(":")[2]))
            nanoseconds = run["real_time"] * NANOSECONDS[run["time_unit"]]
            sample = (nanoseconds, run.get("waited_%", 0.0))
            runs.setdefault(workload, {}).setdefault(cell, []).append(sample)
    return runs, hosts


class Figure:
    """The median of a cell's quiet repetitions; of all, and marked, if none was quiet."""

    def __init__(self, samples):
        times = [time for time, waited in samples if waited <= QUIET_PERCENT]
        self.disturbed = not times
        self.times = times or [time for time, _ in samples]
        self.median = statistics.median(self.times)
        self.spread = (max(self.times) - min(self.times)) / self.median


def show(figure):
    """About three digits, as they can be believed."""
    if figure is None:
        return "-"
    digits = 1 if figure.median < 100 else 0
    return f"{figure.median:.{digits}f}" + ("*" if figure.disturbed else "")


def show_ratio(theirs, ours):
    return f"{theirs / ours.median:.1f}x" if theirs and ours else "-"


def table(figures):
    rows = [
        "| workload | `map` 1 / 2 | `read_dirty_map` 1 / 2 | `shared_mutex` 1 / 2 | Go's best 1 / 2 "
        "| `map` against `shared_mutex` | `map` against Go's best |",
        "|---|---|---|---|---|---|---|",
    ]
    # Go's order, then the rest as they come.
    order = [name for name in GO_BEST if name in figures]
    order += sorted(name for name in figures if name not in GO_BEST)
    for workload in order:
        ours, read_dirty, locked = (
            [figures[workload].get((name, n)) for n in THREADS] for name in MAPS)
        go = GO_BEST.get(workload, (None, None))
        columns = [
            " / ".join(map(show, ours)),
            " / ".join(map(show, read_dirty)),
            " / ".join(map(show, locked)),
            " / ".join("-" if time is None else f"{time:g}" for time in go),
            " / ".join(show_ratio(their and their.median, our)
                       for their, our in zip(locked, ours)),
            " / ".join(map(show_ratio, go, ours)),
        ]
        rows.append(f"| {workload} | " + " | ".join(columns) + " |")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("json", nargs="+", help="output of the benchmarks, format json")
    paths = parser.parse_args().json
    try:
        runs, hosts = read_runs(paths)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"go_table.py: cannot read the results: {error!r}")
    if not runs:
        sys.exit("go_table.py: no result of the Go suite in " + ", ".join(paths))
    figures = {workload: {cell: Figure(samples) for cell, samples in cells.items()}
               for workload, cells in runs.items()}
    every = [figure for cells in figures.values() for figure in cells.values()]
    counts = sorted({len(figure.times) for figure in every})
    repetitions = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    spread = statistics.median(figure.spread for figure in every)
    print("\n".join(table(figures)))
    print(f"\nNanoseconds per operation (wall time / operations of all threads), at 1 / 2 threads. "
          f"Medians of {repetitions} runs; the typical spread of a figure is {spread:.0%}. "
          f"Machine: {'; '.join(hosts)}.")
    if any(figure.disturbed for figure in every):
        print(f"\n\\* In every run the threads waited more than {QUIET_PERCENT:g} % of the time for a "
              "processor: others were using the machine.")
    print(f"\nGo's figures: {GO_SOURCE}; least of three to nine runs. That is another machine than "
          f"the one above unless it says so: read the last column as an order of magnitude.")


if __name__ == "__main__":
    main()
