"""What is kept, by deletion date and kind: counted by the tick, or now when that is too old."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock
from uuid import UUID

import pytest

from retention.expiry import outlook
from retention.expiry.outlook import Line
from retention.records import deliver, ingest, queries
from tests.conftest import Live
from tests.factories.exchanges import NOON, exchange
from tests.retention.expiry.scenes import keep, make_table
from tests.retention.records import raw

TODAY = NOON.date()
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _the_day_has_its_table(live: Live) -> None:
    make_table(TODAY)


def kinds(kept: outlook.Kept) -> dict[str, int]:
    """Items by kind."""
    return {line.data_class: line.items for line in kept.lines}


def test_it_counts_over_all_customers_by_day_and_kind(acme: UUID, borealis: UUID) -> None:
    for customer in (acme, borealis):
        ingest.store(customer, [exchange("x-1"), exchange("x-2", retain_days=10)], now=NOON)
    found = outlook.kept(now=NOON)
    ten, end = TODAY + timedelta(days=10), TODAY.replace(year=2027, month=5)
    assert found.lines == sorted(
        [
            Line(TODAY + timedelta(days=1), "snippet", 4, 4),
            *(Line(day, kind, 2, 2) for day in (ten, end) for kind in ("prompt", "response")),
        ]
    )
    assert {line.expires_on for line in found.until(ten)} == {TODAY + timedelta(days=1), ten}


def test_it_says_what_lies_in_the_table(acme: UUID) -> None:
    sent = [exchange(f"x-{n}", evaluation="good") for n in range(3)]
    outcomes = ingest.store(acme, sent, now=NOON)
    deliver.deliver(acme, queries.Address(exchange=outcomes[0].exchange), now=NOON)
    by_kind = raw.run("SELECT data_class, count(*) FROM retention_record GROUP BY 1")
    assert kinds(outlook.kept(now=NOON)) == dict(by_kind)


def test_what_holds_nothing_any_more_is_not_kept(acme: UUID) -> None:
    [outcome] = ingest.store(acme, [exchange("x-1")], now=NOON)
    deliver.deliver(acme, queries.Address(exchange=outcome.exchange), now=NOON)
    assert "snippet" not in kinds(outlook.kept(now=NOON))


def test_what_is_past_its_date_is_not_kept_whether_a_run_came_by_or_not(acme: UUID) -> None:
    ingest.store(acme, [exchange("x-1")], now=NOON)
    tomorrow = NOON + timedelta(days=1)
    assert set(kinds(outlook.kept(now=tomorrow))) == {"prompt", "response"}


def test_a_count_of_a_moment_ago_is_taken_as_it_stands(acme: UUID) -> None:
    outlook.note(now=NOON)
    ingest.store(acme, [exchange("x-1")], now=NOON)
    with mock.patch.object(outlook, "_count") as counting:
        found = outlook.kept(now=NOON + MINUTE)
    assert (found.lines, found.counted_at, found.late) == ([], NOON, False)
    counting.assert_not_called()


def test_without_a_worker_the_last_count_stands_for_an_hour_and_is_called_late(acme: UUID) -> None:
    outlook.note(now=NOON)
    ingest.store(acme, [exchange("x-1")], now=NOON)
    for minutes in (2, 59):
        found = outlook.kept(now=NOON + minutes * MINUTE)
        assert (found.lines, found.counted_at, found.late) == ([], NOON, True)


@pytest.mark.parametrize("passed", [60 * MINUTE, timedelta(days=40), -MINUTE])
def test_an_older_one_or_one_of_tomorrow_is_counted_anew(acme: UUID, passed: timedelta) -> None:
    outlook.note(now=NOON)
    ingest.store(acme, [exchange("x-1")], now=NOON)
    found = outlook.kept(now=NOON + passed)
    assert (found.counted_at, found.late) == (NOON + passed, False)
    assert kinds(found)


def test_at_midnight_yesterdays_count_shows_nothing_that_is_due(acme: UUID) -> None:
    ingest.store(acme, [exchange("x-1")], now=NOON)
    late = NOON.replace(hour=23, minute=59, second=30)
    outlook.note(now=late)
    assert "snippet" in kinds(outlook.kept(now=late))
    assert "snippet" not in kinds(outlook.kept(now=late + MINUTE))


def test_noting_again_replaces_what_was_noted(acme: UUID) -> None:
    outlook.note(now=NOON)
    keep(acme, TODAY, "x-1")
    outlook.note(now=NOON + MINUTE)
    assert kinds(outlook.kept(now=NOON + MINUTE))
    assert raw.run("SELECT count(*) FROM retention_outlook") == [(1,)]
