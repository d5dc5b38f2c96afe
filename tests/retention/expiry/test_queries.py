"""Deletion records as a customer reads them: its own, signed ones, newest first."""

from __future__ import annotations

from datetime import date, timedelta
from unittest import mock
from uuid import UUID, uuid4

import pytest

from retention.expiry import conservation, queries, steps
from retention.expiry.models import DeletionRecord, SweepRun
from retention.expiry.sweep import sweep
from tests.retention.expiry.scenes import (
    day_that_ends_on,
    keep,
    midnight,
    standing_at,
    tamper,
)

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
DAY = timedelta(days=1)


@pytest.fixture
def five_days(acme: UUID, borealis: UUID) -> list[date]:
    """Five days of Acme ended, one after the other; one of Borealis."""
    days = [OLD + n * DAY for n in range(5)]
    for day in days:
        keep(acme, day, snippets=())
    keep(borealis, OLD, snippets=())
    for day in days:
        sweep(now=standing_at(midnight(TODAY + (day - OLD))))
    return days


def test_p15_a_customer_sees_its_own_deletions_newest_first(
    acme: UUID, borealis: UUID, five_days: list[date]
) -> None:
    assert [d.clock_day for d in queries.deletions(acme, limit=9)] == five_days[::-1]
    assert [d.clock_day for d in queries.deletions(borealis, limit=9)] == [OLD]
    assert queries.deletions(uuid4(), limit=9) == []
    foreign = queries.deletions(borealis, limit=9)[0].pk
    assert queries.deletion(acme, foreign) is None
    assert queries.deletion(borealis, foreign)


def test_pages_follow_each_other_without_gap_or_repetition(
    acme: UUID, five_days: list[date]
) -> None:
    found: list[DeletionRecord] = []
    while page := queries.deletions(
        acme, after=(found[-1].rows_removed_at, found[-1].pk) if found else None, limit=2
    ):
        found += page
    assert [d.clock_day for d in found] == five_days[::-1]


def test_pages_follow_each_other_when_many_were_removed_in_one_moment(acme: UUID) -> None:
    days = [OLD - n * DAY for n in range(5)]
    for day in days:
        keep(acme, day, snippets=())
    sweep(now=standing_at(midnight(TODAY)))
    first = queries.deletions(acme, limit=3)
    rest = queries.deletions(acme, after=(first[-1].rows_removed_at, first[-1].pk), limit=3)
    assert {d.clock_day for d in [*first, *rest]} == set(days)
    assert len(rest) == 2


def test_it_finds_them_by_clock_day(acme: UUID, five_days: list[date]) -> None:
    found = queries.deletions(acme, first=five_days[1], last=five_days[3], limit=9)
    assert [d.clock_day for d in found] == five_days[3:0:-1]


def test_what_is_overdue_is_counted_until_its_key_is_gone(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    assert queries.overdue(TODAY - DAY) == 0
    assert queries.overdue(TODAY) == 2
    tamper("UPDATE retention_cell SET acknowledged = 2 WHERE data_class = 'response'")
    sweep(now=standing_at(midnight(TODAY)))
    assert queries.overdue(TODAY) == 1


def test_nothing_is_behind_when_all_is_on_time(acme: UUID) -> None:
    keep(acme, TODAY)
    assert queries.behind(TODAY) == queries.Behind(0, None, 0, 0, None, 0)


def test_what_is_due_is_behind_until_its_keys_are_gone(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    found = queries.behind(TODAY)
    assert (found.keys, found.items, found.keys_since) == (2, 2, TODAY)
    assert (found.rows, found.blocked) == (0, 0)
    sweep(now=standing_at(midnight(TODAY)))
    assert queries.behind(TODAY).keys == 0


def test_what_waits_for_a_reader_is_behind_with_its_rows(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    with mock.patch.object(steps, "remove_rows", return_value=False):
        sweep(now=standing_at(midnight(TODAY)))
    found = queries.behind(TODAY)
    assert (found.keys, found.rows, found.rows_since) == (0, 2, TODAY)


def test_what_does_not_add_up_is_behind_whatever_its_date(acme: UUID) -> None:
    keep(acme, TODAY)
    tamper("DELETE FROM retention_record WHERE data_class = 'prompt'")
    conservation.check_all()
    assert queries.behind(TODAY).blocked == 1


def test_the_last_run_is_the_last_that_removed_something(acme: UUID) -> None:
    assert queries.last_run() is None
    keep(acme, OLD, snippets=())
    sweep(now=standing_at(midnight(TODAY)))
    last = queries.last_run()
    assert last
    SweepRun.objects.create(started_at=midnight(TODAY + DAY), sealed=1)
    assert queries.last_run() == last
