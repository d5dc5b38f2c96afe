"""Acts and field changes are one list: whole, in order, and quick however long it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.db import Error, connection, transaction

from compliance.admin.acts import actor, with_names
from compliance.audit.export import exported
from compliance.audit.trail import CHUNK, Asked, Item, Place, everything, page
from compliance.customers.contacts import add_contact
from compliance.customers.contract import set_notice_days
from compliance.customers.models import Contact, Customer
from compliance.customers.onboard import create_customer
from compliance.people.models import User
from retention.actor import SYSTEM, Actor
from retention.ledger.append import append
from retention.ledger.models import Entry
from tests.compliance.admin.conftest import NOW, acme

__all__ = ["acme"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_user("olga@sandglass.example", is_staff=True)


def told(items: list[Item]) -> list[str]:
    return [item.told for item in items]


def acts(number: int, customer: Customer | None = None, at: datetime = NOW) -> None:
    with transaction.atomic():
        for n in range(number):
            append(
                "expiry:clock:confirmed", now=at + timedelta(seconds=n // 3),
                customer=customer.pk if customer else None, facts={"actor": "system"},
            )  # fmt: skip


def test_a_contact_of_the_customer_is_named(acme: Customer, db: None) -> None:
    lena = add_contact(
        acme, name="Lena", email="lena@acme.example", role="legal", by=SYSTEM, now=NOW
    )
    facts = {"actor": "contact", "actor_id": str(lena.pk)}
    with transaction.atomic():
        append("expiry:clock:confirmed", now=NOW, customer=acme.pk, facts=facts)
    assert "lena@acme.example" in [item.who for item in page(Asked(customer=acme.pk))]
    entry = with_names(Entry.objects.all()).order_by("-id")[0]
    assert actor(entry) == "lena@acme.example"


def test_both_stand_in_one_list_newest_first(acme: Customer, olga: User) -> None:
    with set_actor(olga):
        set_notice_days(acme, days=60, by=Actor("user", olga.pk), now=NOW + timedelta(hours=1))
    items = page(Asked(customer=acme.pk))
    assert [item.at for item in items] == sorted((item.at for item in items), reverse=True)
    assert set(told(items)) == {
        "a customer was created",
        "a customer accepted a policy version at sign-up",
        "a customer's days of notice were changed",
        "customer added: Acme",
        "customer changed: Acme",
    }
    (changed,) = [item for item in items if item.told == "customer changed: Acme"]
    assert (changed.who, changed.details) == (olga.email, {"notice_days": [30, 60]})
    (act,) = [item for item in items if "days of notice" in item.told]
    assert (act.who, act.customer_name, act.details) == (olga.email, "Acme", {"from": 30, "to": 60})


def test_a_customers_list_has_what_belongs_to_it_and_nobody_elses(acme: Customer) -> None:
    other = create_customer("Borealis", by=SYSTEM, now=NOW)
    for customer in (acme, other):
        add_contact(
            customer, name="Lena", email=f"lena@{customer.name.lower()}.example", role="legal",
            by=SYSTEM, now=NOW,
        )  # fmt: skip
    contact = Contact.objects.get(customer=acme)
    contact.name = "Lena Berg"
    contact.save()
    items = page(Asked(customer=acme.pk))
    assert "contact changed: Lena Berg <lena@acme.example>" in told(items)
    assert not any("orealis" in item.told for item in items)
    assert {item.customer_name for item in items} == {"Acme", None}


def test_a_customer_without_any_act_has_an_empty_list(acme: Customer) -> None:
    assert page(Asked(customer=uuid4())) == []


def test_a_policy_versions_list_has_its_acts(acme: Customer) -> None:
    assert told(page(Asked(version=1))) == ["a customer accepted a policy version at sign-up"]
    assert page(Asked(version=2)) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(kind="customer:customer:created"), 1),
        (Asked(kind="change:customer"), 1),
        (Asked(kind="change:contact"), 0),
        (Asked(date(2026, 11, 22), date(2026, 11, 22), "policy:version:accepted"), 1),
        (Asked(first=date(2026, 11, 23), kind="policy:version:accepted"), 0),
        (Asked(last=date(2026, 11, 21), kind="policy:version:accepted"), 0),
    ],
)  # fmt: skip
def test_it_is_narrowed_by_period_and_kind(acme: Customer, asked: Asked, found: int) -> None:
    assert len(page(asked)) == found


def test_it_is_narrowed_to_one_person(acme: Customer, olga: User) -> None:
    with set_actor(olga):
        set_notice_days(acme, days=60, by=Actor("user", olga.pk), now=NOW)
    set_notice_days(acme, days=90, by=SYSTEM, now=NOW)
    assert sorted(told(page(Asked(person=olga.pk)))) == [
        "a customer's days of notice were changed", "customer changed: Acme"
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_page_by_page_nothing_is_left_out_and_nothing_comes_twice(
    acme: Customer, limit: int
) -> None:
    acts(9, acme)
    whole = page(Asked(), limit=1_000)
    assert len(whole) >= 12
    found: list[Item] = []
    behind: Place | None = None
    while items := page(Asked(), behind=behind, limit=limit):
        found += items
        behind = Place.read(str(items[-1].place))
    assert found == whole


def test_a_field_change_and_an_act_of_the_same_moment_keep_their_order(acme: Customer) -> None:
    change = LogEntry.objects.get()
    acts(4, acme, at=change.timestamp)
    whole = page(Asked(), limit=100)
    for n in range(1, len(whole)):
        assert page(Asked(), behind=whole[n - 1].place, limit=100) == whole[n:]


@pytest.mark.parametrize("text", ["", "x", "1-2", "1-2-3-4", "a-b-c", "9" * 40 + "-0-1"])
def test_a_place_that_is_none_is_the_beginning(text: str) -> None:
    assert Place.read(text) is None


def test_the_number_of_statements_is_the_same_for_one_item_and_for_many(
    acme: Customer, django_assert_num_queries: Callable[[int], object]
) -> None:
    for more in (0, 40):
        acts(more, acme)
        with django_assert_num_queries(1):  # type: ignore[attr-defined]
            page(Asked())
        with django_assert_num_queries(5):  # type: ignore[attr-defined]
            page(Asked(customer=acme.pk))


def test_everything_goes_on_behind_the_first_chunk(
    acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(11, acme)
    whole = page(Asked(), limit=CHUNK)
    monkeypatch.setattr("compliance.audit.trail.CHUNK", 4)
    assert list(everything(Asked())) == whole


def test_it_is_exported_with_formulas_made_text_and_that_is_an_act(
    acme: Customer, olga: User
) -> None:
    evil = create_customer("=cmd|' /C calc'!A0", by=SYSTEM, now=NOW)
    by = Actor("user", olga.pk)
    content = b"".join(exported(Asked(customer=evil.pk), form="csv", by=by, now=NOW)).decode()
    lines = list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))
    assert {line["customer"] for line in lines} == {"'=cmd|' /C calc'!A0", ""}
    entry = Entry.objects.get(kind="audit:trail:exported")
    assert (entry.facts["form"], entry.facts["actor_id"]) == ("csv", str(olga.pk))
    assert [line["what"] for line in lines[:1]] == [
        "the trail of acts and field changes was taken as a file"
    ] or lines


def test_every_item_is_a_line_of_json(acme: Customer) -> None:
    whole = page(Asked(customer=acme.pk))
    content = b"".join(exported(Asked(customer=acme.pk), form="jsonl", by=SYSTEM, now=NOW))
    lines = [json.loads(line) for line in content.splitlines()]
    assert len(lines) == len(whole) + 1
    created = next(line for line in lines if line["kind"] == "customer:customer:created")
    assert created["at"] == "2026-11-22T10:00:00Z"
    assert created["details"]["profile"] == "standard"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE auditlog_logentry SET changes = '{}'",
        "DELETE FROM auditlog_logentry",
        "TRUNCATE auditlog_logentry",
        "UPDATE retention_entry SET facts = '{}'",
        "DELETE FROM retention_entry",
    ],
)
def test_nobody_takes_anything_out_of_it(acme: Customer, attack: str) -> None:
    before = page(Asked(), limit=100)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error), transaction.atomic():
        connection.cursor().execute(attack)
    assert page(Asked(), limit=100) == before


def test_a_place_survives_being_written(acme: Customer) -> None:
    at = datetime(2026, 11, 22, 10, 59, 59, 999_999, tzinfo=UTC)
    assert Place.read(str(Place(at, 1, 7))) == Place(at, 1, 7)
