"""The first page answers: what is kept, what goes next, what went last, is anything overdue."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from compliance.alarms.models import Alarm
from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention import clock
from retention.expiry import outlook
from retention.expiry.models import ClockGuard, SweepRun
from retention.policies.rules import DataClass
from retention.records.models import Cell
from tests.compliance.admin.conftest import add_day_group, add_deletion, signed_in
from tests.compliance.admin.test_pages import FORBIDDEN, queries_of, running_text, text_of

PAGE = "/admin/"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
Populate = Callable[[int], None]


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch, db: None, settings: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.VAULT_COPY = "/copies"
    ClockGuard.objects.create(host_time=clock.host_now(), boot_id="", uptime_seconds=1)


def said(client: Client, url: str = PAGE) -> str:
    """What one reads, in one line."""
    text = strip_tags(text_of(client, url).replace("\u00a0", " ").replace("<", " <"))
    return re.sub(r"\s+", " ", text)


def test_it_says_what_is_kept_by_kind(admin: Client, acme: Customer) -> None:
    for kind in ("prompt", "response"):
        add_day_group(acme.pk, TODAY, kind)
    add_day_group(acme.pk, TODAY - DAY, delivered=2)
    text = said(admin)
    assert "Kept 7 items" in text
    assert "Prompts 4 · Code snippets 0 · AI responses 3 · Quality feedback 0" in text


def test_it_says_what_goes_next_and_when(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, date(2026, 5, 24))
    add_day_group(acme.pk, date(2026, 5, 24), "response")
    add_day_group(acme.pk, TODAY)
    text = said(admin)
    assert "Next deletion 24 Nov 2026 In 2 days, 00:00 UTC: 6 items" in text
    assert "Deleted in the next 30 days: 6 items" in text


def test_it_says_what_went_last_and_leads_to_the_proof(admin: Client, acme: Customer) -> None:
    deletion = add_deletion(acme.pk, date(2026, 5, 21))
    assert "Last deletion 22 Nov 2026 10:00 UTC: 3 items removed, proved by 1 deletion" in said(
        admin
    )
    assert f"/admin/retention/deletionrecord/?run__exact={deletion.run_id}" in text_of(admin, PAGE)


def test_a_run_that_removed_nothing_is_not_what_went_last(admin: Client) -> None:
    SweepRun.objects.create(started_at=NOW, sealed=4)
    assert "Last deletion None yet" in said(admin)


def test_without_a_worker_it_says_since_when_nobody_counted(
    admin: Client, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_day_group(acme.pk, TODAY)
    outlook.note(now=NOW)
    assert "and not since" not in said(admin)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=50))
    assert "3 items As counted 50 minutes ago, and not since." in said(admin)


def test_with_nothing_at_all_it_says_so(admin: Client) -> None:
    text = said(admin)
    assert "Nothing needs you today." in text
    assert "Kept 0 items" in text
    assert "Nothing is to go in the next 30 days." in text
    assert "Overdue Nothing Everything due is destroyed. Last look less than a minute ago." in text
    assert "Deleted in the last 30 days: 0 items" in text


def test_it_says_what_went_in_the_last_30_days(admin: Client, acme: Customer) -> None:
    add_deletion(acme.pk, date(2026, 5, 21))
    add_day_group(acme.pk, TODAY, "snippet", delivered=2)
    text = said(admin)
    assert "Deleted in the last 30 days: 3 items" in text
    assert "Counted apart: 2 code snippets removed when returned." in text
    assert 'href="/admin/removed/"' in text_of(admin, PAGE)


def test_each_kind_says_how_long_it_is_kept_and_leads_to_its_day_groups(
    admin: Client, acme: Customer
) -> None:
    kept_for = {row.code: row.kept_for for row in admin.get(PAGE).context["kinds"]}
    assert kept_for["response"] == "6 months"
    assert kept_for["snippet"] == "1 day, or until returned"
    assert "/admin/retention/cell/?kind=snippet" in text_of(admin, PAGE)


def test_the_cards_lead_to_the_lists_and_to_the_service(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, date(2026, 5, 24))
    add_day_group(acme.pk, date(2026, 5, 20))
    page = text_of(admin, PAGE)
    for url in ("cell/?goes=2026-11-24", "cell/?until=due", "/admin/health/#late"):
        assert f'{url}"' in page


def test_no_two_links_of_its_own_that_lead_elsewhere_are_called_the_same(
    admin: Client, settings: Any
) -> None:
    settings.VAULT_COPY, settings.EMAIL_URL = "", ""
    main = text_of(admin, PAGE).partition("<main")[2]
    where: dict[str, set[str]] = {}
    for url, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', main):
        where.setdefault(name, set()).add(url)
    assert "Copy of the keys" in where
    assert {name for name, urls in where.items() if len(urls) > 1} == set()


def test_alarms_stand_there_once_and_notes_need_nobody(admin: Client, settings: Any) -> None:
    settings.DEMO, settings.VAULT_COPY = True, ""
    Alarm.objects.create(kind="disk_low", began_at=NOW, raised_at=NOW)
    text = said(admin)
    assert "1 thing needs somebody today, 1 of them is an alarm." in text
    assert text.count("A disk is nearly full") == 1
    # Below what needs somebody and the four answers: these are to be seen without scrolling.
    assert text.index("Overdue Nothing") < text.index("Note No copy of the encryption keys")


def test_what_is_overdue_is_an_alarm_and_not_kept(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, date(2026, 5, 20))
    text = said(admin)
    assert "1 thing needs somebody today, 1 of them is an alarm." in text
    assert "Deletion is overdue: 3 items in 1 day group, the oldest since 20 Nov 2026." in text
    assert "Kept 0 items" in text
    assert "Overdue 3 items Unreadable since 20 Nov 2026, keys not destroyed yet." in text


def test_every_one_of_the_30_days_is_in_the_table_and_every_week(
    admin: Client, acme: Customer
) -> None:
    add_day_group(acme.pk, date(2026, 5, 23))
    add_day_group(acme.pk, date(2026, 6, 22))
    add_day_group(acme.pk, date(2026, 6, 23))
    page = text_of(admin, PAGE)
    days = admin.get(PAGE).context["days"]
    assert [day.first for day in days] == [TODAY + n * DAY for n in range(1, 31)]
    assert [day.total for day in days] == [3, *[0] * 28, 3]
    weeks = admin.get(PAGE).context["weeks"]
    assert [week.total for week in weeks] == [3, 0, 0, 0, 3]
    assert page.count('<rect class="bar" x=') == 2


def test_the_chart_has_a_name_a_text_and_a_table_beside_it(admin: Client, acme: Customer) -> None:
    add_day_group(acme.pk, date(2026, 5, 24))
    page = text_of(admin, PAGE)
    assert 'role="img" aria-labelledby="ahead-title ahead-text"' in page
    assert 'id="ahead-title"' in page
    assert "24\u00a0Nov\u00a02026: 3 prompts" in page
    assert page.count("<caption>") == page.count("<table")
    assert "style=" not in page


def test_it_takes_as_many_queries_for_much_as_for_little(admin: Client, populate: Populate) -> None:
    populate(2)
    text_of(admin, PAGE)
    few = queries_of(admin, PAGE)
    populate(10)
    assert queries_of(admin, PAGE) == few
    assert few <= 22


def test_it_is_said_in_the_words_of_people(
    admin: Client, acme: Customer, populate: Populate
) -> None:
    populate(2)
    add_day_group(acme.pk, date(2026, 5, 20))
    found = re.findall(
        rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", running_text(text_of(admin, PAGE)), flags=re.IGNORECASE
    )
    assert not found


def test_who_may_not_see_what_is_kept_sees_none_of_it(acme: Customer) -> None:
    add_day_group(acme.pk, TODAY)
    nobody = signed_in(User.objects.create_user("new@sandglass.example", is_staff=True))
    text = said(nobody)
    assert "Your role has no right to see what is kept." in text
    assert "items" not in text


def test_an_auditor_sees_it(staff: Callable[[StaffRole], Client], acme: Customer) -> None:
    add_day_group(acme.pk, TODAY)
    assert "Kept 3 items" in said(staff(StaffRole.AUDITOR))


def test_every_kind_of_data_has_a_colour_of_its_own(admin: Client) -> None:
    rows = admin.get(PAGE).context["kinds"]
    assert len({row.css for row in rows}) == len(DataClass) == len(rows)


def test_what_was_closed_and_waits_for_its_hour_is_still_kept(
    admin: Client, acme: Customer
) -> None:
    group = add_day_group(acme.pk, TODAY)
    Cell.objects.filter(pk=group.pk).update(state="sealed")
    assert "Kept 3 items" in said(admin)
