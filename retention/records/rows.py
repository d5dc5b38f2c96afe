"""Sealed rows into the partitioned table: COPY when nothing is in the way, else what is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from psycopg import errors


class Row(NamedTuple):
    """One record as it lies in the table; `payload` and `identity` are sealed."""

    customer_id: UUID
    clock_day: date
    id: UUID
    exchange_id: UUID
    external_id: str
    data_class: str
    part: str
    cell_id: UUID
    generation: int
    occurred_at: datetime
    received_at: datetime
    purpose: str
    subprocessor: str
    model: str
    account: str
    endpoint: str
    provider: str
    repository: str
    size: int
    verdict: str
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: int | None
    flags: list[str]
    delivered_at: datetime | None
    identity: bytes | None
    payload: bytes | None


Written = tuple[list[Row], list[Row]]


class AlreadyThere(Exception):
    """A row of the batch stands already: nothing of it was written."""


# fmt: off
TYPES = [
    "uuid", "date", "uuid", "uuid", "text", "text", "text", "uuid", "int4", "timestamptz",
    "timestamptz", "text", "text", "text", "text", "text", "text", "text", "int4", "text", "int4",
    "int4", "int4", "text[]", "timestamptz", "bytea", "bytea",
]
# fmt: on
NAMES = ", ".join(Row._fields)
COPY = f"COPY retention_record ({NAMES}) FROM STDIN (FORMAT BINARY)"
# Arrays of arrays cannot be unnested: flags travel as one text.
INSERT = f"""
    INSERT INTO retention_record ({NAMES})
    SELECT {NAMES.replace("flags", "coalesce(string_to_array(nullif(flags, ''), ' '), '{}')")}
    FROM unnest({", ".join(f"%s::{kind.replace('[]', '')}[]" for kind in TYPES)}) AS sent({NAMES})
    ON CONFLICT DO NOTHING RETURNING id
"""


def write(anchors: Sequence[Row], parts: Sequence[Row]) -> Written:
    """Write everything at once; return what was written: everything.

    Raises `AlreadyThere` when one of them stands: then the caller's transaction is broken, and
    `write_new` in a fresh one finds out which. For both the rows must come sorted by id, or two
    writers of the same exchanges could wait for each other.
    """
    try:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for row in chain(anchors, parts):
                copy.write_row(row)
    except errors.UniqueViolation:
        raise AlreadyThere from None
    return list(anchors), list(parts)


def write_new(anchors: Sequence[Row], parts: Sequence[Row]) -> Written:
    """Write the anchors that are new and their parts; return what was written.

    An anchor that stands already decides for its whole exchange: no part of it is written, so a
    retry never brings anything back.
    """
    new = set(_inserted(anchors))
    written = [row for row in anchors if row.id in new]
    exchanges = {row.exchange_id for row in written}
    followers = [row for row in parts if row.exchange_id in exchanges]
    kept = set(_inserted(followers))
    return written, [row for row in followers if row.id in kept]


def write_one(row: Row) -> bool:
    """Write one later part; False when it stands already."""
    return bool(_inserted([row]))


def _inserted(rows: Sequence[Row]) -> Iterable[UUID]:
    if not rows:
        return []
    sent = [row._replace(flags=" ".join(row.flags)) for row in rows]  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(column) for column in zip(*sent, strict=True)])
        return [found for (found,) in cursor.fetchall()]
