"""Announced on one day, thirty full days ahead, by somebody who just proved who they are (P4)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from compliance.notices import reach
from compliance.notices.models import Announcement, ReplyCheck
from retention import clock
from retention.policies.models import PolicyVersion
from retention.policies.publish import earliest_effect
from tests.compliance.admin.policy.conftest import LIST, REPLY_TO, Desk
from tests.compliance.notices.conftest import notice_of
from tests.compliance.people.visitors import later as passed


def announcing(desk: Desk, version: PolicyVersion, **other: str) -> str:
    """Press the button with everything right but for `other`."""
    sent = {
        "do": "announce",
        "on": earliest_effect(clock.today()).isoformat(),
        "reply_to": REPLY_TO,
        "typed": str(version),
        **other,
    }
    return desk.post(version, "announce", **sent)


def state_of(version: PolicyVersion) -> str:
    return PolicyVersion.objects.get(pk=version.pk).state


def test_it_is_announced_for_the_earliest_day(desk: Desk) -> None:
    desk.confirm()
    version = desk.agreed()
    assert "is announced" in announcing(desk, version)
    made = Announcement.objects.get()
    assert (state_of(version), made.made_by_id) == ("announced", desk.otto.pk)
    assert made.takes_effect_on == clock.today() + timedelta(days=32)


@pytest.mark.parametrize("days", [-1, 0, 1, 30, 31])
def test_an_earlier_day_is_refused_with_the_first_possible_one(desk: Desk, days: int) -> None:
    desk.confirm()
    version = desk.agreed()
    day: date = clock.today() + timedelta(days=days)
    page = announcing(desk, version, on=day.isoformat())
    assert "is too early. The first possible day is" in page
    assert state_of(version) == "approved"


@pytest.mark.parametrize(
    ("other", "said"),
    [({"typed": "version 2"}, "To confirm, type"), ({"on": "soon"}, "Choose the day"),
     ({"reply_to": "nobody@sandglass.example"}, "Test it first")],
)  # fmt: skip
def test_it_is_not_announced_by_half(desk: Desk, other: dict[str, str], said: str) -> None:
    desk.confirm()
    version = desk.agreed()
    assert said in announcing(desk, version, **other)
    assert state_of(version) == "approved"
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("name", ["announce", "withdraw"])
def test_it_asks_again_who_one_is(desk: Desk, name: str) -> None:
    desk.confirm()
    version = desk.agreed()
    passed(desk.officer)
    sent = {"do": "announce", "on": "2030-01-01", "reply_to": REPLY_TO, "typed": str(version)}
    answer = desk.officer.post(f"{LIST}{version.pk}/{name}/", {**sent, "reason": "x"})
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert state_of(version) == "approved"


def test_looking_announces_nothing_and_approvers_do_not_either(desk: Desk) -> None:
    desk.confirm()
    version = desk.agreed()
    desk.page(version, "announce", do="announce", on="2030-01-01", typed=str(version))
    assert desk.approver.get(f"{LIST}{version.pk}/announce/").status_code == 403
    assert desk.approver.post(f"{LIST}{version.pk}/withdraw/").status_code == 403
    assert state_of(version) == "approved"


def test_the_address_for_answers_is_tested_by_a_mail_and_its_code(
    desk: Desk, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    version = desk.agreed()
    assert "A code was mailed" in desk.post(version, "announce", do="test", reply_to=REPLY_TO)
    code = re.findall(r"\d{4} \d{4}", str(mail.outbox[-1].body))[0]
    wrong = desk.post(version, "announce", do="confirm", reply_to=REPLY_TO, code="0000 0000")
    assert "not the code" in wrong
    right = desk.post(version, "announce", do="confirm", reply_to=REPLY_TO, code=code)
    assert "Confirmed: somebody reads" in right
    assert ReplyCheck.objects.exclude(confirmed_at=None).count() == 1


def test_the_page_says_who_cannot_be_told_and_who_gets_a_later_day(desk: Desk) -> None:
    desk.customer("Grus")
    desk.customer("Draco", "legal@draco.example", notice_days=90)
    page = desk.page(desk.agreed(), "announce")
    assert re.search(r"Customers without a legal contact.*Grus", page)
    assert f"{(clock.today() + timedelta(days=91)):%b %Y}" in page


def test_a_second_change_waits_for_the_first(desk: Desk) -> None:
    desk.announce()
    version = desk.agreed()
    assert "Only one change can be on its way" in desk.page(version, "announce")
    announcing(desk, version)
    assert state_of(version) == "approved"


def test_withdrawing_wants_a_reason_and_the_name(desk: Desk) -> None:
    version = desk.announce().version
    assert "Say why" in desk.post(version, "withdraw", reason=" ", typed=str(version))
    assert "To confirm, type" in desk.post(version, "withdraw", reason="Wrong.", typed="yes")
    assert state_of(version) == "announced"
    assert "is withdrawn" in desk.post(version, "withdraw", reason="Wrong.", typed=str(version))
    assert state_of(version) == "withdrawn"
    assert "Wrong." in desk.page(version)


def test_what_nobody_was_told_is_withdrawn_without_telling_anybody(desk: Desk) -> None:
    version = desk.agreed()
    assert "is withdrawn" in desk.post(version, "withdraw", reason="Wrong.", typed=str(version))
    assert not Announcement.objects.exists()


def test_what_applies_to_somebody_is_not_withdrawn(desk: Desk) -> None:
    acme = desk.customer("Acme")
    version = desk.announce().version
    desk.write()
    reach.reached(notice_of(acme), way="phone", evidence="Lena", by=desk.by, now=clock.now())
    desk.passes(days=40)
    page = desk.post(version, "withdraw", reason="Wrong.", typed=str(version))
    assert "applies to customers already" in page
    assert state_of(version) == "announced"
