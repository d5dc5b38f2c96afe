"""What the OpenAPI schema says of each address. The shapes of intake describe themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel, Field

from compliance.intake import shapes
from retention.policies.rules import DataClass

PROBLEM = "application/problem+json"


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

    exchanges: list[shapes.Exchange]


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


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "compliance.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sg_…"}


def _problems(*statuses: int) -> dict[tuple[int, str], Any]:
    described = OpenApiResponse(Problem, description="Why it was refused.")
    return {(status, PROBLEM): described for status in (401, 403, *statuses)}


def _query(name: str, kind: Any, description: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **more)


_ID = OpenApiParameter(
    "id",
    str,
    OpenApiParameter.PATH,
    description="The server's `exchange`, or the customer's own id.",
)
_DAY = _query("day", date, "The UTC day of the customer's own id.")
_DAYS = [
    _query("from", date, "First clock day."),
    _query("to", date, "Last clock day."),
]
_PAGE = [
    _query("limit", int, "Results on a page: 1 to 200, otherwise 50."),
    _query("cursor", str, "Taken from `next` of the page before."),
]
_LATER: dict[str, Any] = {"parameters": [_ID, _DAY], "tags": ["exchanges"]}
_LATER_PROBLEMS = _problems(400, 404, 409, 410, 413, 415, 422, 503)
_READ: dict[str, Any] = {"tags": ["exchanges"]}

SEND: dict[str, Any] = {
    "operation_id": "send_exchanges",
    "tags": ["exchanges"],
    "request": {"application/json": Batch},
    "responses": {200: BatchAnswer, **_problems(400, 413, 415, 503)},
}
LIST: dict[str, Any] = {
    **_READ,
    "operation_id": "list_exchanges",
    "parameters": [
        *_DAYS,
        _query(
            "class",
            str,
            "Only those with a readable record of this class.",
            enum=[str(data_class) for data_class in DataClass],
        ),
        _query("repository", str, "Only those of this repository."),
        _query("flag", str, "Only those with this flag."),
        *_PAGE,
    ],
    "responses": {200: ExchangePage, **_problems(400)},
}
READ: dict[str, Any] = {
    **_READ,
    "operation_id": "read_exchange",
    "parameters": [_ID, _DAY],
    "responses": {200: StoredExchange, **_problems(400, 404, 410)},
}
RESPOND: dict[str, Any] = {
    **_LATER,
    "operation_id": "send_response",
    "request": {"application/json": shapes.LaterResponse},
    "responses": {200: Result, **_LATER_PROBLEMS},
}
EVALUATE: dict[str, Any] = {
    **_LATER,
    "operation_id": "send_evaluation",
    "request": {"application/json": shapes.LaterEvaluation},
    "responses": {200: Result, **_LATER_PROBLEMS},
}
DELIVER: dict[str, Any] = {
    **_LATER,
    "operation_id": "say_delivered",
    "request": {"application/json": shapes.Returned},
    "responses": {200: ReturnedAnswer, **_problems(400, 404, 410, 503)},
}
DELETIONS: dict[str, Any] = {
    "tags": ["deletions"],
    "operation_id": "list_deletions",
    "parameters": [*_DAYS, *_PAGE],
    "responses": {200: DeletionPage, **_problems(400)},
}
DELETION: dict[str, Any] = {
    "tags": ["deletions"],
    "operation_id": "read_deletion",
    "parameters": [OpenApiParameter("id", UUID, OpenApiParameter.PATH)],
    "responses": {200: DeletionAnswer, **_problems(404)},
}
