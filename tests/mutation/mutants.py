# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""The ordinary mutations of a header, and a copy of it that contains them all.

Each mutation has a number; the copy asks `mutated(number)` where it is, so that one compilation serves
for all: the environment says which of them is real (mutation.hpp below).
"""

import dataclasses
import re

from cxx import ASSIGNMENTS, Header

# Statements and expressions with these are left alone: what they do is speed, a hint, or for tests only.
LEFT_ALONE = re.compile(
    r"\bprefetch\w*\(|\bpause\(\)|\byield\(\)|\bon_reclaim\(|\bprefer_large_pages\(|\bSYNCMAP_ASSERT"
    r"|\bstatic_assert|\bmadvise\b|\bsaved\b|\bthrow_\w+\(|\bpatience\b|\bsize_t ahead\b|\bahead <"
)
# A condition that looks again at what may have changed.
RECHECK = re.compile(
    r"is_still\(|is_unchanged\(|is_protected\(|is_same_version\(|\bagain ==|\bagain\.added|\.is\(|"
    r"\bnow\.(?:found|where)\b|\bnow == |== word\b|is_clear\(|load\(\)\.amended\(\)|has_room\(\)|"
    r"is_prepared\(|try_lock\(|try_replace\(|try_erase\(|try_expunge_locked\(|try_unexpunge_locked\(|"
    r"try_set_next\(|make_room_locked\(|compare_exchange_\w+|passes_of_others\(|\bothers\b|has_landed\(|"
    r"== &record::unattached|\bmoved\(\)|is_locked\(\)|is_forwarded\(\)|\bmark == seen"
)
# A statement that changes something, ...
STORE = re.compile(
    r"^[^(]*?(?<![=!<>])=(?!=)|\+\+|--|\.(?:store|exchange|fetch_\w+)\(|"
    r"\b(?:fill|set_tag|start_tag|start|vacate|"
    r"replace|put|link|publish|unlock|lock|restart|insert|remove|release|reset|own|push|retire\w*|count\w*|"
    r"reset_protection|announce|set_\w+|raise\w*|let_go|hold|drop|transfer|land|free|reclaim|clear|added|"
    r"resize_down|publish_locked|forget_dirty|\w+_locked|move_from|copy_from|destroy\w*|wake_all)\("
)
# ... one that changes what other threads can look at, ...
SHARED_STORE = re.compile(
    r"\.(?:store|exchange|fetch_\w+)\(|\b(?:fill|set_tag|vacate|link|publish\w*|replace|replaced|erased|put|"
    r"restart|raise\w*|remove|own|push|retire\w*|drop|hold|count_\w+|reset_protection|announce\w*|"
    r"set_promoted|let_go|land|wake_all|reclaim)\("
)
# ... and one that begins or ends that they can look at what else was changed.
BORDER = re.compile(r"\b(?:lock|unlock|publish\w*|set_tag|put|start_tag|retire\w*|link|free)\(")
OTHER_SIGN = {
    "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&", "+": "-",
    "-": "+", "*": "+", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
}  # fmt: skip
OTHER_ASSIGNMENT = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=", "*=": "/=", "<<=": ">>="}
OTHER_WORD = {"true": "false", "false": "true"}
NUMBER = re.compile(r"^(0[xX][0-9a-fA-F']+|[0-9']+)([uUlLzZ]*)$")

SWITCH = """// Which mutation is real: made by tests/mutation/mutate.py.
#pragma once
#include <atomic>
#include <cstdlib>
#include <type_traits>
namespace syncmap_mutation {
inline constexpr int count = @COUNT@;
inline std::atomic<int> real{-2};
inline std::atomic<unsigned char> reached[count + 1];
inline bool is_real(int number) noexcept {
  int now = real.load(std::memory_order_relaxed);
  if (now == -2) {
    const char* const given = std::getenv("SYNCMAP_MUTATION");
    now = given == nullptr ? -1 : std::atoi(given);
    real.store(now, std::memory_order_relaxed);
  }
  if (now == -1) reached[number].store(1, std::memory_order_relaxed);
  return now == number;
}
constexpr bool mutated(int number) noexcept {
  return std::is_constant_evaluated() ? false : is_real(number);
}
template <class Mutex>
struct guard {
  guard(Mutex& of, bool dropped) : mutex(dropped ? nullptr : &of) {
    if (mutex != nullptr) mutex->lock();
  }
  guard(const guard&) = delete;
  ~guard() {
    if (mutex != nullptr) mutex->unlock();
  }
  Mutex* mutex;
};
}  // namespace syncmap_mutation
"""


@dataclasses.dataclass
class Mutant:
    header: str
    line: int
    kind: str  # statement, leave, condition, operand, operator, constant, swap, protect, lock
    before: str
    after: str
    kept: tuple  # what the text is: (start, end, function of the number and the inner text), ...
    classes: tuple = ()  # of those that are asked about exhaustively: recheck, protect, swap, lock
    nth: int = 0  # of those that look the same

    @property
    def key(self):
        return f"{self.header}|{self.kind}|{self.before}|{self.after}|{self.nth}"


def plain(text):
    """In one line, without comments."""
    return " ".join(re.sub(r"//[^\n]*", "", text).split())


def short(text, width=100):
    text = plain(text)
    return text if len(text) <= width else text[: width - 3] + "..."


class Finder:
    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.header = Header(text)
        self.found = []

    def span(self, first, last):
        tokens = self.header.tokens
        return tokens[first].start, tokens[last].end

    def add(self, kind, at, before, after, kept, classes=()):
        line = self.text.count("\n", 0, self.header.tokens[at].start) + 1
        self.found.append(Mutant(self.name, line, kind, short(before), short(after), tuple(kept), classes))

    def all(self):
        statements = [each for block in self.header.blocks for each in block]
        for each in statements:
            self._statement(each)
        for block in self.header.blocks:
            for first, second in zip(block, block[1:]):
                self._swap(first, second)
        for each in self.header.conditions:
            self._condition(each)
        self._expressions(statements)
        counts = {}
        self.found.sort(key=lambda one: (one.line, one.kept[0][0], one.kind, one.after))
        for each in self.found:
            bare = each.key
            each.nth = counts.get(bare, 0)
            counts[bare] = each.nth + 1
        return self.found

    # --- statements

    def _statement(self, each):
        text = self.header.source(each.first, each.last)
        if LEFT_ALONE.search(text):
            return
        span = self.span(each.first, each.last)
        drop = lambda number, inner: f"{{ if (!syncmap_mutation::mutated({number})) {{ {inner}\n }} }}"
        if each.kind == "expression":
            protects = re.search(r"\breset_protection\((?!\))|\bannounce(?:_lightly)?\(", text)
            kind = "protect" if protects and "{" not in text else "statement"
            self.add(kind, each.first, text, "", [(*span, drop)], ("protect",) if kind == "protect" else ())
        elif each.kind in ("return", "jump") and each.is_guarded:
            self.add("leave", each.first, text, "", [(*span, drop)])
        elif each.kind == "declaration":
            lock = re.fullmatch(r"const std::lock_guard (\w+)\((.*)\);", plain(text))
            if lock:
                instead = lambda number, _: (
                    f"const syncmap_mutation::guard {lock[1]}({lock[2]}, "
                    f"syncmap_mutation::mutated({number}));"
                )
                self.add("lock", each.first, text, "", [(*span, instead)], ("lock",))

    def _swap(self, first, second):
        if first.kind != "expression" or second.kind != "expression":
            return
        one = self.header.source(first.first, first.last)
        other = self.header.source(second.first, second.last)
        if self._commute(plain(one), plain(other)):
            return
        if LEFT_ALONE.search(one) or LEFT_ALONE.search(other):
            return
        pair = (plain(one), plain(other))
        if not all(STORE.search(text) for text in pair):
            return
        if not all(SHARED_STORE.search(text) for text in pair) and not any(map(BORDER.search, pair)):
            return
        early = lambda number, inner: (
            f"if (syncmap_mutation::mutated({number})) {{ {plain(other)} }} {inner}"
        )
        late = lambda number, inner: f"if (!syncmap_mutation::mutated({number})) {{ {inner}\n }}"
        kept = [(*self.span(first.first, first.last), early), (*self.span(second.first, second.last), late)]
        before, after = f"{short(one, 60)} {short(other, 60)}", f"{short(other, 60)} {short(one, 60)}"
        self.add("swap", first.first, before, after, kept, ("swap",))

    @staticmethod
    def _commute(one, other):
        """Do both only assign or count something of their own, that the other does not name?"""
        written = [
            re.match(r"(?:\+\+|--)?([\w.>\[\]-]*?\w+)(?: [-+|&]?=[^=]|;)", text) for text in (one, other)
        ]
        if not all(written) or re.search(
            r"[.>](?:store|fetch_\w+|exchange|release|reset)\(|_locked\(", one + other
        ):
            return False
        names = [match[1] for match in written]
        return names[0] not in other and names[1] not in one

    # --- conditions

    def _instead(self, value):
        return lambda number, inner: (
            f"(syncmap_mutation::mutated({number}) ? {value} : static_cast<bool>({inner}\n))"
        )

    def _condition(self, each):
        text = self.header.source(each.first, each.last)
        if LEFT_ALONE.search(text) or text in ("true", "false", ";"):
            return
        classes = ("recheck",) if RECHECK.search(text) else ()
        span = self.span(each.first, each.last)
        values = ("true", "false") if each.kind in ("if", "choice") else ("false",)
        for value in values:
            self.add("condition", each.first, text, value, [(*span, self._instead(value))], classes)

    # --- expressions

    def _expressions(self, statements):
        inside = sorted((each.first, each.last) for each in statements if each.kind != "other")
        inside += [(each.first, each.last) for each in self.header.conditions]
        inside += self.header.initializers
        skipped = [
            (each.first, each.last)
            for each in statements
            if LEFT_ALONE.search(self.header.source(each.first, each.last))
            and each.kind in ("expression", "declaration", "return", "other")
            or self.header.at(each.first) in ("constexpr", "static", "using", "static_assert")
            and each.kind in ("declaration", "other")
        ]
        done = set()
        for first, last in inside:
            for index in range(first, last + 1):
                if index in done or any(a <= index <= b for a, b in skipped):
                    continue
                done.add(index)
                self._token(index)

    def _token(self, index):
        header, token = self.header, self.header.tokens[index]
        text = token.text
        if self._in_constant(index):
            return
        if text in ("&&", "||") and header.is_binary(index):
            self._operands(index)
        if text in OTHER_SIGN and header.is_binary(index):
            self._replace("operator", index, OTHER_SIGN[text])
        elif text == "!" and header.at(index - 1) != "operator":
            self._replace("operator", index, "")
        elif text in ("++", "--"):
            self._replace("operator", index, "--" if text == "++" else "++")
        elif text in OTHER_ASSIGNMENT:
            self._replace("operator", index, OTHER_ASSIGNMENT[text])
        elif text in OTHER_WORD:
            self._replace("constant", index, OTHER_WORD[text])
        elif token.kind == "number":
            number = NUMBER.match(text)
            if number:
                value = int(number[1].replace("'", ""), 0)
                self._replace("constant", index, f"{value + 1}{number[2]}")
        elif token.kind == "word" and header.at(index + 1) == "(":
            self._protect(index)

    def _in_constant(self, index):
        """In arguments of a template, or in what an `if constexpr` asks."""
        for opening, closing in self.header.partner.items():
            if opening < index < closing:
                if (
                    self.header.at(opening) == "<"
                    or self.header.at(opening) == "["
                    and self.header.at(opening + 1) == "["
                ):
                    return True
                if self.header.at(opening) == "(" and self.header.at(opening - 1) in (
                    "constexpr",
                    "alignof",
                    "sizeof",
                ):
                    return True
        return False

    def _replace(self, kind, index, by):
        header, token = self.header, self.header.tokens[index]
        if token.text in ASSIGNMENTS:
            first, _ = header.region(index - 1)
            _, last = header.region(index + 1)
        else:
            first, last = header.region(index)
        start, end = self.span(first, last)
        text = self.text[start:end]
        if LEFT_ALONE.search(text) or first > last:
            return
        changed = self.text[start : token.start] + by + self.text[token.end : end]
        if "{" in text and "}" not in text:
            return
        classes = ("recheck",) if kind == "operator" and token.text == "!" and RECHECK.search(text) else ()
        other = plain(changed)
        is_whole = header.at(last + 1) == ";" and header.at(first - 1) in ("{", "}", ";")
        if is_whole:  # a statement: its value is not asked for
            kept = lambda number, inner: (
                f"(syncmap_mutation::mutated({number}) ? static_cast<void>({other})"
                f" : static_cast<void>({inner}\n))"
            )
        else:
            kept = lambda number, inner: f"(syncmap_mutation::mutated({number}) ? ({other}) : ({inner}\n))"
        self.add(kind, index, text, changed, [(start, end, kept)], classes)

    def _operands(self, index):
        """Leaves out each operand next to the sign, once."""
        header = self.header
        first, last = header.region(index)
        sign = header.at(index)
        flat = list(header._flat(first, last + 1))
        # Operands of && are between && and ||, those of || between ||.
        ends = ("||",) if sign == "||" else ("&&", "||")
        signs = [at for at in flat if header.at(at) in ends and header.is_binary(at)]
        value = "false" if sign == "||" else "true"
        here = signs.index(index)
        begin = signs[here - 1] + 1 if here > 0 else first
        end = signs[here + 1] - 1 if here + 1 < len(signs) else last
        pieces = [(index + 1, end)]
        if here == 0 or header.at(signs[here - 1]) != sign:
            pieces.append((begin, index - 1))
        for one, other in pieces:
            text = header.source(one, other)
            if LEFT_ALONE.search(text):
                continue
            classes = ("recheck",) if RECHECK.search(text) else ()
            span = self.span(one, other)
            self.add(
                "operand",
                one,
                header.source(first, last),
                f"without {text}",
                [(*span, self._instead(value))],
                classes,
            )

    def _protect(self, index):
        header = self.header
        token = header.tokens[index]
        close = header.partner.get(index + 1)
        if close is None:
            return
        name, start = token.text, token.start
        first = self._receiver(index)
        receiver = self.text[header.tokens[first].start : start]
        arguments = self.text[header.tokens[index + 1].end : header.tokens[close].start]
        if name == "protect" and (header.at(index + 2) == "[" or arguments == "load"):
            instead = f"({plain(arguments)})()"
        elif name == "protect" and header.at(index - 1) in (".", "->"):
            instead = f"{receiver}load()"
        elif name == "protect" and header.at(index - 1) != "::":
            instead = "load()"
        elif name == "protect_root":
            instead = f"{receiver or 'this->'}load_root()"
        elif name == "protect_next":
            instead = f"{receiver or 'this->'}load_root()"
        elif name == "protect_value":
            instead = f"({plain(arguments.split(',')[0])}).load()"
        elif name == "protect_word":
            instead = f"({plain(arguments.split(',', 1)[1])})()"
        else:
            return
        begin, end = header.tokens[first].start, header.tokens[close].end
        if header.tokens[first - 1].kind == "word" and header.at(first - 1) != "return":
            return  # a declaration
        kept = lambda number, inner: f"(syncmap_mutation::mutated({number}) ? ({instead}) : ({inner}\n))"
        self.add("protect", index, self.text[begin:end], instead, [(begin, end, kept)], ("protect",))

    def _receiver(self, index):
        """The first token of what stands in front of a name: `a.b().` or `c<T>()->`."""
        header, first = self.header, index
        while header.at(first - 1) in (".", "->", "::"):
            first -= 2
            while first in header.partner and header.partner[first] < first:
                first = header.partner[first] - 1
        return first


# What a copy needs to load a root without its protection.
LOAD_ROOT = """  [[nodiscard]] root_value load_root() const noexcept { return root_.template load<table>(); }
"""


def instrument(text, mutants):
    """The text with every mutation; `mutants`: (number, mutant). And the numbers of those that could not
    be put in, because they cross others."""
    wraps = []
    for number, each in mutants:
        for start, end, change in each.kept:
            wraps.append((start, end, number, change))
    # The outer ones first; of the same range the one with the larger number is inside.
    wraps.sort(key=lambda wrap: (wrap[0], -wrap[1], wrap[2]))

    def emit(begin, end, at):
        out, position = [], begin
        while at < len(wraps) and wraps[at][0] < end:
            first, last, number, change = wraps[at]
            if first < position or last > end:  # crosses another: left out
                crossed.add(number)
                at += 1
                continue
            out.append(text[position:first])
            inner, at = emit(first, last, at + 1)
            out.append(change(number, inner))
            position = last
        out.append(text[position:end])
        return "".join(out), at

    crossed = set()
    result, _ = emit(0, len(text), 0)
    result = result.replace("#pragma once\n", "#pragma once\n#include <syncmap/mutation.hpp>\n", 1)
    if "protect_root(const Guard& guard)" in result:
        result = result.replace(
            "  // Where the keys with a hash are.\n", LOAD_ROOT + "  // Where the keys with a hash are.\n", 1
        )
    return result, crossed
