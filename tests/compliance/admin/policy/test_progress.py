"""How far the notices are: each customer in one place, and a next step where not reached."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.admin.progress_places import counted
from compliance.notices.models import Announcement, Delivery, Notice
from retention import clock
from tests.compliance.admin.policy.conftest import LIST, Desk, plain


def places(made: Announcement) -> dict[str, int]:
    return {row.place.code: row.customers for row in counted(made, now=clock.now())}


@pytest.fixture
def made(desk: Desk, smtp: Any) -> Announcement:
    """Three customers: one told, one whose mail came back, one without a contact."""
    desk.customer("Acme", "legal@acme.example")
    desk.customer("Borealis", "legal@borealis.example")
    desk.customer("Grus")
    made = desk.announce()
    desk.send()
    Delivery.objects.filter(address="legal@borealis.example").update(state="bounced")
    Notice.objects.filter(customer__name="Borealis").update(activation=None)
    return made


def test_every_customer_stands_in_exactly_one_place(desk: Desk, made: Announcement) -> None:
    assert places(made) == {"given": 1, "came_back": 1, "no_contact": 1}
    desk.passes(hours=73)
    assert places(made) == {"surely_given": 1, "came_back": 1, "no_contact": 1}
    Delivery.objects.filter(address="legal@borealis.example").update(state="unsure")
    assert places(made)["unsure"] == 1
    Delivery.objects.filter(state="unsure").update(state="waiting", attempts=2)
    assert places(made)["retrying"] == 1


def test_the_page_names_who_is_not_reached_and_what_to_do(desk: Desk, made: Announcement) -> None:
    page = desk.page(made.version, "progress", place="not_reached")
    assert "Borealis" in page
    assert "Add a legal contact, or reach them by phone or letter" in page
    assert ">Acme<" not in page
    assert "No customer fits" in desk.page(made.version, "progress", customer="Zeta")


def test_a_person_reaches_the_customer_and_writes_down_how(desk: Desk, made: Announcement) -> None:
    notice = Notice.objects.get(customer__name="Grus")
    here = f"{LIST}{made.version.pk}/progress/{notice.pk}/"
    no_proof = plain(desk.officer.post(here, {"way": "phone", "evidence": " "}, follow=True))
    assert "Nothing was done" in no_proof
    told = {"way": "letter", "evidence": "Registered letter"}
    assert desk.approver.post(here, told).status_code == 403
    assert "was reached today" in plain(desk.officer.post(here, told, follow=True))
    notice.refresh_from_db()
    assert notice.activation is not None
    assert notice.activation.given_on == clock.today()
    assert "Registered letter" in plain(desk.officer.get(here))


def test_a_mail_is_sent_again_only_while_nobody_knows(desk: Desk, made: Announcement) -> None:
    mail = Delivery.objects.get(address="legal@borealis.example")
    here = f"{LIST}{made.version.pk}/progress/{mail.notice_id}/"
    sent = {"do": "again", "delivery": str(mail.pk)}
    assert "Nothing was done" in plain(desk.officer.post(here, sent, follow=True))
    Delivery.objects.filter(pk=mail.pk).update(state="unsure")
    assert "it is sent again" in plain(desk.officer.post(here, sent, follow=True))
    mail.refresh_from_db()
    assert mail.state == "waiting"


def test_the_evidence_is_a_file_and_a_version_nobody_was_told_of_has_none(
    desk: Desk, made: Announcement
) -> None:
    answer = desk.officer.get(f"{LIST}{made.version.pk}/evidence/")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert "was never announced" in plain(desk.officer.get(f"{LIST}1/evidence/", follow=True))


@pytest.mark.parametrize("path", ["progress/", "progress/?place=not_reached", "change/"])
def test_more_customers_ask_for_no_more_queries(desk: Desk, made: Announcement, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert desk.officer.get(f"{LIST}{made.version.pk}/{path}").status_code == 200
        return len(found)

    queries()
    few = queries()
    now = clock.now()
    for n in range(20):
        customer = desk.customer(f"Customer {n}")
        Notice.objects.create(
            announcement=made, customer=customer, subject="s", text="t", html="h", published_at=now
        )
    assert queries() <= few
