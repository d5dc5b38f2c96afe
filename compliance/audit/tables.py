"""Rows as files that people and programs open: CSV and JSONL, piece by piece, never as a whole."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

# A spreadsheet takes a text that begins so for a formula, and may run it. A mark before it makes it
# text again (and shows in no cell).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "'"
# So that a spreadsheet reads names as they are written.
BOM = b"\xef\xbb\xbf"
# Rows are joined to pieces of about this size: one write for each row costs more than the row.
PIECE = 64 * 1024


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A CSV file (UTF-8 with a byte order mark, commas, CRLF), its formulas made text."""
    writer: Any = csv.writer(_Through())
    yield BOM + writer.writerow(columns)
    yield from _joined(writer.writerow([cell(value) for value in row]) for row in rows)


def jsonl_pieces(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """One JSON object a line, in UTF-8."""
    return _joined(orjson.dumps(row, option=_OPTIONS, default=str) for row in rows)


def cell(value: object) -> str:
    """A value as a spreadsheet shows it; what looks like a formula is only text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | UUID):
        return str(value)
    if isinstance(value, Mapping | list | tuple):
        value = orjson.dumps(value, default=str).decode()
    text = str(value)
    return MARK + text if text.startswith(FORMULA) else text


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class _Through:
    """What `csv` writes to: `writerow` returns what this returns, the line itself."""

    def write(self, line: str) -> bytes:
        """Half a character from outside cannot break the file."""
        return line.encode("utf-8", "replace")


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
