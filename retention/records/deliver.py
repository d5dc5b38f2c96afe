"""The result was returned: the snippets of the exchange go at once, committed before the answer.

Their rows are deleted here; their cell's key follows when the day is over, at the latest 24 hours
after the exchange. If their cell is closed already, the deletion run has them and nothing is left
to do: they are unreadable.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from retention.errors import Busy
from retention.records import cells, queries
from retention.records.trouble import translated

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    """What `delivered` did. `delivered_at` is the first time it was said."""

    exchange: UUID
    clock_day: date
    deleted: int
    delivered_at: datetime


MARK = """
    UPDATE retention_record SET delivered_at = coalesce(delivered_at, %s)
    WHERE customer_id = %s AND clock_day = %s AND exchange_id = %s AND data_class = 'prompt'
    RETURNING delivered_at
"""
REMOVE = """
    DELETE FROM retention_record
    WHERE customer_id = %s AND clock_day = %s AND exchange_id = %s AND data_class = 'snippet'
        AND cell_id = ANY(%s)
    RETURNING cell_id
"""


def deliver(customer: UUID, address: queries.Address, *, now: datetime) -> Delivered:
    """Delete the exchange's snippets for good and remember when.

    Raises `UnknownExchange`, `ExchangeGone`, `StorageFull` or `Busy`.
    """
    with translated():
        view = queries.exchange(customer, address, today=now.date())
        for _ in range(ATTEMPTS):
            try:
                return _apply(view, now)
            except cells.CellMoved:
                # Their day ended this moment: the next look leaves them to the deletion run.
                continue
    raise Busy


@transaction.atomic
def _apply(view: queries.ExchangeView, now: datetime) -> Delivered:
    where: list[Any] = [view.customer, view.clock_day, view.exchange]
    live = queries.live_cells(
        view.customer, today=now.date(), first=view.clock_day, last=view.clock_day
    )
    with connection.cursor() as cursor:
        cursor.execute(MARK, [now, *where])
        marked = cursor.fetchone()
        cursor.execute(REMOVE, [*where, list(live)])
        removed = Counter(cell for (cell,) in cursor.fetchall())
    if removed:
        cells.deduct_delivered(view.customer, removed, today=now.date())
    first_time = marked[0] if marked else now
    return Delivered(view.exchange, view.clock_day, removed.total(), first_time)
