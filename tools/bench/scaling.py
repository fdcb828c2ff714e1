#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Draw what `syncmap_scaling` has counted, and print it as Markdown.

    ./dev bench scaling                     does all of it, in build/scaling
    tools/bench/scaling.py scaling.jsonl --picture scaling.svg > scaling.md

With --picture NAME.svg there is one picture for each number of entries: NAME-1000.svg, and so on. A panel
for each workload, a line for each map; down is better.
"""

import argparse
import json
import pathlib
import sys

WORKLOADS = {
    "hit": "hit: loads only",
    "mix99": "99 loads, 1 store",
    "mix90": "90 loads, 5 insertions, 5 erasures",
    "mix50": "50 loads, 25 insertions, 25 erasures",
    "hot": "one hot key: 90 loads, 10 stores",
}
# Colours that differ for the colour-blind too, and markers that differ without colour.
STYLES = {
    "map": ("#0072b2", "o", "-"),
    "map (nodes)": ("#56b4e9", "s", "-"),
    "read_dirty_map": ("#009e73", "^", "-"),
    "64 spin locks": ("#e69f00", "v", "--"),
    "reader-writer lock": ("#d55e00", "D", "--"),
}


def read_results(path):
    """The rows of a file by (entries, workload, map), ordered by threads; and its first line."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if len(lines) < 2 or "licence" not in lines[0]:
        sys.exit(f"{path}: not the output of syncmap_scaling")
    rows = {}
    for row in lines[1:]:
        rows.setdefault((row["entries"], row["workload"], row["map"]), []).append(row)
    for found in rows.values():
        found.sort(key=lambda row: row["threads"])
    return rows, lines[0]


def draw(rows, entries, path):
    """One picture."""
    import matplotlib  # only who draws needs it

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "syncmap", "font.size": 9})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 3, figsize=(11, 6.4), sharex=True, sharey=True)
    panels = list(panels.flat)
    threads = sorted({row["threads"] for found in rows.values() for row in found})
    for panel, (workload, title) in zip(panels, WORKLOADS.items()):
        for name, (colour, marker, line) in STYLES.items():
            found = rows.get((entries, workload, name), [])
            panel.plot(
                [row["threads"] for row in found],
                [row["misses"] for row in found],
                color=colour, marker=marker, linestyle=line, markersize=4, label=name, clip_on=False,
            )
        panel.set_title(title, fontsize=10)
        panel.set_xscale("log", base=2)
        panel.set_xticks(threads, [str(each) for each in threads])
        # Linear up to a tenth, so that there is a zero.
        panel.set_yscale("symlog", linthresh=0.1, linscale=0.5)
        panel.set_ylim(0, 400)
        panel.set_yticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
        panel.grid(True, color="#dddddd", linewidth=0.6)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        panel.tick_params(labelbottom=True)
    for panel in (panels[2], panels[3], panels[4]):
        panel.set_xlabel("virtual threads")
    for panel in (panels[0], panels[3]):
        panel.set_ylabel("coherence misses per operation")
    panels[5].axis("off")
    handles, labels = panels[0].get_legend_handles_labels()
    panels[5].legend(
        handles, labels, loc="center", frameon=False, fontsize=10,
        title=f"{entries:,} entries; down is better.\nSolid: syncmap. Dashed: references.",
    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def table(rows, entries):
    """Misses at some numbers of threads, as Markdown."""
    threads = sorted({row["threads"] for found in rows.values() for row in found})
    shown = [each for each in (2, 8, 32, 128) if each in threads] or threads
    yield f"{entries:,} entries, at {' / '.join(map(str, shown))} threads:"
    yield ""
    yield "| workload | " + " | ".join(STYLES) + " |"
    yield "|---|" + "---|" * len(STYLES)
    for workload in WORKLOADS:
        cells = []
        for name in STYLES:
            by_threads = {row["threads"]: row for row in rows.get((entries, workload, name), [])}
            figures = [by_threads[each]["misses"] for each in shown if each in by_threads]
            cells.append(" / ".join(short(figure) for figure in figures) or "-")
        yield f"| {workload} | " + " | ".join(cells) + " |"
    yield ""


def short(figure):
    """Two digits are enough, and nothing is a plain 0."""
    if figure == 0:
        return "0"
    return f"{figure:.0f}" if figure >= 9.95 else f"{figure:.1f}" if figure >= 0.95 else f"{figure:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--picture", type=pathlib.Path)
    given = parser.parse_args()
    rows, _ = read_results(given.results)
    for entries in sorted({key[0] for key in rows}):
        print(*table(rows, entries), sep="\n")
        if given.picture:
            draw(rows, entries, given.picture.with_stem(f"{given.picture.stem}-{entries}"))


if __name__ == "__main__":
    main()
