#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""count_words.py [FILE]: several threads count the words of a file (of this one, if none is named) into
one map, and check each count against one that a single thread made."""

import collections
import pathlib
import re
import sys
import threading

import syncmap

THREADS = 4


def add_one(counts, word):
    """Like collections.Counter, but of two threads that add at once none is lost."""
    while True:
        seen, loaded = counts.load_or_store(word, b"1")
        if not loaded or counts.compare_and_swap(word, seen, b"%d" % (int(seen) + 1)):
            return


def main():
    path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__)
    words = re.findall(rb"\w+", path.read_bytes())
    counts = syncmap.Map()

    def count(first):
        for word in words[first::THREADS]:
            add_one(counts, word)

    threads = [threading.Thread(target=count, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = {}
    counts.range(lambda word, number: found.update({word: int(number)}))
    right = found == collections.Counter(words) and len(counts) == len(found)
    print(f"syncmap {syncmap.version}, {THREADS} threads: {len(words)} words, {len(found)} different")
    print("every count is right" if right else "FAILED: some counts are wrong")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
