"""The page of volumes: by day, kind, model and purpose, of everybody or of one customer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention import clock
from tests.compliance.admin.conftest import signed_in
from tests.compliance.admin.test_front import said
from tests.compliance.admin.test_pages import FORBIDDEN, queries_of, running_text, text_of
from tests.compliance.evaluation.test_volumes import tally

PAGE = "/admin/volumes/"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def borealis(acme: Customer) -> Customer:
    return Customer.objects.create(name="Borealis", created_at=NOW)


def test_it_sums_over_all_customers(admin: Client, acme: Customer, borealis: Customer) -> None:
    tally(acme.pk, TODAY, items=1200)
    tally(borealis.pk, TODAY - DAY, "response", items=34, model="mini")
    text = said(admin, PAGE)
    assert "1,234 items, by day" in text
    assert "gpt-5.1 openai 1,200 12 kB" in text
    assert "mini openai 34 340 bytes" in text
    assert "AI responses 34 340 bytes 10 bytes" in text


def test_it_shows_sizes_when_asked(admin: Client, acme: Customer) -> None:
    tally(acme.pk, TODAY, items=1200)
    assert "12 kB, by day" in said(admin, f"{PAGE}?measure=size")


def test_it_shows_one_customer_by_a_part_of_its_name(
    admin: Client, acme: Customer, borealis: Customer
) -> None:
    tally(acme.pk, TODAY, items=5)
    tally(borealis.pk, TODAY, items=7)
    for name in ("Borealis", "bor", "  BOREALIS "):
        text = said(admin, f"{PAGE}?customer={name}")
        assert "7 items, by day" in text
        assert "came in for Borealis" in text


def test_it_asks_which_one_when_a_name_fits_several(
    admin: Client, acme: Customer, borealis: Customer
) -> None:
    Customer.objects.create(name="Acme Labs", created_at=NOW)
    page = text_of(admin, f"{PAGE}?customer=me&days=90")
    assert "is part of several names" in page
    assert "?days=90&amp;measure=items&amp;customer=Acme+Labs" in page
    assert "came in for Acme," in said(admin, f"{PAGE}?customer=acme")


def test_it_says_when_no_name_fits(admin: Client, acme: Customer) -> None:
    assert "No customer's name contains “zzz”." in said(admin, f"{PAGE}?customer=zzz").replace(
        "&#x27;", "'"
    )
    assert admin.get(f"{PAGE}?customer=%00").status_code == 200


def test_nonsense_in_the_address_is_the_usual_choice(admin: Client, acme: Customer) -> None:
    tally(acme.pk, TODAY - 31 * DAY, items=5)
    tally(acme.pk, TODAY, items=2)
    assert "2 items, by day" in said(admin, f"{PAGE}?days=-7&measure=money")


@pytest.mark.parametrize(("days", "step"), [("30", "day"), ("90", "day"), ("728", "week")])
def test_a_long_time_is_shown_by_week(admin: Client, acme: Customer, days: str, step: str) -> None:
    tally(acme.pk, TODAY, items=5)
    assert f"5 items, by {step}" in said(admin, f"{PAGE}?days={days}")


def test_with_nothing_it_says_so(admin: Client, acme: Customer) -> None:
    assert "Nothing came in during this time." in said(admin, PAGE)


def test_ten_models_are_named_and_the_rest_is_one_row(admin: Client, acme: Customer) -> None:
    for n in range(14):
        tally(acme.pk, TODAY, items=20 - n, model=f"model-{n:02}")
    text = said(admin, PAGE)
    assert "model-08" in text
    assert "model-09" not in text
    assert "all others 45" in text


def test_a_name_is_never_markup(admin: Client, acme: Customer) -> None:
    tally(acme.pk, TODAY, model="<b>x</b>", purpose="<i>")
    page = text_of(admin, PAGE)
    assert "<b>x" not in page
    assert "<i>" not in page


def test_what_has_no_name_is_said_to_have_none(admin: Client, acme: Customer) -> None:
    tally(acme.pk, TODAY, purpose="")
    assert "not named 1" in said(admin, PAGE)


def test_it_takes_as_many_queries_for_much_as_for_little(admin: Client, acme: Customer) -> None:
    tally(acme.pk, TODAY)
    text_of(admin, PAGE)
    few = queries_of(admin, PAGE)
    for n in range(12):
        tally(acme.pk, TODAY - n * DAY, model=f"m{n}")
    assert queries_of(admin, PAGE) == few
    assert few <= 6


def test_it_is_said_in_the_words_of_people_and_drawn_without_style(
    admin: Client, acme: Customer
) -> None:
    tally(acme.pk, TODAY)
    page = text_of(admin, PAGE)
    assert not re.findall(
        rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", running_text(page), flags=re.IGNORECASE
    )
    assert "style=" not in page
    assert 'aria-labelledby="volumes-title volumes-text"' in page


def test_only_who_may_see_what_is_kept_sees_it(
    staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    assert staff(StaffRole.AUDITOR).get(PAGE).status_code == 200
    nobody = signed_in(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert nobody.get(PAGE).status_code == 403
