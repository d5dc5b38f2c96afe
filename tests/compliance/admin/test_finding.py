"""The page of one finding: days, customers, calls by id, letters, history; and no content."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from compliance.findings.count import count_up
from compliance.findings.kinds import KINDS
from compliance.findings.models import Finding
from compliance.findings.raising import raise_finding
from compliance.people.roles import StaffRole, give
from retention import clock
from retention.actor import SYSTEM
from retention.policies.models import PolicyVersion
from retention.policies.rules import ceiling
from retention.records import flagged
from retention.records.identity import exchange_id
from tests.cast import Cast
from tests.compliance.admin.conftest import signed_in
from tests.compliance.admin.test_front import said
from tests.compliance.admin.test_pages import text_of
from tests.retention.expiry.scenes import keep, noon

DAY = date(2026, 11, 20)
SECRETS = ("Is this a true positive?", "query = f", "Yes, because")


@pytest.fixture
def olga(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Client:
    """At her desk, two days after Acme sent seven calls without an alert."""
    keep(cast.acme.id, DAY, *(f"x-{n}" for n in range(7)), flags=("no_finding",))
    keep(cast.borealis.id, DAY, "y")
    later = noon(DAY + timedelta(days=2))
    monkeypatch.setattr(clock, "now", lambda: later)
    flagged.fold(today=later.date())
    count_up(now=later)
    return signed_in(cast.olga)


def page() -> str:
    return f"/admin/findings/{Finding.objects.get().pk}/"


def test_it_says_what_it_means_how_many_there_are_and_whose(olga: Client) -> None:
    text = said(olga, page())
    assert "Snippet without an alert openai, account proj_a1, endpoint responses" in text
    assert KINDS["no_finding"].means in text.replace("&#x27;", "'")
    assert "7, of 20 Nov 2026 to 20 Nov 2026" in text
    assert "Acme 7 20 Nov 2026 nothing yet" in text
    assert "The last 8 weeks: 7 flags" in text
    assert "Borealis" not in text


def test_it_names_some_calls_which_are_looked_up_and_never_shown(olga: Client, cast: Cast) -> None:
    text = text_of(olga, page())
    ids = re.findall(r"<code>([0-9a-f-]{36})</code>", text)
    assert len(ids) == 5
    ours = {str(exchange_id(cast.acme.id, f"x-{n}", DAY)) for n in range(7)}
    assert set(ids) <= ours
    answer = olga.post("/admin/calls/", {"id": ids[0]}).content.decode()
    assert "1 AI call found" in answer
    for secret in SECRETS:
        assert secret not in text + answer
    assert ids[0] not in re.findall(r'href="([^"]*)"', text)


def test_calls_that_are_past_their_date_are_not_named(
    olga: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: noon(ceiling(DAY)))
    assert "None of them can be shown" in said(olga, page())


def test_support_does_not_open_it(olga: Client, cast: Cast) -> None:
    give(cast.vera, StaffRole.SUPPORT)
    support = signed_in(type(cast.vera).objects.get(pk=cast.vera.pk))
    assert support.get(page()).status_code == 302


def test_what_is_done_stands_in_the_history_and_can_be_taken_back(olga: Client) -> None:
    form = {"which": "all", "number": 1, "action": "accept", "note": "A sandbox.",
            "until": "2026-12-24"}  # fmt: skip
    answer = olga.post(page(), form, follow=True)
    assert answer.redirect_chain == [(page(), 302)]
    text = said(olga, page())
    assert "accepted until 24 Dec 2026" in text
    assert "Accepted until 24 Dec 2026 , 22 Nov 2026, 12:00 UTC by olga@sandglass.example" in text
    assert "at 7 flags" in text
    assert text.count("A sandbox.") == 2
    olga.post(page(), {"which": "all", "number": 1, "action": "reopen"})
    text = said(olga, page())
    assert "Opened again ," in text
    assert text.count("A sandbox.") == 1


def test_a_decision_without_a_reason_is_asked_again(olga: Client) -> None:
    answer = olga.post(page(), {"which": "all", "number": 1, "action": "fix", "note": ""})
    assert answer.status_code == 200
    assert "Say why" in answer.content.decode()


def test_without_flags_it_leads_to_what_it_is_about(olga: Client, cast: Cast) -> None:
    of_customer = raise_finding(
        "notice_not_given", customer=cast.acme.id, key="n", by=SYSTEM, now=clock.now()
    )
    text = text_of(olga, f"/admin/findings/{of_customer.pk}/")
    assert f'href="/admin/compliance/customer/{cast.acme.id}/change/"' in text
    assert "The last 8 weeks" not in text
    version = PolicyVersion.objects.get(number=1)
    for key, url in (("1", f"{version.pk}/change/"), ("999999999", ""), ("x", "")):
        of_policy = raise_finding("approved_not_announced", key=key, by=SYSTEM, now=clock.now())
        text = text_of(olga, f"/admin/findings/{of_policy.pk}/")
        assert f'href="/admin/retention/policyversion/{url}"' in text


def test_there_is_no_page_for_what_is_none(olga: Client) -> None:
    assert olga.get(f"/admin/findings/{uuid4()}/").status_code == 404
    assert olga.get("/admin/findings/nonsense/").status_code in (302, 404)
