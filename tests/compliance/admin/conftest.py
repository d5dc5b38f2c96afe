"""Somebody of each role at the pages, and rows of every kind to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client

from compliance.customers.contacts import add_contact
from compliance.customers.keys import issue_key
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.findings.models import Finding
from compliance.people.models import Member, User
from compliance.people.roles import StaffRole, give
from compliance.terms import accept
from retention.actor import SYSTEM
from retention.expiry.models import DeletionRecord, SweepRun
from retention.ledger.append import append
from retention.policies.models import PolicyVersion
from retention.policies.rules import DataClass, ceiling
from retention.records.models import Cell

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Somebody who may everything."""
    return signed_in(User.objects.create_superuser("root@sandglass.example"))


@pytest.fixture
def staff(db: None) -> Callable[[StaffRole], Client]:
    """Somebody of a role."""

    def make(role: StaffRole) -> Client:
        user = User.objects.create_user(f"{role.value}@sandglass.example")
        give(user, role)
        return signed_in(User.objects.get(pk=user.pk))

    return make


@pytest.fixture
def acme(db: None) -> Customer:
    return create_customer("Acme", by=SYSTEM, now=NOW)


def add_day_group(customer: UUID, day: date, data_class: str = "prompt", **more: object) -> Cell:
    """An open day group, as ingest would make it."""
    version = PolicyVersion.objects.get(number=1)
    return Cell.objects.create(
        id=uuid4(), customer_id=customer, clock_day=day, data_class=data_class, version=version,
        expires_on=ceiling(day), acknowledged=3, created_at=NOW, **more,
    )  # fmt: skip


def add_deletion(customer: UUID, day: date) -> DeletionRecord:
    """A deletion record with its run and its entry."""
    run = SweepRun.objects.create(started_at=NOW, finished_at=NOW, purged=1, records=3)
    with transaction.atomic():
        facts = {"run": run.pk, "records": 3}
        entry = append("expiry:day:purged", now=NOW, customer=customer, facts=facts)
    return DeletionRecord.objects.create(
        customer_id=customer, clock_day=day, run=run, kind="expiry", counts={"prompt": 3},
        keys_destroyed_at=NOW, rows_removed_at=NOW, entry=entry,
    )  # fmt: skip


def add_finding(customer: Customer, kind: str = "no_finding", **more: object) -> Finding:
    """Three flags of today, as they are counted."""
    today = NOW.date()
    facts = {"subprocessor": "openai", "account": "proj_a1", "endpoint": "responses", **more}
    finding = Finding.objects.create(
        kind=kind, items=3, first_on=today, last_on=today, opened_at=NOW, counted_at=NOW, **facts
    )
    finding.days.create(day=today, items=3)
    finding.touched.create(
        customer=customer, items=3, first_on=today, last_on=today, untold_on=today
    )
    return finding


@pytest.fixture
def populate(db: None) -> Callable[[int], None]:
    """So many more rows of every kind."""

    def add(number: int) -> None:
        for n in range(number):
            customer = create_customer(f"Customer {uuid4().hex[:6]}", by=SYSTEM, now=NOW)
            issue_key(customer, ["read"], label="reports", by=SYSTEM, now=NOW)
            add_contact(
                customer, name="Lena", email="lena@customer.example", role="legal",
                by=SYSTEM, now=NOW,
            )  # fmt: skip
            accept.record(
                customer, version="2026-03", accepted_on=date(2026, 3, 14), accepted_by="Lena",
                source="entered", by=SYSTEM, now=NOW,
            )  # fmt: skip
            user = User.objects.create(email=f"{uuid4().hex}@customer.example")
            give(user, StaffRole.AUDITOR)
            Member.objects.create(user=user, customer=customer, role="viewer")
            for data_class in DataClass:
                add_day_group(customer.pk, NOW.date() - timedelta(days=n), data_class.value)
            add_deletion(customer.pk, date(2026, 5, 22) - timedelta(days=n))
            add_finding(customer, account=f"proj_{customer.pk.hex[:8]}")

    return add
