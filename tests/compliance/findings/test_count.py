"""Flags become findings, each counted once; what a decision does not cover opens it again."""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import transaction

from compliance.customers.models import Customer
from compliance.findings import count, work
from compliance.findings.count import count_up
from compliance.findings.models import Finding, FindingAct, FindingDay, FindingTouch
from retention.actor import Actor
from retention.ledger.models import Entry
from retention.records.models import FlagCount
from tests.compliance.findings.conftest import DAY, NOW, TODAY, counted, flags


def test_flags_that_are_alike_are_one_finding(acme: Customer, borealis: Customer) -> None:
    flags(acme, 3)
    flags(acme, 2, day=TODAY - 2 * DAY)
    flags(borealis, 5)
    finding = counted()
    assert (finding.kind, finding.subprocessor, finding.account, finding.endpoint) == (
        "no_finding", "openai", "proj_a1", "responses",
    )  # fmt: skip
    assert (finding.items, finding.first_on, finding.last_on) == (10, TODAY - 2 * DAY, TODAY)
    assert (finding.state, finding.owner, finding.opened_at) == ("open", None, NOW)
    assert dict(FindingDay.objects.values_list("day", "items")) == {TODAY - 2 * DAY: 2, TODAY: 8}
    touched = FindingTouch.objects.values_list("customer__name", "items", "first_on", "untold_on")
    assert set(touched) == {
        ("Acme", 5, TODAY - 2 * DAY, TODAY - 2 * DAY),
        ("Borealis", 5, TODAY, TODAY),
    }


@pytest.mark.parametrize(
    "other",
    [{"flag": "no_content"}, {"subprocessor": "bedrock"}, {"account": "b"}, {"endpoint": "c"}],
)
def test_what_differs_in_one_of_them_is_another(acme: Customer, other: dict[str, str]) -> None:
    flags(acme)
    flags(acme, **other)  # type: ignore[arg-type]
    count_up(now=NOW)
    assert Finding.objects.count() == 2


def test_counting_again_counts_nothing_again(acme: Customer) -> None:
    flags(acme, 3)
    assert count_up(now=NOW) == 1
    assert count_up(now=NOW) == 0
    flags(acme, 4)
    assert counted().items == 7


def test_a_count_that_dies_half_way_has_counted_nothing(acme: Customer) -> None:
    flags(acme, 3)
    for step in ("_findings", "_add", "_grow", "open_again"):
        with mock.patch.object(count, step, side_effect=OSError), pytest.raises(OSError):
            count_up(now=NOW)
        assert not Finding.objects.exists()
        assert not FindingDay.objects.exists()
    assert counted().items == 3


def test_much_is_counted_in_steps(acme: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "AT_ONCE", 2)
    for n in range(5):
        flags(acme, 1, day=TODAY - n * DAY)
    assert counted().items == 5


def test_it_is_the_engines_sum(acme: Customer, borealis: Customer) -> None:
    for n in range(4):
        flags(acme, n + 1, day=TODAY - n * DAY, account=f"p{n % 2}")
        flags(borealis, 2, flag="no_content")
    count_up(now=NOW)
    total = sum(FlagCount.objects.values_list("items", flat=True))
    assert sum(Finding.objects.values_list("items", flat=True)) == total
    assert sum(FindingDay.objects.values_list("items", flat=True)) == total
    assert sum(FindingTouch.objects.values_list("items", flat=True)) == total


def test_it_stands_when_the_engine_has_forgotten(acme: Customer) -> None:
    flags(acme, 3)
    counted()
    FlagCount.objects.all().delete()
    flags(acme, 1)
    assert counted().items == 4


def test_flags_of_somebody_who_is_no_customer_touch_nobody(acme: Customer) -> None:
    stranger = Customer(name="Nobody")
    flags(stranger, 2)
    assert counted().items == 2
    assert not FindingTouch.objects.exists()


@pytest.mark.parametrize("decide", [work.explain, work.fix])
def test_new_flags_open_what_was_explained_or_fixed(
    acme: Customer, officer: Actor, decide: object
) -> None:
    flags(acme, 3)
    finding = counted()
    assert callable(decide)
    decide([finding.pk], "It was a test.", by=officer, now=NOW)
    count_up(now=NOW)
    finding.refresh_from_db()
    assert (finding.state, finding.covered) != ("open", 3)
    flags(acme, 1)
    finding = counted(NOW + DAY)
    assert (finding.state, finding.decided_at, finding.note) == ("open", None, "")
    assert finding.opened_at == NOW + DAY
    newest, decided = FindingAct.objects.all()
    assert (newest.kind, newest.by, newest.items) == ("reopened", None, 4)
    assert (decided.note, decided.items) == ("It was a test.", 3)
    assert Entry.objects.filter(kind="finding:group:reopened", facts__actor="system").exists()


def test_what_was_accepted_goes_on_until_there_are_ten_times_as_many_on_a_day(
    acme: Customer, borealis: Customer, officer: Actor
) -> None:
    for n in range(1, 6):
        flags(acme, 3, day=TODAY - n * DAY)
    finding = counted()
    work.accept([finding.pk], "A sandbox.", until=None, by=officer, now=NOW)
    finding.refresh_from_db()
    assert finding.usual == 3
    flags(acme, 29)
    assert counted().state == "accepted"
    flags(borealis, 1)
    assert counted().state == "open"


def test_what_was_accepted_until_a_day_is_open_again_when_it_is_over(
    acme: Customer, officer: Actor
) -> None:
    flags(acme, 3)
    work.accept([counted().pk], "Until then.", until=TODAY + DAY, by=officer, now=NOW)
    assert counted(NOW + DAY).state == "accepted"
    finding = counted(NOW + 2 * DAY)
    assert (finding.state, finding.accepted_until) == ("open", None)


def test_an_open_one_just_grows(acme: Customer) -> None:
    flags(acme, 1)
    counted()
    flags(acme, 1)
    counted(NOW + DAY)
    assert not FindingAct.objects.exists()
    assert Finding.objects.get().opened_at == NOW


def test_whoever_decides_while_it_is_counted_waits_and_neither_is_lost(
    acme: Customer, officer: Actor
) -> None:
    flags(acme, 1)
    finding = counted()
    flags(acme, 1)
    with transaction.atomic():
        count_up(now=NOW)
        work.explain([finding.pk], "Why.", by=officer, now=NOW)
    finding.refresh_from_db()
    assert (finding.items, finding.covered, finding.state) == (2, 2, "explained")
