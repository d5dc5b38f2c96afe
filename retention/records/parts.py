"""What intake hands to the engine, and what the engine answers. Plain values, no database.

Named tuples, since several are made for every record: a frozen dataclass takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from retention.policies.rules import DataClass


class Usage(NamedTuple):
    """Numbers that lie in the clear beside a record. None: not sent."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: int | None = None


NO_USAGE = Usage()


class Part(NamedTuple):
    """One part of an exchange: becomes one record.

    `content` is canonical JSON (UTF-8, sorted keys) and is sealed as it is; `size` counts the bytes
    of its texts; `verdict` lies in the clear (evaluations only).
    """

    data_class: DataClass
    content: bytes
    size: int
    name: str = "1"
    verdict: str = ""
    usage: Usage = NO_USAGE


class Call(NamedTuple):
    """What is known of the call itself; lies in the clear, so it carries no personal data."""

    purpose: str
    subprocessor: str
    model: str
    account: str = ""
    endpoint: str = ""
    provider: str = ""
    repository: str = ""


class NewExchange(NamedTuple):
    """One exchange as it came in.

    `prompt` is the anchor: the prompt's texts with places and sizes of its snippets. `outline`
    makes the same without any text, which takes the prompt's place under the profile `minimal`.
    `body` is the canonical body as first sent, without `retain_days` and `delivered_at`: a retry is
    recognised by it.
    """

    external_id: str
    occurred_at: datetime
    call: Call
    body: bytes
    prompt: Part
    outline: Callable[[], Part]
    parts: tuple[Part, ...] = ()
    retain_days: int = 0
    delivered_at: datetime | None = None
    flags: tuple[str, ...] = ()


class Status(StrEnum):
    """What became of one exchange."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class StoredRecord(NamedTuple):
    """A record that is kept, and the first UTC day on which it must be unreadable."""

    id: UUID
    data_class: DataClass
    part: str
    expires_on: date


class Dropped(NamedTuple):
    """A part that was not kept, and why: `delivered`, `expired_on_arrival` or `profile`."""

    data_class: DataClass
    part: str
    code: str


@dataclass(slots=True)
class Outcome:
    """The answer for one exchange, in the order in which they were sent."""

    external_id: str
    status: Status
    code: str = ""
    retryable: bool = False
    exchange: UUID | None = None
    clock_day: date | None = None
    records: list[StoredRecord] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    flags: tuple[str, ...] = ()
