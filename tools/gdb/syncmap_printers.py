# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Pretty-printers of syncmap for gdb: maps, handles, iterators, and the tables and entries inside.

    (gdb) source syncmap_printers.py

They only read memory: nothing is called in the program, so they work on a core file, and while a thread
is stopped in the middle of any operation. Where one is, each entry is shown as readers would find it. What
cannot be read is said, and garbage ends: tables are checked before they are walked, lists may not come back
to where they were, tables follow each other a few times at most.

Types are found through the members of a map wherever that is possible; the name of a table, which a map does
not have as a member, is put together from the text of the map's own name. So neither the inline namespace
nor a namespace around the library matters.
"""

import gdb
import gdb.printing

CHUNK = 1 << 14  # what is read at once of a table, in bytes
GENERATION_BITS = 24
COUNT_MASK = (1 << 40) - 1  # of striped_counter
TABLES_DEEP = 4  # how often entries are followed to the next table; there is one at a time


class Damaged(Exception):
    """What is there cannot be what it should be."""


# --- reading


def plain(kind):
    return kind.strip_typedefs().unqualified()


def data_fields(kind):
    """Members and bases that hold data."""
    for field in kind.fields():
        if not hasattr(field, "bitpos"):  # static
            continue
        inner = plain(field.type)
        if field.is_base_class and not any(data_fields(inner)):
            continue
        yield field


def scalar(value):
    """The number or the pointer in an object, however the standard library wraps it in an atomic."""
    while plain(value.type).code == gdb.TYPE_CODE_STRUCT:
        value = value[next(data_fields(plain(value.type)))]
    return value


def number(value):
    return int(scalar(value))


def member(value, *names):
    """The first member, of the object or of what it consists of, that has one of these names; or None."""
    kind = plain(value.type)
    if kind.code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return None
    for field in data_fields(kind):
        if field.name in names:
            return value[field]
    for field in data_fields(kind):
        found = member(value[field], *names)
        if found is not None:
            return found
    return None


def optional(value):
    """What is in a std::optional, or None."""
    if not member(value, "_M_engaged", "__engaged_"):
        return None
    return member(value, "_M_value", "__val_")


def at(address, kind):
    return gdb.Value(address).cast(kind.pointer()).dereference()


def memory(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def byte_order():
    return "little" if "little" in gdb.execute("show endian", to_string=True) else "big"


def from_word(word, kind):
    """The object whose bytes a slot has as a word: see inline_slot.hpp."""
    size = kind.sizeof
    data = word.to_bytes(8, byte_order()) if size == 8 else word.to_bytes(8, "little")[:size]
    return gdb.Value(data, kind)


def pointee(pointer):
    return plain(plain(pointer.type).target())


def is_power_of_two(count):
    return count > 0 and count & (count - 1) == 0


# --- names of types


def split_name(name):
    """The name of a template, and the texts of its arguments."""
    start = name.index("<")
    depth, parentheses, begin, arguments = 0, 0, start + 1, []
    for position in range(start, len(name)):
        character = name[position]
        if character in "([{":
            parentheses += 1
        elif character in ")]}":
            parentheses -= 1
        elif parentheses == 0 and character == "<":
            depth += 1
        elif parentheses == 0 and (character == ">" or (character == "," and depth == 1)):
            if depth == 1:
                arguments.append(name[begin:position].strip())
                begin = position + 1
            if character == ">":
                depth -= 1
    return name[:start], arguments


def name_of(kind):
    kind = plain(kind)
    return kind.tag or kind.name or str(kind)


def template_of(kind):
    """The name of the template alone, without namespaces."""
    return split_name(name_of(kind))[0].rpartition("::")[2]


def sibling(kind, template, *arguments):
    """The type `template<arguments>` in the namespace of another one."""
    space = split_name(name_of(kind))[0].rpartition("::")[0]
    space = space + "::" if space else ""
    wrapped = ", ".join(each.replace("@", space) for each in arguments)
    closing = " >" if wrapped.endswith(">") else ">"
    return lookup(f"{space}{template}<{wrapped}{closing}")


def lookup(name):
    """The type with this name, whatever the language of the frame is that gdb is in; or None."""
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        pass
    before = gdb.parameter("language")
    try:
        gdb.execute("set language c++", to_string=True)
        for spelling in (name, name.replace("> >", ">>")):
            try:
                return gdb.lookup_type(spelling)
            except gdb.error:
                pass
    finally:
        gdb.execute(f"set language {before}", to_string=True)
    return None


# --- the group map


class Node:
    """A key and a value that a slot of nodes points to."""

    def __init__(self, pointer):
        self.pointer = pointer
        self.value_type = pointee(pointer).template_argument(1)

    def key(self):
        key = self.pointer["key"]
        names = {field.name for field in data_fields(plain(key.type))}
        if "shared_" in names:
            return key["shared_"]["key"]
        return key["key_"] if "key_" in names else key["value"]

    def value(self):
        if template_of(pointee(self.pointer)) == "word_node":
            return from_word(number(self.pointer["value"]), self.value_type)
        return self.pointer["value"]


class Group:
    """What is written in the 32 bytes of a group."""

    def __init__(self, data, offset, layout):
        self.layout = layout
        word = lambda field: int.from_bytes(  # noqa: E731
            data[offset + layout[field] : offset + layout[field] + 8], layout["order"]
        )
        self.state = word("state_")
        tags = word("tags_").to_bytes(8, "little") + int.from_bytes(
            data[offset + layout["tags_"] + 8 : offset + layout["tags_"] + 16], layout["order"]
        ).to_bytes(8, "little")
        self.taken = [index for index, tag in enumerate(tags) if tag]
        start = offset + layout["more_"]
        self.more = int.from_bytes(data[start : start + layout["pointer"]], layout["order"])

    is_locked = property(lambda self: self.state & 1 != 0)
    is_forwarded = property(lambda self: self.state & 2 != 0)


class GroupTable:
    def __init__(self, value):
        self.value = value
        self.address = int(value.address)
        self.count = int(value["group_count_"])
        slots = value["slots_"]
        self.slot_type = pointee(slots)
        self.slots = int(slots)
        layout = value.type.template_argument(0)
        self.key_type, self.value_type = layout.template_argument(0), layout.template_argument(1)
        self.overflow_type = pointee(scalar(value["owned_"]["first_"]))
        head = next(f for f in self.overflow_type.fields() if f.name == "head").type
        self.group_size = head.sizeof
        fields = {field.name: field for field in head.fields() if hasattr(field, "bitpos")}
        self.layout = {name: fields[name].bitpos // 8 for name in ("state_", "tags_", "more_")}
        self.layout["pointer"] = fields["more_"].type.sizeof
        self.layout["order"] = byte_order()
        self.groups_at = self.address + value.type.sizeof
        end = self.groups_at + self.count * self.group_size
        if not is_power_of_two(self.count) or not end <= self.slots < end + 64:
            raise Damaged(f"there is no table at {self.address:#x}")

    def next(self):
        """The table that the entries of this one go to; None if there is none or it is this one."""
        pointer = scalar(self.value["next_"])
        if int(pointer) in (0, self.address):
            return None
        return GroupTable(pointer.dereference())

    def groups(self, first, last):
        per_chunk = CHUNK // self.group_size
        for start in range(first, last, per_chunk):
            count = min(per_chunk, last - start)
            data = memory(self.groups_at + start * self.group_size, count * self.group_size)
            if not data.strip(b"\0"):
                yield from ((start + i, None) for i in range(count))
                continue
            for i in range(count):
                yield start + i, Group(data, i * self.group_size, self.layout)

    def entries_of(self, index, group):
        """Those in the slots of a group, and in the overflow groups behind it."""
        if group is None:
            return
        slots = self.slots + index * 16 * self.slot_type.sizeof
        seen = set()
        while True:
            for taken in group.taken:
                yield from self.entry(at(slots + taken * self.slot_type.sizeof, self.slot_type))
            if not group.more:
                return
            if group.more in seen:
                raise Damaged(f"the overflow groups behind group {index} form a circle")
            seen.add(group.more)
            more = at(group.more, self.overflow_type)
            group = Group(memory(group.more, self.group_size), 0, self.layout)
            slots = int(more["slots"].address)

    def entry(self, slot):
        if any(field.name == "node" for field in plain(slot.type).fields()):
            pointer = scalar(slot["node"])
            if int(pointer):
                node = Node(pointer)
                yield node.key(), node.value()
        else:
            yield (
                from_word(number(slot["key"]), self.key_type),
                from_word(number(slot["value"]), self.value_type),
            )

    def own_entries(self):
        for index, group in self.groups(0, self.count):
            if group is None or not group.is_forwarded:
                yield from self.entries_of(index, group)

    def entries(self, first=0, last=None, depth=0):
        """Those of the groups [first, last); of groups that were moved, where they are now."""
        after = self.next()
        sources = max(self.count // after.count, 1) if after else 1
        targets = max(after.count // self.count, 1) if after else 1
        unit = []
        for index, group in self.groups(first, self.count if last is None else last):
            unit.append((index, group))
            if len(unit) < sources:
                continue
            # Its groups are forwarded one after the other, when all their entries are there.
            if any(group is not None and group.is_forwarded for _, group in unit):
                if after and depth < TABLES_DEEP:
                    target = index // sources * targets
                    yield from after.entries(target, target + targets, depth + 1)
            else:
                for each, group in unit:
                    yield from self.entries_of(each, group)
            unit = []

    def moved(self):
        """How many groups were moved to the next table."""
        groups = self.groups(0, self.count)
        return sum(1 for _, group in groups if group is not None and group.is_forwarded)


def count_of(counter, generation):
    block = scalar(counter["stripes_"])
    if not int(block):
        return 0
    total, stripes = 0, block["each"]
    low, high = stripes.type.range()
    for index in range(low, high + 1):
        for name, sign in (("added", 1), ("removed", -1)):
            word = number(stripes[index][name])
            if word >> (64 - GENERATION_BITS) == generation:
                total += sign * (word & COUNT_MASK)
    return max(total, 0)


class GroupMap:
    name = "syncmap::map"

    def __init__(self, engine):
        self.engine = engine
        self.root = engine["root_"]
        self.word = number(self.root["word_"])

    def is_destroyed(self):
        return self.word == 2

    def table(self):
        if self.word & 1:
            return None
        kind = plain(self.engine.type)
        arguments = split_name(name_of(kind))[1]
        key, mapped, memory_type = arguments[0], arguments[1], arguments[-1]
        for layout in ("inline_layout", "word_node_layout", "node_layout"):
            closing = " >" if memory_type.endswith(">") else ">"
            table = sibling(
                kind, "group_table", f"@{layout}<{key}, {mapped}, {memory_type}{closing}"
            )
            if table is not None:
                return GroupTable(at(self.word, table))
        raise Damaged("no debug information of its table")

    def size(self):
        generation = number(self.root["generation_"])
        return count_of(self.root["counter"], self.word >> 1 if self.word & 1 else generation)

    def state(self):
        table = self.table()
        after = table and table.next()
        if not after:
            return ""
        verb = "growing" if after.count > table.count else "shrinking"
        return f", {verb} from {table.count} to {after.count} groups"

    def entries(self):
        table = self.table()
        if table:
            yield from table.entries()


# --- the read/dirty map


class Entry:
    """A key, and a word that says what became of it."""

    def __init__(self, value):
        self.value = value

    def key(self):
        return self.value["key_"]

    def what(self):
        """Its value, or "nil" or "expunged"."""
        return value_in(plain(self.value.type), number(self.value["word_"]))


def value_in(entry_type, word):
    kind = entry_type.template_argument(1)
    pointer = entry_type.template_argument(0).pointer().sizeof
    numbers = (
        gdb.TYPE_CODE_INT,
        gdb.TYPE_CODE_CHAR,
        gdb.TYPE_CODE_BOOL,
        gdb.TYPE_CODE_FLT,
        gdb.TYPE_CODE_ENUM,
    )
    if word <= 1:
        return "expunged" if word else "nil"
    if plain(kind).code in numbers and kind.sizeof < pointer:  # value_word.hpp: fits_in_word
        bits = word >> 2 & ((1 << 8 * kind.sizeof) - 1)
        return gdb.Value(bits.to_bytes(kind.sizeof, byte_order()), kind)
    arguments = split_name(name_of(entry_type))[1]
    cell = sibling(entry_type, "value_cell", arguments[1], arguments[2])
    if cell is None:
        raise Damaged("no debug information of its values")
    return at(word & ~1, cell)["value"]


class EntryTable:
    def __init__(self, value):
        self.value = value
        self.address = int(value.address)
        self.entry_type = plain(value.type).template_argument(0)
        self.count = int(value["mask_"]) + 1
        if not is_power_of_two(self.count) or self.address % 64:
            raise Damaged(f"there is no table at {self.address:#x}")
        self.bucket = lookup(f"{name_of(value.type)}::bucket")
        if self.bucket is None:
            raise Damaged("no debug information of its buckets")

    def pointers(self):
        """The addresses of its entries."""
        size, order = self.bucket.sizeof, byte_order()
        array = next(field for field in self.bucket.fields() if field.name == "entries")
        width = plain(array.type).target().sizeof
        start = array.bitpos // 8
        per_chunk = CHUNK // size
        begin = self.address + plain(self.value.type).sizeof
        for first in range(0, self.count, per_chunk):
            count = min(per_chunk, self.count - first)
            data = memory(begin + first * size, count * size)
            for bucket in range(start, count * size, size):
                for offset in range(bucket, bucket + plain(array.type).sizeof, width):
                    pointer = int.from_bytes(data[offset : offset + width], order)
                    if pointer:
                        yield pointer

    def entries(self):
        for pointer in self.pointers():
            yield pointer, Entry(at(pointer, self.entry_type))


class ReadDirty:
    name = "syncmap::read_dirty_map"

    def __init__(self, engine):
        self.tables = engine["tables_"]
        self.word = number(self.tables["read_"])
        dirty = scalar(self.tables["dirty_"])
        self.dirty = EntryTable(dirty.dereference()) if int(dirty) else None
        read = self.word & ~1
        known = read and not self.is_destroyed()
        self.read = EntryTable(at(read, pointee(dirty))) if known else None

    def is_destroyed(self):
        return self.word == 2

    def size(self):
        return count_of(self.tables["counter_"], number(self.tables["generation_"]))

    def state(self):
        if not self.word & 1:
            return ""
        return ", amended" if self.dirty else ", about to be promoted (its new keys are not shown)"

    def entries(self):
        """Of both tables: what read has comes first."""
        seen = set()
        for table in (self.read, self.dirty):
            for pointer, entry in table.entries() if table else ():
                if pointer in seen:
                    continue
                if self.dirty:
                    seen.add(pointer)
                what = entry.what()
                if not isinstance(what, str):
                    yield entry.key(), what


def open_engine(engine):
    return (GroupMap if template_of(engine.type) == "group_map" else ReadDirty)(engine)


# --- the printers


def numbered(entries):
    """Children of gdb's display hint "map", from pairs; where reading fails, that is the last one."""
    index = 0
    try:
        for index, (key, value) in enumerate(entries):
            yield f"[{2 * index}]", key
            yield f"[{2 * index + 1}]", value
    except (gdb.MemoryError, Damaged) as error:
        yield "[key]", "?"
        yield "[value]", f"<{error}>"


