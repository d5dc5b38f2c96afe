"""Counting: acknowledged = live + delivered + purged, in rows, for every cell."""

from __future__ import annotations

from datetime import date, timedelta
from unittest import mock
from uuid import UUID, uuid4

import pytest

from retention.expiry import conservation, steps
from retention.expiry.plan import plan
from retention.expiry.sweep import sweep
from retention.policies.rules import DataClass
from retention.records import deliver, queries
from retention.records.models import Cell
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import (
    day_that_ends_on,
    keep,
    midnight,
    noon,
    somebody_else,
    standing_at,
    states,
    tamper,
)
from tests.retention.expiry.threads import at_once

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
YOUNG = TODAY - timedelta(days=30)
LOSE_A_ROW = """
    DELETE FROM retention_record WHERE ctid = (
        SELECT ctid FROM retention_record WHERE cell_id = %s LIMIT 1) AND cell_id = %s
"""
ADD_A_ROW = """
    INSERT INTO retention_record SELECT (jsonb_populate_record(
        record, jsonb_build_object('id', gen_random_uuid()))).*
    FROM retention_record record WHERE cell_id = %s LIMIT 1
"""
COUNT_ONE_MORE = "UPDATE retention_cell SET acknowledged = acknowledged + 1 WHERE id = %s"
COUNT_ONE_DELIVERED = "UPDATE retention_cell SET delivered = delivered + 1 WHERE id = %s"


def cell_of(customer: UUID, day: date, data_class: DataClass = DataClass.RESPONSE) -> Cell:
    return Cell.objects.get(customer_id=customer, clock_day=day, data_class=data_class)


def blocked() -> set[UUID]:
    return set(Cell.objects.exclude(blocked="").values_list("pk", flat=True))


def lose_a_row(cell: Cell) -> None:
    assert tamper(LOSE_A_ROW, cell.pk, cell.pk) == 1


def test_everything_adds_up_after_ingest_delivery_and_purge(acme: UUID, borealis: UUID) -> None:
    for customer in (acme, borealis):
        keep(customer, OLD, "a", "b", snippets=())
        keep(customer, YOUNG, "a", "b", "c", snippets=("x = 1", "y = 2"))
    address = queries.Address(external_id="a", day=YOUNG)
    assert deliver.deliver(acme, address, now=noon(YOUNG)).deleted == 2
    assert conservation.check_all() == []
    sweep(now=standing_at(midnight(TODAY)))
    assert conservation.check_all() == []
    assert faults(TODAY) == []
    snippets = cell_of(acme, YOUNG, DataClass.SNIPPET)
    assert (snippets.acknowledged, snippets.delivered, snippets.purged) == (6, 2, 4)


@pytest.mark.parametrize(
    "statement", [ADD_A_ROW, COUNT_ONE_MORE, COUNT_ONE_DELIVERED], ids=["row", "more", "delivered"]
)
def test_p3_a_cell_that_does_not_add_up_is_not_destroyed_and_blocks_only_itself(
    acme: UUID, borealis: UUID, statement: str
) -> None:
    for customer in (acme, borealis):
        keep(customer, OLD, "a", "b", snippets=())
    wrong = cell_of(acme, OLD)
    assert tamper(statement, wrong.pk) == 1

    report = sweep(now=standing_at(midnight(TODAY)))
    assert report.blocked == 1
    assert blocked() == {wrong.pk}
    assert states(customer=borealis) == {"purged"}
    wrong.refresh_from_db()
    assert (wrong.state, wrong.blocked) == ("sealed", "count_mismatch")
    assert cell_of(acme, OLD, DataClass.PROMPT).state == "purged"
    [line] = plan(TODAY)
    assert (line.what, line.why, line.cells) == ("blocked", "count_mismatch", 1)


def test_it_stays_an_alarm_in_the_log_of_every_run(acme: UUID) -> None:
    keep(acme, OLD, "a", "b", snippets=())
    tamper(COUNT_ONE_MORE, cell_of(acme, OLD).pk)
    for _ in range(2):
        with mock.patch.object(steps, "log") as log:
            sweep(now=standing_at(midnight(TODAY)))
        log.error.assert_called_once_with("expiry_count_mismatch", cells=1)


