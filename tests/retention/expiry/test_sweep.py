"""The deletion run: exactly what is due, not a second before its day, and everything of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, connections

from retention.errors import ExchangeGone
from retention.expiry import claims, partitions, steps
from retention.expiry.models import DeletionRecord, SweepRun
from retention.expiry.queries import deletions
from retention.expiry.sweep import sweep
from retention.ledger import sequence
from retention.ledger.models import Entry
from retention.policies.rules import DataClass, ceiling
from retention.records import deliver, queries
from retention.records.models import Cell
from retention.vault import keys as vault
from retention.vault.errors import KeyGone
from retention.vault.models import CellKey
from tests.conftest import Live
from tests.retention.expiry.agreement import check_exactly, faults, unfinished
from tests.retention.expiry.crowds import crowd
from tests.retention.expiry.scenes import (
    count,
    day_that_ends_on,
    keep,
    make_table,
    midnight,
    somebody_else,
    standing_at,
    states,
    tables,
    tamper,
)
from tests.retention.expiry.threads import at_once

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LAST_MOMENT = midnight(TODAY) - timedelta(microseconds=1)
FINGERPRINT = "SELECT id, md5(record::text) FROM retention_record record WHERE customer_id = %s"


def rows_of(customer: UUID) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, [customer])
        return dict(cursor.fetchall())


def read(customer: UUID, day: date, now: datetime) -> dict[UUID, bytes]:
    view = queries.exchange(customer, queries.Address(None, "triage-1", day), today=now.date())
    return queries.open_records(customer, view, now=now)


def test_p3_a_response_is_kept_to_the_last_moment_of_its_six_months(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    assert ceiling(OLD) == TODAY
    report = sweep(now=standing_at(LAST_MOMENT))
    assert not any(report.as_dict().values())
    assert len(read(acme, OLD, LAST_MOMENT)) == 2
    with pytest.raises(ExchangeGone):
        read(acme, OLD, midnight(TODAY))


def test_p3_from_midnight_on_keys_rows_and_the_day_s_table_go_and_a_signed_record_says_so(
    acme: UUID,
) -> None:
    keep(acme, OLD, "a", "b", snippets=(), evaluation="good")
    cells = set(Cell.objects.values_list("pk", flat=True))
    report = sweep(now=standing_at(midnight(TODAY)))

    assert report.as_dict() == {
        "sealed": 3,
        "shredded": 3,
        "purged": 3,
        "records": 6,
        "days_dropped": 1,
        "blocked": 0,
        "waiting": 0,
    }
    keys = CellKey.objects.all()
    assert {(k.cell, k.wrapped, k.destroyed_at) for k in keys} == {
        (cell, None, midnight(TODAY)) for cell in cells
    }
    with pytest.raises(KeyGone):
        vault.fetch([vault.Key(cell, 1) for cell in cells], now=midnight(TODAY))
    vault.make([vault.Key(cell, 1) for cell in cells], now=midnight(TODAY))
    assert not keys.filter(wrapped__isnull=False).exists(), "nobody makes it anew"
    assert OLD not in tables()
    [record] = deletions(acme, limit=9)
    assert record.entry.signed_at == record.rows_removed_at == midnight(TODAY)
    assert record.keys_destroyed_at == midnight(TODAY)
    assert record.counts == {"prompt": 2, "response": 2, "evaluation": 2}
    assert {cell.pk for cell in record.cells.all()} == cells
    assert (record.customer_id, record.clock_day, record.kind) == (acme, OLD, "expiry")
    assert unfinished(TODAY) == faults(TODAY) == []


def test_p3_the_run_is_on_record(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    ticks = iter(midnight(TODAY) + n * SECOND for n in range(1000))
    sweep(now=lambda: next(ticks))
    run = SweepRun.objects.get()
    assert run.finished_at
    assert midnight(TODAY) <= run.started_at < run.finished_at
    assert (run.sealed, run.shredded, run.purged, run.records, run.days_dropped) == (2, 2, 2, 2, 1)
    assert str(run) == "20 Sep 2026, 00:00 UTC"


def test_p15_nothing_of_another_customer_or_another_day_is_touched(
    acme: UUID, borealis: UUID
) -> None:
    keep(acme, OLD, "a", "b", snippets=(), retain_days=30)
    keep(acme, OLD + DAY, "a", snippets=())
    keep(borealis, OLD, "a", "b", snippets=())
    keep(borealis, OLD + 30 * DAY, "a", snippets=())
    due = set(Cell.objects.filter(retain_days=30).values_list("pk", flat=True))
    kept = [*rows_of(borealis).items(), *rows_of(acme).items()]
    keys = dict(CellKey.objects.exclude(cell__in=due).values_list("cell", "wrapped"))

    report = sweep(now=standing_at(midnight(OLD + 30 * DAY)))
    assert (report.purged, report.records) == (2, 4)
    left = [*rows_of(borealis).items(), *rows_of(acme).items()]
    assert [row for row in kept if row in left] == left
    assert len(left) == len(kept) - 4
    assert dict(CellKey.objects.exclude(cell__in=due).values_list("cell", "wrapped")) == keys
    assert [deletion.customer_id for deletion in DeletionRecord.objects.all()] == [acme]
    assert Entry.objects.filter(kind="expiry:day:purged").count() == 1
    assert OLD in tables()


def test_a_run_that_finds_nothing_leaves_no_trace(acme: UUID) -> None:
    keep(acme, TODAY)
    entries = Entry.objects.count()
    assert not any(sweep(now=standing_at(midnight(TODAY))).as_dict().values())
    assert (SweepRun.objects.count(), Entry.objects.count()) == (0, entries)


def test_a_cell_without_records_ends_like_any_other(acme: UUID) -> None:
    keep(acme, OLD, snippets=("x = 1",))
    deliver.deliver(acme, queries.Address(None, "triage-1", OLD), now=midnight(OLD) + 13 * SECOND)
    report = sweep(now=standing_at(midnight(OLD + DAY)))
    assert (report.purged, report.records) == (1, 0)
    assert deletions(acme, limit=9)[0].counts == {"snippet": 0}
    check_exactly(OLD + DAY)


def test_two_runs_at_once_do_the_work_once(acme: UUID, borealis: UUID) -> None:
    for number in range(4):
        for customer in (acme, borealis):
            keep(customer, OLD - number * DAY, "a", "b", snippets=())
    due = sum(Cell.objects.values_list("acknowledged", flat=True))
    assert at_once(*[lambda: sweep(now=standing_at(midnight(TODAY)))] * 3) == []
    sweep(now=standing_at(midnight(TODAY)))
    check_exactly(TODAY)
    assert sum(Cell.objects.values_list("purged", flat=True)) == due == 32
    assert sum(sum(d.counts.values()) for d in DeletionRecord.objects.all()) == due
    assert sum(SweepRun.objects.values_list("records", flat=True)) == due


def test_p3_nothing_is_destroyed_before_its_entry_is_signed(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    with mock.patch.object(sequence, "sign_pending", return_value=0):
        report = sweep(now=standing_at(midnight(TODAY)))
    assert report.shredded == report.purged == 0
    assert states() == {"purging"}
    assert CellKey.objects.filter(wrapped__isnull=False).count() == 2
    assert count("SELECT count(*) FROM retention_record") == 2
    assert faults(TODAY) == []
    sweep(now=standing_at(midnight(TODAY)))
    check_exactly(TODAY)


def test_p3_a_deletion_is_not_reported_before_its_entry_is_signed(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    sign, answers = sequence.sign_pending, iter([True, False])

    def only_once(*, now: datetime) -> int:
        return sign(now=now) if next(answers) else 0

    with mock.patch.object(sequence, "sign_pending", only_once):
        report = sweep(now=standing_at(midnight(TODAY)))
    assert (report.shredded, report.purged) == (2, 0)
    assert states() == {"shredded"}
    assert DeletionRecord.objects.count() == 1
    assert deletions(acme, limit=9) == []
    assert faults(TODAY) == []
    sweep(now=standing_at(midnight(TODAY)))
    assert len(deletions(acme, limit=9)) == 1
    check_exactly(TODAY)


STOP_BEFORE: dict[str, str | None] = {
    "open": None,
    "sealed": "pass_point_of_no_return",
    "purging": "shred",
    "shredded": "remove_rows",
}


@pytest.mark.parametrize("state", STOP_BEFORE)
def test_a_cell_that_somebody_holds_locked_holds_up_nobody_else(
    acme: UUID, borealis: UUID, state: str
) -> None:
    for customer in (acme, borealis):
        keep(customer, OLD, snippets=())
    with ExitStack() as stack:
        if name := STOP_BEFORE[state]:
            stack.enter_context(mock.patch.object(steps, name, return_value=0))
            sweep(now=standing_at(midnight(TODAY)))
    assert states() == {state}
    with somebody_else() as other:
        other.execute("SELECT FROM retention_cell WHERE customer_id = %s FOR UPDATE", [acme])
        sweep(now=standing_at(midnight(TODAY)))
        assert states(customer=borealis) == {"purged"}
        assert states(customer=acme) == {state}
        assert faults(TODAY) == []
        other.rollback()
    sweep(now=standing_at(midnight(TODAY)))
    check_exactly(TODAY)


def test_hosts_whose_clocks_are_seconds_apart_work_on_the_same_day(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    ahead = midnight(TODAY) + 5 * SECOND
    with mock.patch.object(partitions, "drop", return_value=False):
        sweep(now=standing_at(ahead))
    sweep(now=standing_at(midnight(TODAY)))
    check_exactly(TODAY)
    [record] = deletions(acme, limit=9)
    assert record.keys_destroyed_at == record.rows_removed_at == ahead


def test_the_day_s_table_stays_while_anything_in_it_may_be_read(acme: UUID) -> None:
    keep(acme, OLD, "a", snippets=())
    keep(acme, OLD, "b", snippets=(), retain_days=7)
    sweep(now=standing_at(midnight(OLD + 7 * DAY)))
    assert OLD in tables()
    assert count("SELECT count(*) FROM retention_record") == 2
    sweep(now=standing_at(midnight(TODAY) - SECOND))
    assert OLD in tables()


def test_the_day_s_table_stays_while_anything_of_it_may_still_arrive(acme: UUID) -> None:
    keep(acme, OLD, "a", snippets=(), retain_days=7)
    report = sweep(now=standing_at(midnight(OLD + 7 * DAY)))
    assert (report.purged, report.days_dropped) == (2, 0)
    assert OLD in partitions.existing()
    assert keep(acme, OLD, "late", snippets=(), received=midnight(OLD + 8 * DAY)) == 2
    assert faults(OLD + 8 * DAY) == []


def test_days_that_nobody_used_go_too(live: Live) -> None:
    for day in (OLD - 20 * DAY, OLD, OLD + DAY):
        make_table(day)
    sweep(now=standing_at(midnight(TODAY)))
    assert tables() & {OLD - 20 * DAY, OLD, OLD + DAY} == {OLD + DAY}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_cell SET state = 'purging' WHERE state = 'sealed'",
        "UPDATE retention_cell SET state = 'purged' WHERE state = 'shredded'",
        "UPDATE retention_cell SET state = 'open' WHERE state = 'purged'",
        "UPDATE retention_cell SET expires_on = expires_on + 1",
        "UPDATE retention_deletionrecord SET counts = '{}'",
        "DELETE FROM retention_deletionrecord",
        "DELETE FROM retention_cell",
        "TRUNCATE retention_cell CASCADE",
    ],
)
def test_the_database_refuses_shortcuts_and_second_thoughts(acme: UUID, statement: str) -> None:
    keep(acme, OLD, "a", snippets=())
    sweep(now=standing_at(midnight(TODAY)))
    keep(acme, OLD + DAY, "b", snippets=())
    with mock.patch.object(steps, "remove_rows", return_value=False):
        sweep(now=standing_at(midnight(TODAY) + DAY))
    keep(acme, OLD + 2 * DAY, "c", snippets=())
    with mock.patch.multiple(
        steps, pass_point_of_no_return=lambda *_: 0, remove_rows=lambda *_: False
    ):
        sweep(now=standing_at(midnight(TODAY) + 2 * DAY))
    assert states() == {"purged", "shredded", "sealed"}
    with somebody_else() as other, pytest.raises(Exception, match=r"retention_|cell_"):
        other.execute(statement)


def counted(call: Callable[[], object]) -> int:
    """How many statements the call sends to either database."""
    number = 0

    def wrapper(execute: Any, *rest: Any) -> Any:
        nonlocal number
        number += 1
        return execute(*rest)

    with (
        connections["default"].execute_wrapper(wrapper),
        connections["vault"].execute_wrapper(wrapper),
    ):
        call()
    return number


def test_five_thousand_cells_cost_statements_by_the_batch_and_not_by_the_cell(
    live: Live,
) -> None:
    first = crowd(OLD, number=125, expires_on=TODAY)
    first += crowd(OLD + 60 * DAY, number=125, expires_on=TODAY)
    few = counted(lambda: sweep(now=standing_at(midnight(TODAY))))
    assert first == 1000
    second = crowd(OLD + DAY, number=1000, expires_on=TODAY + DAY)
    second += crowd(OLD + 61 * DAY, number=250, expires_on=TODAY + DAY)
    many = counted(lambda: sweep(now=standing_at(midnight(TODAY + DAY))))
    assert second == 5000
    more_batches = (second - first) // claims.BATCH
    assert many - few <= more_batches * 40
    check_exactly(TODAY + DAY)
    assert DeletionRecord.objects.count() == 1500
    assert DataClass.SNIPPET in DeletionRecord.objects.all()[0].counts


def test_it_can_be_tampered_with_and_still_never_destroys_early(acme: UUID) -> None:
    """A row that claims another day's cell is counted there, and blocks it."""
    keep(acme, OLD, "a", snippets=())
    keep(acme, OLD + DAY, "a", snippets=())
    victim = Cell.objects.get(clock_day=OLD, data_class="response")
    tamper(
        "UPDATE retention_record SET cell_id = %s WHERE clock_day = %s AND data_class = 'response'",
        victim.pk,
        OLD + DAY,
    )
    sweep(now=standing_at(midnight(TODAY)))
    assert count("SELECT count(*) FROM retention_record WHERE clock_day = %s", OLD + DAY) == 2
    report = sweep(now=standing_at(midnight(TODAY + DAY)))
    assert report.blocked == 1
