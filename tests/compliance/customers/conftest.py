"""Two customers, made the way everybody makes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from retention.actor import SYSTEM


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def acme(db: None, now: datetime) -> Customer:
    return create_customer("Acme", by=SYSTEM, now=now)


@pytest.fixture
def borealis(db: None, now: datetime) -> Customer:
    return create_customer("Borealis", by=SYSTEM, now=now)