class OfEntries:
    """Prints something that has entries."""

    def __init__(self, value):
        self.value = value

    def open(self):
        """What has head() and entries(). Throws if it cannot be."""
        raise NotImplementedError

    def to_string(self):
        try:
            return self.head(self.open())
        except (gdb.error, Damaged) as error:
            return f"{self.what} <{error}>"

    def children(self):
        try:
            opened = self.open()
            self.head(opened)
        except (gdb.error, Damaged):
            return
        yield from numbered(self.entries(opened))

    def display_hint(self):
        return "map"


def plural(count, word, many=None):
    return f"{count} {word if count == 1 else many or word + 's'}"


class Map(OfEntries):
    what = "syncmap map"

    def open(self):
        names = {field.name for field in data_fields(plain(self.value.type))}
        is_engine = "root_" in names or "tables_" in names
        return open_engine(self.value if is_engine else self.value["engine_"])

    def head(self, opened):
        self.what = opened.name
        if opened.is_destroyed():
            return f"{opened.name}, destroyed"
        return f"{opened.name} with {plural(opened.size(), 'element')}{opened.state()}"

    def entries(self, opened):
        return () if opened.is_destroyed() else opened.entries()


class GroupTablePrinter(OfEntries):
    what = "syncmap table"

    def open(self):
        return GroupTable(self.value)

    def head(self, opened):
        after, moved = opened.next(), ""
        if after:
            moved = f", {opened.moved()} of them moved to the table at {after.address:#x}"
        return f"syncmap table of {plural(opened.count, 'group')}{moved}"

    def entries(self, opened):
        return opened.own_entries()


