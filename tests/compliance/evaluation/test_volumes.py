"""Volumes: sums by day, kind, model and purpose, of one customer or of all (P1)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.evaluation import volumes
from compliance.evaluation.volumes import Amount
from retention.records.models import DayTally, Tally

TODAY = date(2026, 11, 22)
ACME, BOREALIS = uuid4(), uuid4()


def tally(customer: UUID, day: date, kind: str = "prompt", items: int = 1, **named: str) -> None:
    """A sum as folding leaves it, ten bytes an item."""
    names = {"model": "gpt-5.1", "purpose": "triage", "subprocessor": "openai", **named}
    facts = {"clock_day": day, "data_class": kind, "items": items, "bytes": 10 * items, **names}
    Tally.objects.create(customer_id=customer, **facts)
    found = DayTally.objects.filter(clock_day=day, data_class=kind, **names).first()
    if found:
        found.items, found.bytes = found.items + items, found.bytes + 10 * items
        found.save()
    else:
        DayTally.objects.create(**facts)


def test_thirty_days_are_shown_by_day_and_end_today() -> None:
    period = volumes.last_days(TODAY, 30)
    assert (period.first, period.last, period.step) == (date(2026, 10, 24), TODAY, 1)
    assert len(period.starts()) == 30


@pytest.mark.parametrize("days", [182, 728])
def test_a_longer_time_is_shown_by_whole_weeks_that_end_today(days: int) -> None:
    period = volumes.last_days(TODAY, days)
    starts = period.starts()
    assert len(starts) == days // 7
    assert starts[-1] + timedelta(days=6) == TODAY
    assert period.start_of(TODAY) == starts[-1]
    assert period.start_of(period.first + timedelta(days=6)) == period.first


@pytest.mark.django_db
def test_it_sums_over_customers_and_over_one(db: None) -> None:
    tally(ACME, TODAY, items=3)
    tally(BOREALIS, TODAY, items=4)
    period = volumes.last_days(TODAY, 30)
    assert volumes.volumes(period).total == Amount(7, 70)
    assert volumes.volumes(period, customer=ACME).total == Amount(3, 30)
    assert volumes.volumes(period, customer=uuid4()).total == Amount()


@pytest.mark.django_db
def test_each_grouping_has_everything_and_the_largest_first() -> None:
    tally(ACME, TODAY, items=1)
    tally(ACME, TODAY, "response", items=2, model="mini")
    tally(ACME, TODAY - timedelta(days=3), items=9, purpose="fix", model="other")
    found = volumes.volumes(volumes.last_days(TODAY, 30))
    assert list(found.by_kind) == ["prompt", "response"]
    assert list(found.by_model) == [
        ("mini", "openai"), ("gpt-5.1", "openai"), ("other", "openai"),
    ]  # fmt: skip
    assert list(found.by_purpose) == ["fix", "triage"]
    for amounts in (found.by_model, found.by_purpose, found.by_kind):
        assert sum(amount.items for amount in amounts.values()) == 12
    assert found.by_step[TODAY] == {"prompt": Amount(1, 10), "response": Amount(2, 20)}
    assert found.by_step[TODAY - timedelta(days=1)] == {}


@pytest.mark.django_db
def test_days_of_a_week_are_one_step_and_days_outside_are_none() -> None:
    period = volumes.last_days(TODAY, 182)
    for day in (TODAY, TODAY - timedelta(days=6), TODAY - timedelta(days=7)):
        tally(ACME, day, items=1)
    tally(ACME, period.first - timedelta(days=1), items=100)
    found = volumes.volumes(period)
    assert [step.get("prompt", Amount()).items for step in list(found.by_step.values())[-2:]] == [
        1, 2,
    ]  # fmt: skip
    assert found.total.items == 3


@pytest.mark.django_db
def test_it_takes_two_queries_whatever_there_is() -> None:
    for n in range(5):
        tally(ACME, TODAY - timedelta(days=n), items=1, model=f"m{n}")
    with CaptureQueriesContext(connection) as queries:
        volumes.volumes(volumes.last_days(TODAY, 30))
    assert len(queries) == 2


def test_the_rest_is_one_row_when_there_are_too_many() -> None:
    amounts = {f"m{n}": Amount(10 - n, 1) for n in range(5)}
    assert volumes.largest(amounts, 5, "rest") == list(amounts.items())
    assert volumes.largest(amounts, 3, "rest") == [
        ("m0", Amount(10, 1)), ("m1", Amount(9, 1)), ("rest", Amount(21, 3)),
    ]  # fmt: skip


def test_the_size_of_one_item_is_the_average() -> None:
    assert Amount(3, 10).average == 3
    assert Amount().average == 0
