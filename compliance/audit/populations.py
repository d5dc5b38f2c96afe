"""The lists of an evidence pack: read from one snapshot, each once, in an order of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

SQL = Path(__file__).parent / "sql"
HEAD = re.compile(r"^-- (?P<name>\w+)(?: (?P<table>\w+))?: (?P<about>.+)$", re.MULTILINE)
# So many rows are fetched at once.
FETCHED = 2_000


@dataclass(frozen=True, slots=True)
class Period:
    """Whole UTC days, both within."""

    first: date
    last: date

    def bounds(self) -> dict[str, datetime]:
        """From that midnight, and before this one."""
        return {"first": _midnight(self.first), "after": _midnight(self.last + timedelta(days=1))}


@dataclass(frozen=True, slots=True)
class Population:
    """A list: its name, what it is, and the statement that reads it."""

    name: str
    about: str
    statement: str


@contextmanager
def snapshot() -> Iterator[None]:
    """All lists see the same moment, so that they can be held against each other."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def populations() -> list[Population]:
    """Every list that can be read here."""
    found = [population for population, _table in _written("populations.sql")]
    there = set(connection.introspection.table_names())
    optional = _written("optional_populations.sql")
    return found + [population for population, table in optional if table in there]


def rows(population: Population, period: Period) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
    """The columns, and the rows one by one; they are read from the server in portions."""
    cursor = connection.chunked_cursor()
    cursor.execute(population.statement, period.bounds())
    first = cursor.fetchmany(FETCHED)
    columns = [column.name for column in cursor.description]
    return columns, _all(cursor, first)


def _all(cursor: Any, portion: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    with cursor:
        while portion:
            yield from portion
            portion = cursor.fetchmany(FETCHED)


@cache
def _written(file: str) -> Sequence[tuple[Population, str]]:
    text = (SQL / file).read_text()
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        (Population(head["name"], head["about"], text[head.end() : end]), head["table"] or "")
        for head, end in zip(heads, ends, strict=True)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
