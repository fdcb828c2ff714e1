#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""A header includes only headers of lower layers and of the standard library, and asks for the
compiler, the processor or the operating system only where that is its job."""

import re

import lintlib

# Bottom first. A header may include what stands above it in this list.
LAYERS = """
    c.h
    version.hpp
    detail/arch.hpp
    gdb_printers.hpp
    detail/asym_fence.hpp
    detail/block_cache.hpp
    detail/large_pages.hpp
    detail/entropy.hpp
    detail/platform.hpp
    detail/memory.hpp
    detail/small_buffer.hpp
    hash.hpp
    detail/seed.hpp
    detail/retired.hpp
    detail/hazard_domain.hpp
    detail/misuse.hpp
    detail/hazard.hpp
    reclaim.hpp
    map_stats.hpp
    detail/engine.hpp
    detail/striped_counter.hpp
    detail/value_word.hpp
    detail/entry.hpp
    detail/entry_table.hpp
    detail/read_word.hpp
    detail/read_dirty_tables.hpp
    detail/read_dirty.hpp
    detail/read_dirty_views.hpp
    detail/inline_slot.hpp
    detail/node_slot.hpp
    detail/group.hpp
    detail/overflow_list.hpp
    detail/group_root.hpp
    detail/group_table.hpp
    detail/group_migration.hpp
    detail/group_tables.hpp
    detail/group_core.hpp
    detail/group_cursor.hpp
    detail/group_sizing.hpp
    detail/group_map.hpp
    detail/wait_graph.hpp
    detail/single_flight.hpp
    concepts.hpp
    load_or_store_result.hpp
    concurrent_map.hpp
    core_map.hpp
    basic_map.hpp
    map.hpp
    read_dirty_map.hpp
    pmr.hpp
    syncmap.hpp
""".split()

# These may include any header of the system and use any macro.
PLATFORM = {
    "detail/arch.hpp",
    "detail/asym_fence.hpp",
    "detail/entropy.hpp",
    "detail/large_pages.hpp",
}

STANDARD = set(
    """
    algorithm any array atomic barrier bit bitset cassert cerrno cfenv cfloat charconv chrono
    cinttypes climits clocale cmath compare complex concepts condition_variable coroutine csetjmp
    csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
    scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view syncstream system_error thread tuple type_traits
    typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
    """.split()
)

# The header of C includes these only.
STANDARD_OF_C = {"stdbool.h", "stddef.h", "stdint.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]*)>|"([^"]*)")')
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)")
# A macro with a leading underscore belongs to a compiler or a system, unless the standard has it.
RESERVED = re.compile(r"\b_\w+")
PORTABLE = re.compile(r"__cplusplus$|__cpp_|__has_include$|__has_cpp_attribute$|__STDC")


def check_include(name, text):
    """What is wrong with this line of header `name` as an include, or None."""
    match = INCLUDE.match(text)
    if not match:
        return None
    target = match[1] if match[1] is not None else match[2]
    if match[1] is None:
        return f'write <syncmap/...> instead of "{target}"'
    if target.startswith("syncmap/"):
        layer = target.removeprefix("syncmap/")
        if layer not in LAYERS:
            return f"<{target}> has no place in the list of layers"
        if name in LAYERS and LAYERS.index(layer) >= LAYERS.index(name):
            return f"<{target}> is not of a lower layer"
        return None
    standard = STANDARD_OF_C if name.endswith(".h") else STANDARD
    if target not in standard and name not in PLATFORM:
        return f"<{target}> is not of the standard library"
    return None


def check_condition(name, code):
    """What is wrong with a preprocessor condition of header `name`, or None."""
    match = CONDITION.match(code)
    if not match or name in PLATFORM:
        return None
    for macro in RESERVED.findall(match[1]):
        if not PORTABLE.match(macro):
            return f"{macro} depends on the platform: ask in detail/arch.hpp or asym_fence.hpp"
    return None


def check_header(name, text):
    if name not in LAYERS:
        yield 1, "has no place in the list of layers (lint-layers.py)"
    raw = text.split("\n")
    split = lintlib.split_lines(text)
    number = 0
    while number < len(split):
        first, code = number, split[number].code
        while code.endswith("\\") and number + 1 < len(split):
            number += 1
            code = code[:-1] + split[number].code
        number += 1
        if not code.lstrip().startswith("#"):
            continue
        for complaint in (check_include(name, raw[first]), check_condition(name, code)):
            if complaint:
                yield first + 1, complaint


def main():
    root = lintlib.root_argument(__doc__)
    complaints = []
    headers = lintlib.headers(root)
    for path in headers:
        name = path.relative_to("include/syncmap").as_posix()
        text = (root / path).read_text(encoding="utf-8")
        complaints += [f"{path}:{line}: {what}" for line, what in check_header(name, text)]
    lintlib.finish(complaints, f"{len(headers)} headers")


if __name__ == "__main__":
    main()
