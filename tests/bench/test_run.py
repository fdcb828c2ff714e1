# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

from benching import TOOLS, BenchTest, lines_of

import run

# Stands for syncmap_grid: writes down how it was called, and a cell of two maps. As TROUBLE says, it
# fails or hangs in its n-th call, in the middle of a second cell.
PROGRAM = """#!/bin/sh
if [ "$1" = --list ]; then
  printf 'one: skipped, not installed\\ntwo: a::map 1\\n'
  exit
fi
echo "$*" >>{folder}/calls
for last; do :; done
json=${{last#--json=}}
line() {{
  cell='{{"workload":"w","types":"u64","entries":%s,"choice":"uniform","threads":1,'
  printf "$cell"'"map":"%s","repeat":0,"waited":0,"wrong":0,"unit":"ns","ns":1}}\\n' "$1" "$2" >>"$json"
}}
echo '{{"processor":"A"}}' >"$json"
line 1000 a::map
line 1000 b::map
if [ -e {folder}/trouble ] && [ "$(wc -l <{folder}/calls)" = "$(cut -d' ' -f1 {folder}/trouble)" ]; then
  line 2000 a::map
  $(cut -d' ' -f2- {folder}/trouble)
fi
"""


def processes():
    return subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


class Run(BenchTest):
    def setUp(self):
        super().setUp()
        self.program = self.file("program", [PROGRAM.format(folder=self.folder)])
        self.program.chmod(0o755)
        self.json = self.folder / "out" / "results.json"

    def command(self, plan, *options):
        return [sys.executable, "-B", str(TOOLS / "run.py"), plan, "--grid", str(self.program),
                "--json", str(self.json), *options]

    def runs(self, plan, status, *options):
        ran = subprocess.run(self.command(plan, *options), capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, status, ran.stderr)
        return ran.stderr

    def trouble(self, call, command):
        self.file("trouble", [f"{call} {command}\n"])

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def results(self):
        return lines_of(self.json)

    def test_measures_every_part_once(self):
        for plan, parts in run.PLANS.items():
            (self.folder / "calls").write_text("")
            self.runs(plan, 0)
            self.assertEqual(len(self.calls()), len(parts))
            for call, (_, _, options) in zip(self.calls(), parts):
                self.assertTrue(call.startswith(options), call)
            self.assertEqual(sum("workload" in line for line in self.results()), 2 * len(parts))

    def test_gives_the_program_its_options(self):
        self.runs("quick", 0, "--", "--repeats=1", "--maps=a")
        self.assertIn(" --repeats=1 --maps=a --json=", self.calls()[0])

    def test_adds_what_was_skipped_and_the_commit(self):
        self.runs("quick", 0)
        first = self.results()[0]
        self.assertEqual((first["processor"], first["skipped"]), ("A", "one"))
        self.assertIn("commit", run.facts(str(self.program)))

    def test_keeps_what_was_there_before(self):
        self.runs("quick", 0)
        before = self.json.read_text()
        self.runs("quick", 0)
        self.assertEqual(self.json.with_suffix(".previous.json").read_text(), before)

    def test_full_goes_on_with_the_part_that_failed(self):
        self.trouble(3, "exit 5")
        self.assertIn("status 5", self.runs("full", 1))
        self.assertEqual(sum("workload" in line for line in self.results()), 4)
        self.runs("full", 0)
        self.assertEqual(len(self.calls()), len(run.FULL) + 1)
        self.assertEqual(sum("workload" in line for line in self.results()), 2 * len(run.FULL))

    def test_begins_anew_with_another_program_or_other_options_or_quick(self):
        for plan, options, change in (("full", (), "\n"), ("full", ("--", "--spin"), ""),
                                      ("quick", (), "")):
            (self.folder / "calls").write_text("")
            self.trouble(2, "exit 5")
            self.runs(plan, 1)
            with open(self.program, "a", encoding="utf-8") as program:
                program.write(change)
            self.runs(plan, 0, *options)
            self.assertEqual(len(self.calls()), len(run.PLANS[plan]) + 2, (plan, options))

    def test_an_interruption_loses_one_part_and_leaves_no_process(self):
        self.trouble(2, f"exec sleep 600.{id(self)}")
        with subprocess.Popen(self.command("full"), stderr=subprocess.PIPE, text=True) as running:
            # The part runs: it has begun its second cell, and the program has been started for long.
            part = self.json.with_suffix(".parts") / "01.raw"
            while not part.is_file() or "2000" not in part.read_text():
                self.assertIsNone(running.poll())
                time.sleep(0.1)
            time.sleep(0.5)
            running.send_signal(signal.SIGINT)
            self.assertIn("interrupted", running.communicate(timeout=30)[1])
        self.assertEqual(running.returncode, 130)
        self.assertEqual(sum("workload" in line for line in self.results()), 2)
        self.assertNotIn(f"sleep 600.{id(self)}", processes())

    def test_a_part_that_is_stopped_keeps_its_whole_cells(self):
        self.trouble(1, f"exec sleep 600.{id(self)}")
        raw = self.folder / "0.raw"

        def stop_in_the_second_cell(command, seconds):
            self.assertEqual(seconds, 60 * run.QUICK[0][1] * 2)
            with subprocess.Popen(command, start_new_session=True) as process:
                while not raw.is_file() or '"entries":2000,' not in raw.read_text():
                    self.assertIsNone(process.poll())
                    time.sleep(0.01)
                os.killpg(process.pid, signal.SIGKILL)
            return False

        arguments = argparse.Namespace(grid=str(self.program), options=[], patience=2)
        said = io.StringIO()
        with mock.patch.object(run, "measure", stop_in_the_second_cell), contextlib.redirect_stderr(said):
            run.run_part(0, run.QUICK, arguments, self.folder / "0.json", {})
        self.assertIn("stopped at its limit", said.getvalue())
        lines = lines_of(self.folder / "0.json")
        self.assertEqual([line["entries"] for line in lines if "workload" in line], [1000] * 2)

    def test_what_takes_too_long_is_stopped_with_all_that_it_has_started(self):
        self.assertFalse(run.measure(["sh", "-c", f"sleep 600.{id(self)}; true"], 0.1))
        while f"sleep 600.{id(self)}" in processes():  # killed, and soon gone
            time.sleep(0.01)
        self.assertTrue(run.measure(["true"], 60))

    def test_full_takes_less_than_two_hours_and_quick_a_few_minutes(self):
        for plan, minutes in (("full", 115), ("quick", 15)):
            self.assertLess(sum(limit for _, limit, _ in run.PLANS[plan]), minutes)


class Cells(unittest.TestCase):
    def test_drops_the_last_cell_only(self):
        lines = lines_of()
        kept = run.complete_cells(lines)
        self.assertEqual(json.dumps(kept), json.dumps(lines[:len(kept)]))
        self.assertEqual({line["entries"] for line in lines[len(kept):]}, {100_000})
        self.assertEqual({line["workload"] for line in lines[len(kept):]}, {"memory"})
        self.assertEqual(kept[-1]["entries"], 10_000)
        self.assertEqual(run.complete_cells(lines[:1]), lines[:1])


if __name__ == "__main__":
    unittest.main()