class EntryTablePrinter(OfEntries):
    what = "syncmap table"

    def open(self):
        return EntryTable(self.value)

    def head(self, opened):
        return f"syncmap table with {plural(int(opened.value['size_']), 'entry', 'entries')}"

    def entries(self, opened):
        return ((entry.key(), entry.what()) for _, entry in opened.entries())


class One:
    """Prints something that has at most one key and one value."""

    def __init__(self, value):
        self.value = value

    def pair(self):
        """Key and value, or None."""
        raise NotImplementedError

    def to_string(self):
        try:
            return self.what if self.pair() else f"{self.what}, {self.without}"
        except (gdb.error, Damaged) as error:
            return f"{self.what} <{error}>"

    def children(self):
        try:
            pair = self.pair()
        except (gdb.error, Damaged):
            return
        if pair:
            yield "key", pair[0]
            yield "value", pair[1]


def shown(entry, window):
    """Key and value of what a walk or a handle of the group map is at."""
    copy = member(window, "copy_")
    if plain(entry.type).code == gdb.TYPE_CODE_PTR:
        node = Node(entry)
        value = optional(copy) if copy is not None else node.value()
        return node.key(), value
    return entry["key"], entry["value"]


class Handle(One):
    what = "syncmap handle"
    without = "of nothing"

    def pair(self):
        pinned = self.value["entry_"]
        entry = pinned["entry_"]
        if plain(entry.type).code == gdb.TYPE_CODE_PTR:
            if not int(entry):
                return None
            word = number(pinned["value_"])
            return entry["key_"], value_in(pointee(entry), word)
        found = optional(entry["at"])
        return None if found is None else shown(found, entry["window"])


