"""The steps of the purge. Each is idempotent, takes up to 500 cells, and says how many it moved.

Danger: after `pass_point_of_no_return` there is only forward; `shred` cannot be undone by anybody.
Principle: keys first, rows second. A DROP can be blocked by any open reader, a key cannot.
Boundary: each step is one transaction in PostgreSQL, `shred` one in the vault and then one in
PostgreSQL. A crash between any two leaves the cell in the state of the last one that committed, and
the next run goes on from there. The numbers are those of the purge's table of steps; step 2, the
copying of held records, belongs to legal holds and stands between 1 and 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

import structlog
from django.db import connection, transaction

from retention.expiry import claims, conservation, partitions
from retention.expiry.claims import DueCell
from retention.ledger.append import Act, append_all
from retention.policies.rules import ceiling
from retention.vault import keys as vault

log = structlog.get_logger("retention.expiry")
ROWS_AT_ONCE = 10_000

SEAL = "UPDATE retention_cell SET state = 'sealed', sealed_at = %s WHERE id = ANY(%s)"
INTEND = """
    UPDATE retention_cell cell SET state = 'purging', intent_id = intent.entry
    FROM unnest(%s::uuid[], %s::bigint[]) AS intent(cell, entry) WHERE cell.id = intent.cell
"""
BLOCK = "UPDATE retention_cell SET blocked = 'count_mismatch' WHERE id = ANY(%s)"
BLOCKED = (
    "SELECT id FROM retention_cell WHERE expires_on <= %s AND state = 'sealed' AND blocked <> ''"
)
UNBLOCK = "UPDATE retention_cell SET blocked = '' WHERE id = ANY(%s)"
SIGNED_INTENTS = """
    SELECT cell.id FROM retention_cell cell JOIN retention_entry entry ON entry.id = cell.intent_id
    WHERE cell.state = 'purging' AND entry.signed_at IS NOT NULL
    ORDER BY cell.clock_day, cell.customer_id LIMIT %s
"""
SHRED = "UPDATE retention_cell SET state = 'shredded', shredded_at = %s WHERE id = ANY(%s)"
UNFINISHED = """
    SELECT count(*) FROM retention_cell
    WHERE clock_day = %s AND state IN ('open', 'sealed', 'purging')
"""
# The inner query bounds one transaction; both name the customer and the day.
DELETE = """
    DELETE FROM retention_record WHERE clock_day = %(day)s AND (customer_id, id) IN (
        SELECT customer_id, id FROM retention_record
        WHERE customer_id = ANY(%(customers)s) AND clock_day = %(day)s AND cell_id = ANY(%(cells)s)
        LIMIT %(limit)s)
