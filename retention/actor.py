"""Who acts. Verbs take it as `by=`; the system itself is an actor too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A login, a contact, a key or the system, by kind and id (never by name or address)."""

    kind: Literal["system", "user", "contact", "key"]
    id: UUID | None = None


SYSTEM = Actor("system")
