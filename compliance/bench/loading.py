"""Cells and rows by the hundred thousand: what months of ingest leave behind, in seconds.

Written past `ingest.store`, with the same ids, counts and sizes. What is sealed looks like random
bytes, so random bytes it is: a purge never opens anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4

from django.db import connection, transaction

from retention import clock
from retention.expiry import partitions
from retention.policies.queries import offered
from retention.policies.rules import DataClass, ceiling
from retention.records.cells import CellName
from retention.records.identity import exchange_id, record_id
from retention.records.rows import COPY, TYPES, Row
from retention.vault import keys as vault

# What a run six months later still finds of a day; its snippets went within a day.
KEPT = (DataClass.PROMPT, DataClass.RESPONSE, DataClass.EVALUATION)
# Sealed bytes beside the text: header, tag and the compressor's frame.
IDENTITY = 142
CELLS = """
    COPY retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at) FROM STDIN
"""


def oldest_day() -> date:
    """The oldest day that has a partition; a deletion run on its `ceiling` drops it."""
    return min(partitions.existing())


def due_at(day: date) -> datetime:
    """A moment on the day on which nothing of `day` may be left."""
    return datetime.combine(ceiling(day), time(0, 5), UTC)


def customers(count: int) -> list[UUID]:
    """Ids are all that the engine knows of a customer."""
    return [uuid4() for _ in range(count)]


def make_cells(names: Sequence[CellName], *, records: int, expires_on: date) -> None:
    """Keys and open cells which say that `records` rows lie in each; those come separately."""
    day = names[0].clock_day
    made_at, version = datetime.combine(day, time(12), UTC), offered(today=clock.today()).pk
    vault.make([vault.Key(name.id, 1) for name in names], now=made_at)
    counts = (records, 0, 0, 0, 0)
    with connection.cursor() as cursor, cursor.copy(CELLS) as copy:
        for name in names:
            what = (name.customer, name.clock_day, str(name.data_class), name.retain_days)
            copy.write_row((name.id, *what, version, expires_on, "open", "", 1, *counts, made_at))


def write_rows(found: Iterable[Row]) -> None:
    """Into their partitions, as ingest writes them."""
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for row in found:
            copy.write_row(row)


def rows(
    customer: UUID, day: date, classes: Sequence[DataClass], count: int, size: int
) -> Iterator[Row]:
    """`count` exchanges of one customer and day, a record of each class, `size` bytes sealed."""
    at = datetime.combine(day, time(12), UTC)
    cells = {c: CellName(customer, day, c, 0).id for c in classes}
    for number in range(count):
        exchange = exchange_id(customer, f"bench-{number}", day)
        for data_class in classes:
            yield _row(customer, day, exchange, number, data_class, cells[data_class], at, size)


def _row(
    customer: UUID,
    day: date,
    exchange: UUID,
    number: int,
    data_class: DataClass,
    cell: UUID,
    at: datetime,
    size: int,
) -> Row:
    is_anchor = data_class is DataClass.PROMPT
    return Row(
        customer_id=customer,
        clock_day=day,
        id=record_id(exchange, data_class, "1"),
        exchange_id=exchange,
        external_id=f"bench-{number}",
        data_class=str(data_class),
        part="1",
        cell_id=cell,
        generation=1,
        occurred_at=at,
        received_at=at,
        purpose="triage",
        subprocessor="openai",
        model="gpt-5.1",
        account="proj_a1",
        endpoint="responses",
        provider="github",
        repository="acme/payments",
        size=size * 2,
        verdict="",
        input_tokens=800 if is_anchor else None,
        output_tokens=None if is_anchor else 95,
        latency_ms=None,
        flags=[],
        delivered_at=None,
        identity=os.urandom(IDENTITY) if is_anchor else None,
        payload=os.urandom(size),
    )


@contextmanager
def nothing_in_the_background() -> Iterator[None]:
    """No autovacuum while we measure: who vacuums what is part of what is compared."""
    _system("ALTER SYSTEM SET autovacuum = off")
    try:
        yield
    finally:
        _system("ALTER SYSTEM RESET autovacuum")


def _system(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SELECT pg_reload_conf()")


def checkpoint() -> None:
    """Both sides start with everything on disk."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
