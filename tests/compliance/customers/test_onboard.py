"""A customer is never without a policy, not even for a moment."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.customers.errors import BadName
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry
from retention.policies import publish
from retention.policies.models import Activation, ProfileChoice

pytestmark = pytest.mark.django_db


def test_p4_a_new_customer_accepts_the_version_on_offer(now: datetime) -> None:
    customer = create_customer("Acme", by=SYSTEM, now=now)
    (activation,) = Activation.objects.filter(customer_id=customer.pk)
    assert (activation.kind, activation.effective_on) == ("accepted", now.date())
    assert customer.state == Customer.State.ACTIVE


def test_p16_it_begins_with_the_profile_it_chose(now: datetime) -> None:
    cygnus = create_customer("Cygnus", profile="minimal", by=SYSTEM, now=now)
    assert ProfileChoice.objects.get(customer_id=cygnus.pk).profile == "minimal"


def test_both_acts_stand_in_the_log(acme: Customer) -> None:
    kinds = list(Entry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["customer:customer:created", "policy:version:accepted"]


def test_the_log_does_not_name_it(acme: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM retention_entry e")
        (text,) = cursor.fetchone()
    assert "Acme" not in text
    assert str(acme.pk) not in text


def test_nothing_is_left_when_the_second_half_fails(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoSuchPolicy

    monkeypatch.setattr(publish, "accept", refuse)
    with pytest.raises(NoSuchPolicy), transaction.atomic():
        create_customer("Acme", by=SYSTEM, now=now)
    assert not Customer.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_it_needs_a_name(now: datetime, name: str) -> None:
    with pytest.raises(BadName):
        create_customer(name, by=SYSTEM, now=now)


def test_an_unknown_profile_is_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="generous"):
        create_customer("Acme", profile="generous", by=SYSTEM, now=now)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("attack", ["name = '  '", "state = 'gone'"])
def test_raw_sql_cannot_break_its_shape(acme: Customer, attack: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE compliance_customer SET {attack}")
