#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Makes a report of files of results.

    ./dev bench report FILE... [-o FOLDER]

Writes report.html (one page, pictures included, nothing is loaded), report.md (its tables), and the
pictures of a README: heat_map.svg and throughput.svg. Needs matplotlib: Debian's python3-matplotlib.
"""

import argparse
import html
import pathlib
import re
import sys

import go_table
import plots
import results

# What a README shows: one size that does not fit the first cache, and the operations of most uses.
README_WORKLOADS = ("hit", "miss", "mix90", "mix50", "insert")
README_SIZE = 100_000

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem;
       color: #1a1a1a; background: #fff }
table { border-collapse: collapse; font-size: 13px; margin: .5rem 0 1rem; display: block;
        overflow-x: auto }
th, td { border-bottom: 1px solid #ddd; padding: .15rem .6rem; text-align: right;
         white-space: nowrap }
th:first-child, td:first-child { text-align: left }
svg { max-width: 100%; height: auto; margin: .5rem 0 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd }
details { margin: .3rem 0 } summary { cursor: pointer; font-weight: 600 }
"""

MACHINE = {
    "processor": "processor", "processors": "hardware threads", "kernel": "kernel",
    "huge_pages": "huge pages", "compiler": "compiler", "flags": "flags", "commit": "commit",
    "date": "date", "skipped": "skipped, not installed", "go_suite": "Go's suite ran on",
}


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


# --- Tables: lists of rows, the first is the head; cells are texts in which ** marks bold --------


def description(found):
    rows = [["machine and versions", ""]]
    names = [*MACHINE, *sorted(set(found.machine) - set(MACHINE))]
    rows += [[MACHINE.get(name, name), str(found.machine[name])] for name in names
             if found.machine.get(name)]
    versions = ", ".join(f"{name} {text}" for name, text in sorted(found.versions.items())
                         if results.role(name) != "ours")
    return rows + ([["other maps", versions]] if versions else [])


def standings(found, subject):
    """(cells with a rival, [(ratio, cell, name of the rival)] where the subject loses)."""
    ratios = [(found.ratio(cell, "peer", subject), cell) for cell in found.grid_cells()]
    ratios = [(*ratio, cell) for ratio, cell in ratios if ratio]
    return len(ratios), sorted((value, cell, name) for value, name, cell in ratios if value < 1)


def losses(found, subject):
    rows = [["cell", subject, "the best other", "", "times as good (~: not sure)", "spreads"]]
    for value, cell, name in standings(found, subject)[1]:
        mine, other = found.cells[cell][subject], found.cells[cell][name]
        rows.append([cell.text(), f"{number(mine.median())} {mine.unit}",
                     f"{number(other.median())} {other.unit}", name,
                     f"**{plots.ratio_text((value, found.distinct(cell, subject, 'peer')))}**",
                     f"{mine.spread():.0%}, {other.spread():.0%}"])
    return rows


def figure_text(series, measure, best):
    text = number(series.median(measure)) + (" !" if series.disturbed else "")
    text = f"**{text}**" if best else text
    return f"{text} ±{series.spread(measure) / 2:.0%}"


def figures(found, cells, columns):
    """Rows are maps, columns (cell, measure, head); the best concurrent map is bold."""
    rows = [["map", *(head for _, _, head in columns)]]
    for name in [name for name in found.maps if any(name in found.cells[cell] for cell in cells)]:
        row = [name + (" (floor)" if results.role(name) == "floor" else "")]
        for cell, measure, _ in columns:
            series = found.cells[cell].get(name)
            if not series or measure not in series.measures:
                row.append("-")
                continue
            least = min(one.median(measure) for other, one in found.cells[cell].items()
                        if measure in one.measures and
                        (results.role(other) != "floor" or results.role(name) == "floor"))
            best = results.role(name) != "floor" and series.median(measure) == least
            row.append(figure_text(series, measure, best))
        rows.append(row)
    return rows


def all_figures(found):
    """[(title, table)]: a table for each workload and type."""
    groups = {}
    for cell in found.grid_cells():
        groups.setdefault((cell.types, cell.workload), []).append(cell)
    tables = []
    for (types, workload), cells in groups.items():
        measures = list(dict.fromkeys(
            measure for cell in cells for series in found.cells[cell].values()
            for measure in series.measures))
        unit = next(iter(found.cells[cells[0]].values())).unit
        columns = []
        for cell in cells:
            place = cell.text().removeprefix(f"{workload} {types} ")
            columns += [(cell, measure, place if len(measures) == 1 else f"{place} {measure}")
                        for measure in measures]
        about = plots.ABOUT.get(workload, "")
        title = f"{workload}, {types}: {unit}" + (f" ({about})" if about else "")
        tables.append((title, figures(found, cells, columns)))
    return tables


def go_figures(found):
    if not found.go_paths:
        return []
    runs, _ = go_table.read_runs(found.go_paths)
    lines = go_table.table({workload: {cell: go_table.Figure(samples)
                                       for cell, samples in cells.items()}
                            for workload, cells in runs.items()})
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


# --- Documents: lists of (kind, content) ------------------------------------------------------


def throughput_pictures(found, style):
    """[(title, svg)]: a picture for each type, size and choice of keys."""
    groups = {}
    for cell in found.grid_cells():
        if cell.workload not in plots.GROWING:
            groups.setdefault((cell.types, cell.entries, plots.choice_text(cell)), []).append(cell)
    for (types, entries, choice), cells in groups.items():
        title = f"Throughput, {types}, {results.size_text(entries)} entries{choice}"
        yield title, plots.throughput(found, cells, style, title)


