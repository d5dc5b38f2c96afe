"""Which cells' deletion dates move to an earlier day, and how much that is. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from retention.policies.queries import Terms
from retention.policies.rules import DataClass, expires_on

NO_CELL = UUID(int=0)
CELLS = """
    SELECT id, clock_day, data_class, retain_days, expires_on,
        acknowledged - delivered - erased - held
    FROM retention_cell
    WHERE customer_id = %(customer)s AND state IN ('open', 'sealed') AND id > %(after)s
    ORDER BY id LIMIT %(limit)s
"""


class Cell(NamedTuple):
    """A cell as it stands, with the items that are left in it."""

    id: UUID
    clock_day: date
    data_class: str
    retain_days: int
    expires_on: date
    items: int


@dataclass(slots=True)
class Moved:
    """What moved to an earlier date, in cells and items; `due`: items that are due at once."""

    cells: int = 0
    items: int = 0
    due: int = 0
    by_class: Counter[str] = field(default_factory=Counter)

    def add(self, other: Moved) -> None:
        """Both together."""
        self.cells += other.cells
        self.items += other.items
        self.due += other.due
        self.by_class.update(other.by_class)


def changes(cells: Iterable[Cell], terms: Terms, today: date) -> list[tuple[Cell, date]]:
    """The cells whose date is later than the rules say today, each with the date they say."""
    spans = terms.spans()
    found = []
    for cell in cells:
        said = expires_on(
            clock_day=cell.clock_day,
            data_class=DataClass(cell.data_class),
            retain_days=cell.retain_days,
            spans=spans,
            today=today,
        )
        if said < cell.expires_on:
            found.append((cell, said))
    return found


def live_cells(customer: UUID, *, after: UUID = NO_CELL, limit: int | None = None) -> list[Cell]:
    """The customer's cells whose keys are there, in key order."""
    with connection.cursor() as cursor:
        cursor.execute(CELLS, {"customer": customer, "after": after, "limit": limit})
        return [Cell(*row) for row in cursor.fetchall()]


def summed(moves: Iterable[tuple[Cell, date]], today: date) -> Moved:
    """How much that is."""
    moved = Moved()
    for cell, day in moves:
        moved.cells += 1
        moved.items += cell.items
        moved.due += cell.items * (day <= today)
        moved.by_class[cell.data_class] += cell.items
    return moved
