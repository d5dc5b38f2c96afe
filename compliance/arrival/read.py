"""From a file to lines: whatever a spreadsheet made of it, and no good line lost to a bad one.

A quotation mark that is opened and never closed would swallow everything behind it. So each line
is read by itself: one that goes on over several is believed only if it comes out whole, otherwise
it alone is refused and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from compliance.arrival.columns import COLUMNS, REQUIRED, ROLES, Person, Wrong, column, value
from compliance.arrival.errors import Unreadable

LARGEST = 5 * 1024 * 1024
MOST_LINES = 20_000
# So many lines of the file make up one line of the list at most.
MOST_BREAKS = 20
# What a list of refused lines says of each.
ADDED = ("refused_line", "what_is_wrong", "what_to_do")
TERMS = ("terms_version", "terms_accepted_on", "terms_accepted_by")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is refused, or what is to be known of it (a note)."""

    line: int
    column: str
    wrong: str
    do: str


@dataclass(frozen=True, slots=True)
class Line:
    """A customer as the list has it."""

    number: int
    reference: str
    name: str
    contacts: Sequence[tuple[str, Person]]
    notice_days: int
    owner: str
    terms: tuple[str, date, str] | None
    profile: str
    text_carries_no_code: bool
    # Which columns said something: what is left empty is no wish.
    said: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reading:
    """Everything that was read: `raw` holds each line's cells, to be handed back with a complaint.

    `width`: how many headings there are, those without a name among them.
    """

    columns: Sequence[str] = ()
    width: int = 0
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    raw: dict[int, Sequence[str]] = field(default_factory=dict)
    delimiter: str = ","


def read(content: bytes) -> Reading:
    """Read the list. Raises `Unreadable` when it is none."""
    lines = _text(content).splitlines(keepends=True)
    first = 1 if lines and lines[0].lower().startswith("sep=") else 0
    while first < len(lines) and not lines[first].strip(" ,;\t\r\n"):
        first += 1
    if first == len(lines):
        raise Unreadable("The file is empty. Its first line names the columns.")
    if len(lines) - first > MOST_LINES:
        raise Unreadable(f"The file has more than {MOST_LINES:,} lines. Cut it into several.")
    reading = Reading()
    reading.delimiter = _delimiter(lines[first])
    headings = next(csv.reader([lines[first]], delimiter=reading.delimiter))
    reading.columns = _columns(headings)
    reading.width = len(headings)
    _read_lines(reading, lines, first + 1)
    return reading


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04")):
        raise Unreadable("This is no CSV file. In the spreadsheet, save it as “CSV UTF-8”.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"Line {line} is not UTF-8. In the spreadsheet, save the file as “CSV UTF-8”."
        ) from None
    # Only what ends a line of a CSV file does so here: `splitlines` knows seven more.
    for odd in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        text = text.replace(odd, " ")
    return text


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _columns(headings: Sequence[str]) -> Sequence[str]:
    columns = [column(heading) for heading in headings]
    while columns and not columns[-1]:
        columns.pop()
    known = ", ".join(COLUMNS)
    # A list of refused lines that comes back mended: what was said of them is not read.
    if tuple(columns[-len(ADDED) :]) == ADDED:
        columns = columns[: -len(ADDED)]
    if missing := [name for name in REQUIRED if name not in columns]:
        raise Unreadable(f"There is no column {' and none '.join(missing)}. Known are: {known}.")
    if unknown := [name or "(empty)" for name in columns if name not in COLUMNS]:
        raise Unreadable(f"Nobody knows the column {', '.join(unknown)}. Known are: {known}.")
    if twice := [name for name, times in Counter(columns).items() if times > 1]:
        raise Unreadable(f"The column {', '.join(twice)} is there twice.")
    return columns


def _read_lines(reading: Reading, lines: Sequence[str], start: int) -> None:
    seen: dict[str, int] = {}
    at = start
    while at < len(lines):
        number = at + 1
        cells, used = _cells(lines, at, reading.delimiter, len(reading.columns))
        at += used
        if cells is not None and not any(map(str.strip, cells)):
            continue
        reading.raw[number] = cells or [lines[number - 1].rstrip("\r\n")]
        problems, line = _line(number, reading, cells)
        if line and (before := seen.get(line.reference)):
            problems = [_twice(number, before)]
        elif line:
            seen[line.reference] = number
            reading.lines.append(line)
        reading.problems += problems


def _twice(number: int, before: int) -> Problem:
    wrong = f"Line {before} has the same reference."
    return Problem(number, "reference", wrong, "Leave one of both, or give it another one.")


def _cells(
    lines: Sequence[str], at: int, delimiter: str, width: int
) -> tuple[Sequence[str] | None, int]:
    """The cells of the line, or None, and how many lines of the file they took."""
    reader = csv.reader(islice(lines, at, at + MOST_BREAKS), delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        return None, 1
    used = reader.line_num
    # A mark that was never closed ends at the next one there is, far below.
    if used > 1 and len(cells) < width:
        return None, 1
    return cells, used


def _line(
    number: int, reading: Reading, cells: Sequence[str] | None
) -> tuple[list[Problem], Line | None]:
    if cells is None:
        wrong = "A quotation mark is opened and not closed, or stands where none may."
        return [Problem(number, "", wrong, "Close it, or write it twice within the text.")], None
    columns = reading.columns
    if any(map(str.strip, cells[reading.width :])):
        wrong = f"There are {len(cells)} values for {len(columns)} columns."
        do = "Put a value that holds the separator into quotation marks."
        return [Problem(number, "", wrong, do)], None
    texts = dict(zip(columns, [*cells, *[""] * len(columns)], strict=False))
    problems, found = [], {}
    for name in COLUMNS:
        try:
            found[name] = value(name, texts.get(name, ""))
        except Wrong as wrong:
            problems.append(Problem(number, name, wrong.wrong, wrong.do))
    problems += _terms_are_whole(number, found)
    if problems:
        return problems, None
    said = frozenset(name for name, text in texts.items() if text.strip())
    return [], _made(number, found, said)


def _terms_are_whole(number: int, found: Mapping[str, Any]) -> Iterator[Problem]:
    missing = [name for name in TERMS if not found.get(name, name)]
    if 0 < len(missing) < len(TERMS):
        for name in missing:
            do = "Give version, day and name, or leave all three empty."
            yield Problem(number, name, "It is empty, though terms were accepted.", do)


def _made(number: int, found: Mapping[str, Any], said: frozenset[str]) -> Line:
    version, accepted_on, accepted_by = (found[name] for name in TERMS)
    return Line(
        number=number,
        reference=found["reference"],
        name=found["name"],
        contacts=[(role, who) for role in ROLES for who in found[f"{role}_contacts"]],
        notice_days=found["notice_days"],
        owner=found["account_owner"],
        terms=(version, accepted_on, accepted_by) if version else None,
        profile=found["profile"],
        text_carries_no_code=found["text_carries_no_code"],
        said=said,
    )
