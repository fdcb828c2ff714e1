# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
"""Finds the statements, conditions and expressions of a header.

No compiler: a reader of tokens and brackets that knows the style of this repository (clang-format puts
spaces around a binary operator, and none before what closes a template's arguments). What it does not
understand it leaves out; what it misunderstands does not compile, and is dropped by whoever mutates.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<directive>^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')
    |(?P<number>\d[\w.']*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign><=>|<<=|>>=|->\*|\.\.\.|::|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
CLOSER = {"(": ")", "[": "]", "{": "}", "<": ">"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
# What does not begin the name of a type.
NOT_A_TYPE = {"return", "throw", "delete", "new", "this", "goto", "operator"}
DECLARES = {"const", "static", "constexpr", "auto", "using", "typename", "struct", "class", "enum", "union"}


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass
class Statement:
    kind: str  # expression, declaration, return, jump, if, loop, switch, block, other
    first: int  # its tokens, both included
    last: int
    is_guarded: bool = False  # it is all that an if without an else does, and something follows it


@dataclasses.dataclass
class Condition:
    kind: str  # if, while, for, do, choice (of ?:)
    first: int
    last: int


def tokens_of(text):
    found = []
    for match in TOKEN.finditer(text):
        if match.lastgroup not in ("space", "comment", "directive"):
            found.append(Token(match.lastgroup, match[0], match.start(), match.end()))
    return found


class Header:
    """`blocks`: lists of the statements that follow each other; `conditions`, `initializers`: of all."""

    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text)
        self.partner = {}  # of each bracket
        self.blocks = []
        self.conditions = []
        self.initializers = []  # of constructors: first and last token
        self._match_brackets()
        self._declarations(0, len(self.tokens))

    # --- tokens

    def at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def source(self, first, last):
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def is_binary(self, index):
        """Is there space on both sides?"""
        token = self.tokens[index]
        return self.text[token.start - 1].isspace() and self.text[token.end].isspace()

    def _match_brackets(self):
        opened = []
        for index, token in enumerate(self.tokens):
            if token.kind != "sign":
                continue
            before = self.text[token.start - 1 : token.start]
            after = self.text[token.end : token.end + 1]
            if token.text in "([{":
                opened.append((token.text, index))
            elif (
                token.text == "<"
                and not after.isspace()
                and (not before.isspace() or self.at(index - 1) == "template")
            ):
                opened.append(("<", index))
            elif token.text in (">", ">>") and not before.isspace():
                for _ in token.text:
                    if opened and opened[-1][0] == "<":
                        self._pair(opened.pop()[1], index)
            elif token.text in ")]}":
                while opened and CLOSER[opened[-1][0]] != token.text:
                    opened.pop()
                if opened:
                    self._pair(opened.pop()[1], index)

    def _pair(self, first, last):
        self.partner[first] = last
        self.partner[last] = first

    def after(self, index):
        """The token behind this one, or behind the bracket that it opens."""
        return max(self.partner.get(index, index), index) + 1

    # --- declarations

    def _declarations(self, begin, end):
        index = begin
        while index < end:
            index = self._declaration(index, end)

    def _declaration(self, begin, end):
        """Returns what follows the declaration."""
        index = begin
        has_parameters = has_initializers = False
        words = set()
        while index < end:
            text = self.at(index)
            if text == ";":
                return index + 1
            if text == ":" and index == begin + 1:  # public:
                return index + 1
            if text == "requires" and self.at(index - 1) in ("requires", "=", "&&", "||", "("):
                index = self.after(index + 1) if self.at(index + 1) == "(" else index + 1
                index = self.after(index) if self.at(index) == "{" else index
                continue
            if text == "{":
                close = self.partner.get(index, end)
                if "namespace" in words or (words & {"class", "struct", "union"} and not has_parameters):
                    self._declarations(index + 1, close)
                elif "enum" in words or not has_parameters:
                    pass
                elif has_initializers and self.tokens[index - 1].kind == "word" or self.at(index - 1) == "=":
                    index = close + 1
                    continue
                else:
                    if has_initializers:
                        self.initializers.append((colon + 1, index - 1))
                    self._block(index + 1, close)
                index = close + 1
                return index + 1 if self.at(index) == ";" else index
            if text in ("(", "[", "<") and index in self.partner:
                # What is aligned, or asked of a template's arguments, are no parameters.
                if text == "(" and self.at(index - 1) not in ("alignas", "requires", "decltype", "explicit"):
                    has_parameters = True
                index = self.after(index)
                continue
            if text == ":" and has_parameters and not has_initializers:
                has_initializers, colon = True, index
            words.add(text)
            index += 1
        return end

    # --- statements

    def _block(self, begin, end):
        statements = []
        index = begin
        while index < end:
            index = self._statement(index, statements)
        self.blocks.append(statements)
        for this, following in zip(statements, statements[1:] + [None]):
            if this.kind == "if" and following is not None:
                self._guard(this)

    def _guard(self, this):
        """Notes the statement that leaves, if that is all that an if does."""
        body = self.after(self._opening(this.first))
        while self.at(body) == "[":
            body = self.after(body)
        if self.at(body) == "{":
            body += 1
        for block in self.blocks:
            for each in block:
                if each.first == body and each.kind in ("return", "jump"):
                    each.is_guarded = self.at(this.last - 1) != "else" and each.last + 1 >= this.last

    def _opening(self, index):
        while self.at(index) != "(":
            index += 1
        return index

    def _statement(self, begin, into):
        """Reads a statement, adds it, and returns what follows."""
        index = begin
        while self.at(index) == "[" and self.at(index + 1) == "[":
            index = self.after(index)
        text = self.at(index)
        if text == "{":
            close = self.partner[index]
            self._block(index + 1, close)
            into.append(Statement("block", index, close))
            return close + 1
        if text in ("if", "while", "for", "switch"):
            return self._control(index, text, into)
        if text == "do":
            return self._do(index, into)
        if text in ("case", "default"):
            while self.at(index) != ":":
                index = self.after(index)
            return index + 1
        if text in ("struct", "class", "union", "enum", "template"):
            last = self._declaration(index, len(self.tokens)) - 1
            if self.at(last) == "}":  # an object of that type follows
                while self.at(last) != ";":
                    last = self.after(last)
            into.append(Statement("other", index, last))
            return last + 1
        last = index
        while self.at(last) != ";":
            if self.at(last) == "{" and self._is_body(last):
                self._block(last + 1, self.partner[last])
            last = self.partner[last] + 1 if self.at(last) == "{" else last + 1
            if last >= len(self.tokens):
                return last
        into.append(Statement(self._kind(index), index, last))
        self._choices(index, last)
        return last + 1

    def _is_body(self, index):
        """Does a brace in an expression begin the body of a lambda?"""
        before = self.at(index - 1)
        if before in ("noexcept", "mutable"):
            return True
        if before == "]":
            return self.at(self.partner[index - 1] - 1) in ("(", ",", "=", "{", "return")
        if before != ")":
            return False
        opens = self.partner[index - 1]
        return self.at(opens - 1) in ("]", "decltype")

    def _kind(self, index):
        text = self.at(index)
        if text == "return":
            return "return"
        if text in ("break", "continue"):
            return "jump"
        if text in ("static_assert", "SYNCMAP_ASSERT"):
            return "other"
        if text in DECLARES:
            return "declaration"
        if self.tokens[index].kind != "word" or text in NOT_A_TYPE:
            return "expression"
        while self.at(index + 1) == "::" or (self.at(index + 1) == "<" and index + 1 in self.partner):
            index = index + 2 if self.at(index + 1) == "::" else self.partner[index + 1]
            if self.at(index) == "template":
                index += 1
            if self.at(index + 1) == "(":
                return "expression"
        following = self.tokens[index + 1]
        if following.kind == "word" or following.text in ("*", "&", "&&"):
            return "declaration"
        return "expression"

    def _control(self, index, word, into):
        is_constant = self.at(index + 1) == "constexpr"
        opening = self._opening(index)
        close = self.partner[opening]
        if word in ("if", "while") and not is_constant:
            self._condition(word, opening + 1, close - 1)
        elif word == "for":
            parts = [at for at in self._flat(opening + 1, close) if self.at(at) == ";"]
            if len(parts) == 2 and parts[1] > parts[0] + 1:
                self._condition("for", parts[0] + 1, parts[1] - 1)
        for at in range(opening, close):
            if self.at(at) == "{" and self._is_body(at):
                self._block(at + 1, self.partner[at])
        inner = []
        end = self._statement(close + 1, inner)
        self._keep(inner)
        if word == "if" and self.at(end) == "else":
            inner = []
            end = self._statement(end + 1, inner)
            self._keep(inner)
            into.append(Statement("other", index, end - 1))
            return end
        into.append(Statement({"if": "if", "switch": "switch"}.get(word, "loop"), index, end - 1))
        return end

    def _keep(self, statements):
        """A body without braces is a block of its own."""
        if any(each.kind != "block" for each in statements):
            self.blocks.append(statements)

    def _do(self, index, into):
        inner = []
        end = self._statement(index + 1, inner)
        self._keep(inner)
        opening = self._opening(end)
        self._condition("do", opening + 1, self.partner[opening] - 1)
        last = self.partner[opening] + 1
        into.append(Statement("loop", index, last))
        return last + 1

    def _flat(self, begin, end):
        """The tokens of a range that stand in no bracket within it."""
        index = begin
        while index < end:
            yield index
            index = self.after(index)

    def _condition(self, kind, first, last):
        flat = [self.at(at) for at in self._flat(first, last + 1)]
        if ";" not in flat and "=" not in flat and first <= last:
            self.conditions.append(Condition(kind, first, last))
            self._choices(first, last)

    def _choices(self, first, last):
        """The conditions of ?: in a range, at any depth."""
        for index in range(first, last + 1):
            if self.at(index) == "?":
                begin, end = self.region(index - 1)
                self.conditions.append(Condition("choice", begin, end))

    # --- expressions

    def region(self, index):
        """The whole expression that a token is a part of: between commas, brackets, assignments, ? and :."""
        ends = {",", ";", "?", ":", "return"} | ASSIGNMENTS
        first = index
        while True:
            before = first - 1
            text = self.at(before)
            if before < 0 or text in ends or text in ("(", "[", "{", "}", "]]"):
                break
            if before in self.partner and self.partner[before] > before:  # the opening of a template
                break
            if text == ")" and self.at(self.partner[before] - 1) in ("if", "while", "for", "constexpr"):
                break
            first = self.partner[before] if before in self.partner else before
        last = index
        while True:
            behind = last + 1
            text = self.at(behind)
            if behind >= len(self.tokens) or text in ends or text in (")", "]", "}"):
                break
            if behind in self.partner and self.partner[behind] < behind:
                break
            last = self.partner[behind] if behind in self.partner else behind
        return first, last
