# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The pretty-printers for gdb, and what docs/debugging.md shows of them.

Needs SYNCMAP_GDB, the program, and SYNCMAP_GDB_SUBJECT and SYNCMAP_GDB_SHOP, compiled with debug information
from the sources beside this file. Skips where gdb may not run a program.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GDB = os.environ.get("SYNCMAP_GDB", "gdb")
SUBJECT = pathlib.Path(os.environ["SYNCMAP_GDB_SUBJECT"]).resolve()
SHOP = pathlib.Path(os.environ["SYNCMAP_GDB_SHOP"]).resolve()
SCRIPT = ROOT / "tools" / "gdb" / "syncmap_printers.py"


def gdb(program, commands, *arguments, setup=()):
    """What gdb says to each of the commands, which follow those of `setup`."""
    lines = ["set pagination off", "set width 0", "set confirm off", "set python print-stack full", *setup]
    for command in commands:
        lines += ["echo \\n@@@\\n", command]
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "commands"
        script.write_text("\n".join(lines + ["echo \\n@@@\\n", "kill"]) + "\n", encoding="utf-8")
        command = [GDB, "-batch", "-nx", *arguments, "-x", str(script), str(program)]
        environment = dict(os.environ, SYNCMAP_INCLUDE=str(ROOT / "include"), DEBUGINFOD_URLS="")
        result = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=240, check=False
        )
    said = [part.strip() for part in result.stdout.split("\n@@@\n")]
    if len(said) != len(commands) + 2 or "Python Exception" in result.stderr or "Traceback" in result.stderr:
        raise AssertionError(f"{command}: {result.stdout}\n{result.stderr}")
    return said[1:-1]


def sourced(program, commands, setup=()):
    return gdb(program, commands, setup=[f"source {SCRIPT}", *setup])


def value(said):
    return said.split(" = ", 1)[1]


