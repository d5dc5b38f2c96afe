"""Flags as the engine has counted them, and an officer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.findings.count import count_up
from compliance.findings.models import Finding
from compliance.people.acting import actor_of
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention.actor import SYSTEM, Actor
from retention.records.models import FlagCount

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


def flags(
    customer: Customer, items: int = 1, flag: str = "no_finding", day: date = TODAY, **named: str
) -> None:
    """So many more flags, as folding leaves them."""
    names = {"subprocessor": "openai", "account": "proj_a1", "endpoint": "responses", **named}
    facts = {"customer_id": customer.pk, "clock_day": day, "flag": flag, **names}
    sums, created = FlagCount.objects.get_or_create(**facts, defaults={"items": items})
    if not created:
        sums.items += items
        sums.save()


def counted(now: datetime = NOW) -> Finding:
    """Counted up; the one finding there is."""
    count_up(now=now)
    return Finding.objects.get()


@pytest.fixture
def acme(db: None) -> Customer:
    return create_customer("Acme", by=SYSTEM, now=NOW)


@pytest.fixture
def borealis(db: None) -> Customer:
    return create_customer("Borealis", by=SYSTEM, now=NOW)


@pytest.fixture
def olga(db: None) -> User:
    user = User.objects.create_user("olga@sandglass.example")
    give(user, StaffRole.OFFICER)
    return user


@pytest.fixture
def officer(olga: User) -> Actor:
    return actor_of(olga)
