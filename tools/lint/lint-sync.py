#!/usr/bin/env python3
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Every atomic access says which synchronization edge it belongs to, or why it needs none.

A header declares its edges in its head, the comment before the code:
    //   S1 publish-node   ...      a release side and an acquire side
    //   T1 announce-scan  ...      a store-load pair in a single total order
An access is annotated by a comment in its statement or directly above it:
    // S1 release, S2 acquire       also `// T1`; `// hazard:S1 acquire` is an edge of hazard.hpp
    // relaxed (own): why           reasons: see REASONS, or `after S1`
The rules have names, used in the complaints and in tests/lint:
    order    an access states its memory order, a compare-exchange both
    label    an ordered access, and a call of the asymmetric fence, has a label of the matching side
    reason   a relaxed access, and no other, has a reason from the list
    declared what a comment or a document calls by a label is declared, once
    used     each declared label has both its sides
Presence is checked, not truth.
"""

import collections
import dataclasses
import re

import lintlib

REASONS = ("own", "locked", "unpublished", "revalidated", "statistic")

ORDER = re.compile(r"\bmemory_order(?:_|::)(relaxed|consume|acquire|release|acq_rel|seq_cst)\b")
FENCE = re.compile(r"\b(?:P|Platform)::(?:announce|fence_heavy)\s*\(")
ATOMIC_CALL = re.compile(r"\b(compare_exchange_(?:weak|strong)|fetch_\w+)\s*\(")
MAYBE_ATOMIC_CALL = re.compile(
    r"\b(\w+)(?:\[[^\]]*\])?\s*(?:\.|->)\s*(load|store|exchange|test_and_set|test|wait)\s*\("
)
DECLARED_ATOMIC = re.compile(
    r"\batomic(?:_flag|_ref)?\b(?:\s*<[^;(){}]*>)?\s*([&*]?)\s+(\w+)\s*[;{=\[,)]"
)
ATOMIC_ALIAS = re.compile(r"\busing\s+(\w+)\s*=[^;]*\batomic\s*<")
PASSED_ON = re.compile(r"\b(?:order|success|failure)\b")

ACCESS = re.compile("|".join(p.pattern for p in (ORDER, FENCE, ATOMIC_CALL, MAYBE_ATOMIC_CALL)))
LABEL = r"(?:\b([a-z_]+):)?\b([ST][0-9]+)\b"
MENTION = re.compile(LABEL)
SIDES = re.compile(r"\s+(release|acquire)\b(?:\s*(?:and|/)\s*(release|acquire)\b)?")
REASON = re.compile(r"\brelaxed \(([^)]*)\)")
# A name is kebab-case; one of a single word is told from prose by the gap after it.
DECLARATION = re.compile(r"//\s{2,}([ST][0-9]+)\s+[a-z0-9]+(?:(?:-[a-z0-9]+)+\b|\s{2,}|$)")
DOCUMENT_MENTION = re.compile(r"\b([a-z_]+):([ST][0-9]+)\b")

SIDE_ORDERS = {"release": {"release", "acq_rel"}, "acquire": {"acquire", "consume", "acq_rel"}}


@dataclasses.dataclass
class Statement:
    line: int  # of its first atomic access, from 1
    code: str
    comment: str


@dataclasses.dataclass
class Header:
    name: str  # hazard for detail/hazard.hpp
    path: str
    lines: list
    declared: dict  # label -> line


def head_length(lines):
    """Number of lines before the first code other than #pragma once."""
    for number, line in enumerate(lines):
        if line.code.strip() and line.code.strip() != "#pragma once":
            return number
    return len(lines)


def ends_statement(line):
    code = line.code.strip()
    blank = not code and not line.comment
    return blank or code.startswith("#") or code.endswith((";", "{", "}", ":"))


