#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Draws the pictures of docs/story.md into docs/images, or with --check says which of them are not what it would
draw."""

import argparse
import pathlib

from svg import COLOURS, FAINT, INK, MUTED, Picture

BLUE, AMBER, VIOLET = COLOURS["read"][1], COLOURS["dirty"][1], COLOURS["lock"][1]
GREEN, GREY, RED = COLOURS["live"][1], COLOURS["nil"][1], COLOURS["expunged"][1]

def rows(picture, x, y, width, keys, kind, height=34):
    """A table: a row for each key; the middles of their left and right sides, by key."""
    sides = {}
    for key in keys:
        picture.box(x, y, width, height, key, kind, radius=4, mono=True, size=14)
        sides[key] = ((x, y + height / 2), (x + width, y + height / 2))
        y += height + 6
    return sides


def entry(picture, x, y, key, word, kind, height=40):
    """A key and its word."""
    picture.box(x, y, 84, height, key, "plain", radius=4, mono=True, size=14)
    picture.box(x + 84, y, 104, height, word, kind, dashed=kind != "live", radius=4, size=14)
    return (x, y + height / 2), (x + 188, y + height / 2)


def structure():
    p = Picture("read-dirty-structure", 900, 488, "The two tables of the read/dirty map",
                "On the left read: an atomic word with the address of a table and the bit amended. Its table has the keys "
                "apples, pears and plums. On the right, under the mutex, dirty: a table with apples, pears and figs, and "
                "the number of misses. Both tables point to the same entries in the middle: apples is live with 3, pears "
                "is live with 5. Plums is expunged and only read has it. Figs is live with 8 and only dirty has it.")
    p.text(30, 44, "read", size=20, bold=True, colour=BLUE)
    p.text(82, 44, "anybody looks here, without a lock", colour=MUTED)
    p.frame(30, 60, 258, 312, "read")
    p.text(46, 86, "one atomic word", size=13, colour=MUTED)
    p.box(46, 96, 96, 36, "table", "plain", radius=4)
    p.box(142, 96, 130, 36, "amended: yes", "plain", radius=4)
    p.arrow((94, 132), (94, 176), colour=BLUE)
    p.text(106, 160, "never changes", size=13, colour=MUTED)
    left = rows(p, 46, 180, 140, ["apples", "pears", "plums"], "plain", 40)

    p.text(612, 44, "dirty", size=20, bold=True, colour=AMBER)
    p.text(668, 44, "only under the mutex", colour=MUTED)
    p.frame(612, 60, 258, 312, "lock", dashed=True)
    p.text(628, 86, "guarded by the mutex", size=13, colour=VIOLET)
    p.box(628, 96, 98, 36, "misses: 1", "plain", radius=4)
    p.box(758, 96, 96, 36, "table", "plain", radius=4)
    p.arrow((806, 132), (806, 176), colour=AMBER)
    right = rows(p, 714, 180, 140, ["apples", "pears"], "dirty", 40)
    right.update(rows(p, 714, 318, 140, ["figs"], "dirty", 40))

    p.text(450, 160, "entries: a key, and one atomic word", size=13, colour=MUTED, anchor="middle")
    y, shown = 180, {}
    for key, word, kind in (("apples", "live: 3", "live"), ("pears", "live: 5", "live"),
                            ("plums", "expunged", "expunged"), ("figs", "live: 8", "live")):
        shown[key] = entry(p, 356, y, key, word, kind)
        y += 46
    for key, (_, out) in left.items():
        p.arrow(out, (shown[key][0][0] - 2, shown[key][0][1]), colour=BLUE)
    for key, (out, _) in right.items():
        p.arrow(out, (shown[key][1][0] + 2, shown[key][1][1]), colour=AMBER)

    p.paragraph(30, 400, 262, "What is found here is the truth. amended: dirty has keys that this table lacks.")
    p.paragraph(330, 400, 240, "Both tables share them: a new value shows through both. figs is new; plums was erased "
                "before dirty was made.")
    p.paragraph(612, 400, 262, "Everything in read that is not expunged, and the keys that are new.")
    return p


def load():
    p = Picture("read-dirty-load", 900, 516, "How a load finds a key",
                "A load looks the key up in read, without a lock. If it is there, the entry's word answers: live gives the "
                "value, nil and expunged mean absent. If it is not there and read is not amended, the key is absent, still "
                "without a lock. Otherwise the load takes the mutex, looks in read once more, then in dirty, counts a miss, "
                "promotes dirty if the misses have reached the number of its entries, and unlocks.")
    p.box(30, 30, 240, 46, "load(key)", "plain", mono=True, bold=True)
    p.arrow((150, 76), (150, 102))
    p.question(30, 104, 240, 54, "Is the key in read?")
    p.arrow((270, 131), (476, 131), colour=GREEN)
    p.text(284, 122, "yes", colour=GREEN, bold=True)
    p.question(478, 104, 240, 54, "Its entry's word?")
    p.arrow((598, 158), (598, 190), colour=GREEN)
    p.text(610, 180, "live", colour=GREEN, bold=True)
    p.box(498, 193, 200, 44, "return the value", "live")
    p.arrow((718, 131), (801, 131), (801, 190), colour=GREY)
    p.text(726, 122, "nil, expunged", size=14, colour=GREY, bold=True)
    p.box(732, 193, 138, 44, "absent", "nil")
    p.arrow((150, 158), (150, 186))
    p.text(162, 178, "no", bold=True)
    p.question(30, 188, 240, 54, "Is read amended?")
    p.arrow((270, 215), (318, 215), colour=GREY)
    p.text(282, 206, "no", colour=GREY, bold=True)
    p.box(320, 193, 138, 44, "absent", "nil")
    p.text(870, 270, "Up to here: no lock, and nothing is written that other readers read.", size=14, italic=True,
           colour=MUTED, anchor="end")

    p.frame(30, 292, 840, 194, "lock", dashed=True)
    p.arrow((150, 242), (150, 354), colour=VIOLET)
    p.text(162, 270, "yes", bold=True, colour=VIOLET)
    p.text(852, 320, "under the mutex", bold=True, colour=VIOLET, anchor="end")
    p.box(48, 356, 204, 76, "look in read again: it may be a new one", "read")
    p.arrow((252, 394), (282, 394))
    p.box(284, 356, 140, 76, "not there: look in dirty", "dirty")
    p.arrow((424, 394), (454, 394))
    p.box(456, 356, 160, 76, "count a miss, found or not", "plain")
    p.arrow((616, 394), (646, 394))
    p.box(648, 350, 204, 88, "as many misses as dirty has entries? Then promote it", "read")
    p.text(48, 464, "there after all: no miss; its word answers", size=14, colour=MUTED)
    p.text(852, 464, "unlock; found: its word answers, else absent", size=14, colour=MUTED, anchor="end")
    return p


def store():
    p = Picture("read-dirty-store", 900, 632, "How a store puts a value",
                "A store looks the key up in read. If it is there and not expunged, one compare-and-swap of the entry's word "
                "is all, without a lock. If it is expunged: under the mutex the word becomes nil, dirty takes the entry, and "
                "the word becomes live. If the key is not in read: under the mutex, if dirty has it, its word is exchanged. "
                "If no table has it, dirty is made first if there is none: a copy of read without the erased keys, which is "
                "the step that costs as much as there are entries; then dirty gets a new entry.")
    p.box(30, 30, 240, 46, "store(key, value)", "plain", mono=True, bold=True)
    p.arrow((150, 76), (150, 102))
    p.question(30, 104, 240, 54, "Is the key in read?")
    p.arrow((270, 131), (318, 131), colour=GREEN)
    p.text(280, 122, "yes", colour=GREEN, bold=True)
    p.question(320, 104, 230, 54, "Is it expunged?")
    p.arrow((550, 131), (598, 131), colour=GREEN)
    p.text(562, 122, "no", colour=GREEN, bold=True)
    p.box(600, 92, 270, 78, "compare-and-swap the entry's word to the new value", "live")
    p.text(735, 194, "no lock; again if another thread was first", size=13, colour=MUTED, anchor="middle")

    p.frame(30, 246, 840, 360, "lock", dashed=True)
    p.text(450, 274, "under the mutex, after a second look in read", bold=True, colour=VIOLET, anchor="middle")
    p.arrow((150, 158), (150, 294), colour=VIOLET)
    p.text(162, 180, "no", bold=True, colour=VIOLET)
    p.arrow((435, 158), (435, 218), (735, 218), (735, 294), colour=VIOLET)
    p.text(447, 180, "yes", bold=True, colour=VIOLET)
    p.question(48, 296, 224, 54, "Is it in dirty?")
    p.arrow((272, 323), (328, 323), colour=GREEN)
    p.text(284, 314, "yes", bold=True, colour=GREEN)
    p.box(330, 298, 240, 50, "swap its entry's word", "live")
    p.arrow((160, 350), (160, 412))
    p.text(172, 386, "no: a new key", bold=True)
    p.question(48, 414, 224, 54, "Is there a dirty?")
    p.arrow((160, 468), (160, 536), colour=GREEN)
    p.text(172, 508, "yes", bold=True, colour=GREEN)
    p.box(48, 538, 224, 50, "dirty gets a new entry", "live")
    p.arrow((272, 441), (328, 441), colour=AMBER)
    p.text(284, 432, "no", bold=True, colour=AMBER)
    p.frame(330, 372, 240, 142, "dirty", stroke=2.6)
    p.text(450, 398, "make dirty", bold=True, colour=AMBER, anchor="middle")
    p.paragraph(450, 422, 216, "of all entries of read: what is nil becomes expunged and stays out; the others are copied",
                size=14, line=19, anchor="middle")
    p.text(450, 502, "the step that is O(n)", bold=True, anchor="middle", colour=RED)
    p.arrow((450, 514), (450, 563), (274, 563), colour=AMBER)
    p.text(462, 568, "then amended is set", size=14, colour=MUTED)
    p.box(620, 296, 230, 54, "expunged becomes nil", "expunged")
    p.arrow((735, 350), (735, 382))
    p.box(620, 384, 230, 54, "dirty takes the entry back", "dirty")
    p.arrow((735, 438), (735, 470))
    p.box(620, 472, 230, 54, "nil becomes live", "live")
    return p


def states():
    p = Picture("entry-states", 900, 442, "The states of an entry",
                "An entry is live, nil or expunged. Live to live, nil to live and live to nil: one compare-and-swap by any "
                "thread, without the lock if read has the entry. Nil to expunged: by the thread that makes dirty, under the "
                "mutex. Expunged to nil: by a store, under the mutex, and dirty takes the entry back before the unlock. "
                "There is no way from live to expunged, and none from expunged to live.")
    p.frame(30, 150, 190, 96, "live", stroke=2.4, radius=14)
    p.text(125, 188, "live", size=20, bold=True, colour=GREEN, anchor="middle")
    p.text(125, 216, "it has a value", anchor="middle")
    p.frame(355, 150, 190, 96, "nil", stroke=2.4, radius=14, dashed=True)
    p.text(450, 188, "nil", size=20, bold=True, colour=GREY, anchor="middle")
    p.text(450, 216, "erased", anchor="middle")
    p.frame(680, 150, 190, 96, "expunged", stroke=2.4, radius=14, dashed=True)
    p.text(775, 182, "expunged", size=20, bold=True, colour=RED, anchor="middle")
    p.text(775, 207, "erased, and", anchor="middle")
    p.text(775, 227, "dirty lacks it", anchor="middle")

    p.arrow((66, 150), (130, 150), bend=((40, 84), (156, 84)), colour=GREEN)
    p.text(30, 64, "store, swap, compare_and_swap, update:", size=14, colour=GREEN)
    p.text(30, 84, "a new value", size=14, colour=GREEN)
    p.arrow((220, 180), (353, 180), colour=GREEN)
    p.text(286, 168, "erase", bold=True, colour=GREEN, anchor="middle")
    p.text(188, 128, "erase, load_and_erase, compare_and_erase", size=14, colour=GREEN)
    p.arrow((355, 218), (222, 218), colour=GREEN)
    p.text(288, 240, "store", bold=True, colour=GREEN, anchor="middle")
    p.text(288, 270, "store, swap, load_or_store, compute", size=14, colour=GREEN, anchor="middle")
    p.arrow((545, 180), (678, 180), colour=VIOLET)
    p.text(611, 168, "left out", bold=True, colour=VIOLET, anchor="middle")
    p.paragraph(870, 64, 330, "by whoever makes dirty: an entry that is nil at that moment is not copied", size=14,
                colour=VIOLET, anchor="end")
    p.arrow((680, 218), (547, 218), colour=VIOLET)
    p.text(613, 240, "taken back", bold=True, colour=VIOLET, anchor="middle")
    p.paragraph(870, 276, 330, "by a store of that key: dirty has the entry again before the mutex is free", size=14,
                colour=VIOLET, anchor="end")

    p.add(f'<path d="M32 342L70 342" stroke="{GREEN}" stroke-width="2.4"/>')
    p.text(80, 347, "by any thread, with one compare-and-swap; no lock if read has the entry")
    p.add(f'<path d="M32 370L70 370" stroke="{VIOLET}" stroke-width="2.4"/>')
    p.text(80, 375, "only under the mutex")
    p.text(32, 414, "Never straight from live to expunged, nor from expunged to live: nil lies between. So no store is lost.",
           size=14, italic=True, colour=MUTED)
    return p


def promotion():
    p = Picture("promotion", 900, 440, "Promotion, and the copy that follows it",
                "Three moments. First: read has apples, pears and the expunged plums, dirty has apples, pears and figs, and "
                "the third miss is counted. Second, the promotion: dirty's table becomes read by one store, there is no "
                "dirty, misses are 0, and the old table goes with plums. Third, the next new key, kiwis: dirty is made "
                "again by copying all of read, and gets kiwis.")
    titles = ("1   The last miss", "2   Promotion", "3   The next new key")
    for index, title in enumerate(titles):
        x = 30 + index * 290
        p.frame(x, 28, 260, 384, "plain", radius=12)
        p.text(x + 18, 58, title, size=17, bold=True)
        p.text(x + 18, 92, "read", bold=True, colour=BLUE)
        p.text(x + 142, 92, "dirty", bold=True, colour=AMBER)

    def table(x, kind, names):
        y = 104
        for name in names:
            gone = name.startswith("-")
            p.box(x, y, 100, 32, name.lstrip("-"), "expunged" if gone else kind, dashed=gone, radius=4, mono=True, size=14)
            y += 38

    def says(x, amended, misses, text):
        p.text(x, 278, f"amended: {amended}", size=14, colour=MUTED)
        p.text(x + 124, 278, f"misses: {misses}", size=14, colour=MUTED)
        p.paragraph(x, 312, 226, text)

    table(48, "read", ["apples", "pears", "-plums"])
    table(172, "dirty", ["apples", "pears", "figs"])
    says(48, "yes", 3, "Three lookups had to take the mutex, and dirty has three entries: the misses have paid for a copy.")
    table(338, "read", ["apples", "pears", "figs"])
    p.text(512, 128, "none", colour=MUTED, anchor="middle", italic=True)
    says(338, "no", 0, "One store makes dirty's table read's: O(1). Now every key is found without a lock. The old "
         "table goes, and plums with it.")
    table(628, "read", ["apples", "pears", "figs"])
    table(752, "dirty", ["apples", "pears", "figs", "kiwis"])
    says(628, "yes", 0, "To add kiwis, dirty is made anew from all of read, under the mutex: the O(n) step. Other new keys "
         "wait.")
    p.arrow((274, 158), (334, 158), colour=AMBER, stroke=2.4)
    for y in (120, 158, 196):
        p.arrow((728, y), (751, y), colour=AMBER)
    return p


def group():
    p = Picture("group", 900, 416, "A group of the group table",
                "A group is 32 bytes: a state of eight bytes, sixteen tags of one byte, and a link to more slots. The state "
                "has the lock, the mark forwarded, a filter of what overflowed, and a version. Sixteen slots with a key and "
                "a value each lie apart from it. A tag is 0 if its slot is empty, else eight bits of the hash. A load "
                "compares all sixteen tags at once.")
    p.text(30, 44, "a group", size=20, bold=True, colour=BLUE)
    p.text(112, 44, "32 bytes, two to a cache line", colour=MUTED)
    p.box(30, 60, 180, 50, "state", "read", bold=True)
    tags = ["7c", "0", "a1", "3f", "0", "e2", "51", "0", "9d", "0", "18", "b4", "0", "66", "0", "c7"]
    for index, tag in enumerate(tags):
        empty = tag == "0"
        p.box(222 + index * 34, 60, 30, 50, tag, "nil" if empty else "live", dashed=empty, radius=4, mono=True, size=12)
        p.frame(222 + index * 34, 238, 30, 62, "nil" if empty else "live", radius=4, dashed=empty)
    p.box(778, 60, 92, 50, "link", "plain", bold=True)
    p.text(492, 132, "sixteen tags: a byte of the key's hash, or 0: the slot is empty", size=14, colour=MUTED,
           anchor="middle")
    p.text(870, 132, "to more slots", size=14, colour=MUTED, anchor="end")
    p.arrow((120, 110), (120, 156), colour=BLUE)
    x = 30
    for name, width in (("lock", 60), ("forwarded", 98), ("filter", 66), ("version", 78)):
        p.box(x, 158, width, 36, name, "read", radius=4, size=14)
        x += width
    p.text(346, 181, "one atomic word: every change of the keys changes the version", size=14, colour=MUTED)
    p.text(222, 228, "its slots, elsewhere in memory: a key and a value each, or the address of a node with both",
           size=14, colour=MUTED)
    p.text(30, 274, "slots", size=20, bold=True, colour=BLUE)
    p.paragraph(30, 336, 400, "A load compares the sixteen tags in one step, looks at the slots whose tag fits, and at the "
                "version again: if it is the same, no key was inserted, erased or moved.", size=14, line=20)
    p.paragraph(470, 336, 400, "A store looks too. Then it takes the lock by a compare-and-swap from the very state it has "
                "seen, and changes a slot: a few stores, and none of your code.", size=14, line=20)
    return p


def growth():
    p = Picture("growth", 900, 580, "Growth without the copy of everything",
                "The table has eight groups, the next has sixteen. A group of the table is an interval of hashes and "
                "becomes two groups of the next. The first groups are forwarded: their entries are in the next table. Each "
                "write moves a few more groups before its own work. Whoever meets a forwarded group goes on in the next "
                "table. After the last move the next table is the table. In the words of the read/dirty map: the table is "
                "read, next is dirty, a forwarded group is an expunged entry, the last move is the promotion.")
    p.text(30, 44, "table", size=20, bold=True, colour=BLUE)
    p.text(88, 44, "where everybody starts", colour=MUTED)
    width, gap = 100, 5.7
    for index in range(8):
        x = 30 + index * (width + gap)
        if index < 3:
            p.box(x, 60, width, 50, "forwarded", "expunged", dashed=True, radius=4, size=14)
        else:
            p.box(x, 60, width, 50, f"group {index}", "read", radius=4, size=14)
    p.text(30, 298, "next", size=20, bold=True, colour=AMBER)
    p.text(82, 298, "twice the size; it has what was moved", colour=MUTED)
    for index in range(16):
        x = 30 + index * (width + gap) / 2
        moved = index < 6
        p.frame(x, 220, width / 2 - 2, 50, "dirty" if moved else "plain", radius=4, dashed=not moved)
        p.text(x + width / 4 - 1, 250, str(index), size=14, anchor="middle", colour=INK if moved else FAINT)
    for index in range(8):
        x = 30 + index * (width + gap)
        for half in range(2):
            end = x + half * (width + gap) / 2 + width / 4
            if index < 3:
                p.arrow((x + width / 2, 110), (end, 218), colour=RED)
            elif index == 3:
                p.arrow((x + width / 2, 110), (end, 218), colour=AMBER, dashed=True)
    p.paragraph(458, 146, 410, "A write first moves a few groups: hash the keys, lock, copy, mark as forwarded. Each group is an "
                "interval of hashes and becomes two.", size=14)
    p.text(458, 208, "A load that meets a forwarded group goes on in next.", size=14, bold=True)

    p.text(30, 352, "The same idea, a piece at a time", size=17, bold=True)
    left = ("read: where everybody looks first", "dirty: what will take its place", "an expunged entry: look elsewhere",
            "promotion: one store", "the copy: all entries, under the mutex")
    right = ("the table", "the next table", "a forwarded group: go on in next", "the last move: one store",
             "moves: a few groups, by each write")
    p.text(190, 384, "read/dirty map", bold=True, colour=MUTED, anchor="middle")
    p.text(690, 384, "group table", bold=True, colour=MUTED, anchor="middle")
    y = 394
    for index, (old, new) in enumerate(zip(left, right)):
        kind = ("read", "dirty", "expunged", "live", "lock")[index]
        p.box(30, y, 330, 30, old, kind, radius=4, size=14)
        p.box(520, y, 350, 30, new, kind, radius=4, size=14)
        p.arrow((360, y + 15), (518, y + 15), colour=MUTED)
        y += 35
    return p


PICTURES = (structure, load, store, states, promotion, group, growth)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=root / "docs" / "images")
    options = parser.parse_args()
    differ = 0
    for draw in PICTURES:
        picture = draw()
        path = options.folder / f"{picture.name}.svg"
        if not options.check:
            path.write_text(picture.svg(), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != picture.svg():
            print(f"{path}: not what tools/docs/pictures.py draws")
            differ += 1
    print(f"{len(PICTURES)} pictures: {differ or 'no'} complaint{'s' if differ != 1 else ''}")
    return 1 if differ else 0


if __name__ == "__main__":
    raise SystemExit(main())
