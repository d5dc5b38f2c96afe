"""Who of us does it: verbs that only a person may, and how makers are written down."""

from __future__ import annotations

from uuid import UUID

from compliance.notices.errors import NeedsAPerson
from retention.actor import Actor


def person(by: Actor) -> UUID:
    """The id of the login that acts. Raises `NeedsAPerson` for a key or the system."""
    if by.kind != "user" or by.id is None:
        raise NeedsAPerson
    return by.id


def maker(by: Actor) -> str:
    """As `user:<id>`, `contact:<id>` or `key:<id>`."""
    return f"{by.kind}:{by.id}" if by.id else by.kind
