"""Somebody reads for hours: keys go at once, rows wait, and nobody else waits with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from retention.expiry import partitions
from retention.expiry.queries import deletions
from retention.expiry.sweep import sweep
from retention.policies.rules import DataClass
from retention.records.models import Cell
from retention.vault.models import CellKey
from tests.retention.expiry.agreement import faults, unfinished
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
)

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
OLDER = OLD - timedelta(days=1)
READERS = {
    "one day": f"SELECT count(*) FROM {partitions.name_of(OLD)}",
    "every day": "SELECT count(*) FROM retention_record",
    "a dump": f"LOCK TABLE {partitions.name_of(OLD)} IN ACCESS SHARE MODE",
}
INSERT = """
    INSERT INTO retention_record (customer_id, clock_day, id, exchange_id, external_id, data_class,
        part, cell_id, generation, occurred_at, received_at, purpose, subprocessor, model, account,
        endpoint, provider, repository, size, verdict, flags)
    VALUES (%s, %s, %s, %s, '', 'prompt', '1', %s, 1, '2026-09-20', '2026-09-20', '', '', '', '',
        '', '', '', 0, '', '{}')
"""


@contextmanager
def somebody_inserting(day: date) -> Iterator[list[str]]:
    """Inserts all the time and gives up, with a complaint, whenever a lock takes over 400 ms."""
    ended, complaints, nobody = threading.Event(), [], uuid4()

    def insert() -> None:
        with somebody_else(autocommit=True) as other:
            other.execute("SET lock_timeout = '400ms'")
            while not ended.wait(0.005):
                try:
                    other.execute(INSERT, [nobody, day, uuid4(), uuid4(), nobody])
                except psycopg.Error as error:
                    complaints.append(str(error))

    thread = threading.Thread(target=insert)
    thread.start()
    try:
        yield complaints
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("statement", READERS.values(), ids=READERS)
def test_p3_an_open_reader_delays_rows_but_neither_keys_nor_inserts(
    acme: UUID, statement: str
) -> None:
    keep(acme, OLD, snippets=())
    keep(acme, TODAY - timedelta(days=9), snippets=(), retain_days=9)
    make_table(TODAY)
    with somebody_else() as other:
        other.execute(statement)
        with somebody_inserting(TODAY) as complaints:
            report = sweep(now=standing_at(midnight(TODAY)))
        assert complaints == []
        assert report.waiting == 1
        assert report.shredded == 4
        assert states(day=OLD) == {"shredded"}
        assert states(day=TODAY - timedelta(days=9)) == {"purged"}, "the others were not held up"
        assert not CellKey.objects.filter(wrapped__isnull=False).exists()
        assert [d.clock_day for d in deletions(acme, limit=9)] == [TODAY - timedelta(days=9)]
        other.rollback()
    assert sweep(now=standing_at(midnight(TODAY) + timedelta(minutes=1))).days_dropped == 1
    assert unfinished(TODAY) == []
    assert {d.clock_day for d in deletions(acme, limit=9)} == {OLD, TODAY - timedelta(days=9)}


def test_a_reader_of_one_day_delays_the_days_behind_it_and_all_go_when_it_ends(acme: UUID) -> None:
    for day in (OLDER, OLD):
        keep(acme, day, snippets=())
    with somebody_else() as other:
        other.execute(f"SELECT count(*) FROM {partitions.name_of(OLDER)}")
        assert sweep(now=standing_at(midnight(TODAY))).waiting == 2
        assert faults(TODAY) == []
        assert sweep(now=standing_at(midnight(TODAY))).waiting == 2
        other.rollback()
    assert sweep(now=standing_at(midnight(TODAY))).waiting == 0
    assert unfinished(TODAY) == faults(TODAY) == []
    assert not tables() & {OLD, OLDER}


def test_rows_deleted_one_by_one_do_not_wait_for_readers(acme: UUID) -> None:
    yesterday = TODAY - timedelta(days=1)
    keep(acme, yesterday)
    with somebody_else() as other:
        other.execute(f"SELECT count(*) FROM {partitions.name_of(yesterday)}")
        assert sweep(now=standing_at(midnight(TODAY))).purged == 1
    snippets = Cell.objects.get(data_class=DataClass.SNIPPET)
    assert count("SELECT count(*) FROM retention_record WHERE cell_id = %s", snippets.pk) == 0
