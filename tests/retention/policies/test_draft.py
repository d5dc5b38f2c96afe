"""A draft is written, changed and thrown away; what it may say is limited."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from retention.actor import Actor
from retention.errors import InvalidVersion, StaleVersion
from retention.ledger.models import Entry
from retention.policies import draft, publish
from retention.policies.models import PolicyPeriod, PolicyVersion
from retention.policies.rules import DataClass, Period, Rules
from tests.factories.versions import APPROVER, AUTHOR, drafted, rules_with

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CONTENT: draft.Content = {
    "rules": rules_with(response=Period(days=90)),
    "text": "AI responses are kept for 90 days.",
    "purpose": "To judge answers.",
    "exceptions": "A legal hold.",
    "places": "One database.",
    "context_lines": 10,
    "whole_files": False,
    "reason": "Nobody needs them.",
}

pytestmark = pytest.mark.django_db


def test_it_is_written_with_its_author_and_the_next_number() -> None:
    version = draft.draft(by=AUTHOR, now=NOW, **CONTENT)
    assert (version.number, version.state, version.author_id) == (2, "draft", AUTHOR.id)
    assert version.rules() == CONTENT["rules"]
    entry = Entry.objects.get()
    assert (entry.kind, entry.facts["version"]) == ("policy:version:drafted", 2)
    assert draft.draft(by=AUTHOR, now=NOW, number=7, **CONTENT).number == 7


def test_who_changes_it_last_is_its_author() -> None:
    version = drafted(NOW)
    other = Actor("user", uuid4())
    changed = draft.edit(version, by=other, now=NOW, **{**CONTENT, "text": "Better."})
    assert (changed.text, changed.author_id, changed.number) == ("Better.", other.id, 2)
    assert changed.rules() == CONTENT["rules"]
    assert PolicyPeriod.objects.filter(version=version).count() == 4


def test_it_is_thrown_away_with_its_periods() -> None:
    version = drafted(NOW)
    draft.discard(version, by=AUTHOR, now=NOW)
    assert PolicyVersion.objects.count() == 1
    assert not PolicyPeriod.objects.filter(version_id=version.pk).exists()
    assert Entry.objects.latest("pk").kind == "policy:version:discarded"


def test_p4_once_approved_it_is_neither_changed_nor_thrown_away() -> None:
    version = publish.approve(drafted(NOW), impact={}, by=APPROVER, now=NOW)
    with pytest.raises(StaleVersion):
        draft.edit(version, by=AUTHOR, now=NOW, **CONTENT)
    with pytest.raises(StaleVersion):
        draft.discard(version, by=AUTHOR, now=NOW)
    version.refresh_from_db()
    assert version.text == "It is kept for a shorter time."


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"text": "  "}, ("text", "missing")),
        ({"reason": ""}, ("reason", "missing")),
        ({"context_lines": -1}, ("context_lines", "out_of_range")),
        ({"context_lines": 1001}, ("context_lines", "out_of_range")),
        ({"rules": rules_with(response=Period(months=7))}, ("response", "more_than_six_months")),
        ({"rules": rules_with(response=Period(days=185))}, ("response", "more_than_six_months")),
        ({"rules": rules_with(snippet=Period(days=1))}, ("snippet", "a_day_or_when_delivered")),
        (
            {"rules": rules_with(snippet=Period(days=2, or_when_delivered=True))},
            ("snippet", "a_day_or_when_delivered"),
        ),
        (
            {"rules": rules_with(prompt=Period(days=2, or_when_delivered=True))},
            ("prompt", "only_snippets_end_when_delivered"),
        ),
        ({"rules": Rules({})}, ("prompt", "missing")),
    ],
)
def test_p3_nothing_is_kept_for_ever_and_nothing_is_left_open(
    change: dict[str, Any], complaint: tuple[str, str]
) -> None:
    content: Any = {**CONTENT, **change}
    with pytest.raises(InvalidVersion) as refusal:
        draft.draft(by=AUTHOR, now=NOW, **content)
    found: Any = refusal.value.facts["complaints"]
    assert complaint in found
    with pytest.raises(InvalidVersion):
        draft.edit(drafted(NOW), by=AUTHOR, now=NOW, **content)
    assert PolicyVersion.objects.count() == 2


def test_the_longest_periods_are_within_it() -> None:
    rules = rules_with(response=Period(days=184), evaluation=Period(months=6))
    assert not draft.complaints({**CONTENT, "rules": rules})
    assert set(rules.periods) == set(DataClass)
