"""Customers to be told, a version to tell them of, a mail server, and days that a test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from compliance.customers.contacts import add_contact
from compliance.customers.models import Contact, Customer
from compliance.customers.onboard import create_customer
from compliance.notices import schedule, send
from compliance.notices.announce import announce
from compliance.notices.models import Announcement, Delivery, Notice, ReplyCheck
from compliance.people.models import User
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.ledger.sequence import sign_pending
from retention.policies.models import Activation, PolicyVersion
from retention.policies.publish import approve, earliest_effect
from retention.policies.rules import Period
from tests.compliance.alarms.conftest import smtp as smtp
from tests.conftest import Live
from tests.factories.versions import APPROVER, drafted

REPLY_TO = "privacy@sandglass.example"


class Scene:
    """One service with its customers. Days pass by `passes`: the database's clock moves too."""

    def __init__(self) -> None:
        self.olga = User.objects.create_superuser("olga@sandglass.example", "x" * 20)
        self.by = Actor("user", self.olga.pk)

    def customer(self, name: str, *emails: str, notice_days: int = 30) -> Customer:
        """With a legal contact at each address."""
        made = create_customer(name, profile="standard", by=SYSTEM, now=clock.now())
        Customer.objects.filter(pk=made.pk).update(notice_days=notice_days)
        made.notice_days = notice_days
        for email in emails:
            self.contact(made, email)
        return made

    def contact(self, customer: Customer, email: str, role: str = "legal") -> Contact:
        return add_contact(
            customer, name="Lena", email=email, role=role, by=SYSTEM, now=clock.now()
        )

    def confirm(self, address: str = REPLY_TO) -> None:
        """As if the code had been typed in today."""
        now = clock.now()
        ReplyCheck.objects.create(
            address=address, sent_at=now, asked_by=self.olga, confirmed_at=now
        )

    def approved(self, **periods: Period) -> PolicyVersion:
        now = clock.now()
        chosen = periods or {"response": Period(days=90)}
        return approve(drafted(now, **chosen), impact={}, by=APPROVER, now=now)

    def announce(
        self, *, on: date | None = None, signed: bool = True, **periods: Period
    ) -> Announcement:
        """A version with shorter responses, announced and signed; nothing is sent yet."""
        self.confirm()
        version = self.approved(**periods)
        day = on or earliest_effect(clock.today())
        made = announce(
            version, takes_effect_on=day, reply_to=REPLY_TO, by=self.by, now=clock.now()
        )
        if signed:
            sign_pending(now=clock.now())
        return made

    def write(self) -> None:
        """Everything but sending."""
        sign_pending(now=clock.now())
        schedule.release(now=clock.now())
        schedule.write_all(now=clock.now())
        schedule.plan_missing()

    def send(self) -> int:
        """What the worker does in a minute."""
        self.write()
        return send.send_waiting()

    def passes(self, **length: float) -> date:
        """So much later, for everybody."""
        clock.advance(by=timedelta(**length))
        return clock.today()


@pytest.fixture
def scene(live: Live, settings: Any) -> Scene:
    settings.DEMO = True
    return Scene()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """The host's time for retries, moved forward by hand."""
    real = clock.host_now
    moved = timedelta()

    def passes(**length: float) -> datetime:
        nonlocal moved
        moved += timedelta(**length)
        return real() + moved

    from compliance.mail import sending

    class Clock:
        host_now = staticmethod(lambda: real() + moved)

    monkeypatch.setattr(sending, "clock", Clock)
    for module in (send, schedule):
        monkeypatch.setattr(module, "clock", _both(Clock))
    return passes


def _both(moved: Any) -> Any:
    class Clock:
        host_now = moved.host_now
        now = staticmethod(clock.now)
        today = staticmethod(clock.today)

    return Clock


def notice_of(customer: Customer) -> Notice:
    return Notice.objects.get(customer=customer, announcement__kind=Announcement.Kind.CHANGE)


def activation_of(customer: Customer) -> Activation | None:
    """What stands of the newest version."""
    return Activation.objects.filter(
        customer_id=customer.pk, voided_at=None, kind="noticed"
    ).first()


def states(**filters: Any) -> list[tuple[str, str]]:
    """State and trouble of every delivery, by address."""
    found = Delivery.objects.filter(**filters).order_by("address", "purpose")
    return [(one.state, one.trouble) for one in found]