def can_run():
    said = subprocess.run(
        [GDB, "-batch", "-nx", "-ex", "break main", "-ex", "run", "-ex", "python print('python')", str(SHOP)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "Breakpoint 1, main" in said.stdout and "python" in said.stdout


LONG = "that is too long to be a small one"
# The maps of subject.cpp, and how they look.
SHOWN = {
    "stock": 'syncmap::map with 3 elements = {["apples"] = 3, ["pears"] = 5, ["plums"] = 8}',
    "prices": "syncmap::map with 2 elements = {[1] = 0.5, [2] = 1.25}",
    "names": f'syncmap::map with 2 elements = {{["de"] = "Deutschland, with a text {LONG}", ["fr"] = "France"}}',
    "places": "syncmap::map with 2 elements = {[shop::colour::red] = {x = 1, y = 2}, "
    "[shop::colour::green] = {x = -3, y = 4}}",
    "shared_keys": 'syncmap::map with 1 element = {[{id = 7}] = "seven again"}',
    "pooled": 'syncmap::map with 1 element = {[1] = "one"}',
    "cleared": "syncmap::map with 0 elements",
    "nothing": "syncmap::map with 0 elements",
    "read_only": 'syncmap::read_dirty_map with 2 elements = {["one"] = 1, ["two"] = 2}',
    "amended": f'syncmap::read_dirty_map with 2 elements, amended = {{["old"] = "in read, and also a text {LONG}", '
    '["new"] = "in dirty only"}',
    "states": "syncmap::read_dirty_map with 2 elements, amended = {[1] = shop::colour::green, "
    "[4] = shop::colour::red}",
    "no_entries": "syncmap::read_dirty_map with 0 elements",
    # Read has an entry that is expunged, and one that is nil; dirty lacks the first.
    "*states.engine_.tables_.dirty_": "syncmap table with 3 entries = {[1] = shop::colour::green, [3] = nil, "
    "[4] = shop::colour::red}",
}
# What is no map any more, or never was one.
DAMAGED = {
    "*bad": "syncmap::map <Cannot access memory at address 0x[0-9a-f]+>",
    "*bad_read_dirty": "syncmap map <Cannot access memory at address 0x[0-9a-f]+>",
}


# For each of these maps: what find() found in it, and what an iterator begins with.
FOUND = {
    "stock": ('"pears", value = 5', '"apples", value = 3'),
    "prices": ("2, value = 1.25", "1, value = 0.5"),
    "names": ('"fr", value = "France"', f'"de", value = "Deutschland, with a text {LONG}"'),
    "read_only": ('"two", value = 2', '"one", value = 1'),
    "amended": (f'"old", value = "in read, and also a text {LONG}"',) * 2,
}


@unittest.skipUnless(can_run(), "gdb cannot run a program here")
class Printers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        """One session for all that needs no other."""
        cls.folder = tempfile.TemporaryDirectory()
        cls.core = pathlib.Path(cls.folder.name) / "core"
        commands = [*SHOWN, "growing", "*dead_map", *DAMAGED, "crowded"]
        commands = [f"print {each}" for each in commands]
        commands += [f"generate-core-file {cls.core}", "set print elements 2", "print prices"]
        commands += ["set print elements 3", "print crowded", "set print elements 200"]
        for name in FOUND:
            commands += ["continue", f"echo {name}"]
            commands += [f"print {each}" for each in ("found", "none", "walk")]
        start = ["tbreak stop_here", "run", "break look_at", "set print elements unlimited"]
        said = sourced(SUBJECT, commands, setup=start)
        cls.said = dict(zip(commands, said))
        cls.handles = said[commands.index("set print elements 200") + 1 :]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def shown(self, expression):
        return value(self.said[f"print {expression}"])

    def test_show_every_kind_of_map(self):
        for expression, text in SHOWN.items():
            if expression != "prices":  # printed again
                self.assertEqual(self.shown(expression), text)

    def test_show_the_same_in_a_core_file(self):
        commands = [f"print {expression}" for expression in SHOWN]
        said = sourced(SUBJECT, commands, setup=[f"core-file {self.core}"])
        for expression, text in zip(SHOWN, said):
            self.assertEqual(value(text), SHOWN[expression])

    def test_show_as_many_elements_as_gdb_is_told_to(self):
        self.assertEqual(self.shown("prices"), "syncmap::map with 2 elements = {[1] = 0.5...}")
        self.assertRegex(self.shown("crowded"), r"^syncmap::map with 39 elements = \{\[0\] = 0, .{1,30}\.\.\.\}$")

    def test_show_a_map_in_the_middle_of_a_growth(self):
        head, _, body = self.shown("growing").partition(" = ")
        self.assertRegex(head, r"^syncmap::map with \d+ elements, growing from 32 to 64 groups$")
        shown = re.findall(r"\[(\d+)\] = (-?\d+)", body)
        self.assertEqual(len(shown), int(head.split()[2]))
        self.assertEqual(len(dict(shown)), len(shown))
        for key, what in shown:
            self.assertEqual(int(what), 0 if int(key) >= 2000 else -int(key))

    def test_say_what_is_no_map(self):
        self.assertEqual(self.shown("*dead_map"), "syncmap::map, destroyed")
        for expression, text in DAMAGED.items():
            self.assertRegex(self.shown(expression), f"^({text})$", expression)

    def test_show_handles_and_iterators(self):
        said = list(self.handles)
        for name, (found, first) in FOUND.items():
            said.pop(0)
            self.assertEqual(said.pop(0), name)
            self.assertEqual(value(said.pop(0)), f"syncmap handle = {{key = {found}}}", name)
            self.assertEqual(value(said.pop(0)), "syncmap handle, of nothing", name)
            self.assertEqual(value(said.pop(0)), f"syncmap iterator = {{key = {first}}}", name)

    def expect_ok(self, said, count):
        lines = [line for line in said.split("\n") if line.startswith(("ok ", "WRONG "))]
        self.assertEqual([line for line in lines if line.startswith("WRONG")], [])
        self.assertEqual(len(lines), count, said)

    def test_show_what_readers_find_wherever_a_writer_stands(self):
        start = ["tbreak stop_here", "run", f"source {HERE / 'inside.py'}"]
        said = sourced(SUBJECT, ["python at_every_write()"], setup=start)
        self.expect_ok(said[0], 3)

    def test_show_maps_while_other_threads_run_and_while_they_stand(self):
        start = ["tbreak stop_here", "run", f"source {HERE / 'inside.py'}", "set print elements unlimited"]
        start += ["tbreak stop_with_threads", "continue"]
        said = sourced(SUBJECT, ["python while_all_stand()"], setup=start)
        self.expect_ok(said[0], 4)
        start.insert(0, "set non-stop on")
        said = sourced(SUBJECT, ["python while_others_run()"], setup=start)
        self.expect_ok(said[0], 1)

    def test_come_with_the_program(self):
        start = ["break abort", "run"]
        safe = ("-iex", f"add-auto-load-safe-path {SHOP}")
        said = gdb(SHOP, ["print stock", "info pretty-printer"], *safe, setup=start)
        self.assertEqual(value(said[0]), SHOWN["stock"])
        self.assertRegex(said[1], rf"objfile {re.escape(str(SHOP))} pretty-printers:\s+syncmap\s")


if __name__ == "__main__":
    unittest.main()
