"""Who of the staff looked an AI call up: one entry in the log of acts for each look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from retention.actor import Actor
from retention.ledger.append import Act, append_all


def note_look(
    found: Sequence[tuple[UUID, UUID]], *, customer: UUID | None, by: Actor, now: datetime
) -> None:
    """Log the calls that were found, as (customer, call), or that none was.

    What was typed is not written down: it could be anything.
    """
    who = {"actor": by.kind, "actor_id": by.id}
    acts = [
        Act("audit:call:looked_up", owner, {"found": True, "call": call, **who})
        for owner, call in found
    ]
    with transaction.atomic():
        append_all(
            acts or [Act("audit:call:looked_up", customer, {"found": False, **who})], now=now
        )
