"""Cells: made beforehand, locked in key order, guarded by one UPDATE.

One locking protocol, for everybody: cells are made in a short transaction of their own; whoever
writes records ends with `acknowledge()` (or `deduct_delivered()`), the last statement of its
transaction, which locks its cells in key order and finds them open, or everything is rolled back.
Any other order deadlocked, or let a row into a closed cell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from retention.policies import queries as policies
from retention.policies.queries import Terms
from retention.policies.rules import DataClass, expires_on
from retention.records.identity import cell_id
from retention.vault import keys as vault


class CellName(NamedTuple):
    """What a cell is about. `retain_days` 0: none sent."""

    customer: UUID
    clock_day: date
    data_class: DataClass
    retain_days: int

    @property
    def id(self) -> UUID:
        """The same for everybody, for ever."""
        return cell_id(*self)


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell as it was read; the guard finds out whether it still is."""

    key: vault.Key
    state: str
    expires_on: date

    def live(self, today: date) -> bool:
        """True if its records may be written and read on `today`."""
        return self.state == "open" and self.expires_on > today

    @property
    def id(self) -> UUID:
        """The cell's id; with the generation it is the key's name."""
        return self.key.cell

    @property
    def generation(self) -> int:
        """The generation of the key that seals now."""
        return self.key.generation


class CellMoved(Exception):
    """A cell was closed, or got another generation, since it was read: classify again."""


FIND = """
    SELECT id, generation, state, expires_on FROM retention_cell
    WHERE customer_id = %s AND id = ANY(%s)
"""
MAKE = """
    INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days, version_id,
        expires_on, state, blocked, generation, acknowledged, delivered, erased, held, purged,
        created_at)
    SELECT id, %s, day, class, retain, version, expires, 'open', '', 1, 0, 0, 0, 0, 0, %s
    FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::int[], %s::bigint[], %s::date[])
        AS made(id, day, class, retain, version, expires)
    ON CONFLICT DO NOTHING
"""
# The subquery locks in key order; an UPDATE with a join alone would lock in any order.
# Generation 0: whatever the cell has now, for rows that are removed and need no key.
GUARD = """
    WITH locked AS (
        SELECT cell.id, wanted.n
        FROM unnest(%s::uuid[], %s::int[], %s::bigint[]) AS wanted(id, generation, n)
        JOIN retention_cell cell
            ON cell.id = wanted.id AND wanted.generation IN (cell.generation, 0)
        WHERE cell.customer_id = %s AND cell.state = 'open' AND cell.expires_on > %s
        ORDER BY cell.id FOR NO KEY UPDATE OF cell
    )
    UPDATE retention_cell cell SET {column} = cell.{column} + locked.n
    FROM locked WHERE cell.id = locked.id
"""


def find(customer: UUID, ids: Collection[UUID]) -> dict[UUID, CellView]:
    """The cells of this customer among `ids`."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [customer, list(ids)])
        return {row[0]: CellView(vault.Key(*row[:2]), *row[2:]) for row in cursor.fetchall()}


def ensure(
    customer: UUID, names: Collection[CellName], *, terms: Terms, now: datetime
) -> dict[CellName, CellView]:
    """Find the cells and make the missing ones; those already due are not made and are absent."""
    known = find(customer, [name.id for name in names])
    missing = sorted((n for n in names if n.id not in known), key=lambda name: name.id)
    missing = [name for name in missing if due_on(name, terms, now.date()) > now.date()]
    if missing:
        _make(customer, missing, terms=terms, now=now)
        known |= find(customer, [name.id for name in missing])
    return {name: known[name.id] for name in names if name.id in known}


def due_on(name: CellName, terms: Terms, today: date) -> date:
    """The first day on which nothing of the cell may be readable, as it is known on `today`."""
    return expires_on(
        clock_day=name.clock_day,
        data_class=name.data_class,
        retain_days=name.retain_days,
        spans=terms.spans(),
        today=today,
    )


def _make(customer: UUID, names: Sequence[CellName], *, terms: Terms, now: datetime) -> None:
    """Keys first, then the cells, in key order: a cell without a key could take no record."""
    vault.make([vault.Key(name.id, 1) for name in names], now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        terms, today = _newest(customer, terms, now.date())
        due = {name: due_on(name, terms, today) for name in names}
        wanted = [name for name in names if due[name] > today]
        columns: list[list[Any]] = [
            [name.id for name in wanted],
            [name.clock_day for name in wanted],
            [name.data_class.value for name in wanted],
            [name.retain_days for name in wanted],
            [terms.version_on(name.clock_day) for name in wanted],
            [due[name] for name in wanted],
        ]
        cursor.execute(MAKE, [customer, now, *columns])


def _newest(customer: UUID, terms: Terms, today: date) -> tuple[Terms, date]:
    """The terms by which a cell is made, and the day: what was moved meanwhile counts.

    Whoever is slow may have read the terms, and the day, before old cells were moved to an earlier
    date. Nothing is moved while this transaction runs; what was moved before it is seen here.
    """
    policies.keep_terms(customer)
    today = policies.no_later_than_the_database(today)
    applied = policies.applied_until(customer)
    if applied is None or applied < today - timedelta(days=1):
        return terms, today
    return policies.terms(customer), max(today, applied)


def acknowledge(customer: UUID, rows: Mapping[vault.Key, int], *, today: date) -> None:
    """Count rows into their cells: the last statement of a transaction that wrote them.

    Raises `CellMoved` when one of them takes nothing any more.
    """
    _guard("acknowledged", customer, rows, today)


def deduct_delivered(customer: UUID, rows: Mapping[UUID, int], *, today: date) -> None:
    """Count rows that were removed from these cells because their result was returned.

    The last statement of its transaction too. Raises `CellMoved`.
    """
    any_key = {vault.Key(cell, 0): count for cell, count in rows.items()}
    _guard("delivered", customer, any_key, today)


def _guard(column: str, customer: UUID, rows: Mapping[vault.Key, int], today: date) -> None:
    cells, generations = [key.cell for key in rows], [key.generation for key in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            GUARD.format(column=column), [cells, generations, list(rows.values()), customer, today]
        )
        if cursor.rowcount != len(rows):
            raise CellMoved
