"""The steps of a customer's life. Each leads from a known state, or is refused.

Suspending is taken back by resuming. Leaving is not taken back: the customer was told a date.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from compliance.customers.errors import StaleCustomer
from compliance.customers.models import Customer
from retention.actor import Actor
from retention.ledger.append import Fact, append

State = Customer.State
EXPORT_DAYS = 30


def suspend(customer: Customer, *, by: Actor, now: datetime) -> None:
    """Take nothing more in. Reading, notices and deletion go on. Raises `StaleCustomer`."""
    _move(customer, {State.ACTIVE}, State.SUSPENDED, by=by, now=now)


def resume(customer: Customer, *, by: Actor, now: datetime) -> None:
    """Take content in again. Raises `StaleCustomer`."""
    _move(customer, {State.SUSPENDED}, State.ACTIVE, by=by, now=now)


def leave(customer: Customer, *, by: Actor, now: datetime) -> None:
    """Take nothing more in, for good; the customer may read and export for 30 more days.

    Raises `StaleCustomer`. There is no way back (trigger).
    """
    origins = {State.ACTIVE, State.SUSPENDED}
    facts = {"export_until": export_until(now)}
    _move(customer, origins, State.LEAVING, by=by, now=now, facts=facts, leaving_at=now)


def export_until(leaving_at: datetime) -> date:
    """The last UTC day on which a leaving customer may export what is kept."""
    return leaving_at.date() + timedelta(days=EXPORT_DAYS)


def _move(
    customer: Customer,
    origins: Collection[str],
    state: Customer.State,
    *,
    by: Actor,
    now: datetime,
    facts: Mapping[str, Fact] | None = None,
    **fields: datetime,
) -> None:
    with transaction.atomic():
        mine = Customer.objects.filter(pk=customer.pk, state__in=origins)
        if mine.update(state=state, **fields) != 1:
            raise StaleCustomer(state=state.value)
        append(
            f"customer:customer:{_ACTS[state]}",
            now=now,
            customer=customer.pk,
            facts={"actor": by.kind, "actor_id": by.id, **(facts or {})},
        )
    customer.__dict__.update(state=state, **fields)


_ACTS = {State.SUSPENDED: "suspended", State.ACTIVE: "resumed", State.LEAVING: "leaving"}
