"""Cursor pagination: `results`, and `next` as a full address or null; also as a `Link` header.

A cursor is the place behind which to go on, as two plain numbers. It names nothing that the page
before did not show, and every query names the customer anyway. Whatever follows a cursor's pattern
is a place, so the schema can say exactly what is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.errors import BadCursor
from compliance.api.reading import number

MOST, OTHERWISE = 200, 50
PARAMETERS = frozenset({"cursor", "limit"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = TypeVar("Row")
At = TypeVar("At")
Name = TypeVar("Name")


@dataclass(frozen=True)
class Cursor(Generic[At, Name]):
    """How the places of one list are written: where (in order), and which of those there."""

    pattern: str
    read: Callable[[str, str], tuple[At, Name]]
    write: Callable[[At, Name], str]

    def after(self, request: Request) -> tuple[At, Name] | None:
        """The place of the request's cursor, None on the first page; raises `BadCursor`."""
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return None
        if not re.fullmatch(self.pattern, cursor):
            raise BadCursor
        at, _, name = cursor.partition("-")
        return self.read(at, name)


def _instant(microseconds: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))


def _microseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


_DAY, _MICROSECONDS, _HEX, _NUMBER = "[1-9][0-9]{0,5}", "[0-9]{1,16}", "[0-9a-f]{32}", "[0-9]{1,9}"
BY_DAY = Cursor(
    f"^{_DAY}-{_HEX}$",
    lambda at, name: (date.fromordinal(int(at)), UUID(name)),
    lambda at, name: f"{at.toordinal()}-{name.hex}",
)
BY_INSTANT = Cursor(
    f"^{_MICROSECONDS}-{_HEX}$",
    lambda at, name: (_instant(at), UUID(name)),
    lambda at, name: f"{_microseconds(at)}-{name.hex}",
)
BY_VERSION = Cursor(
    f"^{_DAY}-{_NUMBER}$",
    lambda at, name: (date.fromordinal(int(at)), int(name)),
    lambda at, name: f"{at.toordinal()}-{name}",
)


def limit_of(request: Request) -> int:
    """How many results a page has; raises `InvalidParameter`."""
    return number(request, "limit", least=1, most=MOST, otherwise=OTHERWISE)


def page(
    request: Request,
    rows: Sequence[Row],
    *,
    cursor: Cursor[Any, Any],
    place: Callable[[Row], tuple[Any, Any]],
    answer: Callable[[Row], dict[str, Any]],
) -> Response:
    """The page for rows of which one more than the limit was asked for."""
    limit = limit_of(request)
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        following = _address(request, cursor.write(*place(shown[-1])))
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return Response({"next": following, "results": [answer(row) for row in shown]}, headers=headers)


def _address(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