"""


def seal(today: date, now: datetime) -> int:
    """Step 1, from 00:00 UTC of `expires_on`: closed, so that no row is added any more."""
    chosen = claims.due("open", today)
    with transaction.atomic():
        locked = claims.lock(chosen, "open")
        with connection.cursor() as cursor:
            cursor.execute(SEAL, [now, [cell.id for cell in locked]])
    return len(locked)


def unblock(today: date) -> None:
    """Closed cells that did not add up are counted anew by every run."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED, [today])
        blocked = [identifier for (identifier,) in cursor.fetchall()]
    for start in range(0, len(blocked), claims.BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            locked = claims.lock(blocked[start : start + claims.BATCH], "sealed")
            counted = _counted(locked)
            right = [cell.id for cell in locked if counted.get(cell.id, 0) == cell.expected]
            if wrong := len(locked) - len(right):
                log.error("expiry_count_mismatch", cells=wrong)
            cursor.execute(UNBLOCK, [right])


def pass_point_of_no_return(today: date, now: datetime, run: UUID) -> int:
    """Step 3: everything is checked once more, then the intent is written in the same transaction.

    A cell whose counts do not add up is blocked and stays unreadable, but nothing of it is
    destroyed.
    """
    chosen = claims.due("sealed", today)
    with transaction.atomic():
        locked = [cell for cell in claims.lock(chosen, "sealed") if today >= cell.expires_on]
        counted = _counted(locked)
        wrong = [cell.id for cell in locked if counted.get(cell.id, 0) != cell.expected]
        right = [cell for cell in locked if cell.id not in set(wrong)]
        intents = _intents(right, run, now)
        with connection.cursor() as cursor:
            if wrong:
                log.error("expiry_count_mismatch", cells=len(wrong))
                cursor.execute(BLOCK, [wrong])
            cursor.execute(INTEND, [list(intents), list(intents.values())])
    return len(locked)


def _counted(cells: Sequence[DueCell]) -> dict[UUID, int]:
    counted: dict[UUID, int] = {}
    for day, group in groupby(sorted(cells, key=lambda c: c.clock_day), key=lambda c: c.clock_day):
        of_day = list(group)
        customers = list({cell.customer for cell in of_day})
        counted |= conservation.live_rows(day, customers, [cell.id for cell in of_day])
    return counted


def _intents(cells: Iterable[DueCell], run: UUID, now: datetime) -> dict[UUID, int]:
    """One pending entry for each customer; returns the entry of each cell."""
    mine = _by_customer(cells)
    acts = [
        Act(
            "expiry:cells:purging",
            customer,
            {
                "run": run,
                "cells": [
                    {
                        "cell": cell.id,
                        "clock_day": cell.clock_day,
                        "class": cell.data_class,
                        "items": cell.expected,
                    }
                    for cell in of_customer
                ],
            },
        )
        for customer, of_customer in mine.items()
    ]
    entries = append_all(acts, now=now) if acts else []
    return {
        cell.id: entry.pk
        for entry, of_customer in zip(entries, mine.values(), strict=True)
        for cell in of_customer
    }


def _by_customer(cells: Iterable[DueCell]) -> dict[UUID, list[DueCell]]:
    mine: dict[UUID, list[DueCell]] = defaultdict(list)
    for cell in cells:
        mine[cell.customer].append(cell)
    return mine


def shred(now: datetime) -> int:
    """Step 4, for cells whose intent is signed: destroy the keys, durably, then say so."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_INTENTS, [claims.BATCH])
        chosen = [identifier for (identifier,) in cursor.fetchall()]
    if not chosen:
        return 0
    vault.destroy(chosen, now=now)
    with transaction.atomic():
        locked = claims.lock(chosen, "purging")
        with connection.cursor() as cursor:
            cursor.execute(SHRED, [now, [cell.id for cell in locked]])
    return len(locked)


def shredded_days() -> list[date]:
    """The days that have cells whose rows may go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT clock_day FROM retention_cell"
            " WHERE state = 'shredded' AND deletion_id IS NULL ORDER BY 1"
        )
        return [day for (day,) in cursor.fetchall()]


def shredded_cells(day: date) -> list[UUID]:
    """The cells of a day that have no key any more and no deletion record yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM retention_cell"
            " WHERE clock_day = %s AND state = 'shredded' AND deletion_id IS NULL",
            [day],
        )
        return [identifier for (identifier,) in cursor.fetchall()]


def whole_day(day: date, today: date) -> bool:
    """True if nothing of the day may live any more, and nothing of it has a key."""
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED, [day])
        return ceiling(day) <= today and not cursor.fetchone()[0]


def remove_rows(day: date, cells: Sequence[UUID], whole: bool) -> bool:
    """Step 5: drop the whole day, or delete its cells' rows.

    False: a reader was in the way of the drop; the next run goes on.
    """
    if not whole:
        _delete_rows(day, cells)
        return True
    if not partitions.drop(day):
        log.warning("expiry_drop_waits", day=day.isoformat())
        return False
    return True


def _delete_rows(day: date, cells: Sequence[UUID]) -> None:
    for start in range(0, len(cells), claims.BATCH):
        batch = list(cells[start : start + claims.BATCH])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT customer_id FROM retention_cell WHERE id = ANY(%s)", [batch]
            )
            customers = [customer for (customer,) in cursor.fetchall()]
            while True:
                cursor.execute(
                    DELETE,
                    {"day": day, "customers": customers, "cells": batch, "limit": ROWS_AT_ONCE},
                )
                if cursor.rowcount < ROWS_AT_ONCE:
                    break
