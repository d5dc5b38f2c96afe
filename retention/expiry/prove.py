"""Step 6: the deletion record, and `purged` once it is signed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db import connection, transaction

from retention.expiry import claims, removed
from retention.expiry.claims import DueCell
from retention.expiry.models import DeletionRecord, SweepRun
from retention.ledger.append import Act, append_all

CUSTOMERS_AT_ONCE = 500
TAKEN = """
    UPDATE retention_cell cell SET deletion_id = proof.deletion
    FROM unnest(%s::uuid[], %s::uuid[]) AS proof(cell, deletion) WHERE cell.id = proof.cell
"""
UNPROVED = "SELECT id FROM retention_cell WHERE id = ANY(%s) AND deletion_id IS NULL"
SIGNED_DELETIONS = """
    SELECT cell.id FROM retention_cell cell
    JOIN retention_deletionrecord deletion ON deletion.id = cell.deletion_id
    JOIN retention_entry entry ON entry.id = deletion.entry_id
    WHERE cell.state = 'shredded' AND entry.signed_at IS NOT NULL
    ORDER BY cell.clock_day, cell.customer_id LIMIT %s
"""
FINISH = """
    UPDATE retention_cell SET state = 'purged', purged_at = %s,
        purged = acknowledged - delivered - erased - held
    WHERE id = ANY(%s)
"""


def write_deletion_records(day: date, cells: Sequence[UUID], run: SweepRun, now: datetime) -> int:
    """One pending deletion record for each customer of a day whose rows are gone."""
    with transaction.atomic():
        locked = claims.lock(cells, "shredded")
        with connection.cursor() as cursor:
            cursor.execute(UNPROVED, [[cell.id for cell in locked]])
            unproved = {identifier for (identifier,) in cursor.fetchall()}
        mine: dict[UUID, list[DueCell]] = defaultdict(list)
        for cell in locked:
            if cell.id in unproved:
                mine[cell.customer].append(cell)
        if mine:
            # The run is written with its first deletion record, so its sums hold if it dies here.
            run.records += sum(cell.expected for group in mine.values() for cell in group)
            run.save()
        groups = iter(mine.items())
        while batch := dict(islice(groups, CUSTOMERS_AT_ONCE)):
            _write(day, batch, run, now)
    return len(unproved)


def _write(day: date, mine: dict[UUID, list[DueCell]], run: SweepRun, now: datetime) -> None:
    counts = {customer: _counts(cells) for customer, cells in mine.items()}
    acts = [
        Act(
            "expiry:day:purged",
            customer,
            {
                "run": run.pk,
                "clock_day": day,
                "counts": counts[customer],
                "cells": [cell.id for cell in cells],
            },
        )
        for customer, cells in mine.items()
    ]
    unreadable = {
        customer: max(cell.shredded_at or now for cell in cells) for customer, cells in mine.items()
    }
    records = [
        DeletionRecord(
            customer_id=customer,
            clock_day=day,
            run=run,
            kind="expiry",
            counts=counts[customer],
            keys_destroyed_at=unreadable[customer],
            # The hosts' clocks may be seconds apart; the order of the acts is not in doubt.
            rows_removed_at=max(now, unreadable[customer]),
            entry=entry,
        )
        for customer, entry in zip(mine, append_all(acts, now=now), strict=True)
    ]
    DeletionRecord.objects.bulk_create(records)
    taken = [(cell.id, record.pk) for record in records for cell in mine[record.customer_id]]
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [list(column) for column in zip(*taken, strict=True)])


def _counts(cells: Sequence[DueCell]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for cell in cells:
        counts[cell.data_class] += cell.expected
    return dict(counts)


def finish(now: datetime) -> int:
    """Cells whose deletion record is signed are purged: the end."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_DELETIONS, [claims.BATCH])
        chosen = [identifier for (identifier,) in cursor.fetchall()]
    with transaction.atomic():
        locked = claims.lock(chosen, "shredded")
        removed.add_returned(locked)
        with connection.cursor() as cursor:
            cursor.execute(FINISH, [now, [cell.id for cell in locked]])
    return len(locked)
