"""The verbs of policies."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from retention.actor import Actor
from retention.ledger.append import append
from retention.policies.models import Activation, ProfileChoice
from retention.policies.queries import offered
from retention.policies.rules import Profile


@transaction.atomic
def accept(customer: UUID, *, profile: Profile, by: Actor, now: datetime) -> Activation:
    """A new customer accepts the version on offer and begins with a profile."""
    version = offered()
    activation = Activation.objects.create(
        customer_id=customer,
        version=version,
        kind="accepted",
        given_on=now.date(),
        effective_on=now.date(),
    )
    ProfileChoice.objects.create(
        customer_id=customer, profile=profile.value, first_day=now.date(), chosen_at=now
    )
    facts = {"version": version.number, "profile": profile.value, "actor": by.kind}
    append("policy:version:accepted", now=now, customer=customer, facts=facts)
    return activation
