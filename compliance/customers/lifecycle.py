"""The steps of a customer's life. Each leads from a known state, or is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from compliance.customers.errors import StaleCustomer
from compliance.customers.models import Customer
from retention.actor import Actor
from retention.ledger.append import append

State = Customer.State


def suspend(customer: Customer, *, by: Actor, now: datetime) -> None:
    """Take nothing more in. Reading, notices and deletion go on. Raises `StaleCustomer`."""
    _move(customer, {State.ACTIVE}, State.SUSPENDED, by=by, now=now)


def resume(customer: Customer, *, by: Actor, now: datetime) -> None:
    """Take content in again. Raises `StaleCustomer`."""
    _move(customer, {State.SUSPENDED}, State.ACTIVE, by=by, now=now)


def _move(
    customer: Customer, origins: Collection[str], state: Customer.State, *, by: Actor, now: datetime
) -> None:
    with transaction.atomic():
        moved = Customer.objects.filter(pk=customer.pk, state__in=origins).update(state=state)
        if moved != 1:
            raise StaleCustomer(state=state.value)
        append(
            f"customer:customer:{_ACTS[state]}",
            now=now,
            customer=customer.pk,
            facts={"actor": by.kind, "actor_id": by.id},
        )
    customer.state = state


_ACTS = {State.SUSPENDED: "suspended", State.ACTIVE: "resumed"}
