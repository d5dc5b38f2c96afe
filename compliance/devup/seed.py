"""The demonstration: its people, and eight months of past made by the engine itself.

The clock is started eight months back and moved forward day by day; on each day exchanges come in
and the deletion run does its work, so every deletion record is a real one. Called again it changes
nothing; after an interruption it goes on where it stood.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from compliance.customers.contacts import add_contact
from compliance.customers.keys import issue_key
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.devup import samples
from compliance.devup.findings import count_flags, work_off
from compliance.intake.exchanges import Refused, read
from compliance.people import roles
from compliance.people.models import Member, User
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.expiry import partitions
from retention.expiry.sweep import sweep
from retention.policies.draft import draft
from retention.policies.models import PolicyVersion
from retention.policies.rules import DataClass, Period, Profile, Rules, add_months
from retention.records import ingest

MONTHS_OF_PAST = 8
CUSTOMERS = ("Acme", "Borealis")
STAFF = ("officer", "officer2", "support", "support_lead", "auditor")
# Where an account is more than its name says.
HELD = {"officer2": (roles.StaffRole.OFFICER, roles.StaffRole.APPROVER)}
MEMBERS = (
    ("acme_admin", "Acme", "admin"),
    ("acme_viewer", "Acme", "viewer"),
    ("borealis_admin", "Borealis", "admin"),
)
# When the deletion run comes by, and when the day's exchanges are in.
AFTER_MIDNIGHT, EVENING = time(0, 5), time(20)
SCOPES = ("ingest", "read")
# What the draft changes in the text of version 1.
DRAFTED = (
    "**Prompts, AI responses and quality feedback** are kept for 6 months, counted in calendar"
    " months\n  from the UTC day of the call,",
    "**Prompts and quality feedback** are kept for 6 months, counted in calendar months, and\n"
    "  **AI responses** for 90 days, from the UTC day of the call,",
)
PURPOSE = "To judge how well AI responses answer an alert, and to find out why one was wrong."
EXCEPTIONS = "A legal hold: what the law requires to be kept is kept until the hold is released."
PLACES = "The databases of this service, in the European Union."
REASON = "Nobody looks at AI responses that are older than three months."
CONTACTS = {"legal": "Lena Berg", "security": "Samir Haddad"}


def seed(*, progress: Callable[[str], None]) -> None:
    """Make what is missing of the demonstration."""
    _start_clock()
    file = settings.STATE_DIR / "demo.json"
    known = json.loads(file.read_text()) if file.exists() else None
    if known is None:
        _write(file, _make_people())
    elif known["url"] != settings.PUBLIC_URL:
        _write(file, {**known, "url": settings.PUBLIC_URL})
    _live_through_the_past(progress)
    work_off(clock.now())


def _write(file: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all, and for nobody else to read: it holds passwords."""
    part = file.with_suffix(".part")
    with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as target:
        json.dump(facts, target, indent=2)
    part.replace(file)


def _start_clock() -> None:
    from retention.models import DemoClock

    if not DemoClock.objects.exists():
        first = add_months(clock.host_now().date(), -MONTHS_OF_PAST)
        clock.start(at=datetime.combine(first, AFTER_MIDNIGHT, UTC))


@transaction.atomic
def _make_people() -> dict[str, Any]:
    """Customers, sign-ins and keys; in one transaction with nothing else, so all or none."""
    now = clock.now()
    customers = {
        name: create_customer(name, profile=Profile.STANDARD, by=SYSTEM, now=now)
        for name in CUSTOMERS
    }
    for name, customer in customers.items():
        for role, person in CONTACTS.items():
            email = f"{role}@{name.lower()}.example"
            add_contact(customer, name=person, email=email, role=role, by=SYSTEM, now=now)
    accounts = {name: _staff(name) for name in STAFF}
    accounts |= {name: _member(name, customers[of], role) for name, of, role in MEMBERS}
    officer = User.objects.get(email=accounts["officer"]["email"])
    _draft_policy(officer, now)
    keys = {
        f"{name.lower()}_{scope}": issue_key(
            customer,
            scopes=[scope],
            label=f"demonstration, {scope}",
            environment="production",
            by=SYSTEM,
            now=now,
        )[1]
        for name, customer in customers.items()
        for scope in SCOPES
    }
    return {"url": settings.PUBLIC_URL, "accounts": accounts, "keys": keys}


def _staff(name: str) -> dict[str, str]:
    account, user = _account(name, "sandglass.example")
    roles.give(user, *(HELD.get(name) or [roles.StaffRole(name)]))
    return account


def _member(name: str, customer: Customer, role: str) -> dict[str, str]:
    account, user = _account(name, f"{customer.name.lower()}.example")
    Member.objects.create(user=user, customer=customer, role=role)
    return account


def _account(name: str, domain: str) -> tuple[dict[str, str], User]:
    account = {
        "email": f"{name.replace('_', '-')}@{domain}",
        "password": secrets.token_urlsafe(15),
    }
    return account, User.objects.create_user(account["email"], account["password"])


def _draft_policy(officer: User, now: datetime) -> None:
    """An officer's draft: AI responses 90 days instead of 6 months."""
    offered = PolicyVersion.objects.get(number=1)
    rules = Rules({**offered.rules().periods, DataClass.RESPONSE: Period(days=90)})
    draft(
        rules=rules,
        text=offered.text.replace(*DRAFTED),
        purpose=PURPOSE,
        exceptions=EXCEPTIONS,
        places=PLACES,
        context_lines=offered.context_lines,
        whole_files=False,
        reason=REASON,
        by=Actor("user", officer.pk),
        now=now,
    )


def _live_through_the_past(progress: Callable[[str], None]) -> None:
    """From the demonstration's clock to the host's, a day at a time."""
    customers = list(Customer.objects.filter(name__in=CUSTOMERS))
    total = (clock.host_now() - clock.now()).days
    while (left := clock.host_now() - clock.now()) > timedelta(minutes=1):
        if left.days % 10 == 0:
            progress(f"the demonstration's past: day {total - left.days} of {total}")
        day = clock.today()
        partitions.ensure(day)
        sweep()
        _forward_to(datetime.combine(day, EVENING, UTC))
        for customer in customers:
            _one_day(customer, clock.now())
        count_flags(clock.now())
        _forward_to(datetime.combine(day + timedelta(days=1), AFTER_MIDNIGHT, UTC))


def _one_day(customer: Customer, now: datetime) -> None:
    """What came in on this day so far; what was there already is a duplicate."""
    bodies = [
        {name: value for name, value in body.items() if value is not None}
        for body in samples.of_day(customer.name, now.date(), until=now)
    ]
    items = [item for body in bodies if not isinstance(item := read(body), Refused)]
    if items:
        ingest.store(customer.pk, items, now=now)


def _forward_to(moment: datetime) -> None:
    """Move the clock there, but never past the host's time, and never back."""
    target = min(moment, clock.host_now())
    if target > clock.now():
        clock.advance(to=target)
