# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import unittest

from benching import GO, GRID, BenchTest, lines_of

MAP = "syncmap::map"


def scaled(factor, maps=(MAP,), workloads=("hit",)):
    """Multiplies what these maps need for these workloads."""

    def change(line):
        if line["map"] in maps and line["workload"] in workloads:
            for measure in ("ns", "max", "malloc"):
                if measure in line:
                    line[measure] *= factor

    return change


class Compare(BenchTest):
    def compares(self, change, status, *parts, old=GRID):
        ran = self.run_tool("compare.py", old, self.changed("new.json", change))
        self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)
        for part in parts:
            self.assertIn(part, ran.stdout)
        return ran.stdout

    def test_finds_nothing_in_the_same_file(self):
        self.compares(lambda line: None, 0, "0 figures got slower", "0 figures got faster")

    def test_fails_if_something_got_slower(self):
        said = self.compares(scaled(1.5), 1, "2 figures got slower", "0 figures got faster")
        self.assertIn("| hit u64 1e3 1t | syncmap::map | ns | 4 | 6 | +0% | +50% | 5% |", said)

    def test_names_what_got_faster_without_failing(self):
        self.compares(scaled(0.5), 0, "0 figures got slower", "2 figures got faster", "-50%")

    def test_accepts_what_is_within_the_spread(self):
        self.compares(scaled(1.04), 0, "0 figures got slower")

        def noisy(line):
            if line["map"] == MAP and line["workload"] == "hit":
                line["ns"] *= (1.2, 1, 2)[line["repeat"]]

        self.compares(noisy, 0, "0 figures got slower")

    def test_accepts_that_the_whole_machine_got_slower(self):
        everyone = {line["map"] for line in lines_of()[1:]}
        self.compares(scaled(1.5, everyone), 0, "0 figures got slower")
        self.compares(scaled(1.5, everyone - {MAP}, ("hit",)), 0, "2 figures got faster", "+50%")

    def test_does_not_trust_two_runs_further_than_the_other_maps_agree(self):
        def change(line):
            scaled(1.4, ("boost::concurrent_flat_map", MAP))(line)
            scaled(0.7, ("tbb::concurrent_hash_map",))(line)

        self.compares(change, 0, "0 figures got slower")

    def test_does_not_hold_the_change_of_another_version_for_drift(self):
        first, *rest = lines_of()
        new = {name: "2" if "::" in name or " " in name else text for name, text in first.items()}
        for line in rest:
            scaled(1.5, {line["map"]})(line)
        ran = self.run_tool("compare.py", GRID, self.file("new.json", [new, *rest]))
        self.assertIn("| hit u64 1e3 1t | syncmap::map | ns | 4 | 6 | +0% | +50% |", ran.stdout)
        self.assertEqual(ran.returncode, 1)

    def test_compares_every_measure(self):
        def change(line):
            if line["map"] == MAP and "p99" in line:
                line["p99"] *= 2

        self.compares(change, 1, "| pause u64 1e5 1t | syncmap::map | p99, us |")

    def test_does_not_judge_disturbed_or_too_few_runs(self):
        def disturbed(line):
            scaled(1.5)(line)
            if line["workload"] == "hit":
                line["waited"] = 0.1

        self.compares(disturbed, 0, "0 figures got slower", "do not count: disturbed")
        few = self.file("few.json", [line for line in lines_of() if line.get("repeat", 0) < 2])
        ran = self.run_tool("compare.py", GRID, few)
        self.assertEqual(ran.returncode, 2)
        self.assertIn("do not count: fewer than 3 runs", ran.stdout)

    def test_says_if_the_other_maps_changed_as_much(self):
        others = ("boost::concurrent_flat_map",)
        self.assertNotIn(" 0 of ", self.compares(scaled(3, others, ("load_pause",)), 0))

    def test_names_a_different_machine(self):
        first, *rest = lines_of()
        new = self.file("new.json", [{**first, "processor": "Another"}, *rest])
        ran = self.run_tool("compare.py", GRID, new)
        self.assertIn("Not the same processor: A Processor, Another.", ran.stdout)

    def test_compares_the_go_suite(self):
        ran = self.run_tool("compare.py", GO, GO)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("0 figures got slower", ran.stdout)

    def test_refuses_what_has_nothing_in_common_or_is_not_there(self):
        for old, new in ((GRID, GO), (GRID, self.folder / "none.json")):
            ran = self.run_tool("compare.py", old, new)
            self.assertEqual(ran.returncode, 2)
            self.assertIn("compare.py: ", ran.stderr)


if __name__ == "__main__":
    unittest.main()
