"""Which parts of an exchange go into which cell, and which are not kept. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from retention.policies.rules import DataClass
from retention.records.cells import CellName, CellView
from retention.records.identity import clock_day, exchange_id, record_ids
from retention.records.parts import Dropped, NewExchange, Outcome, Part, Status
from retention.vault import keys as vault

TOLERANCE = timedelta(minutes=5)


@dataclass(slots=True, eq=False)
class Target:
    """A cell that parts of a batch go to: what it is about, and how it was read last."""

    name: CellName
    cell: CellView | None = None
    open: bool = False

    def found(self, cell: CellView | None, today: date) -> None:
        """The cell as it was read now; None if there is none."""
        self.cell, self.open = cell, cell is not None and cell.live(today)

    @property
    def key(self) -> vault.Key:
        """The key that seals what goes into it. Only for a target whose cell was found."""
        assert self.cell is not None
        return self.cell.key


class Targets(dict[tuple[date, DataClass, int], Target]):
    """The cells of one customer that a batch goes to, each once."""

    def __init__(self, customer: UUID) -> None:
        super().__init__()
        self._customer = customer

    def __missing__(self, about: tuple[date, DataClass, int]) -> Target:
        target = self[about] = Target(CellName(self._customer, *about))
        return target


class Slot(NamedTuple):
    """A part and the cell it belongs to."""

    part: Part
    target: Target
    record: UUID


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


def arrange(
    customer: UUID, sent: NewExchange, targets: Targets, *, minimal: Callable[[date], bool]
) -> Arranged:
    """Give every part its cell; drop what the profile or an early delivery forbids.

    `minimal` says whether the customer kept as little as possible on any day since a clock day.
    """
    day = clock_day(sent.occurred_at)
    little = minimal(day)
    arranged = Arranged(sent, exchange_id(customer, sent.external_id, day), day, [])
    id_of = record_ids(arranged.exchange)
    for part in (sent.outline() if little else sent.prompt, *sent.parts):
        data_class = part.data_class
        if data_class is DataClass.SNIPPET and (little or sent.delivered_at):
            code = "profile" if little else "delivered"
            arranged.dropped.append(Dropped(data_class, part.name, code))
            continue
        target = targets[day, data_class, sent.retain_days]
        arranged.slots.append(Slot(part, target, id_of(data_class, part.name)))
    return arranged


def settle(arranged: Arranged) -> bool:
    """Keep the slots whose cell is open; the other parts are dropped, for good.

    False when the anchor's own is not: then nothing of the exchange can be kept.
    """
    if not arranged.anchor.target.open:
        return False
    for slot in arranged.slots:
        if not slot.target.open:
            drop = Dropped(slot.part.data_class, slot.part.name, "expired_on_arrival")
            arranged.dropped.append(drop)
    arranged.slots = [slot for slot in arranged.slots if slot.target.open]
    return True
