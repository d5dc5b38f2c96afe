"""The same cast in every test, with fixed rights.

Acme and Borealis are customers of the standard profile since 1 March 2026; Cygnus keeps as little
as possible. Each has an ingest and a read key. Olga is a compliance officer with access to the
admin, Amir administers Acme, Vera may only look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from compliance.customers.keys import issue_key
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.people.models import Member, User
from retention.actor import SYSTEM

SINCE = datetime(2026, 3, 1, 9, tzinfo=UTC)
PASSWORD = "correct-horse-battery-staple"


@dataclass(frozen=True)
class Company:
    """A customer and the tokens of its two keys."""

    customer: Customer
    ingest: str
    read: str

    @property
    def id(self) -> UUID:
        """The customer's id, all that the engine knows of it."""
        return self.customer.pk


@dataclass(frozen=True)
class Cast:
    """Everybody."""

    acme: Company
    borealis: Company
    cygnus: Company
    olga: User
    amir: User
    vera: User


def make_company(name: str, profile: str = "standard", now: datetime = SINCE) -> Company:
    """A customer with both keys."""
    customer = create_customer(name, profile=profile, by=SYSTEM, now=now)
    tokens = [
        issue_key(
            customer, scopes=[scope], label=scope, environment="production", by=SYSTEM, now=now
        )[1]
        for scope in ("ingest", "read")
    ]
    return Company(customer, *tokens)


def make_cast() -> Cast:
    """Make everybody in the current stores."""
    acme, borealis = make_company("Acme"), make_company("Borealis")
    amir = User.objects.create_user("amir@acme.example", PASSWORD)
    vera = User.objects.create_user("vera@acme.example", PASSWORD)
    Member.objects.create(user=amir, customer=acme.customer, role="admin")
    Member.objects.create(user=vera, customer=acme.customer, role="viewer")
    olga = User.objects.create_superuser("olga@sandglass.example", PASSWORD)
    return Cast(acme, borealis, make_company("Cygnus", "minimal"), olga, amir, vera)
