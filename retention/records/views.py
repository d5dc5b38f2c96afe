"""What reading gives back, and how an exchange is asked for. Plain values, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from retention.policies.rules import DataClass
from retention.records.parts import Call, Usage


@dataclass(frozen=True, slots=True)
class Address:
    """An exchange by the server's id, or by the customer's own with or without its day."""

    exchange: UUID | None = None
    external_id: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class LiveCell:
    """A cell that may be read today."""

    id: UUID
    clock_day: date
    data_class: DataClass
    retain_days: int
    generation: int
    expires_on: date


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record without its content."""

    id: UUID
    data_class: DataClass
    part: str
    cell: LiveCell
    generation: int
    size: int
    verdict: str
    usage: Usage
    received_at: datetime

    @property
    def expires_on(self) -> date:
        """The first UTC day on which it is unreadable."""
        return self.cell.expires_on


@dataclass(slots=True)
class ExchangeView:
    """One exchange with those of its records that may be read today."""

    customer: UUID
    exchange: UUID
    external_id: str
    clock_day: date
    occurred_at: datetime
    received_at: datetime
    call: Call
    flags: tuple[str, ...] = ()
    delivered_at: datetime | None = None
    records: list[RecordView] = field(default_factory=list)