def test_a_lost_row_blocks_until_it_is_back_and_then_everything_goes(acme: UUID) -> None:
    keep(acme, OLD, "a", "b", snippets=())
    cell = cell_of(acme, OLD)
    with somebody_else(autocommit=True) as other:
        other.execute("CREATE TABLE restored AS SELECT * FROM retention_record")
        lose_a_row(cell)
        for _ in range(2):
            report = sweep(now=standing_at(midnight(TODAY)))
            assert (report.blocked, report.days_dropped) == (1, 0)
        other.execute(
            "INSERT INTO retention_record SELECT * FROM restored WHERE cell_id = %s"
            " ON CONFLICT DO NOTHING",
            [cell.pk],
        )
    report = sweep(now=standing_at(midnight(TODAY)))
    assert (report.blocked, report.days_dropped, report.purged) == (0, 1, 1)
    assert unfinished(TODAY) == faults(TODAY) == []


def test_the_nightly_count_finds_it_long_before_its_day_and_lets_go_when_it_adds_up(
    acme: UUID,
) -> None:
    keep(acme, YOUNG, "a", "b", snippets=())
    cell = cell_of(acme, YOUNG)
    tamper(COUNT_ONE_MORE, cell.pk)
    assert conservation.check_all() == [cell.pk]
    assert conservation.check_all() == [cell.pk], "it stays an alarm"
    assert blocked() == {cell.pk}
    tamper(ADD_A_ROW, cell.pk)
    assert conservation.check_all() == []
    assert blocked() == set()


def test_what_the_nightly_count_blocked_is_closed_and_counted_anew_on_its_day(acme: UUID) -> None:
    keep(acme, OLD, "a", "b", snippets=())
    cell = cell_of(acme, OLD)
    tamper(COUNT_ONE_MORE, cell.pk)
    conservation.check_all()
    sweep(now=standing_at(midnight(TODAY)))
    cell.refresh_from_db()
    assert (cell.state, cell.blocked) == ("sealed", "count_mismatch")
    tamper(ADD_A_ROW, cell.pk)
    sweep(now=standing_at(midnight(TODAY)))
    assert unfinished(TODAY) == faults(TODAY) == []


def test_rows_that_no_cell_knows_are_found(acme: UUID) -> None:
    keep(acme, YOUNG, snippets=())
    cell, nobody = cell_of(acme, YOUNG), uuid4()
    tamper(
        "INSERT INTO retention_record SELECT (jsonb_populate_record(record, jsonb_build_object("
        "'id', gen_random_uuid(), 'cell_id', %s::text))).* FROM retention_record record"
        " WHERE cell_id = %s",
        str(nobody),
        cell.pk,
    )
    assert conservation.check_all() == [nobody]


def test_rows_of_a_finished_cell_are_found(acme: UUID) -> None:
    yesterday = TODAY - timedelta(days=1)
    keep(acme, yesterday)
    snippets = cell_of(acme, yesterday, DataClass.SNIPPET)
    sweep(now=standing_at(midnight(TODAY)))
    assert conservation.check_all() == []
    tamper(
        "INSERT INTO retention_record SELECT (jsonb_populate_record(record, jsonb_build_object("
        "'id', gen_random_uuid(), 'cell_id', %s::text))).* FROM retention_record record"
        " WHERE cell_id = %s",
        str(snippets.pk),
        cell_of(acme, yesterday).pk,
    )
    assert conservation.check_all() == [snippets.pk]


def test_what_is_being_destroyed_is_no_mismatch(acme: UUID) -> None:
    keep(acme, OLD, "a", "b", snippets=())
    with somebody_else() as other:
        other.execute("SELECT FROM retention_record")
        assert sweep(now=standing_at(midnight(TODAY))).waiting == 1
    assert states() == {"shredded"}
    assert conservation.check_all() == []


def test_counting_goes_on_beside_ingest_and_runs(acme: UUID, borealis: UUID) -> None:
    """Nobody waits for the other in a circle, and nothing is blocked by mistake."""
    for customer in (acme, borealis):
        keep(customer, OLD, *"abcdef", snippets=())
    keep(acme, YOUNG, snippets=())

    def ingest(customer: UUID) -> None:
        for number in range(25):
            keep(customer, YOUNG, f"{number}-a", f"{number}-b", f"{number}-c")

    def count() -> None:
        for _ in range(25):
            assert conservation.check_all() == []

    def run() -> None:
        for _ in range(3):
            sweep(now=standing_at(midnight(TODAY) - timedelta(days=29)))

    assert at_once(lambda: ingest(acme), lambda: ingest(borealis), count, count, run) == []
    assert blocked() == set()
    assert conservation.check_all() == []
