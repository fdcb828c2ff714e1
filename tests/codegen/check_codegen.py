#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Checks what a compiler makes of the hot paths on x86-64: properties that no test of behaviour sees.

    check_codegen.py --compiler g++ --include include
"""

import argparse
import pathlib
import re
import subprocess
import sys

PROBES = pathlib.Path(__file__).with_name("probes.cpp")
FUNCTION = re.compile(r"^([A-Za-z_]\S*):[^\n]*\n(?:\.L\S+:[^\n]*\n)?\s*\.cfi_startproc"
                      r"(.*?)\.cfi_endproc", re.MULTILINE | re.DOTALL)
ATOMIC = re.compile(r"^\s*(lock|xchg|mfence|[a-z]*lock\b)", re.MULTILINE)
CALL = re.compile(r"^\s*call\S*\s+(\S+)", re.MULTILINE)


def functions(compiler, include, level):
    command = [compiler, "-std=c++20", level, "-DNDEBUG", "-S", "-o", "-", "-I", str(include),
               str(PROBES)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: body for name, body in FUNCTION.findall(text)}


def complaints(found):
    """What is not as it should be. REQUIRES: the probes, and what they call, by mangled name."""
    for name in ("probe_load", "probe_contains"):
        body = found[name]
        if ATOMIC.search(body):
            yield f"{name}: an atomic read-modify-write or a fence: {ATOMIC.search(body)[0].strip()}"
        calls = CALL.findall(body)
        if len(calls) != 1 or "find_inline" not in calls[0]:
            yield f"{name}: calls {calls}, and should call the way of rare cases only"
    stores = [body for name, body in found.items()
              if name == "probe_store" or ("modify" in name and "group_core" in name)]
    if not any("prefetch" in body for body in stores):
        yield "probe_store: no prefetch: has the compiler left out a function that does nothing else?"
    if "prefetch" not in found["probe_contains_text"]:
        yield "probe_contains_text: no prefetch"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    bad = [f"{level} {text}" for level in ("-O2", "-O3")
           for text in complaints(functions(arguments.compiler, arguments.include, level))]
    print("\n".join(bad) or "ok: reads are without calls and atomic instructions, writes prefetch")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
