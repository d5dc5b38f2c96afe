"""A correction must prove that it is one; what applied before this service is history."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from retention.actor import SYSTEM
from retention.errors import InvalidVersion, NotATypo, SamePerson, StaleVersion
from retention.ledger.models import Entry
from retention.policies import recorded, revise
from retention.policies.models import PolicyVersion, RecordedVersion
from tests.factories.versions import APPROVER, AUTHOR, database_day, drafted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 22)
BEFORE = (
    "AI responses are kept for 90 days, counted from the day of the call, and are not shared with"
    " anybody.\nWhat a custommer sends is deleted at the latest after six months."
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace("custommer", "customer"),
        BEFORE.replace("anybody.\n", "anybody. "),
        BEFORE.replace("counted from", "counted, from"),
        BEFORE.replace("AI responses", "**AI responses**"),
    ],
)
def test_a_typo_is_one(after: str) -> None:
    assert revise.is_typo(BEFORE, after)


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        "",
        BEFORE.replace("90", "91"),
        BEFORE.replace("90", "9.0"),
        BEFORE.replace("days", "months"),
        BEFORE.replace("six", "sixteen"),
        BEFORE.replace("not shared", "shared"),
        BEFORE.replace("at the latest", "at the earliest"),
        BEFORE.replace("AI responses", "AI responses and prompts"),
        BEFORE.replace("90 days", "90 working days"),
        BEFORE.replace("after six months", "six months after"),
        BEFORE.replace("deleted", "archived"),
        BEFORE + " This and that is said here too, with a good many further words about nothing.",
    ],
)
def test_p4_another_promise_is_no_typo(after: str) -> None:
    assert not revise.is_typo(BEFORE, after)


@pytest.fixture
def version(db: None) -> PolicyVersion:
    database_day(DAY)
    return PolicyVersion.objects.get(number=1)


def corrected(version: PolicyVersion) -> str:
    return version.text.replace("at hand", "at  hand:")


def test_a_second_person_approves_and_the_history_stays(version: PolicyVersion) -> None:
    text = corrected(version)
    revision = revise.propose(version, text=text, reason="A typo.", by=AUTHOR, now=NOW)
    assert revise.current_text(version) == version.text
    with pytest.raises(SamePerson):
        revise.approve(revision, by=AUTHOR, now=NOW)
    done = revise.approve(revision, by=APPROVER, now=NOW)
    assert (done.approved_by, revise.current_text(version)) == (APPROVER.id, text)
    version.refresh_from_db()
    assert version.text != text
    assert [e.kind for e in Entry.objects.order_by("pk")] == [
        "policy:revision:proposed",
        "policy:revision:approved",
    ]
    with pytest.raises(StaleVersion):
        revise.approve(revision, by=APPROVER, now=NOW)


def test_p4_a_promise_is_not_changed_by_a_correction(version: PolicyVersion) -> None:
    longer = version.text.replace("6 months", "7 months")
    with pytest.raises(NotATypo):
        revise.propose(version, text=longer, reason="A typo.", by=AUTHOR, now=NOW)
    with pytest.raises(NotATypo):
        revise.propose(version, text=corrected(version), reason=" ", by=AUTHOR, now=NOW)
    with pytest.raises(SamePerson):
        revise.propose(version, text=corrected(version), reason="A typo.", by=SYSTEM, now=NOW)
    with pytest.raises(StaleVersion):
        revise.propose(drafted(NOW), text="Other.", reason="A typo.", by=AUTHOR, now=NOW)


def test_earlier_policies_are_history_and_bind_nobody() -> None:
    known = {"valid_until": date(2025, 6, 30), "by": AUTHOR, "now": NOW}
    made = recorded.record("May 2024", "Kept.", valid_from=date(2024, 5, 1), **known)  # type: ignore[arg-type]
    assert RecordedVersion.objects.get() == made
    assert Entry.objects.get().facts["valid_from"] == "2024-05-01"
    for label, text, first in [
        ("May 2024", "Again.", date(2024, 5, 1)),
        (" ", "Kept.", date(2024, 5, 1)),
        ("x" * 65, "Kept.", date(2024, 5, 1)),
        ("2023", " ", date(2024, 5, 1)),
        ("2023", "Kept.", date(2025, 7, 1)),
    ]:
        with pytest.raises(InvalidVersion):
            recorded.record(label, text, valid_from=first, **known)  # type: ignore[arg-type]
    assert RecordedVersion.objects.count() == 1
