"""The days' tables: made ahead, exactly those that are needed, and dropped whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from unittest import mock
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from retention.errors import MissingPartition
from retention.expiry import partitions
from retention.expiry.sweep import sweep
from retention.policies.rules import ceiling
from retention.records import ingest
from retention.records.models import Cell
from tests.conftest import Live
from tests.factories.exchanges import exchange
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import (
    count,
    day_that_ends_on,
    keep,
    make_table,
    midnight,
    noon,
    reader,
    somebody_else,
    standing_at,
    tables,
)
from tests.retention.expiry.threads import at_once

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
OLDER = OLD - timedelta(days=1)
DAY = timedelta(days=1)
MONTH_ENDS = [
    date(2026, 8, 31),
    date(2026, 8, 28),
    date(2026, 8, 29),
    date(2028, 2, 29),
    date(2027, 2, 28),
    date(2028, 8, 29),
    date(2028, 8, 31),
    date(2026, 3, 1),
    date(2026, 12, 31),
    date(2026, 1, 1),
    date(2026, 11, 30),
]


class Crash(Exception):
    """The process dies here."""


def accepted(today: date) -> list[date]:
    """The window by its definition, day by day."""
    around = [today + n * DAY for n in range(-200, 30)]
    return [day for day in around if ceiling(day) > today and day <= today + 14 * DAY]


@pytest.mark.parametrize("today", MONTH_ENDS)
def test_the_window_is_every_day_that_may_still_be_read_and_two_weeks_ahead(today: date) -> None:
    assert partitions.window(today) == accepted(today)


@given(st.dates(date(2024, 1, 1), date(2400, 12, 31)))
def test_the_window_has_no_gap_and_no_day_too_many_on_any_day(today: date) -> None:
    assert partitions.window(today) == accepted(today)


@pytest.mark.parametrize("today", [date(2027, 8, 31), date(2028, 2, 29)])
def test_it_makes_exactly_what_is_missing_and_then_nothing(live: Live, today: date) -> None:
    before = set(partitions.existing())
    wanted = set(partitions.window(today))
    assert partitions.ensure(today) == len(wanted - before)
    assert set(partitions.existing()) == before | wanted
    assert partitions.ensure(today) == 0


def test_a_table_holds_its_own_day_and_no_other(live: Live) -> None:
    make_table(OLD)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s",
            [partitions.name_of(OLD)],
        )
        assert cursor.fetchone() == ("FOR VALUES FROM ('2026-03-20') TO ('2026-03-21')",)


def test_it_fills_gaps_wherever_they_are(live: Live) -> None:
    partitions.ensure(TODAY)
    window = partitions.window(TODAY)
    for day in (window[0], window[90], window[91], window[-1]):
        assert partitions.drop(day)
    assert partitions.ensure(TODAY) == 4
    assert set(window) <= set(partitions.existing())


def test_four_at_once_make_every_day_once(live: Live) -> None:
    today = date(2027, 8, 31)
    missing = len(set(partitions.window(today)) - set(partitions.existing()))
    made: list[int] = []
    assert at_once(*[lambda: made.append(partitions.ensure(today))] * 4) == []
    assert sorted(made) == [0, 0, 0, missing]
    assert set(partitions.window(today)) <= set(partitions.existing())


def test_it_does_not_make_a_dropped_day_again(acme: UUID) -> None:
    keep(acme, OLD)
    sweep(now=standing_at(midnight(TODAY)))
    partitions.ensure(TODAY)
    assert OLD not in partitions.existing()
    assert OLD + DAY in partitions.existing()


def test_a_missing_table_refuses_the_exchange_and_the_retry_is_kept(acme: UUID) -> None:
    far = date(2027, 9, 1)
    assert far not in partitions.existing()
    with pytest.raises(MissingPartition):
        ingest.store(acme, [exchange(at=noon(far))], now=noon(far))
    assert faults(far) == []
    assert count("SELECT coalesce(sum(acknowledged), 0) FROM retention_cell") == 0
    partitions.ensure(far)
    [outcome] = ingest.store(acme, [exchange(at=noon(far))], now=noon(far))
    assert outcome.status == "stored"
    assert faults(far) == []


def test_dropping_is_done_when_there_is_nothing_to_drop(live: Live) -> None:
    assert partitions.drop(OLD)
    make_table(OLD)
    assert partitions.drop(OLD)
    assert partitions.drop(OLD)
    assert OLD not in tables()


def test_dropping_goes_on_where_a_crash_left_it(live: Live) -> None:
    make_table(OLD)
    with somebody_else() as other:
        other.execute(f"ALTER TABLE retention_record DETACH PARTITION {partitions.name_of(OLD)}")
        other.commit()
    assert partitions.left_behind() == {OLD}
    assert partitions.drop(OLD)
    assert OLD not in tables()


def test_a_day_that_was_left_behind_without_cells_is_dropped_by_the_next_run(live: Live) -> None:
    make_table(OLD)
    with somebody_else() as other:
        other.execute(f"ALTER TABLE retention_record DETACH PARTITION {partitions.name_of(OLD)}")
        other.commit()
    sweep(now=standing_at(midnight(TODAY)))
    assert unfinished(TODAY) == []


def test_it_waits_for_a_reader_only_as_long_as_it_says_and_ends_the_detach_later(
    live: Live,
) -> None:
    make_table(OLD)
    with reader(OLD):
        assert not partitions.drop(OLD, attempts=2)
        assert partitions.existing()[OLD], "the detach is pending"
    assert partitions.drop(OLD)
    assert OLD not in tables()


def test_a_pending_day_is_finished_before_another_one_is_detached(live: Live) -> None:
    for day in (OLD, OLDER):
        make_table(day)
    with reader(OLDER):
        assert not partitions.drop(OLDER, attempts=1)
        assert not partitions.drop(OLD, attempts=1)
        assert not partitions.existing()[OLD], "nothing was begun that cannot go on"
    assert partitions.drop(OLD)
    assert partitions.left_behind() == {OLDER}
    assert partitions.drop(OLDER)


def test_days_are_made_while_a_detach_is_pending(acme: UUID) -> None:
    make_table(OLD)
    with reader(OLD):
        assert not partitions.drop(OLD, attempts=1)
        make_table(OLDER)
        assert keep(acme, TODAY) == 3


def test_three_at_once_drop_the_same_days_without_a_complaint(live: Live) -> None:
    days = [OLD - n * DAY for n in range(15)]
    for day in days:
        make_table(day)
    assert at_once(*[lambda: [partitions.drop(day) for day in days]] * 3) == []
    assert not tables() & set(days)


def test_the_session_waits_for_locks_as_long_as_before(live: Live) -> None:
    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    before = patience()
    make_table(OLD)
    with reader(OLD):
        partitions.drop(OLD, attempts=1)
        assert patience() == before
    partitions.drop(OLD)
    assert patience() == before
    locks = """
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()
    """
    assert count(locks) == 0


def test_other_trouble_is_not_taken_for_a_reader(live: Live) -> None:
    make_table(OLD)
    with somebody_else(autocommit=True) as other:
        other.execute(f"CREATE VIEW leaning AS SELECT id FROM {partitions.name_of(OLD)}")
    with pytest.raises(DatabaseError, match="depend"):
        partitions.drop(OLD)


def late_writer(customer: UUID) -> mock._patch[object]:
    """Somebody who took the time before midnight stores just before the detach."""
    detach, just_before = partitions._detach, midnight(TODAY) - timedelta(seconds=1)

    def after_the_writer(cursor: object, day: date) -> None:
        if not Cell.objects.filter(customer_id=customer).exists():
            keep(customer, OLD, received=just_before, snippets=())
        detach(cursor, day)

    return mock.patch.object(partitions, "_detach", after_the_writer)


def test_p3_what_was_acknowledged_at_the_last_moment_is_counted_before_it_is_dropped(
    acme: UUID, borealis: UUID
) -> None:
    keep(acme, OLD, snippets=())
    with late_writer(borealis):
        report = sweep(now=standing_at(midnight(TODAY)))
    assert report.waiting == 1
    assert faults(TODAY) == []
    sweep(now=standing_at(midnight(TODAY)))
    assert unfinished(TODAY) == faults(TODAY) == []
    assert dict(Cell.objects.values_list("customer_id", "purged")) == {acme: 1, borealis: 1}


def test_a_late_row_is_found_again_when_the_run_dies_before_it_puts_the_day_back(
    acme: UUID, borealis: UUID
) -> None:
    keep(acme, OLD, snippets=())
    with (
        late_writer(borealis),
        mock.patch.object(partitions, "_attach", side_effect=Crash),
        pytest.raises(Crash),
    ):
        sweep(now=standing_at(midnight(TODAY)))
    assert partitions.left_behind() == {OLD}
    for minute in (1, 2):
        sweep(now=standing_at(midnight(TODAY) + timedelta(minutes=minute)))
    assert unfinished(TODAY) == faults(TODAY) == []
    assert dict(Cell.objects.values_list("customer_id", "purged")) == {acme: 1, borealis: 1}


def test_a_name_says_which_day_it_is() -> None:
    assert partitions.name_of(date(2028, 2, 29)) == "retention_record_20280229"
    assert datetime.strptime(partitions.name_of(OLD)[-8:], "%Y%m%d").date() == OLD  # noqa: DTZ007
