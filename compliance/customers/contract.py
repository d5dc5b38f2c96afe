"""What the contract with a customer says: its days of notice, who of us looks after it, its number.

What a notice has promised stays, whatever is changed here: the day on which a change takes effect
for a customer was written down when the notice was given, and never moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from compliance.customers.errors import BadNoticeDays
from compliance.customers.models import Customer
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.append import Fact, append
from retention.policies.models import SHORTEST_NOTICE

LONGEST_NOTICE = 366


def refuse_short_notice(days: int) -> None:
    """Raises `BadNoticeDays` for less than 30 full days, or more than a year."""
    if not SHORTEST_NOTICE <= days <= LONGEST_NOTICE:
        raise BadNoticeDays(days=days)


def set_notice_days(customer: Customer, *, days: int, by: Actor, now: datetime) -> None:
    """From the next notice on. Raises `BadNoticeDays`."""
    refuse_short_notice(days)
    with transaction.atomic():
        before = _locked(customer).notice_days
        if before != days:
            _change(customer, notice_days=days)
            _note(customer, "customer:notice_days:changed", {"from": before, "to": days}, by, now)


def set_account_owner(customer: Customer, *, owner: User | None, by: Actor, now: datetime) -> None:
    """Who is asked when a notice does not arrive; None: nobody yet."""
    with transaction.atomic():
        if _locked(customer).account_owner != owner:
            _change(customer, account_owner=owner)
            facts = {"owner": owner.pk if owner else None}
            _note(customer, "customer:owner:changed", facts, by, now)


def set_reference(customer: Customer, *, reference: str, by: Actor, now: datetime) -> None:
    """Its number in our own books. Raises `IntegrityError` for one that is taken or misshapen."""
    with transaction.atomic():
        if _locked(customer).reference != reference:
            _change(customer, reference=reference)
            _note(customer, "customer:reference:changed", {}, by, now)


def _locked(customer: Customer) -> Customer:
    return Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)


def _change(customer: Customer, **fields: object) -> None:
    """Through the model, so that the list of field changes hears of it too."""
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.save(update_fields=list(fields))


def _note(
    customer: Customer, kind: str, facts: Mapping[str, Fact], by: Actor, now: datetime
) -> None:
    told: dict[str, Fact] = {**facts, "actor": by.kind, "actor_id": by.id}
    append(kind, now=now, customer=customer.pk, facts=told)
