"""Where an exchange is, for whoever may not read it: days and cells, never content.

Every statement names its customers and its days, like all others on records. Whose a server's id is
does not show in it, so those customers are asked that have live cells on the day that it carries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from retention.records.identity import day_of, exchange_id
from retention.records.models import Cell

Place = tuple[UUID, date]

CUSTOMERS_OF_DAY = """
    SELECT DISTINCT customer_id FROM retention_cell WHERE clock_day = %s AND state <> 'purged'
"""
DAYS_OF_CUSTOMER = """
    SELECT DISTINCT clock_day FROM retention_cell WHERE customer_id = %s AND state <> 'purged'
"""
# LATERAL with a LIMIT: a look into one partition for each pair, and never all partitions at once.
FIND = """
    SELECT found.* FROM unnest(%s::uuid[], %s::date[], %s::uuid[]) AS wanted(customer, day, id)
    CROSS JOIN LATERAL (
        SELECT customer_id, exchange_id, clock_day, occurred_at, received_at, delivered_at,
            erased_at, cell_id
        FROM retention_record
        WHERE customer_id = wanted.customer AND clock_day = wanted.day
            AND exchange_id = wanted.id
        ORDER BY data_class <> 'prompt' LIMIT 1000
    ) found ORDER BY clock_day DESC, customer_id
"""
FIND_BY_RECORD = """
    SELECT wanted.customer, wanted.day, found.exchange_id
    FROM unnest(%s::uuid[], %s::date[], %s::uuid[]) AS wanted(customer, day, id)
    CROSS JOIN LATERAL (
        SELECT exchange_id FROM retention_record
        WHERE customer_id = wanted.customer AND clock_day = wanted.day AND id = wanted.id LIMIT 1
    ) found
"""


@dataclass(slots=True)
class Trace:
    """An exchange whose rows are still there, whether they may be read or not."""

    customer: UUID
    exchange: UUID
    clock_day: date
    occurred_at: datetime
    received_at: datetime
    delivered_at: datetime | None
    erased_at: datetime | None
    rows: dict[UUID, int] = field(default_factory=dict)


def by_server_id(identifier: UUID) -> list[Trace]:
    """The exchange with this id, or with a record of this id, whosever it is.

    Raises `ValueError` if it is none of ours.
    """
    day = day_of(identifier)
    wanted = [(owner, day, identifier) for owner in _column(CUSTOMERS_OF_DAY, day)]
    return _find(wanted) or _find(_rows(FIND_BY_RECORD, wanted))


def by_external_id(customer: UUID, *spellings: str) -> dict[str, list[Trace]]:
    """The customer's exchanges that it calls so, on every live day, newest first."""
    days = _column(DAYS_OF_CUSTOMER, customer)
    wanted = {
        exchange_id(customer, spelling, day): (spelling, day)
        for spelling in spellings
        for day in days
    }
    found: dict[str, list[Trace]] = defaultdict(list)
    for trace in _find([(customer, day, exchange) for exchange, (_, day) in wanted.items()]):
        found[wanted[trace.exchange][0]].append(trace)
    return found


def cells_of(customers: Iterable[UUID], days: Iterable[date]) -> dict[Place, list[Cell]]:
    """Everything that was ever promised for these customers and days, with the proofs."""
    found: dict[Place, list[Cell]] = defaultdict(list)
    cells = Cell.objects.filter(customer_id__in=set(customers), clock_day__in=set(days))
    for cell in cells.select_related("deletion").order_by("data_class", "retain_days"):
        found[cell.customer_id, cell.clock_day].append(cell)
    return found


def _column(statement: str, parameter: date | UUID) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return [value for (value,) in cursor.fetchall()]


def _rows(statement: str, wanted: Sequence[tuple[UUID, date, UUID]]) -> list[Any]:
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*wanted, strict=True)])
        return list(cursor.fetchall())


def _find(wanted: Sequence[tuple[UUID, date, UUID]]) -> list[Trace]:
    traces: dict[tuple[UUID, UUID], Trace] = {}
    for *head, cell in _rows(FIND, wanted):
        trace = traces.setdefault((head[0], head[1]), Trace(*head))
        trace.rows[cell] = trace.rows.get(cell, 0) + 1
    return list(traces.values())
