"""Take a customer on: from its first moment a policy version applies to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compliance.customers.contract import refuse_short_notice
from compliance.customers.errors import BadName
from compliance.customers.models import Customer
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.append import Fact, append
from retention.policies import publish
from retention.policies.models import SHORTEST_NOTICE
from retention.policies.rules import Profile

LONGEST_NAME = 200


def create_customer(
    name: str,
    *,
    profile: Profile | str = Profile.STANDARD,
    text_carries_no_code: bool = False,
    notice_days: int = SHORTEST_NOTICE,
    account_owner: User | None = None,
    reference: str = "",
    by: Actor,
    now: datetime,
) -> Customer:
    """A new customer that has accepted the version offered today, with the profile it chose.

    Raises `BadName`, `BadNoticeDays`, `ValueError` for an unknown profile, the engine's
    `NoSuchPolicy`, and the database's `IntegrityError` for a reference that is taken; then nothing
    was made.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadName
    refuse_short_notice(notice_days)
    chosen = Profile(profile)
    with transaction.atomic():
        customer = Customer.objects.create(
            name=name,
            reference=reference,
            text_carries_no_code=text_carries_no_code,
            notice_days=notice_days,
            account_owner=account_owner,
            created_at=now,
        )
        told: dict[str, Fact] = {"profile": chosen.value, "notice_days": notice_days}
        append(
            "customer:customer:created",
            now=now,
            customer=customer.pk,
            facts={"actor": by.kind, "actor_id": by.id, **told},
        )
        publish.accept(customer.pk, profile=chosen, by=by, now=now)
    return customer
