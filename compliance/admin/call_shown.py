"""An AI call as the page shows it: its dates, and what became of each kind of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from compliance.admin import words
from compliance.customers.models import Customer
from retention import clock
from retention.policies.rules import DataClass
from retention.records import trace
from retention.records.models import Cell
from retention.records.trace import Trace


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one kind of data of a call."""

    kind: str
    items: int
    state: str
    deletion_date: str
    deletion: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """A call as the page shows it."""

    id: UUID
    customer: str
    customer_id: UUID
    counted_from: str
    occurred: str
    received: str
    returned: str
    erased: str
    lines: Sequence[Line]


def calls_of(traces: Sequence[Trace]) -> list[Found]:
    """With their dates and what became of each kind of data."""
    owners = Customer.objects.in_bulk({found.customer for found in traces})
    cells = trace.cells_of(
        (found.customer for found in traces), (found.clock_day for found in traces)
    )
    today = clock.today()
    return [
        Found(
            found.exchange,
            str(owners.get(found.customer, found.customer)),
            found.customer,
            words.day(found.clock_day),
            words.instant(found.occurred_at),
            words.instant(found.received_at),
            words.instant(found.delivered_at),
            words.instant(found.erased_at),
            list(_lines(found, cells[found.customer, found.clock_day], today)),
        )
        for found in traces
    ]


def _lines(found: Trace, cells: Sequence[Cell], today: date) -> Iterator[Line]:
    """Every kind of data: its items, or what became of them."""
    asked_for = {cell.retain_days for cell in cells if cell.id in found.rows}
    for kind in DataClass:
        mine = [cell for cell in cells if cell.data_class == kind and cell.id in found.rows]
        yield from (_line(cell, found.rows[cell.id], today) for cell in mine)
        if mine:
            continue
        past = [c for c in cells if c.data_class == kind and c.retain_days in asked_for]
        if kind == DataClass.SNIPPET and found.delivered_at:
            state = f"none left: removed when returned, {words.instant(found.delivered_at)}"
            yield Line(words.kind_of_data(kind), 0, state, words.NOTHING, None)
        elif gone := [cell for cell in past if cell.shredded_at]:
            yield _gone(gone[0])
        else:
            yield Line(words.kind_of_data(kind), 0, "none", words.NOTHING, None)


def _line(cell: Cell, items: int, today: date) -> Line:
    return Line(
        words.kind_of_data(cell.data_class),
        items,
        words.condition(cell, today),
        words.deletion_date(cell.expires_on),
        cell.deletion_id,
    )


def _gone(cell: Cell) -> Line:
    date, destroyed = words.deletion_date(cell.expires_on), words.instant(cell.shredded_at)
    state = f"none left: not given out since {date}; keys destroyed {destroyed}"
    return Line(words.kind_of_data(cell.data_class), 0, state, date, cell.deletion_id)
