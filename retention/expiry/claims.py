"""Which cells a step takes: at most 500 at once, locked in key order, whatever else runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

BATCH = 500
COLUMNS = (
    "id, customer_id, clock_day, data_class, expires_on, acknowledged, delivered, erased, held,"
    " shredded_at"
)
# Chosen by day and customer, so that counting reads neighbouring rows; locked by id.
CHOOSE = """
    SELECT id FROM retention_cell
    WHERE state = %s AND expires_on <= %s AND blocked = ''
    ORDER BY clock_day, customer_id LIMIT %s
"""
LOCK = f"SELECT {COLUMNS} FROM retention_cell WHERE id = ANY(%s) AND state = %s ORDER BY id"


@dataclass(frozen=True, slots=True)
class DueCell:
    """A cell as it was locked."""

    id: UUID
    customer: UUID
    clock_day: date
    data_class: str
    expires_on: date
    acknowledged: int
    delivered: int
    erased: int
    held: int
    shredded_at: datetime | None

    @property
    def expected(self) -> int:
        """How many rows must still lie in it."""
        return self.acknowledged - self.delivered - self.erased - self.held


def due(state: str, today: date) -> list[UUID]:
    """Cells in `state` whose day has come: the next batch, not locked."""
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE, [state, today, BATCH])
        return [identifier for (identifier,) in cursor.fetchall()]


def lock(cells: Sequence[UUID], state: str, *, wait: bool) -> list[DueCell]:
    """Lock those that are still in `state`, in key order.

    Without `wait`, what another sweeper or an ingest holds is skipped; with it, waits at most 2 s
    and raises `OperationalError` then. Needs a transaction.
    """
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
        suffix = " FOR UPDATE" if wait else " FOR UPDATE SKIP LOCKED"
        cursor.execute(LOCK + suffix, [list(cells), state])
        return [DueCell(*row) for row in cursor.fetchall()]
