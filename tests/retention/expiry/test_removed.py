"""What went, by month and kind: sums that agree with deletion records and cells at any moment."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from unittest import mock
from uuid import UUID

import pytest

import retention
from retention.expiry import prove, removed
from retention.expiry.models import DeletionRecord, RemovedSum
from retention.expiry.removed import Gone
from retention.expiry.sweep import sweep
from retention.records import deliver, queries
from tests.retention.expiry.agreement import faults
from tests.retention.expiry.scenes import keep, midnight, noon, standing_at
from tests.retention.records import raw

DAY = timedelta(days=1)
# The last day of a month: what is sent on it goes in the next.
LAST = date(2026, 9, 30)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
EVER = (date(2026, 1, 1), date(2027, 12, 31))


def returned(customer: UUID, name: str, day: date = LAST) -> None:
    """The result of an exchange came back, so its snippets go."""
    deliver.deliver(customer, queries.Address(None, name, day), now=noon(day))


def runs_on(day: date) -> None:
    sweep(now=standing_at(midnight(day)))


def test_it_says_what_runs_removed_by_the_day_on_which_they_did(acme: UUID, borealis: UUID) -> None:
    for customer in (acme, borealis):
        keep(customer, LAST, "a", "b", snippets=("x = 1",))
    runs_on(LAST + DAY)
    assert removed.gone(*EVER) == [Gone(OCTOBER, "snippet", False, 4)]
    assert removed.gone(LAST, LAST) == []
    assert removed.gone(OCTOBER, OCTOBER) == removed.gone(*EVER)


def test_what_was_returned_is_apart_by_the_day_of_its_call_before_and_after_its_purge(
    acme: UUID,
) -> None:
    keep(acme, LAST, "a", "b", "c", snippets=("x = 1",))
    for name in ("a", "b"):
        returned(acme, name)
    gone = Gone(SEPTEMBER, "snippet", True, 2)
    assert removed.gone(*EVER) == [gone]
    assert not RemovedSum.objects.exists()
    runs_on(LAST + DAY)
    assert removed.gone(*EVER) == [gone, Gone(OCTOBER, "snippet", False, 1)]
    assert removed.gone(SEPTEMBER, LAST) == [gone]


def test_a_run_that_dies_before_the_end_has_nothing_counted_twice(acme: UUID) -> None:
    keep(acme, LAST, "a", "b", snippets=("x = 1",))
    returned(acme, "a")
    went = [Gone(SEPTEMBER, "snippet", True, 1), Gone(OCTOBER, "snippet", False, 1)]
    with (
        mock.patch.object(prove, "FINISH", "SELECT 1 / 0, %s, %s"),
        pytest.raises(Exception, match="zero"),
    ):
        runs_on(LAST + DAY)
    assert removed.gone(*EVER) == went
    assert faults(LAST + DAY) == []
    runs_on(LAST + DAY)
    assert removed.gone(*EVER) == went
    assert faults(LAST + DAY) == []


def test_a_deletion_record_that_is_not_committed_adds_nothing(acme: UUID) -> None:
    keep(acme, LAST, "a", snippets=("x = 1",))
    with (
        mock.patch.object(prove, "TAKEN", "SELECT 1 / 0, %s, %s"),
        pytest.raises(Exception, match="zero"),
    ):
        runs_on(LAST + DAY)
    assert not DeletionRecord.objects.exists()
    assert removed.gone(*EVER) == []
    assert faults(LAST + DAY) == []


def test_an_empty_cell_leaves_a_deletion_record_and_no_sum(acme: UUID) -> None:
    keep(acme, LAST, "a", snippets=("x = 1",))
    returned(acme, "a")
    runs_on(LAST + DAY)
    assert DeletionRecord.objects.get().counts == {"snippet": 0}
    assert raw.run("SELECT day, returned, items FROM retention_removedsum") == [(LAST, True, 1)]


def test_a_deletion_record_written_past_the_engine_is_in_the_sums(acme: UUID) -> None:
    keep(acme, LAST, "a", snippets=("x = 1",))
    runs_on(LAST + DAY)
    entry = "INSERT INTO retention_entry (kind, facts, created_at) VALUES ('x', '{}', now())"
    [(identifier,)] = raw.run(f"{entry} RETURNING id")
    raw.run(
        "INSERT INTO retention_deletionrecord (id, customer_id, clock_day, run_id, kind, counts,"
        " keys_destroyed_at, rows_removed_at, entry_id) SELECT gen_random_uuid(),"
        ' gen_random_uuid(), clock_day, run_id, kind, \'{"prompt": 7, "response": 0}\','
        " keys_destroyed_at, rows_removed_at, %s FROM retention_deletionrecord",
        identifier,
    )
    assert Gone(OCTOBER, "prompt", False, 7) in removed.gone(*EVER)


def test_what_went_before_there_were_sums_is_added_by_the_same_count(acme: UUID) -> None:
    keep(acme, LAST, "a", "b", snippets=("x = 1",))
    returned(acme, "a")
    runs_on(LAST + DAY)
    before = removed.gone(*EVER)
    migrated = Path(retention.__file__).parent / "sql" / "removed_sums.sql"
    raw.run(migrated.read_text().partition("-- What went before there were sums.")[2])
    twice = [gone._replace(items=2 * gone.items) for gone in before]
    assert len(before) == 2
    assert removed.gone(*EVER) == twice


@pytest.mark.parametrize(
    ("message", "statement"),
    [
        ("is refused", "UPDATE retention_removedsum SET items = items + 1"),
        ("is refused", "DELETE FROM retention_removedsum"),
        ("is refused", "TRUNCATE retention_removedsum"),
        (
            "removedsum_counts",
            "INSERT INTO retention_removedsum (day, data_class, returned, items)"
            " VALUES ('2026-09-30', 'prompt', false, 0)",
        ),
    ],
)
def test_a_sum_stays_as_it_was_written(acme: UUID, message: str, statement: str) -> None:
    keep(acme, LAST, "a", snippets=("x = 1",))
    runs_on(LAST + DAY)
    raw.refused(message, statement)
