# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Reads the files of results that the benchmarks write.

`./dev bench grid --json=FILE` writes a line for each measurement, and one that describes the
machine; parts of a long run may stand one after the other in a file. Google Benchmark writes one
document: of that, Go's suite is taken. Measurements of the same cell in several files are taken
together, so files of different machines, compilers or flags are refused.
"""

import dataclasses
import json
import statistics

import go_table

# At least half of the runs had a thread that waited longer than this share for a processor.
DISTURBED = 0.025
GO = "Go"  # in place of the types, for Go's suite
# What a line has besides what was measured.
DESCRIPTION = ("workload", "types", "entries", "choice", "threads", "map", "kind", "repeat",
               "rounds", "waited", "wrong", "unit", "commit")
# What must be the same in all files that are taken together.
SETTING = ("processor", "processors", "compiler", "flags")

OURS = "syncmap::"
SUBJECT = "syncmap::map"
FLOORS = ("absl::flat_hash_map", "boost::unordered_flat_map", "boost::unordered_node_map",
          "std::map", "std::unordered_map")
# Not general: integers only, reserved keys, or calls that the user has to make.
SPECIALISTS = ("CLHT", "growt", "junction")
GO_MAPS = {"map": SUBJECT, "read_dirty_map": "syncmap::read_dirty_map",
           "shared_mutex": "std::unordered_map + shared_mutex"}


class Unusable(Exception):
    """A file that is not what it should be; the text says which, where and why."""


def role(name):
    """ours, floor (not synchronised), specialist, or peer."""
    if name.startswith(OURS):
        return "ours"
    if name in FLOORS:
        return "floor"
    return "specialist" if name.lower().startswith(tuple(map(str.lower, SPECIALISTS))) else "peer"


def size_text(entries):
    text = str(entries)
    zeros = len(text) - len(text.rstrip("0"))
    return f"{text[:-zeros]}e{zeros}" if zeros and len(text) - zeros == 1 else text


@dataclasses.dataclass(frozen=True, order=True)
class Cell:
    """What was measured, of every map in turn."""

    types: str
    workload: str
    entries: int
    choice: str
    threads: int

    def text(self):
        words = [self.workload, self.types]
        if self.types != GO:
            words.append(size_text(self.entries))
        if self.choice not in ("", "uniform"):
            words.append(self.choice)
        return " ".join(words + [f"{self.threads}t"])


class Series:
    """The runs of one map in one cell."""

    def __init__(self, unit):
        self.unit = unit
        self.runs = []  # {measure: value}, the first is the one that is compared
        self.waits = []

    def add(self, measures, waited):
        self.runs.append(measures)
        self.waits.append(waited)

    @property
    def measures(self):
        return list(self.runs[0])

    def values(self, measure=None):
        return [run[measure or self.measures[0]] for run in self.runs]

    def median(self, measure=None):
        return statistics.median(self.values(measure))

    def spread(self, measure=None):
        """From the least to the largest, as a share of the median."""
        values, median = self.values(measure), self.median(measure)
        return (max(values) - min(values)) / median if median else 0.0

    @property
    def disturbed(self):
        return 2 * sum(waited > DISTURBED for waited in self.waits) >= len(self.waits)


class Results:
    def __init__(self):
        self.machine = {}  # what the first line says, without the versions
        self.versions = {}
        self.cells = {}  # {Cell: {map: Series}}
        self.wrong = []  # texts: measurements whose answers were not the expected ones
        self.missing = {}  # {(map, why): [cells]}: what was to be measured, and was not
        self.go_paths = []

    def best(self, cell, kind):
        """(name, Series) of the map of that role with the least median, or None."""
        found = [(series.median(), name) for name, series in self.cells.get(cell, {}).items()
                 if role(name) == kind]
        return (min(found)[1], self.cells[cell][min(found)[1]]) if found else None

    def floor(self, cell):
        """The best map without synchronisation; it has one thread whatever the cell has."""
        return self.best(dataclasses.replace(cell, threads=1), "floor")

    def ratio(self, cell, kind, subject=SUBJECT):
        """(how many times as good the subject is as the best of that role, its name), or None.
        Everything that is measured is a cost: times and bytes."""
        mine = self.cells.get(cell, {}).get(subject)
        other = self.floor(cell) if kind == "floor" else self.best(cell, kind)
        if not mine or not other or not mine.median():
            return None
        return other[1].median() / mine.median(), other[0]

    def distinct(self, cell, subject, kind):
        """The subject and the best of that role differ by more than half their spreads together,
        and neither was disturbed: their runs show which is better."""
        value, name = self.ratio(cell, kind, subject)
        place = dataclasses.replace(cell, threads=1) if kind == "floor" else cell
        mine, other = self.cells[cell][subject], self.cells[place][name]
        noise = (mine.spread() + other.spread()) / 2
        return max(value, 1 / value) > 1 + noise and not mine.disturbed and not other.disturbed

    @property
    def maps(self):
        """Names of all maps, ours first, floors last."""
        order = ("ours", "peer", "specialist", "floor")
        names = {name for maps in self.cells.values() for name in maps}
        return sorted(names, key=lambda name: (order.index(role(name)), name != SUBJECT, name))

    def grid_cells(self):
        return [cell for cell in self.cells if cell.types != GO]


def _describe(results, line, place):
    """A line that describes the machine: of a map it says the version."""
    for name, text in line.items():
        if "::" in name or " " in name:
            results.versions[name] = text
        elif name in SETTING and results.machine.get(name, text) != text:
            raise Unusable(f"{place}: {name} is {text}, in what was read before "
                           f"{results.machine[name]}: these results cannot be taken together")
        else:
            results.machine.setdefault(name, text)


def _measured(results, line):
    cell = Cell(line["types"], line["workload"], line["entries"], line["choice"], line["threads"])
    if "error" in line:
        results.missing.setdefault((line["map"], line["error"]), []).append(cell.text())
        return
    if line.get("wrong"):
        results.wrong.append(f"{cell.text()}, {line['map']}: {line['wrong']} wrong answers")
        return
    measures = {name: value for name, value in line.items()
                if name not in DESCRIPTION and isinstance(value, (int, float))}
    if not measures:
        raise KeyError("a measure")
    maps = results.cells.setdefault(cell, {})
    maps.setdefault(line["map"], Series(line["unit"])).add(measures, line.get("waited", 0.0))


def _read_go(results, path):
    runs, hosts = go_table.read_runs([path])
    if not runs:
        raise Unusable(f"{path}: no result of Go's suite")
    results.go_paths.append(path)
    results.machine.setdefault("go_suite", "; ".join(hosts))
    for workload, cells in runs.items():
        for (name, threads), samples in cells.items():
            cell = Cell(GO, workload, 0, "", threads)
            series = results.cells.setdefault(cell, {}).setdefault(GO_MAPS[name], Series("ns"))
            for time, waited in samples:
                series.add({"ns": time}, waited / 100)


def _is_google_benchmark(text):
    try:
        return "benchmarks" in json.loads(text)
    except ValueError:
        return False


def read(paths):
    """The results in these files. Raises Unusable."""
    results = Results()
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"{path}: {error}") from error
        if _is_google_benchmark(text):
            _read_go(results, path)
            continue
        # What stands behind the last end of a line is a line that was not finished.
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                line = json.loads(line)
                if "workload" in line:
                    _measured(results, line)
                else:
                    _describe(results, line, f"{path}:{number}")
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise Unusable(f"{path}:{number}: not a result: {error!r}") from error
    if not results.cells:
        raise Unusable(f"no results in {', '.join(map(str, paths))}")
    return results
