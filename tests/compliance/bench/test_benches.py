"""Each benchmark does what it says, at a size that proves nothing about speed."""

from __future__ import annotations

from django.db import connection

from compliance.bench import cells, ingest, pages, purge, reading
from compliance.bench.client import EXCHANGES
from compliance.bench.report import Report
from retention.expiry import conservation
from retention.expiry.models import DeletionRecord
from retention.records.models import Cell
from tests.conftest import Live


def figures(report: Report) -> set[str]:
    """The names of what was measured; every figure is positive and in order."""
    for figure in report.figures:
        assert 0 <= figure.least <= figure.median <= figure.most
        assert figure.n >= 1
    return {figure.name for figure in report.figures}


def no_progress(_: str) -> None:
    """Nobody looks on."""


def test_ingest_is_measured_beside_copy_on_one_two_and_four_connections(stores: Live) -> None:
    report = ingest.run(scale=0.01, progress=no_progress)
    assert {f"ingest, {n}" for n in ("1 connection", "2 connections", "4 connections")} <= figures(
        report
    )
    assert [target.limit for target in report.targets] == [0.33, 220, 250]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT customer_id) FROM retention_record")
        rows, customers = cursor.fetchone()
    # Warm-up and three turns through ingest; each of the four copies is a customer of its own.
    assert rows == 8 * 4 * EXCHANGES * 4
    assert customers >= 5


def test_a_purge_by_the_engine_is_measured_beside_delete_and_vacuum(stores: Live) -> None:
    report = purge.run(scale=0.001, progress=no_progress)
    assert {"deletion run of the engine", "DELETE + VACUUM of the same rows"} <= figures(report)
    # Once alone, once beside an ingest.
    assert DeletionRecord.objects.count() == 2 * purge.CUSTOMERS
    assert conservation.check_all() == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW autovacuum")
        assert cursor.fetchone() == ("on",)


def test_the_deletion_run_of_a_midnight_is_measured_step_by_step(stores: Live) -> None:
    report = cells.run(scale=0.001, progress=no_progress)
    assert set(cells.STEPS) <= figures(report)
    assert set(Cell.objects.values_list("state", flat=True)) == {"purged"}
    assert Cell.objects.count() == 40
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM retention_record")
        assert cursor.fetchone() == (0,)


def test_reading_one_exchange_by_its_id_or_its_day_touches_one_partition(stores: Live) -> None:
    report = reading.run(scale=0.005, progress=no_progress)
    assert "by the server's id" in figures(report)
    assert {target.value for target in report.targets} == {1}


def test_a_look_up_that_names_no_day_is_seen_to_touch_many_partitions(stores: Live) -> None:
    def everywhere() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM retention_record WHERE external_id = %s", ["a"])

    assert len(reading.partitions_touched(everywhere)) > 180


def test_every_page_is_timed_over_half_a_year_of_customers(stores: Live) -> None:
    report = pages.run(scale=0.001, progress=no_progress)
    assert {"/admin/", "/admin/volumes/", "/admin/retention/cell/"} <= figures(report)
    assert {target.limit for target in report.targets} == {pages.MOST_MS}
    assert conservation.check_all() == []
    assert set(Cell.objects.values_list("state", flat=True)) == {"open", "purged"}
    assert not Cell.objects.filter(state="purged", deletion=None).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(items) = (SELECT sum(acknowledged) FROM retention_cell"
            " WHERE clock_day >= min(tally.clock_day)) FROM retention_daytally tally"
        )
        assert cursor.fetchone() == (True,)
