"""Cuts the items of `{"exchanges": […]}` apart without parsing them.

Needed when the body as a whole is not JSON because one item is not: the others must not be lost.
The scan knows strings, brackets and commas and nothing else; it keeps no stack and never goes back,
so its work grows with the length of the body and with nothing else (`MOST_STEPS` caps even that).
Every pattern is possessive: what was matched once is never tried again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from compliance.intake.errors import (
    MalformedJson,
    TooManyExchanges,
    unknown_envelope_field,
)

# Steps are pattern matches, some 0.4 µs each. A thousand ordinary exchanges take about 100,000.
MOST_STEPS = 2_000_000
# A prompt of 1,000 parts has some 8,000 brackets and commas outside its strings.
MOST_MARKS_IN_ITEM = 20_000

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
STRING = re.compile(_STRING, re.DOTALL)
SPACE = re.compile(rb"[ \t\r\n]*+")
SCALAR = re.compile(rb'[^\s,:"\[\]{}]++')
NEXT_MARK = re.compile(
    rb'(?:[^",\[\]{}]++|' + _STRING + rb")*+(?:(?P<open>[\[{]++)|(?P<close>[\]}]++)|,++)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Slice:
    """One item as bytes, and how many brackets and commas it has outside its strings."""

    text: bytes
    marks: int


class Scanner:
    """Walks over one text. Raises `MalformedJson` where no item can be told from the next."""

    def __init__(self, text: bytes, *, most_steps: int = MOST_STEPS) -> None:
        self.text = text
        self.marks = 0
        self.steps = 0
        self._most_steps = most_steps

    def items(self, *, most: int) -> Iterator[Slice]:
        """The items of the array `exchanges`; raises `TooManyExchanges` at the one after `most`."""
        found = False
        at = self._after(b"{", 0)
        for key, start in self._members(at):
            if _text(key) != "exchanges":
                raise unknown_envelope_field()
            if found or self.text[start : start + 1] != b"[":
                raise MalformedJson
            found = True
            yield from self._entries(start, most)
        if not found or self._space(self._end) != len(self.text):
            raise MalformedJson

    def value_of(self, name: str) -> str | None:
        """The text of the first member of that name in this object, None if there is none."""
        try:
            for key, start in self._members(self._after(b"{", 0)):
                if _text(key) == name:
                    return _text(self.text[start : self._value(start)])
        except MalformedJson:
            pass
        return None

    def _members(self, at: int) -> Iterator[tuple[bytes, int]]:
        """Key and start of each value. Whoever has walked a value leaves its end in `_end`."""
        at = self._space(at)
        while self.text[at : at + 1] != b"}":
            key_ends = self._matched(STRING, at)
            start = self._space(self._after(b":", self._space(key_ends)))
            self._end = -1
            yield self.text[at:key_ends], start
            at = self._space(self._end if self._end >= 0 else self._value(start))
            at = self._behind_comma(at, b"}")
        self._end = at + 1

    def _entries(self, start: int, most: int) -> Iterator[Slice]:
        at, count = self._space(start + 1), 0
        while self.text[at : at + 1] != b"]":
            count += 1
            if count > most:
                raise TooManyExchanges
            self.marks = 0
            end = self._value(at)
            yield Slice(self.text[at:end], self.marks)
            at = self._behind_comma(self._space(end), b"]")
        self._end = at + 1

    def _behind_comma(self, at: int, closing: bytes) -> int:
        """Where the next entry starts, or the closing bracket; a comma before that is refused."""
        if self.text[at : at + 1] == closing:
            return at
        at = self._space(self._after(b",", at))
        if self.text[at : at + 1] == closing:
            raise MalformedJson
        return at

    def _value(self, at: int) -> int:
        """The end of the value that starts at `at`, whatever it holds."""
        first = self.text[at : at + 1]
        if first == b'"':
            return self._matched(STRING, at)
        if first not in (b"[", b"{"):
            return self._matched(SCALAR, at)
        depth = 0
        while True:
            mark = self._match(NEXT_MARK, at)
            self.marks += 1
            if mark["open"]:
                depth += len(mark["open"])
                self.marks += len(mark["open"])
            elif mark["close"]:
                # A run of closing brackets may end the value and what is around it.
                if len(mark["close"]) >= depth:
                    return mark.start("close") + depth
                depth -= len(mark["close"])
            at = mark.end()

    def _after(self, token: bytes, at: int) -> int:
        at = self._space(at)
        if self.text[at : at + 1] != token:
            raise MalformedJson
        return at + 1

    def _space(self, at: int) -> int:
        return self._matched(SPACE, at)

    def _matched(self, pattern: re.Pattern[bytes], at: int) -> int:
        return self._match(pattern, at).end()

    def _match(self, pattern: re.Pattern[bytes], at: int) -> re.Match[bytes]:
        self.steps += 1
        match = pattern.match(self.text, at)
        if match is None or self.steps > self._most_steps:
            raise MalformedJson
        return match


def _text(quoted: bytes) -> str | None:
    try:
        text = orjson.loads(quoted)
    except orjson.JSONDecodeError:
        return None
    return text if isinstance(text, str) else None
