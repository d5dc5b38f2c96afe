"""What an officer does with findings: each once, with a reason, into the log and the history."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from compliance.customers.models import Customer
from compliance.findings import acts, work
from compliance.findings.count import count_up
from compliance.findings.errors import FindingRefused
from compliance.findings.models import Finding, FindingAct
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.models import Entry
from tests.compliance.findings.conftest import DAY, NOW, TODAY, counted, flags

Verb = Callable[..., int]


def decide(verb: Verb, *ids: object, by: Actor, note: str = "Because.") -> int:
    more = {"until": None} if verb is work.accept else {}
    return verb(ids, note, by=by, now=NOW, **more)


def logged() -> dict[str, object]:
    return dict(Entry.objects.filter(kind__startswith="finding:").latest("pk").facts)


@pytest.mark.parametrize(
    ("verb", "state"),
    [(work.explain, "explained"), (work.fix, "fixed"), (work.accept, "accepted")],
)
def test_a_decision_covers_what_was_there_and_says_who_and_why(
    acme: Customer, olga: User, officer: Actor, verb: Verb, state: str
) -> None:
    flags(acme, 3)
    finding = counted()
    assert decide(verb, finding.pk, by=officer) == 1
    finding.refresh_from_db()
    assert (finding.state, finding.covered, finding.note) == (state, 3, "Because.")
    assert (finding.decided_by, finding.decided_at) == (olga, NOW)
    act = FindingAct.objects.get()
    assert (act.kind, act.by, act.note, act.items) == (state, olga, "Because.", 3)
    facts = logged()
    assert facts["findings"] == [str(finding.pk)]
    assert facts["actor_id"] == str(olga.pk)
    assert "Because" not in str(facts)


@pytest.mark.parametrize("verb", [work.explain, work.fix, work.accept])
def test_whoever_decides_second_changes_nothing(acme: Customer, officer: Actor, verb: Verb) -> None:
    flags(acme, 3)
    finding = counted()
    decide(work.explain, finding.pk, by=officer, note="First.")
    assert decide(verb, finding.pk, by=officer, note="Second.") == 0
    finding.refresh_from_db()
    assert (finding.state, finding.note) == ("explained", "First.")
    assert FindingAct.objects.count() == 1


@pytest.mark.parametrize("verb", [work.explain, work.fix, work.accept])
@pytest.mark.parametrize("note", ["", "   \n", "x" * 2001])
def test_without_a_reason_nothing_is_decided(
    acme: Customer, officer: Actor, verb: Verb, note: str
) -> None:
    flags(acme, 3)
    finding = counted()
    with pytest.raises(FindingRefused):
        decide(verb, finding.pk, by=officer, note=note)
    finding.refresh_from_db()
    assert finding.state == "open"


def test_nothing_is_accepted_until_a_day_that_is_over(acme: Customer, officer: Actor) -> None:
    flags(acme, 3)
    finding = counted()
    with pytest.raises(FindingRefused):
        work.accept([finding.pk], "Why.", until=TODAY - DAY, by=officer, now=NOW)
    assert work.accept([finding.pk], "Why.", until=TODAY, by=officer, now=NOW) == 1


def test_a_decision_can_be_taken_back_and_stays_in_the_history(
    acme: Customer, officer: Actor
) -> None:
    flags(acme, 3)
    finding = counted()
    assert work.reopen([finding.pk], by=officer, now=NOW) == 0
    decide(work.explain, finding.pk, by=officer, note="First.")
    assert work.reopen([finding.pk], by=officer, now=NOW + DAY) == 1
    finding.refresh_from_db()
    assert (finding.state, finding.note, finding.decided_by) == ("open", "", None)
    assert [act.kind for act in FindingAct.objects.all()] == ["reopened", "explained"]
    assert decide(work.fix, finding.pk, by=officer) == 1


def test_they_are_given_to_somebody_once(acme: Customer, olga: User, officer: Actor) -> None:
    flags(acme)
    flags(acme, flag="no_content")
    count_up(now=NOW)
    ids = list(Finding.objects.values_list("pk", flat=True))
    assert work.assign(ids, olga, by=officer, now=NOW) == 2
    assert work.assign(ids, olga, by=officer, now=NOW) == 0
    assert set(Finding.objects.values_list("owner__email", flat=True)) == {olga.email}
    assert logged()["owner"] == str(olga.pk)
    assert FindingAct.objects.filter(owner=olga).count() == 2


def test_nobody_gets_any_whose_login_is_switched_off(
    acme: Customer, olga: User, officer: Actor
) -> None:
    flags(acme)
    olga.is_active = False
    with pytest.raises(FindingRefused):
        work.assign([counted().pk], olga, by=officer, now=NOW)


def test_thousands_are_decided_at_once_in_a_few_entries(
    acme: Customer, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "IN_ONE_ENTRY", 10)
    for n in range(25):
        flags(acme, account=f"p{n}")
    count_up(now=NOW)
    ids = [*Finding.objects.values_list("pk", flat=True), uuid4()]
    assert decide(work.explain, *ids, by=officer) == 25
    entries = Entry.objects.filter(kind="finding:group:explained")
    assert sorted(len(entry.facts["findings"]) for entry in entries) == [5, 10, 10]


def test_of_none_nothing_is_written(db: None, officer: Actor) -> None:
    assert decide(work.explain, uuid4(), by=officer) == 0
    assert not Entry.objects.filter(kind__startswith="finding:").exists()
