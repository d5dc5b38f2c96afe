"""Which parts of an exchange go into which cell, and which are not kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from retention.policies.queries import Terms
from retention.policies.rules import DataClass
from retention.records.cells import CellName, CellView
from retention.records.identity import clock_day, exchange_id, record_id
from retention.records.parts import Dropped, NewExchange, Outcome, Part, Status

TOLERANCE = timedelta(minutes=5)


@dataclass(slots=True)
class Slot:
    """A part and the cell it belongs to."""

    part: Part
    name: CellName
    record: UUID
    cell: CellView | None = None


@dataclass(slots=True)
class Arranged:
    """An exchange that may be stored, slot by slot; the first slot is the anchor."""

    sent: NewExchange
    exchange: UUID
    clock_day: date
    slots: list[Slot]
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def anchor(self) -> Slot:
        """The prompt record, which alone decides what becomes of the exchange."""
        return self.slots[0]

    def outcome(self, status: Status, code: str = "") -> Outcome:
        """An answer about this exchange."""
        return Outcome(
            self.sent.external_id,
            status,
            code,
            exchange=self.exchange,
            clock_day=self.clock_day,
            flags=self.sent.flags,
        )


def too_early(occurred_at: datetime, now: datetime) -> bool:
    """True if the exchange claims to come from the future: minutes ahead, or a later UTC date."""
    return occurred_at > now + TOLERANCE or clock_day(occurred_at) > clock_day(now)


def arrange(customer: UUID, sent: NewExchange, *, terms: Terms, today: date) -> Arranged:
    """Give every part its cell; drop what the profile or an early delivery forbids."""
    day = clock_day(sent.occurred_at)
    minimal = terms.minimal(day, today)
    arranged = Arranged(sent, exchange_id(customer, sent.external_id, day), day, [])
    for part in (sent.outline if minimal else sent.prompt, *sent.parts):
        if part.data_class is DataClass.SNIPPET and (minimal or sent.delivered_at):
            code = "profile" if minimal else "delivered"
            arranged.dropped.append(Dropped(part.data_class, part.name, code))
            continue
        name = CellName(customer, day, part.data_class, sent.retain_days)
        record = record_id(arranged.exchange, part.data_class, part.name)
        arranged.slots.append(Slot(part, name, record))
    return arranged


def settle(arranged: Arranged, cells: Mapping[CellName, CellView], today: date) -> bool:
    """Put each slot into its live cell; parts without one are dropped, for good.

    False when the anchor itself has none: then nothing of the exchange can be kept.
    """
    keep: list[Slot] = []
    dropped = list(arranged.dropped)
    for slot in arranged.slots:
        cell = cells.get(slot.name)
        if cell is not None and cell.live(today):
            slot.cell = cell
            keep.append(slot)
        elif slot is arranged.anchor:
            return False
        else:
            drop = Dropped(slot.part.data_class, slot.part.name, "expired_on_arrival")
            dropped.append(drop)
    arranged.slots, arranged.dropped = keep, dropped
    return True
