"""Policies from before this service, entered as history. They bind nobody and are never changed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from retention.actor import Actor
from retention.errors import InvalidVersion
from retention.ledger.append import append
from retention.policies.models import RecordedVersion

LONGEST_LABEL = 64


@transaction.atomic
def record(
    label: str, text: str, *, valid_from: date, valid_until: date | None, by: Actor, now: datetime
) -> RecordedVersion:
    """Write down what applied then. Raises `InvalidVersion`, also when the name is taken."""
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL or not text.strip():
        raise InvalidVersion
    if valid_until and valid_until < valid_from:
        raise InvalidVersion
    made, new = RecordedVersion.objects.get_or_create(
        label=label,
        defaults={
            "text": text,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "recorded_by": by.id,
            "recorded_at": now,
        },
    )
    if not new:
        raise InvalidVersion(label=label)
    append(
        "policy:version:recorded",
        now=now,
        facts={
            "recorded": made.pk,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "actor": by.kind,
            "actor_id": by.id,
        },
    )
    return made
