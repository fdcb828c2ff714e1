# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Needs matplotlib; without it the tests are skipped. If only the system's python3 has it, run them
with that one: /usr/bin/python3 -B -m unittest discover -s tests/bench"""

import re
import unittest
import xml.etree.ElementTree

from benching import GO, GRID, BenchTest, lines_of

import results

try:
    import plots
    import report
except ImportError as error:
    raise unittest.SkipTest(f"no pictures: {error}") from error

MAP = "syncmap::map"


def words(svg):
    """The texts of a picture, and that it is a whole one."""
    root = xml.etree.ElementTree.fromstring(svg)
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


class Pictures(BenchTest):
    def setUp(self):
        super().setUp()
        self.found = results.read([GRID])
        self.style = plots.styles(self.found.maps)

    def test_heat_map_writes_each_ratio(self):
        texts = words(plots.heat_map(self.found, "peer", "x"))
        for text in ("1.52", "2.20", "0.78", "1.44", "43", "0.75", "hit", "pause, u64", "1e3", "2t"):
            self.assertIn(text, texts)
        self.assertEqual(texts.count("0.75"), 2)  # memory, at two sizes
        texts = words(plots.heat_map(self.found, "floor", "x"))
        for text in ("0.50", "0.49", "0.44"):
            self.assertIn(text, texts)

    def test_heat_map_is_red_where_it_loses(self):
        for ratio, reddish in ((0.5, True), (0.8, True), (1.25, False), (2, False), (1000, False)):
            colours = []
            axes = type("Axes", (), {"__getattr__": lambda *_: lambda *__, **___: None})()
            axes.add_patch = lambda patch: colours.append(patch.get_facecolor())
            axes.spines = _Spines()
            plots.heat_panel(_Figure(axes), (1, 1), "", {("hit", (1000, 1)): (ratio, True)})
            (red, _, blue, _), = colours
            self.assertEqual(red > blue, reddish, ratio)

    def test_heat_map_marks_what_the_runs_do_not_show(self):
        self.assertEqual(plots.ratio_text((0.954, False)), "0.95~")
        self.assertEqual(plots.ratio_text((23.4, True)), "23")
        self.assertEqual(plots.ratio_text((0.0021, True)), "0.002")

    def test_heat_map_loses_no_column_however_many(self):
        first, *rest = lines_of()
        lines = [{**line, "threads": threads, "entries": entries} for line in rest
                 if line["workload"] == "hit" and line["threads"] == 1
                 for threads in (1, 2, 4, 8) for entries in (1000, 2000, 3000, 4000, 5000)]
        found = results.read([self.file("wide.json", [first, *lines])])
        svg = plots.heat_map(found, "peer", "x")
        self.assertEqual(words(svg).count("1.52"), 20)
        width = float(re.search(r'viewBox="0 0 ([0-9.]+)', svg)[1])
        self.assertLess(max(float(x) for x in re.findall(r'<text[^>]* x="([0-9.]+)"', svg)), width)

    def test_throughput_counts_all_threads_that_are_measured(self):
        def rate(workload, threads):
            series = results.Series("ns")
            series.add({"ns": 10.0}, 0)
            return plots.rate(results.Cell("u64", workload, 1000, "", threads), series)

        self.assertEqual((rate("hit", 1), rate("hit", 4), rate("hot_read", 4)), (100, 400, 300))

    def test_throughput_names_every_map_in_every_panel(self):
        cells = [cell for cell in self.found.grid_cells() if cell.workload in ("hit", "mix90")]
        texts = words(plots.throughput(self.found, cells, self.style, "x"))
        for name in (MAP, "read_dirty_map", "boost flat", "sharded absl", "oneTBB", "absl, no lock"):
            self.assertEqual(texts.count(name), 2, name)

    def test_latency_and_memory_have_a_panel_for_each_cell_and_kind(self):
        texts = words(plots.latency(self.found, self.style, "x"))
        self.assertEqual([texts.count(text) for text in (MAP, "boost flat", "p99.99", "oneTBB")],
                         [2, 2, 2, 1])
        texts = words(plots.memory(self.found, self.style, "x"))
        self.assertEqual([texts.count(text) for text in (MAP, "1e4", "1e5")], [2, 2, 2])

    def test_a_map_has_one_style_that_no_other_has(self):
        names = [*plots.STYLES, "a::novel_map", "b::other_map"]
        chosen = plots.styles(names)
        self.assertEqual(len({label for label, _, _ in chosen.values()}), len(names))
        self.assertEqual(len({style[1:] for style in chosen.values()}), len(names))

    def test_a_picture_is_the_same_every_time_and_has_ids_of_its_own(self):
        one, two = (plots.heat_map(self.found, "peer", label) for label in ("one", "two"))
        self.assertEqual(one, plots.heat_map(self.found, "peer", "one"))
        self.assertFalse(set(re.findall(r'\bid="([^"]*)"', one)) &
                         set(re.findall(r'\bid="([^"]*)"', two)))
        for used in re.findall(r'(?:href="#|url\(#)([^")]*)', one):
            self.assertIn(f'id="{used}"', one)


class _Spines:
    def __getitem__(self, _):
        return self

    def set_visible(self, _):
        pass


class _Figure:
    def __init__(self, axes):
        self.axes = axes

    def get_size_inches(self):
        return 8.6, 2

    def add_axes(self, _):
        return self.axes


class Dodge(unittest.TestCase):
    def test_leaves_alone_what_is_apart(self):
        self.assertEqual(plots.dodge([0.5, 0.1, 0.9], 0.1, 0, 1), [0.5, 0.1, 0.9])

    def test_moves_apart_in_order_and_within_the_bounds(self):
        for places in ([0.5, 0.5, 0.5], [0, 0.01, 0.02, 0.9], [1, 1, 0.99], [0.3, 0.31, 0.5, 0.52]):
            moved = plots.dodge(places, 0.1, 0, 1)
            order = sorted(range(len(places)), key=lambda i: places[i])
            for below, above in zip(order, order[1:]):
                self.assertGreater(moved[above] - moved[below], 0.0999, places)
            self.assertTrue(min(moved) > -1e-9 and max(moved) < 1 + 1e-9, moved)

    def test_comes_closer_if_there_is_no_room(self):
        self.assertEqual(sorted(plots.dodge([0.5] * 5, 1, 0, 1)), [0, 0.25, 0.5, 0.75, 1])


class Report(BenchTest):
    def written(self, *files):
        ran = self.run_tool("report.py", *files, "-o", self.folder / "report")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return {path.name: path.read_text() for path in (self.folder / "report").iterdir()}

    def test_writes_page_tables_and_pictures(self):
        files = self.written(GRID, GO)
        self.assertEqual(set(files), {"report.html", "report.md", "heat_map.svg", "throughput.svg"})
        self.assertEqual(files["report.html"].count("<svg"), 5)
        for text in ("A Processor", "GNU 12.2.0", "2021.8", "2026-11-22T12:00:00Z"):
            self.assertIn(text, files["report.md"])
            self.assertIn(text, files["report.html"])
        self.assertIn("| LoadMostlyHits | 6.1 / 3.1 |", files["report.md"])

    def test_loads_nothing(self):
        page = self.written(GRID)["report.html"]
        for found in re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)|@import', page):
            self.assertTrue("".join(found).startswith("#"), found)
        self.assertNotIn("<script", page)

    def test_says_where_it_loses(self):
        text = self.written(GRID)["report.md"]
        self.assertIn("**syncmap::map** is better than every other concurrent map in 4 of 7 cells, "
                      "and loses 3.", text)
        lost = text.partition("### Where it loses")[2].partition("\n## ")[0]
        self.assertIn("| mix90 u64 1e3 1t | 9.1 ns | 7.1 ns | sharded absl flat | **0.78** | 3%, 3% |",
                      lost)
        self.assertNotIn("| hit ", lost)

    def test_has_every_figure_and_the_best_concurrent_one_bold(self):
        text = self.written(GRID)["report.md"]
        self.assertIn("### hit, u64: ns", text)
        self.assertIn("| syncmap::map | **4** ±2% | **4.1** ±2% |", text)
        self.assertIn("| absl::flat_hash_map (floor) | 2 ±3% | - |", text)
        self.assertIn("| 1e5 1t max | 1e5 1t p50 |", text)

    def test_marks_disturbed_figures_and_names_wrong_answers(self):
        def change(line):
            if line["map"] == "tbb::concurrent_hash_map":
                line["waited"] = 0.1
            if line["map"] == "sharded absl flat":
                line["wrong"] = 3

        text = self.written(self.changed("changed.json", change))["report.md"]
        self.assertIn("| tbb::concurrent_hash_map | 16 ! ±2% |", text)
        self.assertIn("- hit u64 1e3 1t, sharded absl flat: 3 wrong answers", text)

    def test_works_with_go_alone_and_leaves_no_pictures_of_before(self):
        self.written(GRID)
        self.assertEqual(set(self.written(GO)), {"report.html", "report.md"})

    def test_fails_without_results(self):
        ran = self.run_tool("report.py", self.folder / "none.json", "-o", self.folder / "report")
        self.assertEqual(ran.returncode, 2)
        self.assertIn("none.json", ran.stderr)


if __name__ == "__main__":
    unittest.main()
