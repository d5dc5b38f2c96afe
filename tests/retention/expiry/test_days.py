"""Over half a year and at any moment: never a day early, never a day late."""

from __future__ import annotations

import random
from datetime import date, timedelta
from uuid import UUID

import pytest

from retention.expiry.models import SweepRun
from retention.expiry.sweep import sweep
from retention.policies.rules import ceiling
from retention.records.models import Cell
from tests.retention.expiry.agreement import check_exactly
from tests.retention.expiry.scenes import (
    count,
    day_that_ends_on,
    keep,
    midnight,
    standing_at,
    states,
)

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def some_exchanges(chance: random.Random, customers: list[UUID], first: date) -> None:
    """Two weeks of exchanges, some of them with a shorter time of their own."""
    for number in range(14):
        day = first + number * DAY
        for customer in customers:
            if chance.random() < 0.8:
                retain = chance.choice([0, 0, 1, 2, 7, 30, 31, 181, 184])
                snippets = chance.choice([(), ("x = 1",)])
                name = f"{number}-{retain}"
                keep(customer, day, name, snippets=snippets, retain_days=retain)


@pytest.mark.parametrize("seed", range(3))
def test_p3_every_day_of_half_a_year_destroys_exactly_what_ends_on_it(
    acme: UUID, borealis: UUID, seed: int
) -> None:
    first = date(2026, 3, 2) + timedelta(days=seed * 40)
    some_exchanges(random.Random(seed), [acme, borealis], first)
    ends = sorted(set(Cell.objects.values_list("expires_on", flat=True)))
    for end in ends:
        eve = midnight(end) - timedelta(microseconds=1)
        assert not any(sweep(now=standing_at(eve)).as_dict().values())
        before = Cell.objects.filter(state="purged").count()
        report = sweep(now=standing_at(midnight(end)))
        assert report.purged == Cell.objects.filter(state="purged").count() - before > 0
        check_exactly(end)
    assert states() == {"purged"}
    assert count("SELECT count(*) FROM retention_record") == 0


@pytest.mark.parametrize("seed", range(3))
def test_p3_a_run_at_any_moment_destroys_nothing_a_day_early_and_leaves_nothing_a_day_late(
    acme: UUID, borealis: UUID, seed: int
) -> None:
    chance = random.Random(1000 + seed)
    first = date(2026, 3, 2) + timedelta(days=chance.randrange(60))
    some_exchanges(chance, [acme, borealis], first)
    now = midnight(first) + timedelta(days=14)
    while states() != {"purged"}:
        sweep(now=standing_at(now))
        check_exactly(now.date())
        now += timedelta(days=chance.choice([0, 0.3, 1, 1, 2, 30]), seconds=chance.random() * 99999)
    assert now.date() <= ceiling(first + 14 * DAY) + 62 * DAY


def test_p3_the_end_of_a_month_is_no_day_early(acme: UUID) -> None:
    """28 to 31 August all end on 28 February; 1 September ends a day later."""
    for day in (28, 29, 30, 31):
        keep(acme, date(2026, 8, day), snippets=())
    keep(acme, date(2026, 9, 1), snippets=())
    february = midnight(date(2027, 2, 28))
    assert sweep(now=standing_at(february - SECOND)).purged == 0
    assert sweep(now=standing_at(february)).days_dropped == 4
    assert states(day=date(2026, 9, 1)) == {"open"}
    assert sweep(now=standing_at(february + DAY)).days_dropped == 1


@pytest.mark.parametrize("days", [1, 40, 400])
def test_one_run_catches_up_on_what_was_missed(acme: UUID, borealis: UUID, days: int) -> None:
    for number in range(0, 40, 8):
        for customer in (acme, borealis):
            keep(customer, OLD + number * DAY, "a", "b")
    late = TODAY + days * DAY
    sweep(now=standing_at(midnight(late)))
    check_exactly(late)
    assert not any(sweep(now=standing_at(midnight(late))).as_dict().values())
    assert SweepRun.objects.count() == 1
