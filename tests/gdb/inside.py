# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Runs inside gdb, for test_printers.py: what takes more than a list of commands. Prints what is wrong."""

import os
import pathlib
import re

import gdb

INCLUDE = pathlib.Path(os.environ["SYNCMAP_INCLUDE"])


def pairs(expression):
    """What the pretty-printer shows of a map, as texts; and its head."""
    printer = gdb.default_visualizer(gdb.parse_and_eval(expression))
    text = lambda what: what if isinstance(what, str) else what.format_string()  # noqa: E731
    children = [text(child) for _, child in printer.children()]
    return dict(zip(children[::2], children[1::2])), children[::2], printer.to_string()


def expect(what, is_so):
    print(("ok" if is_so else "WRONG"), what)


def line_of(header, text):
    lines = (INCLUDE / "syncmap" / "detail" / header).read_text(encoding="utf-8").split("\n")
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{header}:{number}"


def lines_that_write():
    """Where the library changes what others see."""
    for header in ("group", "node_slot", "entry", "entry_table", "read_dirty_tables"):
        text = (INCLUDE / "syncmap" / "detail" / f"{header}.hpp").read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"^ .*\b(store|compare_exchange_strong)\(|entries\[slot\] = ", line):
                yield f"{header}.hpp:{number}"


def every_write(name, function, states):
    """Stops before each write that a function leads to: the map is always in one of its states, which follow
    each other."""
    stop = gdb.Breakpoint(function, internal=True)
    gdb.execute("continue", to_string=True)
    stop.delete()
    end = gdb.FinishBreakpoint(gdb.newest_frame(), internal=True)
    stops = [gdb.Breakpoint(line, internal=True) for line in lines_that_write()]
    depth, at, places, wrong = len(list(frames())), 0, 0, []
    while not wrong:
        shown, keys, _ = pairs(name)
        while at < len(states) and shown != states[at]:
            at += 1
        if at == len(states) or len(keys) != len(set(keys)):
            wrong.append((gdb.selected_frame().name(), keys, shown))
        if len(list(frames())) < depth:
            break
        places += 1
        gdb.execute("continue", to_string=True)
    for each in stops:
        each.delete()
    if end.is_valid():
        end.delete()
    expect(f"{name} in {places} places: {wrong}", not wrong and places > 10 and at == len(states) - 1)


def frames():
    frame = gdb.newest_frame()
    while frame is not None:
        yield frame
        frame = frame.older()


def while_it_shrinks(name, left):
    """Stops before each group of a unit is forwarded."""
    line = line_of("group_migration.hpp", "publish(seen(index).forwarded())")
    stop = gdb.Breakpoint(line, internal=True)
    wanted, stops, heads = {str(i): f'"{i}"' for i in range(left)}, 0, set()
    while stops < 400:
        gdb.execute("continue", to_string=True)
        head = gdb.default_visualizer(gdb.parse_and_eval(name)).to_string()
        if "shrinking" not in head:
            if stops:
                break
            continue  # it still grows
        shown, keys, head = pairs(name)
        stops += 1
        heads.add(head.split(",")[1])
        if shown != wanted or len(keys) != left:
            expect(f"{name} shows {keys}", False)
            break
    stop.delete()
    expect(f"{name} in {stops} places: {sorted(heads)}", stops > 10)


def at_every_write():
    one, two, again = {"1": '"one"'}, {"1": '"one"', "2": '"two"'}, {"1": '"one again"', "2": '"two"'}
    for name in ("stepped", "stepped_read_dirty"):
        every_write(name, f"change_{name}", [one, two, again, {"1": '"one again"'}])
    while_it_shrinks("shrinking", 5)


def while_others_run():
    """In non-stop mode: one thread stands, four write. Of numbers only: what gdb makes of a text that is
    destroyed meanwhile, with any length, is the standard library's printer's."""
    written, shown = [], 0
    for _ in range(10):
        for name in ("crowded", "growing"):
            try:
                gdb.execute(f"print {name}", to_string=True)
                shown += 1
            except gdb.MemoryError:  # of a table that was freed meanwhile
                pass
        written.append(int(gdb.parse_and_eval("written._M_i")))
    running = [thread for thread in gdb.selected_inferior().threads() if thread.is_running()]
    writes = written[0] < written[-1]
    expect(f"{len(running)} threads write: {written}; {shown} shown", len(running) == 4 and writes and shown > 5)


def while_all_stand():
    """Wherever the threads were stopped, there are no duplicates, and about as many as the map counts."""
    for name in ("names", "amended", "crowded", "growing"):
        shown, keys, head = pairs(name)
        count = int(head.split(" with ")[1].split()[0])
        as_many = abs(len(keys) - count) <= 4 or "not shown" in head  # those that are about to be promoted
        expect(f"{name}: {head}: {len(keys)}", len(keys) == len(shown) and as_many)