class Iterator(One):
    what = "syncmap iterator"
    without = "at the end"

    def pair(self):
        if not self.value["more_"]:
            return None
        cursor = self.value["cursor_"]
        if any(field.name == "table_" for field in plain(cursor.type).fields()):
            entry = cursor["current_"]
            return entry["key_"], value_in(pointee(entry), number(cursor["value_"]))
        walk = cursor["at_"]
        group, index = walk["group_"], int(walk["at_"])
        if index >= int(group["size_"]):  # it was moved from
            return None
        return shown((group["data_"] + index).dereference(), cursor["window_"])


class EntryPrinter(One):
    what = "syncmap entry"

    def pair(self):
        entry = Entry(self.value)
        return entry.key(), entry.what()


def build():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("syncmap")
    inside = r"^(?:.*::)?syncmap::(?:\w+::)?"
    for name, pattern, printer in (
        ("map", r"(?:map|read_dirty_map|basic_map|core_map)<.*>$", Map),
        ("engine", r"detail::(?:group_map|read_dirty)<.*>$", Map),
        ("handle", r"basic_map<.*>::handle$", Handle),
        ("iterator", r"basic_map<.*>::iterator$", Iterator),
        ("group_table", r"detail::group_table<.*>$", GroupTablePrinter),
        ("entry_table", r"detail::entry_table<.*>$", EntryTablePrinter),
        ("entry", r"detail::entry<.*>$", EntryPrinter),
    ):
        printers.add_printer(name, inside + pattern, printer)
    return printers


gdb.printing.register_pretty_printer(gdb.current_objfile(), build(), replace=True)
