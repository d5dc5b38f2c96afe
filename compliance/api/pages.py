"""Cursor pagination: `results`, and `next` as a full address or null.

A cursor is the place behind which to go on. It is plain: it names nothing that the page before did
not show, and every query names the customer anyway.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from rest_framework.request import Request

from compliance.api.errors import BadCursor
from compliance.api.reading import number

MOST, OTHERWISE = 200, 50
LONGEST_CURSOR = 200
PARAMETERS = frozenset({"cursor", "limit"})
Place = TypeVar("Place")
Row = TypeVar("Row")


def limit_of(request: Request) -> int:
    """How many results a page has; raises `InvalidParameter`."""
    return number(request, "limit", least=1, most=MOST, otherwise=OTHERWISE)


def after(request: Request, parse: Callable[[str], Place]) -> tuple[Place, UUID] | None:
    """The place of the cursor, None on the first page; raises `BadCursor`."""
    cursor = request.query_params.get("cursor")
    if cursor is None:
        return None
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise BadCursor
        place, _, identifier = urlsafe_b64decode(cursor.encode()).decode("ascii").partition(" ")
        return parse(place), UUID(identifier)
    except (ValueError, OverflowError, binascii.Error):
        raise BadCursor from None


def page(
    request: Request,
    rows: Sequence[Row],
    *,
    place: Callable[[Row], tuple[Any, UUID]],
    answer: Callable[[Row], dict[str, Any]],
) -> dict[str, Any]:
    """The page for rows of which one more than the limit was asked for."""
    limit = limit_of(request)
    shown = rows[:limit]
    following = _address(request, *place(shown[-1])) if len(rows) > limit else None
    return {"next": following, "results": [answer(row) for row in shown]}


def _address(request: Request, at: Any, identifier: UUID) -> str:
    cursor = urlsafe_b64encode(f"{at.isoformat()} {identifier}".encode()).decode()
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
