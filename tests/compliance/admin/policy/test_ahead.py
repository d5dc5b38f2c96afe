"""What is to come: who changes when, as a page and for a calendar, and objections to decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar

from compliance.admin import needs
from compliance.notices import answer, reach
from compliance.notices.models import Objection
from retention import clock
from retention.actor import Actor
from tests.compliance.admin.policy.conftest import LIST, Desk, plain
from tests.compliance.notices.conftest import notice_of
from tests.compliance.people.visitors import later

AHEAD, OBJECTIONS = "/admin/policy/ahead/", "/admin/policy/objections/"


@pytest.fixture
def objection(desk: Desk) -> Objection:
    customer = desk.customer("Acme")
    desk.announce()
    desk.write()
    notice = notice_of(customer)
    reach.reached(notice, way="phone", evidence="Lena", by=desk.by, now=clock.now())
    return answer.object_to(
        notice, by=Actor("user", desk.olga.pk), text="Too short.", now=clock.now()
    )


def test_each_customer_stands_on_its_own_day(desk: Desk) -> None:
    soon, later = desk.customer("Acme"), desk.customer("Draco", notice_days=90)
    desk.announce()
    desk.write()
    for customer in (soon, later):
        notice = notice_of(customer)
        reach.reached(notice, way="phone", evidence="Lena", by=desk.by, now=clock.now())
    page = plain(desk.officer.get(AHEAD))
    assert page.index("Acme") < page.index("Draco")
    body = desk.officer.get(f"{LIST}ahead.ics").content
    days = [event.decoded("dtstart") for event in Calendar.from_ical(body).walk("VEVENT")]
    assert days == [clock.today() + timedelta(days=32), clock.today() + timedelta(days=91)]
    assert b"Acme" not in body


def test_the_first_of_a_day_are_named_by_name_and_the_rest_counted(desk: Desk) -> None:
    found = [desk.customer(f"Company {number:02}") for number in range(22, 0, -1)]
    desk.announce()
    desk.write()
    for customer in found:
        notice = notice_of(customer)
        reach.reached(notice, way="phone", evidence="Lena", by=desk.by, now=clock.now())
    page = plain(desk.officer.get(AHEAD))
    assert ", ".join(f"Company {number:02}" for number in range(1, 21)) + " and 2 more" in page


def test_nothing_to_come_says_so(desk: Desk) -> None:
    assert "no notice is running" in plain(desk.officer.get(AHEAD))


def test_an_old_sign_in_is_told_before_it_types_a_decision(
    desk: Desk, objection: Objection
) -> None:
    address = {"objection": str(objection.pk)}
    assert "Give it now" not in plain(desk.officer.get(OBJECTIONS, address))
    later(desk.officer)
    assert "Give it now" in plain(desk.officer.get(OBJECTIONS, address))


@pytest.mark.parametrize(
    ("outcome", "until"), [("accepted", ""), ("exception", "2030-01-01"), ("leaves", "")]
)
def test_an_objection_is_decided_with_a_reason(
    desk: Desk, objection: Objection, outcome: str, until: str
) -> None:
    sent = {"objection": str(objection.pk), "outcome": outcome, "until": until, "note": "Agreed."}
    assert "Decided for Acme" in plain(desk.officer.post(OBJECTIONS, sent, follow=True))
    objection.refresh_from_db()
    assert (objection.outcome, objection.decided_by_id) == (outcome, desk.otto.pk)
    again = plain(desk.officer.post(OBJECTIONS, sent, follow=True))
    assert "somebody has decided it before" in again


@pytest.mark.parametrize("wrong", [{"outcome": ""}, {"outcome": "never"}, {"note": " "},
                                   {"outcome": "exception", "until": "2020-01-01"},
                                   {"outcome": "exception", "until": ""}])  # fmt: skip
def test_what_is_incomplete_decides_nothing(
    desk: Desk, objection: Objection, wrong: dict[str, str]
) -> None:
    sent = {"objection": str(objection.pk), "outcome": "accepted", "note": "Agreed.", **wrong}
    assert "Nothing was decided" in plain(desk.officer.post(OBJECTIONS, sent))
    objection.refresh_from_db()
    assert objection.decided_at is None


def test_each_outcome_says_first_what_follows(desk: Desk, objection: Objection) -> None:
    page = plain(desk.officer.get(OBJECTIONS, {"objection": str(objection.pk)}))
    assert "There is no way back." in page
    assert "cannot be brought back" in page
    assert desk.approver.post(OBJECTIONS, {"objection": str(objection.pk)}).status_code == 403


def test_the_first_page_names_what_waits_for_somebody(desk: Desk, objection: Objection) -> None:
    desk.customer("Borealis")
    lines = [need.what for need in needs.everything(clock.now())]
    assert "1 objection to be decided" in lines


def test_what_is_approved_and_lies_for_three_days_is_overdue(desk: Desk) -> None:
    version = desk.agreed()
    desk.passes(days=4)
    lines = [need.what for need in needs.everything(clock.now())]
    assert f"{version} of the policy is approved and not announced, for 4 days" in lines
