# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from benching import GO, GRID, BenchTest, lines_of

import results

HIT = results.Cell("u64", "hit", 1000, "uniform", 1)
HIT_2 = results.Cell("u64", "hit", 1000, "uniform", 2)
MIX = results.Cell("u64", "mix90", 1000, "uniform", 1)
PAUSE = results.Cell("u64", "pause", 100_000, "uniform", 1)


class Reading(BenchTest):
    def refuses(self, paths, part):
        with self.assertRaises(results.Unusable) as refused:
            results.read(paths)
        self.assertIn(part, str(refused.exception))

    def test_tells_the_machine_from_the_versions(self):
        found = results.read([GRID])
        self.assertEqual(found.machine["compiler"], "GNU 12.2.0")
        self.assertEqual(found.versions["tbb::concurrent_hash_map"], "2021.8")
        self.assertNotIn("sharded absl flat", found.machine)

    def test_takes_files_of_one_machine_together(self):
        series = results.read([GRID, GRID]).cells[HIT]["syncmap::map"]
        self.assertEqual(sorted(series.values()), [3.9, 3.9, 4.0, 4.0, 4.1, 4.1])

    def test_takes_parts_that_follow_each_other(self):
        path = self.file("twice.json", [GRID.read_text(), GRID.read_text()])
        self.assertEqual(len(results.read([path]).cells[HIT]["syncmap::map"].runs), 6)

    def test_refuses_files_of_different_settings(self):
        for name in ("processor", "processors", "compiler", "flags"):
            first, *rest = lines_of()
            other = self.file("other.json", [{**first, name: "another"}, *rest])
            self.refuses([GRID, other], f"other.json:1: {name} is another")

    def test_leaves_out_and_names_wrong_answers(self):
        def change(line):
            if line["map"] == "syncmap::map" and line["workload"] == "hit" and line["repeat"] == 1:
                line["wrong"] = 7

        found = results.read([self.changed("wrong.json", change)])
        self.assertEqual(found.cells[HIT]["syncmap::map"].values(), [4.0, 3.9])
        self.assertIn("hit u64 1e3 1t, syncmap::map: 7 wrong answers", found.wrong)

    def test_leaves_out_and_names_what_could_not_be_measured(self):
        *lines, last = lines_of()
        failed = {key: value for key, value in last.items()
                  if key in ("workload", "types", "entries", "choice", "threads", "map")}
        found = results.read([self.file("part.json", [*lines, {**failed, "error": "crashed"}])])
        self.assertEqual(list(found.missing), [(last["map"], "crashed")])
        self.assertEqual(len(found.missing[last["map"], "crashed"]), 1)

    def test_leaves_out_a_line_that_was_not_finished(self):
        text = GRID.read_text()
        path = self.file("cut.json", [text + text.splitlines()[1][:80]])
        self.assertEqual(len(results.read([path]).cells[HIT]["syncmap::map"].runs), 3)

    def test_names_the_line_that_is_not_a_result(self):
        self.refuses([self.file("bad.json", [*lines_of()[:3], "oops\n"])], "bad.json:4")
        for name in ("map", "threads", "ns"):
            line = {key: value for key, value in lines_of()[1].items() if key != name}
            self.refuses([self.file("lacks.json", [line])], "lacks.json:1")

    def test_refuses_a_file_without_results(self):
        self.refuses([self.file("empty.json", [])], "no results")
        self.refuses([self.file("machine.json", lines_of()[:1])], "no results")
        self.refuses([self.folder / "none.json"], "none.json")

    def test_reads_the_go_suite_without_its_aggregates(self):
        found = results.read([GO])
        cell = results.Cell(results.GO, "LoadMostlyHits", 0, "", 1)
        self.assertEqual(found.cells[cell]["syncmap::map"].values(), [6.0, 6.1, 6.2])
        self.assertEqual(found.grid_cells(), [])


class Figures(BenchTest):
    def setUp(self):
        super().setUp()
        self.found = results.read([GRID])

    def test_has_median_and_spread(self):
        series = self.found.cells[HIT]["sharded absl flat"]
        self.assertEqual(series.median(), 6.1)
        self.assertAlmostEqual(series.spread(), 0.3 / 6.1)

    def test_compares_the_first_measure(self):
        series = self.found.cells[PAUSE]["syncmap::map"]
        self.assertEqual(series.measures[0], "max")
        self.assertEqual((series.median(), series.median("p99")), (52, 0.4))

    def test_compares_with_the_best_of_a_role(self):
        self.assertEqual(self.found.ratio(HIT, "peer"), (6.1 / 4.0, "sharded absl flat"))
        self.assertEqual(self.found.ratio(HIT_2, "peer")[1], "boost::concurrent_flat_map")
        self.assertLess(self.found.ratio(MIX, "peer")[0], 1)

    def test_takes_the_floor_from_one_thread(self):
        self.assertEqual(self.found.ratio(HIT_2, "floor"), (2 / 4.1, "absl::flat_hash_map"))
        self.assertIsNone(self.found.ratio(PAUSE, "floor"))

    def test_says_which_differences_the_runs_do_not_show(self):
        self.assertTrue(self.found.distinct(MIX, "syncmap::map", "peer"))

        def noisy(line):
            if line["map"] == "syncmap::map" and line["repeat"] == 2:
                line["ns"] = 2 * line.get("ns", 0)

        def waited(line):
            line["waited"] = 0.03 if line["map"] == "sharded absl flat" and line["repeat"] else 0

        for change in (noisy, waited):
            found = results.read([self.changed("changed.json", change)])
            self.assertFalse(found.distinct(MIX, "syncmap::map", "peer"), change.__name__)

    def test_calls_a_series_disturbed_if_half_of_its_runs_were(self):
        for waits, disturbed in (((0.03, 0.0, 0.0), False), ((0.03, 0.0), True), ((0.02,), False)):
            series = results.Series("ns")
            for wait in waits:
                series.add({"ns": 1}, wait)
            self.assertEqual(series.disturbed, disturbed, waits)

    def test_knows_the_roles(self):
        for name, role in (("syncmap::map", "ours"), ("std::unordered_map", "floor"),
                           ("std::unordered_map + shared_mutex", "peer"), ("growt", "specialist"),
                           ("boost::concurrent_flat_map", "peer")):
            self.assertEqual(results.role(name), role)

    def test_writes_sizes_as_the_program_does(self):
        for entries, text in ((1000, "1e3"), (30_000, "3e4"), (1 << 20, "1048576"), (1500, "1500"),
                              (7, "7")):
            self.assertEqual(results.size_text(entries), text)


if __name__ == "__main__":
    unittest.main()
