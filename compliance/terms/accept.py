"""Record that a customer accepted a version of our terms (P14)."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.db import transaction

from compliance.customers.models import Contact, Customer
from compliance.terms.errors import BadAcceptance
from compliance.terms.models import VERSION, Acceptance
from retention.actor import Actor
from retention.ledger.append import append

LONGEST_NAME = 200


def record(
    customer: Customer,
    *,
    version: str,
    accepted_on: date,
    accepted_by: str,
    source: str,
    contact: Contact | None = None,
    by: Actor,
    now: datetime,
) -> Acceptance:
    """The same acceptance told again is the one that stands.

    Raises `BadAcceptance` for a day to come, a version or a name that is none, or a contact of
    somebody else.
    """
    version, accepted_by = version.strip(), " ".join(accepted_by.split())
    if not re.fullmatch(VERSION, version) or not 1 <= len(accepted_by) <= LONGEST_NAME:
        raise BadAcceptance
    if accepted_on > now.date() or (contact and contact.customer_id != customer.pk):
        raise BadAcceptance
    told = {"version": version, "accepted_on": accepted_on, "accepted_by": accepted_by}
    with transaction.atomic():
        acceptance, new = Acceptance.objects.get_or_create(
            customer=customer,
            **told,
            defaults={
                "contact": contact,
                "source": Acceptance.Source(source),
                "recorded_by_id": by.id if by.kind == "user" else None,
                "recorded_at": now,
            },
        )
        if new:
            _note(acceptance, by=by, now=now)
    return acceptance


def _note(acceptance: Acceptance, *, by: Actor, now: datetime) -> None:
    append(
        "terms:version:accepted",
        now=now,
        customer=acceptance.customer_id,
        facts={
            "acceptance": acceptance.pk,
            "accepted_on": acceptance.accepted_on,
            "source": acceptance.source,
            "actor": by.kind,
            "actor_id": by.id,
        },
    )
