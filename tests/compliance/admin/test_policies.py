"""Policy versions: which applies now and since when, and what the demonstration drafts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from compliance.admin import policies
from compliance.customers.models import Customer
from compliance.devup import seed
from compliance.people.models import User
from retention import clock
from retention.policies.models import PolicyVersion
from retention.policies.rules import DataClass, Period
from tests.compliance.admin.conftest import NOW
from tests.factories.versions import bound_from, version_in

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _on_22_november(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def second(state: str = "draft") -> PolicyVersion:
    return version_in(state, text="Shorter.", periods={"response": Period(days=90)})


def test_a_version_applies_from_its_day_on_and_replaces_the_one_before(acme: Customer) -> None:
    version, tomorrow = second("announced"), TODAY + timedelta(days=1)
    bound_from(acme.pk, version, tomorrow)

    def bound(today: object) -> list[int]:
        found = policies.binding(PolicyVersion.objects.order_by("number"), today)  # type: ignore[arg-type]
        return [row.bound for row in found]

    assert bound(TODAY) == [1, 0]
    assert bound(tomorrow) == [0, 1]
    assert policies.periods_in_force(tomorrow)["response"] == "90 days"


def test_the_demonstrations_draft_says_what_its_table_says(db: None) -> None:
    officer = User.objects.create_user("officer@sandglass.example", "a-long-enough-password")
    seed._draft_policy(officer, NOW)
    draft = PolicyVersion.objects.get(number=2)
    assert (draft.author_id, draft.rules().periods[DataClass.RESPONSE]) == (
        officer.pk,
        Period(days=90),
    )
    assert "**AI responses** for 90 days" in draft.text
    assert "AI responses and quality feedback** are kept for 6 months" not in draft.text
    assert "(Draft:" not in draft.text


def test_whether_whole_files_may_be_sent_is_said_in_a_word(admin: Client) -> None:
    page = admin.get("/admin/retention/policyversion/1/change/").content.decode()
    assert "are not sent" in page
