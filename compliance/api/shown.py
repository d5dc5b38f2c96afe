"""The shapes of what is sent and answered, for the OpenAPI schema."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from compliance.intake import shapes
from compliance.intake.bodies import MOST_EXCHANGES
from compliance.notices.models import Announcement, Objection
from compliance.notices.own import LONGEST_OBJECTION, OwnStanding
from retention.policies.history import Standing
from retention.policies.rules import DataClass, Profile


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is stable; `errors` names fields and what is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    errors: dict[str, list[str]] | None = None


class Batch(BaseModel):
    """Up to 1,000 exchanges."""

    model_config = ConfigDict(extra="forbid")

    exchanges: list[shapes.Exchange | Any] = Field(
        max_length=MOST_EXCHANGES,
        description=(
            "Each is an Exchange. A body is taken whatever its items are: one that is no Exchange "
            "is refused alone, in its result, and costs no other."
        ),
    )


class KeptRecord(BaseModel):
    """A record that is kept, and the first UTC day on which it is unreadable."""

    id: UUID
    data_class: DataClass = Field(alias="class")
    expires_on: date


class DroppedPart(BaseModel):
    """A part that was not kept, and why."""

    data_class: DataClass = Field(alias="class")
    code: Literal["delivered", "expired_on_arrival", "profile"]


class Result(BaseModel):
    """What became of one exchange."""

    id: str | None
    status: Literal["stored", "duplicate", "refused"]
    exchange: UUID | None = None
    clock_day: date | None = None
    records: list[KeptRecord] | None = None
    dropped: list[DroppedPart] | None = None
    flags: list[str] | None = None
    code: str | None = None
    retryable: bool | None = None
    errors: dict[str, list[str]] | None = None


class Receipt(BaseModel):
    """What was committed before the answer was given."""

    id: UUID
    stored: int
    records: int


class BatchAnswer(BaseModel):
    """One result for each exchange, in order."""

    results: list[Result]
    receipt: Receipt


class ReturnedAnswer(BaseModel):
    """The snippets that were deleted, and when the return was said first."""

    exchange: UUID
    clock_day: date
    deleted: int
    delivered_at: datetime


class StoredRecord(BaseModel):
    """A record as it is read. `content` only where one exchange is read."""

    id: UUID
    data_class: DataClass = Field(alias="class")
    part: str
    size: int
    received_at: datetime
    expires_on: date
    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: int | None = None
    verdict: str | None = None
    content: dict[str, Any] | None = None


class StoredSource(BaseModel):
    """Where the code came from, as far as it lies in the clear."""

    provider: str
    repository: str


class StoredExchange(BaseModel):
    """An exchange with those of its records that may be read today."""

    id: str
    exchange: UUID
    clock_day: date
    occurred_at: datetime
    received_at: datetime
    purpose: str
    subprocessor: str
    model: str
    account: str
    endpoint: str
    source: StoredSource
    flags: list[str]
    delivered_at: datetime | None
    records: list[StoredRecord]


class ExchangePage(BaseModel):
    """One page; `next` is the address of the following one."""

    next: str | None
    results: list[StoredExchange]


class DeletedCell(BaseModel):
    """One group of items: all of a day and class with the same `retain_days`."""

    data_class: DataClass = Field(alias="class")
    retain_days: int
    expires_on: date
    records: int


class DeletionAnswer(BaseModel):
    """A deletion record. `counts`: items removed by class; `cells` where one record is read."""

    id: UUID
    clock_day: date
    kind: str
    counts: dict[str, int]
    keys_destroyed_at: datetime
    rows_removed_at: datetime
    entry: int
    signed_at: datetime
    cells: list[DeletedCell] | None = None


class DeletionPage(BaseModel):
    """One page; `next` is the address of the following one."""

    next: str | None
    results: list[DeletionAnswer]


class VersionPeriod(BaseModel):
    """How long one class is kept: months or days."""

    data_class: DataClass = Field(alias="class")
    months: int | None
    days: int | None
    or_when_delivered: bool


class VersionScope(BaseModel):
    """How much code may be sent: lines around a finding, whole files or not."""

    context_lines: int
    whole_files: bool


class VersionAnswer(BaseModel):
    """A policy version as it binds this customer, from `effective_on` on."""

    version: int
    standing: Standing
    given_on: date
    effective_on: date
    periods: list[VersionPeriod]
    scope: VersionScope
    text: str


class VersionPage(BaseModel):
    """One page; `next` is the address of the following one."""

    next: str | None
    results: list[VersionAnswer]


class TodaysDate(BaseModel):
    """The first UTC day on which a record of today is unreadable."""

    data_class: DataClass = Field(alias="class")
    expires_on: date


class PolicyAnswer(BaseModel):
    """What applies today, what comes next, and the dates that follow for what is sent today."""

    in_force: VersionAnswer | None
    pending: VersionAnswer | None
    profile: Profile
    if_sent_today: list[TodaysDate]


class ObjectionAnswer(BaseModel):
    """A no to a change; `outcome` is null until it is decided."""

    id: UUID
    made_at: datetime
    text: str
    outcome: Objection.Outcome | None
    until: date | None
    decided_at: datetime | None


class NoticeAnswer(BaseModel):
    """What this customer was told, word for word. `given_on`: null until somebody was reached."""

    id: UUID
    kind: Announcement.Kind
    version: int
    standing: OwnStanding
    subject: str
    text: str
    published_at: datetime
    given_on: date | None
    effective_on: date | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    objections: list[ObjectionAnswer]


class NoticePage(BaseModel):
    """One page; `next` is the address of the following one."""

    next: str | None
    results: list[NoticeAnswer]


class ObjectionBody(shapes.Shape):
    """Why, in the customer's words; it may be left out."""

    text: str = Field("", max_length=LONGEST_OBJECTION, pattern=r"^[^\x00]*$")
