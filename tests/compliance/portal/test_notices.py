"""Notices on the customer's pages: word for word, read, objected to; never another's (P15)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.customers.models import Contact
from compliance.notices.models import Announcement, Notice, Objection
from retention.ledger.models import Entry
from retention.policies.models import Stay
from tests.cast import Cast
from tests.compliance.notices.conftest import Scene
from tests.compliance.portal.doors import HOME, NOTICES, SAMIR, by_code, member
from tests.factories.versions import without_triggers

Told = Callable[[], Scene]


def notice_for(cast: Cast, who: str = "acme") -> Notice:
    return Notice.objects.get(customer=getattr(cast, who).customer)


def address(notice: Notice, what: str = "") -> str:
    return f"{NOTICES}{notice.pk}/{what}"


def test_p4_a_notice_stands_there_word_for_word_with_its_days(
    guest: Client, cast: Cast, told: Told
) -> None:
    told()
    notice = notice_for(cast)
    assert notice.subject in guest.get(HOME).content.decode()
    page = guest.get(address(notice)).content.decode()
    for line in notice.text.replace("'", "&#x27;").splitlines():
        assert line in page
    assert notice.activation
    assert f"{notice.activation.effective_on:%Y-%m-%d}T00:00:00Z" in page
    assert notice.subject in guest.get(NOTICES).content.decode()


def test_it_can_be_kept_as_text(guest: Client, cast: Cast, told: Told) -> None:
    told()
    notice = notice_for(cast)
    answer = guest.get(address(notice, "text/"))
    assert answer["Content-Disposition"].startswith('attachment; filename="notice-')
    assert answer.content.decode().endswith(notice.text)


def test_without_notices_the_page_says_so(guest: Client) -> None:
    assert "no notice so far" in guest.get(NOTICES).content.decode()


def test_p15_the_ids_of_another_customer_answer_404_everywhere(
    guest: Client, cast: Cast, told: Told
) -> None:
    told()
    theirs = notice_for(cast, "borealis")
    for path in (address(theirs), address(theirs, "text/"), f"{NOTICES}{uuid4()}/"):
        assert guest.get(path).status_code == 404
    for what in ("read/", "object/"):
        assert guest.post(address(theirs, what), {"text": "No"}).status_code == 404
    assert not Objection.objects.exists()
    assert not Notice.objects.filter(acknowledged_at__isnull=False).exists()


def test_a_legal_contact_says_that_it_was_read_once(
    guest: Client, cast: Cast, told: Told, lena: Contact
) -> None:
    told()
    notice = notice_for(cast)
    for _ in range(2):
        guest.post(address(notice, "read/"))
    notice.refresh_from_db()
    assert notice.acknowledged_by == f"contact:{lena.pk}"
    assert "Nothing waits for you" in guest.get(HOME).content.decode()


def test_p4_an_objection_keeps_the_older_policy_beside_the_new_one(
    guest: Client, cast: Cast, told: Told, lena: Contact
) -> None:
    told()
    notice = notice_for(cast)
    answer = guest.post(address(notice, "object/"), {"text": "We need six months."}, follow=True)
    page = answer.content.decode()
    assert "Your objection is in" in page
    assert "We need six months." in page
    (objection,) = Objection.objects.all()
    assert objection.made_by == f"contact:{lena.pk}"
    assert Stay.objects.get().customer_id == cast.acme.id
    again = guest.post(address(notice, "object/"), {"text": "No"}, follow=True)
    assert "not decided yet" in again.content.decode()
    assert Objection.objects.count() == 1


def test_an_objection_that_is_too_long_is_given_back(guest: Client, cast: Cast, told: Told) -> None:
    told()
    answer = guest.post(address(notice_for(cast), "object/"), {"text": "x" * 5001})
    assert answer.status_code == 400
    assert "x" * 5001 in answer.content.decode()
    assert not Objection.objects.exists()


def test_what_was_written_is_text_and_never_markup(guest: Client, cast: Cast, told: Told) -> None:
    told()
    words = "<script>alert(1)</script>\x00"
    page = guest.post(address(notice_for(cast), "object/"), {"text": words}, follow=True)
    assert "&lt;script&gt;alert(1)" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


@pytest.mark.parametrize("who", ["viewer", "security"])
def test_who_may_only_look_answers_nothing(
    cast: Cast, told: Told, samir: Contact, who: str
) -> None:
    told()
    browser = Client()
    if who == "viewer":
        browser = member(cast.vera)
    else:
        by_code(browser, SAMIR)
    notice = notice_for(cast)
    page = browser.get(address(notice)).content.decode()
    assert "I object</button>" not in page
    assert "We have read this" not in page
    for what in ("read/", "object/"):
        assert browser.post(address(notice, what)).status_code == 403
    assert not Objection.objects.exists()


def test_answers_need_the_token_of_the_page(cast: Cast, told: Told) -> None:
    told()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.amir)
    notice = notice_for(cast)
    for what in ("read/", "object/"):
        assert strict.post(address(notice, what)).status_code == 403
        assert strict.get(address(notice, what)).status_code == 405
    assert not Objection.objects.exists()


def test_the_pages_ask_as_often_with_many_notices_as_with_one(
    guest: Client, cast: Cast, told: Told
) -> None:
    told()
    counts = [_asked(guest, path) for path in (HOME, NOTICES)]
    _copies(notice_for(cast))
    assert counts == [_asked(guest, path) for path in (HOME, NOTICES)]
    assert max(counts) < 20


def _asked(guest: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert guest.get(path).status_code == 200
    return len(queries)


def _copies(notice: Notice) -> None:
    """One more notice, of a withdrawal: nobody was told that the change does not come."""
    made = notice.announcement
    (entry,) = Entry.objects.exclude(pk=made.entry_id).order_by("pk")[:1]
    with without_triggers():
        withdrawal = Announcement.objects.create(
            kind="withdrawal",
            version=made.version,
            reply_to=made.reply_to,
            entry=entry,
            made_by=made.made_by,
            made_at=made.made_at,
        )
        Notice.objects.create(
            announcement=withdrawal,
            customer=notice.customer,
            subject="Withdrawn",
            text="…",
            html="…",
            published_at=notice.published_at,
        )
