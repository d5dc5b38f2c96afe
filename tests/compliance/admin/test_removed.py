"""What is gone, by month and kind; which runs are listed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from compliance.admin import removed
from compliance.customers.models import Customer
from compliance.people.models import User
from retention import clock
from tests.compliance.admin.conftest import NOW, add_day_group, add_deletion, signed_in
from tests.compliance.admin.test_pages import FORBIDDEN, queries_of, running_text, text_of

PAGE = "/admin/removed/"


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_what_went_is_added_up_by_month_and_kind(acme: Customer) -> None:
    for day in (20, 21):
        add_deletion(acme.pk, date(2026, 5, day))
    this, *before = removed.months(NOW.date())
    assert (this.when, this.items, this.total) == ("Nov\u00a02026", [6, 0, 0, 0], 6)
    assert [month.total for month in before] == [0] * 6
    assert before[-1].when == "May\u00a02026"


def test_snippets_that_were_returned_are_counted_apart(acme: Customer) -> None:
    add_day_group(acme.pk, date(2026, 11, 2), "snippet", delivered=2)
    add_day_group(acme.pk, date(2026, 10, 30), "snippet", delivered=1)
    add_day_group(acme.pk, date(2026, 10, 3), "snippet", delivered=3)
    assert [month.returned for month in removed.months(NOW.date())][:3] == [2, 4, 0]
    lately = removed.lately(NOW.date())
    assert (lately.when, lately.returned, lately.total) == ("23\u00a0Oct\u00a02026", 3, 0)


def test_the_page_takes_as_many_queries_for_much_as_for_little(
    admin: Client, populate: Callable[[int], None]
) -> None:
    populate(2)
    text_of(admin, PAGE)
    few = queries_of(admin, PAGE)
    populate(10)
    assert queries_of(admin, PAGE) == few


def test_it_is_said_in_the_words_of_people(admin: Client, populate: Callable[[int], None]) -> None:
    populate(2)
    text = running_text(text_of(admin, PAGE))
    assert not re.findall(rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", text, flags=re.IGNORECASE)


def test_who_may_not_see_deletion_records_sees_no_sum_of_them(client: Client) -> None:
    nobody = signed_in(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert nobody.get(PAGE).status_code == 403


def test_the_list_of_runs_says_which_are_in_it(admin: Client) -> None:
    assert "Only runs that found something" in text_of(admin, "/admin/retention/sweeprun/")
