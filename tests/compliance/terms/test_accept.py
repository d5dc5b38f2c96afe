"""P14: who accepted which terms stands as it was recorded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction

from compliance.customers.contacts import add_contact
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.people.models import User
from compliance.terms.accept import record
from compliance.terms.errors import BadAcceptance
from compliance.terms.models import Acceptance
from retention.actor import SYSTEM, Actor
from retention.errors import LedgerRefused
from retention.ledger.models import Entry
from tests.compliance.admin.conftest import NOW, acme

__all__ = ["acme"]
pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 14)


def accepted(customer: Customer, **more: Any) -> Acceptance:
    told = {"version": "2026-03", "accepted_on": DAY, "accepted_by": "Lena Berg", **more}
    return record(customer, source="entered", by=SYSTEM, now=NOW, **told)


def test_p14_an_acceptance_is_recorded_with_its_entry(acme: Customer) -> None:
    olga = User.objects.create_user("olga@sandglass.example")
    told = {"version": "MSA 2026-03", "accepted_on": DAY, "accepted_by": " Lena  Berg "}
    made = record(acme, **told, source="entered", by=Actor("user", olga.pk), now=NOW)
    assert (made.accepted_by, made.recorded_by, made.recorded_at) == ("Lena Berg", olga, NOW)
    entry = Entry.objects.get(kind="terms:version:accepted")
    assert entry.facts == {
        "acceptance": str(made.pk), "accepted_on": "2026-03-14", "source": "entered",
        "actor": "user", "actor_id": str(olga.pk),
    }  # fmt: skip


def test_p14_the_same_one_told_again_is_the_one_that_stands(acme: Customer) -> None:
    assert accepted(acme) == accepted(acme)
    assert Entry.objects.filter(kind="terms:version:accepted").count() == 1


def test_p14_a_mistake_is_recorded_anew_and_both_stay(acme: Customer) -> None:
    accepted(acme)
    right = accepted(acme, accepted_on=DAY + timedelta(days=1))
    assert Acceptance.objects.count() == 2
    assert right in acme.acceptances.all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": ""},
        {"version": "a;b"},
        {"version": "x" * 65},
        {"accepted_by": "  "},
        {"accepted_by": "x" * 201},
        {"accepted_on": NOW.date() + timedelta(days=1)},
    ],
)
def test_p14_an_acceptance_says_what_when_and_by_whom(
    acme: Customer, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadAcceptance):
        accepted(acme, **wrong)
    assert not Acceptance.objects.exists()


def test_p14_nobody_accepts_for_another_customer(acme: Customer) -> None:
    other = create_customer("Borealis", by=SYSTEM, now=NOW)
    contact = add_contact(
        other, name="Bo", email="bo@borealis.example", role="legal", by=SYSTEM, now=NOW
    )
    with pytest.raises(BadAcceptance):
        accepted(acme, contact=contact)
    with pytest.raises(Error, match="another customer"), transaction.atomic():
        Acceptance.objects.create(
            customer=acme, version="1", accepted_on=DAY, accepted_by="Bo", contact=contact,
            source="entered", recorded_at=NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE compliance_acceptance SET accepted_on = '2025-01-01'",
        "UPDATE compliance_acceptance SET version = '2'",
        "DELETE FROM compliance_acceptance",
        "TRUNCATE compliance_acceptance",
    ],
)
def test_p14_raw_sql_changes_nothing(acme: Customer, attack: str) -> None:
    accepted(acme)
    with connection.cursor() as cursor:
        # What waits for the end of the test's transaction would refuse a TRUNCATE by itself.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        connection.cursor().execute(attack)
    assert Acceptance.objects.get().accepted_on == DAY


@pytest.mark.parametrize("column", ["version", "accepted_by", "source"])
def test_p14_raw_sql_adds_nothing_without_shape(acme: Customer, column: str) -> None:
    told = {"version": "1", "accepted_by": "Bo", "source": "import", column: " "}
    with pytest.raises(Error, match="acceptance_"), transaction.atomic():
        Acceptance.objects.create(customer=acme, accepted_on=DAY, recorded_at=NOW, **told)


def test_p14_nothing_is_recorded_without_its_entry(
    acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LedgerRefused

    monkeypatch.setattr("compliance.terms.accept.append", refuse)
    with pytest.raises(LedgerRefused):
        accepted(acme)
    assert not Acceptance.objects.exists()
