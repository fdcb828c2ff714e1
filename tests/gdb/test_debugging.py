# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""docs/debugging.md: its program is the one that is compiled, its sessions are what gdb says, its probes are
those that there are. Needs what test_printers.py needs."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from test_printers import HERE, ROOT, SHOP, SUBJECT, can_run, gdb

PAGE = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def session(block):
    """The arguments of gdb, and pairs of a command and a pattern of what it says; a line of dots is any text."""
    first, rest = block.split("\n", 1)
    steps = []
    for line in rest.rstrip("\n").split("\n"):
        if line.startswith("(gdb) "):
            steps.append((line.removeprefix("(gdb) "), []))
        else:
            steps[-1][1].append("(?s:.*)" if line == "..." else re.escape(line))
    return first.removeprefix("$ gdb ").split(), [(command, "\n".join(lines)) for command, lines in steps]


def probes_in(program):
    """Each with its number of arguments, or None where the header of the probes is missing."""
    notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"Provider: syncmap\s+Name: (\w+)\s+Location:.*\s+Arguments: (.*)", notes)
    return {name: len(re.findall(r"-?\d+@", arguments)) for name, arguments in found}


class Page(unittest.TestCase):
    maxDiff = None

    def test_shows_the_program_that_is_compiled(self):
        source = (HERE / "shop.cpp").read_text(encoding="utf-8")
        self.assertEqual(source[source.index("#include") :], blocks("cpp")[0])

    @unittest.skipUnless(can_run(), "gdb cannot run a program here")
    def test_shows_what_gdb_says(self):
        safe = ("-iex", f"add-auto-load-safe-path {SHOP}")
        sessions = [session(block) for block in blocks("text")]
        self.assertEqual([arguments for arguments, _ in sessions], [["shop", "core"], ["shop"]])
        with tempfile.TemporaryDirectory() as folder:
            core = pathlib.Path(folder) / "core"
            gdb(SHOP, [f"generate-core-file {core}"], *safe, setup=["run"])
            for arguments, steps in sessions:
                setup = [f"core-file {core}"] if "core" in arguments else []
                said = gdb(SHOP, [command for command, _ in steps], *safe, setup=setup)
                for (command, pattern), text in zip(steps, said):
                    self.assertRegex(text, f"^{pattern}$", command)

    def test_lists_the_probes_that_there_are(self):
        if not list(pathlib.Path("/usr/include").glob("**/sys/sdt.h")):
            self.skipTest("there is no <sys/sdt.h>")
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \|$", PAGE, re.MULTILINE)
        self.assertEqual(probes_in(SUBJECT), {name: what.count(",") + 1 for name, what in rows})


if __name__ == "__main__":
    unittest.main()