def statements(lines):
    """The statements that access atomics or fence, with the comments that belong to them."""
    number = 0
    while number < len(lines):
        if not lines[number].code.strip():
            number += 1
            continue
        first = number
        while number + 1 < len(lines) and not ends_statement(lines[number]):
            number += 1
        body = lines[first : number + 1]
        number += 1
        code = "\n".join(line.code for line in body)
        hit = ACCESS.search(code)
        if not hit:
            continue
        above = []
        while first > 0 and lines[first - 1].comment and not lines[first - 1].code.strip():
            first -= 1
            above.insert(0, lines[first].comment)
        comment = " ".join(above + [line.comment for line in body])
        line = number - len(body) + 1 + code.count("\n", 0, hit.start())
        yield Statement(line, code, re.sub(r"\s*//+\s*", " ", comment))


def arguments(code, start):
    """The text between the parenthesis that opens before `start` and the one that closes it."""
    depth = 1
    for end in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if depth == 0:
            return code[start:end]
    return code[start:]


def atomic_names(lines):
    """Name -> "", "&" or "*" for what is declared atomic, also by an alias of an atomic type."""
    code = "\n".join(line.code for line in lines)
    found = DECLARED_ATOMIC.findall(code)
    for alias in ATOMIC_ALIAS.findall(code):
        found += re.findall(rf"\b{alias}\s*([&*]?)\s+(\w+)\s*[;{{=\[,):]", code)
    return {name: indirection for indirection, name in found}


def sided_labels(comment, own):
    """(file, label) -> sides claimed in an access comment; `S1, S2 acquire` gives both a side."""
    found = collections.defaultdict(set)
    waiting = []
    for match in MENTION.finditer(comment):
        key = (match[1] or own, match[2])
        found[key] |= set()
        waiting.append(key)
        sides = SIDES.match(comment, match.end())
        if sides:
            for each in waiting:
                found[each] |= {side for side in sides.groups() if side}
            waiting = []
        elif not re.match(r"\s*(?:,|and|/)\s*(?:[a-z_]+:)?[ST][0-9]", comment[match.end() :]):
            waiting = []
    return found


def check_orders(statement, names):
    """Rule `order`."""
    code = statement.code
    for call in ATOMIC_CALL.finditer(code):
        given = arguments(code, call.end())
        wanted = 2 if call[1].startswith("compare") else 1
        if len(ORDER.findall(given)) < wanted and not PASSED_ON.search(given):
            yield f"order: {call[1]} does not state {('its order', 'both its orders')[wanted - 1]}"
    for call in MAYBE_ATOMIC_CALL.finditer(code):
        given = arguments(code, call.end())
        if call[1] in names and not ORDER.search(given) and not PASSED_ON.search(given):
            yield f"order: {call[1]}.{call[2]} does not state its order"


def check_labels(statement, labels):
    """Rules `label` and `reason`."""
    orders = set(ORDER.findall(statement.code))
    total = any(label.startswith("T") for _, label in labels)
    sides = set().union(*labels.values()) if labels else set()
    if "seq_cst" in orders and not total and not sides:
        yield "label: seq_cst without `T<n>` (or `S<n> release|acquire`)"
    if FENCE.search(statement.code) and not total:
        yield "label: asymmetric fence without `T<n>`"
    for side, meant in SIDE_ORDERS.items():
        if orders & meant and side not in sides and not (total and "acq_rel" not in orders):
            yield f"label: {side} access without `S<n> {side}`"
    for side in sides:
        if orders and orders <= {"relaxed"}:
            yield f"label: `S<n> {side}` on an access that is only relaxed"
        elif orders and not orders & {side, "acq_rel", "seq_cst"}:
            yield f"label: `S<n> {side}` on an access that is not {side}"

    reasons = REASON.findall(statement.comment)
    if "relaxed" in orders and not reasons:
        yield "reason: relaxed access without `relaxed (<reason>)`"
    if orders and reasons and "relaxed" not in orders:
        yield "reason: `relaxed (...)` on an access that is not relaxed"
    for reason in reasons:
        if not re.match(rf"(?:{'|'.join(REASONS)}|after {LABEL})(?=$|[:,;])", reason):
            yield f"reason: `{reason}` is none of {', '.join(REASONS)}, after S<n>"


