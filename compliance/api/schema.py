"""What the OpenAPI schema says of each address. The shapes of intake describe themselves."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from compliance.api import described, pages, shown
from compliance.intake import shapes
from compliance.intake.flags import Flag
from retention.policies.history import Standing
from retention.policies.rules import DataClass

REPOSITORY = r"^[^\x00-\x1f\x7f]{1,200}$"
PROBLEM = "application/problem+json"
# What these addresses say is enough; a body may add to it.
MAY_BE_EMPTY = ("say_delivered", "acknowledge_notice", "object_to_notice")
# Which scope an operation needs, as OpenAPI 3.1 names the roles of a key.
INGEST: Any = [{"key": ["ingest"]}]
READ_SCOPE: Any = [{"key": ["read"]}]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "compliance.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sg_…"}


def problems(*statuses: int) -> dict[tuple[int, str], Any]:
    """Those that every operation has, and these."""
    described = OpenApiResponse(shown.Problem, description="Why it was refused.")
    return {(status, PROBLEM): described for status in (401, 403, 406, 429, *statuses)}


def query(name: str, kind: Any, description: str, **more: Any) -> OpenApiParameter:
    """One query parameter."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **more)


_ID = OpenApiParameter(
    "id",
    str,
    OpenApiParameter.PATH,
    description="The server's `exchange`, or the customer's own id.",
)
_DAY = query("day", date, "The UTC day of the customer's own id.")
_DAYS = [
    query("from", date, "First clock day."),
    query("to", date, "Last clock day. Before `from` there is nothing."),
]
_LIMIT = {"type": "integer", "minimum": 1, "maximum": pages.MOST, "default": pages.OTHERWISE}


def in_pages(cursor: pages.Cursor[Any, Any]) -> list[OpenApiParameter]:
    """The parameters of a list."""
    text = {"type": "string", "pattern": cursor.pattern}
    return [
        query("limit", _LIMIT, "Results on a page."),
        query("cursor", text, "Taken from `next` of the page before."),
    ]


_LATER: dict[str, Any] = {"parameters": [_ID, _DAY], "tags": ["exchanges"], "auth": INGEST}
_LATER_PROBLEMS = problems(400, 404, 409, 410, 413, 415, 422, 503)
_READ: dict[str, Any] = {"tags": ["exchanges"], "auth": READ_SCOPE}

SEND: dict[str, Any] = {
    "operation_id": "send_exchanges",
    "tags": ["exchanges"],
    "auth": INGEST,
    "request": {"application/json": shown.Batch},
    "responses": {200: shown.BatchAnswer, **problems(400, 413, 415, 503)},
}
LIST: dict[str, Any] = {
    **_READ,
    "operation_id": "list_exchanges",
    "parameters": [
        *_DAYS,
        query(
            "class",
            str,
            "Only those with a readable record of this class; all their records are shown.",
            enum=[str(data_class) for data_class in DataClass],
        ),
        query(
            "repository",
            {"type": "string", "pattern": REPOSITORY},
            "Only those of this repository.",
        ),
        query("flag", str, "Only those with this flag.", enum=[str(flag) for flag in Flag]),
        *in_pages(pages.BY_DAY),
    ],
    "responses": {200: shown.ExchangePage, **problems(400)},
}
READ: dict[str, Any] = {
    **_READ,
    "operation_id": "read_exchange",
    "parameters": [_ID, _DAY],
    "responses": {200: shown.StoredExchange, **problems(400, 404, 410)},
}
RESPOND: dict[str, Any] = {
    **_LATER,
    "operation_id": "send_response",
    "request": {"application/json": shapes.LaterResponse},
    "responses": {200: shown.Result, **_LATER_PROBLEMS},
}
EVALUATE: dict[str, Any] = {
    **_LATER,
    "operation_id": "send_evaluation",
    "request": {"application/json": shapes.LaterEvaluation},
    "responses": {200: shown.Result, **_LATER_PROBLEMS},
}
DELIVER: dict[str, Any] = {
    **_LATER,
    "operation_id": "say_delivered",
    "request": {"application/json": shapes.Returned},
    "responses": {200: shown.ReturnedAnswer, **problems(400, 404, 410, 503)},
}
DELETIONS: dict[str, Any] = {
    "tags": ["deletions"],
    "auth": READ_SCOPE,
    "operation_id": "list_deletions",
    "parameters": [*_DAYS, *in_pages(pages.BY_INSTANT)],
    "responses": {200: shown.DeletionPage, **problems(400)},
}
DELETION: dict[str, Any] = {
    "tags": ["deletions"],
    "auth": READ_SCOPE,
    "operation_id": "read_deletion",
    "parameters": [OpenApiParameter("id", UUID, OpenApiParameter.PATH)],
    "responses": {200: shown.DeletionAnswer, **problems(404)},
}
POLICY: dict[str, Any] = {
    "tags": ["policy"],
    "auth": READ_SCOPE,
    "operation_id": "read_policy",
    "responses": {200: shown.PolicyAnswer, **problems(400, 503)},
}
VERSIONS: dict[str, Any] = {
    "tags": ["policy"],
    "auth": READ_SCOPE,
    "operation_id": "list_policy_versions",
    "parameters": [
        query(
            "standing",
            str,
            "Only those of this standing today.",
            enum=[str(standing) for standing in Standing],
        ),
        *in_pages(pages.BY_VERSION),
    ],
    "responses": {200: shown.VersionPage, **problems(400)},
}


def bodies_are_needed(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of the generator's, which does not say so itself: some bodies may be left out."""
    for path in result["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = operation["operationId"] not in MAY_BE_EMPTY
    return described.complete(result)
