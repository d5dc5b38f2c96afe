"""Points in time as RFC 3339 writes them, always with an offset, always kept in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Digits are ASCII alone: `\d` would take any script's.
RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
FIRST_YEAR, LAST_YEAR = 2000, 9998


def parse(text: object) -> datetime:
    """The instant in UTC; raises `ValueError` with a message in plain words.

    Fractions of a second beyond microseconds are cut off. An offset is required: without it nobody
    knows which day it was.
    """
    match = RFC3339.fullmatch(text) if isinstance(text, str) else None
    if not isinstance(text, str) or match is None:
        raise ValueError("must be a time such as 2026-11-22T10:00:00Z")
    if match["offset"] is None:
        raise ValueError("must have an offset from UTC, such as Z or +01:00")
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time that exists") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return instant