def check_operators(header, names):
    """Rule `order` for operators on atomic members: x_ = v, x_ += v, ++x_. Pointers may move."""
    for name in sorted(name for name in names if name.endswith("_") and names[name] != "*"):
        after = rf"(?<![\w*&>] )\b{name}\s*(?:[-+|&^]?=(?!=)|\+\+|--)"
        before = rf"(?:\+\+|--)\s*(?:this->)?{name}\b"
        pattern = re.compile(f"{after}|{before}")
        for number, line in enumerate(header.lines):
            if pattern.search(line.code):
                yield number + 1, f"order: operator on the atomic {name}"


def read_header(root, path):
    lines = lintlib.split_lines((root / path).read_text(encoding="utf-8"))
    header, complaints = Header(path.stem, str(path), lines, {}), []
    for number, line in enumerate(lines[: head_length(lines)]):
        match = DECLARATION.match(line.comment)
        if match and match[1] in header.declared:
            complaints.append(f"{path}:{number + 1}: declared: {match[1]} is declared twice")
        elif match:
            header.declared[match[1]] = number + 1
    return header, complaints


def check_mentions(headers):
    """Rule `declared` for comments."""
    for header in headers.values():
        for number, line in enumerate(header.lines):
            for match in MENTION.finditer(line.comment):
                name, label = match[1] or header.name, match[2]
                if name not in headers or label not in headers[name].declared:
                    yield f"{header.path}:{number + 1}: declared: {name} declares no {label}"


def check_documents(root, headers):
    """Rule `declared` for documents: hazard:S1 names a header and a label of it."""
    for path in lintlib.repository_files(root):
        if path.suffix != ".md":
            continue
        for number, line in enumerate((root / path).read_text(encoding="utf-8").split("\n")):
            for name, label in DOCUMENT_MENTION.findall(line):
                if name not in headers or label not in headers[name].declared:
                    yield f"{path}:{number + 1}: declared: {name} declares no {label}"


def check_used(headers, uses):
    """Rule `used`: S has a release and an acquire, T has two accesses."""
    for header in headers.values():
        for label, line in header.declared.items():
            sides = uses[header.name, label]
            missing = [side for side in ("release", "acquire") if side not in sides]
            if label.startswith("T"):
                missing = ["second access"] if len(sides) == 1 else ["access"] if not sides else []
            for side in missing:
                yield f"{header.path}:{line}: used: {label} has no {side}"


def check(root):
    complaints, headers, uses, accesses = [], {}, collections.defaultdict(list), 0
    for path in lintlib.headers(root):
        header, found = read_header(root, path)
        headers[header.name] = header
        complaints += found
    for header in headers.values():
        names = atomic_names(header.lines)
        for statement in statements(header.lines[head_length(header.lines) :]):
            statement.line += head_length(header.lines)
            labels = sided_labels(REASON.sub("", statement.comment), header.name)
            if ORDER.search(statement.code) or FENCE.search(statement.code):
                accesses += 1
                for key, sides in labels.items():
                    uses[key] += sides or ([""] if key[1].startswith("T") else [])
            else:
                labels = {}
            found = [*check_orders(statement, names), *check_labels(statement, labels)]
            complaints += [f"{header.path}:{statement.line}: {what}" for what in found]
        found = check_operators(header, names)
        complaints += [f"{header.path}:{line}: {what}" for line, what in found]
    complaints += check_mentions(headers)
    complaints += check_documents(root, headers)
    complaints += check_used(headers, uses)
    return complaints, accesses


def main():
    complaints, accesses = check(lintlib.root_argument(__doc__.splitlines()[0]))
    lintlib.finish(complaints, f"{accesses} annotated statements")


if __name__ == "__main__":
    main()