def readme_cells(found):
    """Cells for the one picture of throughput: of one type and size, uniform."""
    cells = [cell for cell in found.grid_cells() if cell.workload in README_WORKLOADS]
    if not cells:
        return []
    first = min(cells, key=lambda cell: (cell.types != "u64", abs(cell.entries - README_SIZE)))
    same = [cell for cell in cells if (cell.types, cell.entries, cell.choice) ==
            (first.types, first.entries, first.choice)]
    return sorted(same, key=lambda cell: (README_WORKLOADS.index(cell.workload), cell.threads))


def document(found):
    style = plots.styles(found.maps)
    parts = [("h1", "Benchmarks of syncmap"), ("table", description(found))]
    for subject in [name for name in found.maps if results.role(name) == "ours"]:
        count, lost = standings(found, subject)
        if count:
            parts.append(("p", f"**{subject}** is better than every other concurrent map in "
                               f"{count - len(lost)} of {count} cells, and loses {len(lost)}."))
    if found.wrong:
        parts += [("h2", "Wrong answers"), ("list", found.wrong)]
    if found.missing:
        parts += [("h2", "Not measured"), ("list", [
            f"{name}: {why}: {', '.join(dict.fromkeys(cells))}"
            for (name, why), cells in sorted(found.missing.items())])]
    for kind, title in (("peer", "Against the best other map"), ("floor", "Against no lock at all")):
        picture = plots.heat_map(found, kind, title)
        if picture:
            parts += [("h2", title), ("svg", picture)]
        if kind == "peer" and standings(found, results.SUBJECT)[1]:
            parts += [("h3", "Where it loses"), ("table", losses(found, results.SUBJECT))]
    pictures = list(throughput_pictures(found, style))
    if pictures:
        parts.append(("h2", "Throughput by threads"))
    for title, picture in pictures:
        parts += [("h3", title.removeprefix("Throughput, ")), ("svg", picture)]
    for title, draw, text in (
            ("Pauses while growing", plots.latency,
             "Every single operation is timed; a map that moves all its entries at once has a last "
             "point that stands high. Medians of the runs' percentiles."),
            ("Memory", plots.memory,
             "Measured 16 times while the entries double from the number given, and averaged. A map "
             "with an allocator of its own has its resident memory in both pictures.")):
        picture = draw(found, style, title)
        if picture:
            parts += [("h2", title), ("p", text), ("svg", picture)]
    if found.go_paths:
        parts += [("h2", "Go's suite"), ("table", go_figures(found)),
                  ("p", f"ns an operation, 1 / 2 threads. Go's figures: {go_table.GO_SOURCE}.")]
    tables = all_figures(found)
    if tables:
        parts += [("h2", "All figures"), (
            "p", "Medians, ± half the distance from the least run to the largest. ns are those of "
                 "each thread. Bold: the best concurrent map. Floor: not synchronised. !: threads "
                 "had to wait for a processor. -: not measured, or not offered by that map.")]
        parts += [("details", one) for one in tables]
    return parts


def markdown(parts):
    lines = ["<!-- SPDX-FileCopyrightText: The syncmap authors -->",
             "<!-- SPDX-License-Identifier: MIT -->", ""]

    def table(rows):
        lines.extend(["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"])
        lines.extend("| " + " | ".join(row) + " |" for row in rows[1:])

    for kind, content in parts:
        if kind in ("h1", "h2", "h3"):
            lines.append("#" * int(kind[1]) + " " + content)
        elif kind == "p":
            lines.append(content)
        elif kind == "list":
            lines.extend(f"- {line}" for line in content)
        elif kind == "table":
            table(content)
        elif kind == "details":
            lines += [f"### {content[0]}", ""]
            table(content[1])
        else:
            lines.append("(A picture: see report.html.)")
        lines.append("")
    return "\n".join(lines)


def web_page(parts):
    def text(words):
        return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(words))

    def table(rows):
        head, *body = rows
        return "\n".join(["<table>", "<tr>" + "".join(f"<th>{text(c)}</th>" for c in head) + "</tr>"]
                         + ["<tr>" + "".join(f"<td>{text(c)}</td>" for c in row) + "</tr>"
                            for row in body] + ["</table>"])

    lines = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
             "<!-- SPDX-License-Identifier: MIT -->",
             '<meta name="viewport" content="width=device-width">',
             f"<title>Benchmarks of syncmap</title><style>{STYLE}</style></head><body>"]
    for kind, content in parts:
        if kind == "svg":
            lines.append(content)
        elif kind == "table":
            lines.append(table(content))
        elif kind == "details":
            lines.append(f"<details><summary>{text(content[0])}</summary>{table(content[1])}</details>")
        elif kind == "list":
            lines += ["<ul>", *(f"<li>{text(line)}</li>" for line in content), "</ul>"]
        else:
            lines.append(f"<{kind}>{text(content)}</{kind}>")
    return "\n".join([*lines, "</body></html>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-o", dest="folder", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path("build/bench/report"))
    arguments = parser.parse_args()
    try:
        found = results.read(arguments.files)
    except results.Unusable as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 2
    parts = document(found)
    written = {"report.html": web_page(parts), "report.md": markdown(parts),
               "heat_map.svg": plots.heat_map(found, "peer", "syncmap against the best other map",
                                              ("", "uniform")),
               "throughput.svg": plots.throughput(found, readme_cells(found),
                                                  plots.styles(found.maps), "Throughput by threads")}
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (arguments.folder / name).unlink(missing_ok=True)
        if text:
            (arguments.folder / name).write_text(text, encoding="utf-8")
            print(arguments.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
