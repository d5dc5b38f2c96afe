"""Many customers with many cells, made by plain SQL: quick, and as good as any for a purge."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.db import connection

from retention.policies.models import PolicyVersion
from retention.policies.rules import DataClass
from retention.records.cells import CellName
from retention.vault import keys as vault
from tests.retention.expiry.scenes import make_table, noon

FAMILY = UUID("5a0d6ee1-7d5c-4c58-9f0e-5a0d6ee17d5c")
CELLS = """
    INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at)
    SELECT id, customer, %s, class, 0, %s, %s, 'open', '', 1, 1, 0, 0, 0, 0, %s
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS made(id, customer, class)
"""
ROWS = """
    INSERT INTO retention_record (customer_id, clock_day, id, exchange_id, external_id, data_class,
        part, cell_id, generation, occurred_at, received_at, purpose, subprocessor, model, account,
        endpoint, provider, repository, size, verdict, flags)
    SELECT customer_id, clock_day, id, id, 'one', data_class, '1', id, 1, created_at, created_at,
        '', '', '', '', '', '', '', 0, '', '{}'
    FROM retention_cell WHERE clock_day = %s
"""


def customers(number: int) -> list[UUID]:
    """That many customers, the same ones every time."""
    return [uuid5(FAMILY, str(n)) for n in range(number)]


def crowd(day: date, *, number: int, expires_on: date) -> int:
    """One record of each class for each of so many customers; returns how many cells that are."""
    make_table(day)
    names = [CellName(c, day, kind, 0) for c in customers(number) for kind in DataClass]
    vault.make([vault.Key(name.id, 1) for name in names], now=noon(day))
    version = PolicyVersion.objects.get(number=1).pk
    columns: list[list[Any]] = [
        [name.id for name in names],
        [name.customer for name in names],
        [name.data_class.value for name in names],
    ]
    with connection.cursor() as cursor:
        cursor.execute(CELLS, [day, version, expires_on, noon(day), *columns])
        cursor.execute(ROWS, [day])
    return len(names)
