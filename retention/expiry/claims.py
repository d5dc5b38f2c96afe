"""Which cells a step takes: at most 500 at once, locked in key order, whatever else runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from psycopg import errors

log = structlog.get_logger("retention.expiry")
BATCH = 500
COLUMNS = (
    "id, customer_id, clock_day, data_class, expires_on, acknowledged, delivered, erased, held,"
    " shredded_at"
)
# Chosen by day and customer, so that counting reads neighbouring rows; locked by id.
CHOOSE = """
    SELECT id FROM retention_cell
    WHERE state = %s AND expires_on <= %s AND (blocked = '' OR state = 'open')
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
    """Cells in `state` whose day has come: the next batch, not locked.

    A blocked cell is closed like any other: that destroys nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE, [state, today, BATCH])
        return [identifier for (identifier,) in cursor.fetchall()]


def lock(cells: Sequence[UUID], state: str) -> list[DueCell]:
    """Lock those that are still in `state`, in key order. Needs a transaction.

    What another sweeper or an ingest holds is left out. If that is all there is, waits for it at
    most 2 s; nothing is returned then, and the next run comes by.
    """
    if not cells:
        return []
    return _locked(cells, state, "FOR UPDATE SKIP LOCKED") or _waited_for(cells, state)


def _waited_for(cells: Sequence[UUID], state: str) -> list[DueCell]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            return _locked(cells, state, "FOR UPDATE")
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        log.warning("expiry_waits_for_writers", cells=len(cells), state=state)
        return []


def _locked(cells: Sequence[UUID], state: str, how: str) -> list[DueCell]:
    with connection.cursor() as cursor:
        cursor.execute(f"{LOCK} {how}", [list(cells), state])
        return [DueCell(*row) for row in cursor.fetchall()]
