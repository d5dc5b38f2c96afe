"""Take a customer on: from its first moment a policy version applies to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compliance.customers.errors import BadName
from compliance.customers.models import Customer
from retention.actor import Actor
from retention.ledger.append import append
from retention.policies import publish
from retention.policies.rules import Profile

LONGEST_NAME = 200


def create_customer(
    name: str,
    *,
    profile: Profile | str = Profile.STANDARD,
    text_carries_no_code: bool = False,
    by: Actor,
    now: datetime,
) -> Customer:
    """A new customer that has accepted the version offered today, with the profile it chose.

    Raises `BadName`, `ValueError` for an unknown profile and the engine's `NoSuchPolicy`; then
    nothing was made.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadName
    chosen = Profile(profile)
    with transaction.atomic():
        customer = Customer.objects.create(
            name=name, text_carries_no_code=text_carries_no_code, created_at=now
        )
        append(
            "customer:customer:created",
            now=now,
            customer=customer.pk,
            facts={"actor": by.kind, "actor_id": by.id, "profile": chosen.value},
        )
        publish.accept(customer.pk, profile=chosen, by=by, now=now)
    return customer
