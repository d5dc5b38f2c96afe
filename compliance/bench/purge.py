"""A day of 500,000 records: the engine's deletion run against DELETE + VACUUM of the same rows.

In turns, each side on freshly written and vacuumed rows and after a checkpoint. Then once more with
ingest going on beside it in another process: how long did its slowest batch have to wait?
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from uuid import UUID

from django.db import connection
from psycopg import sql

from compliance.bench import loading, measure
from compliance.bench.report import Report
from compliance.bench.talking import Companion, companion
from compliance.customers.onboard import create_customer
from retention.actor import SYSTEM
from retention.expiry import partitions
from retention.expiry.sweep import sweep
from retention.policies.rules import ceiling
from retention.records.cells import CellName
from retention.records.rows import NAMES

ROWS, CUSTOMERS, ROUNDS = 500_000, 100, 3
# Sealed bytes of an ordinary record.
SIZE = 1300
LEAST_FASTER, LEAST_WAL, MOST_STALL = 5.0, 100.0, 250.0

TEMPLATE, OTHER = sql.Identifier("bench_day"), sql.Identifier("bench_other")
# The rows of the template on another day: only day and cell differ.
ON_DAY = f"""
    INSERT INTO {{into}} ({NAMES})
    SELECT {
    ", ".join(
        {"clock_day": "cell.clock_day", "cell_id": "cell.id"}.get(n, f"t.{n}")
        for n in NAMES.split(", ")
    )
}
    FROM {{template}} t JOIN retention_cell cell
        ON cell.customer_id = t.customer_id AND cell.data_class = t.data_class
    WHERE cell.clock_day = {{day}}
"""


def run(*, scale: float, progress: Callable[[str], None]) -> Report:
    """Time and WAL of a purge, and the longest wait of an ingest beside it."""
    rounds = ROUNDS if scale >= 1 else 1
    each = max(1, round(ROWS * scale / CUSTOMERS / len(loading.KEPT)))
    with loading.nothing_in_the_background():
        progress(f"purge: writing {each * CUSTOMERS * len(loading.KEPT):,} rows")
        days = Days(loading.customers(CUSTOMERS), each)
        days.write_template()
        for number in range(rounds):
            progress(f"purge: round {number + 1} of {rounds}, engine and DELETE")
            days.purge_alone(delete_first=bool(number % 2))
            progress(f"purge: round {number + 1} of {rounds}, engine beside an ingest")
            days.purge_beside_ingest()
    return _report(days, scale)


@dataclass(slots=True)
class Days:
    """Days full of rows, one after the other, and what it took to get rid of them."""

    customers: list[UUID]
    each: int
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def records(self) -> int:
        """Rows of a day."""
        return self.each * len(self.customers) * len(loading.KEPT)

    def write_template(self) -> None:
        """The rows, once, encoded by us; every day is then a copy made by the server."""
        day = loading.oldest_day()
        for customer in self.customers:
            loading.write_rows(loading.rows(customer, day, loading.KEPT, self.each, SIZE))
        source = sql.Identifier(partitions.name_of(day))
        _execute("CREATE UNLOGGED TABLE {} AS SELECT * FROM {}", TEMPLATE, source)
        _execute("TRUNCATE {}", source)

    def write_day(self) -> date:
        """The next day of the past, as ingest left it."""
        day = loading.oldest_day()
        names = [CellName(customer, day, c, 0) for customer in self.customers for c in loading.KEPT]
        loading.make_cells(names, records=self.each, expires_on=ceiling(day))
        _execute(ON_DAY, into=sql.Identifier("retention_record"), template=TEMPLATE, day=day)
        _execute("VACUUM ANALYZE {}", sql.Identifier(partitions.name_of(day)))
        return day

    def purge_alone(self, *, delete_first: bool) -> None:
        """Both sides, in either order."""
        day = self.write_day()
        _execute("CREATE TABLE {} (LIKE retention_record INCLUDING ALL)", OTHER)
        _execute(ON_DAY, into=OTHER, template=TEMPLATE, day=day)
        _execute("VACUUM ANALYZE {}", OTHER)
        if delete_first:
            self._delete(day)
        self._engine(day)
        if not delete_first:
            self._delete(day)
        _execute("DROP TABLE {}", OTHER)

    def _engine(self, day: date) -> None:
        with Costs(self.took, "engine"):
            self._sweep(day)

    def _sweep(self, day: date) -> None:
        report = sweep(now=lambda: loading.due_at(day))
        if report.records != self.records or report.days_dropped != 1:
            raise RuntimeError(f"The engine did something else: {report}")

    def _delete(self, day: date) -> None:
        with Costs(self.took, "delete"):
            _execute("DELETE FROM {} WHERE clock_day = {}", OTHER, day)
            _execute("VACUUM {}", OTHER)

    def purge_beside_ingest(self) -> None:
        """The engine again, while small batches go into another day."""
        day = self.write_day()
        at = loading.due_at(day)
        customer = create_customer("Borealis", by=SYSTEM, now=at).pk
        loading.checkpoint()
        with companion("compliance.bench.probe", str(customer), at.isoformat()) as probe:
            self.took["quiet"].append(_longest(probe, lambda: time.sleep(2)))
            self.took["stall"].append(_longest(probe, lambda: self._sweep(day)))


def _longest(probe: Companion, work: Callable[[], None]) -> float:
    """Milliseconds that the slowest batch took while `work` ran."""
    probe.ask(start=True)
    work()
    return float(probe.ask(stop=True)["longest"]) * 1000


class Costs:
    """Seconds and bytes of WAL of what is done inside."""

    def __init__(self, took: dict[str, list[float]], name: str) -> None:
        self.took, self.name = took, name

    def __enter__(self) -> None:
        loading.checkpoint()
        self.wal, self.started = measure.wal_position(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.took[f"{self.name} seconds"].append(time.perf_counter() - self.started)
        self.took[f"{self.name} wal"].append((measure.wal_position() - self.wal) / 1e6)


def _execute(statement: str, *parts: object, **named: object) -> None:
    """Identifiers are composed as such, anything else as a literal."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(statement).format(
                *map(_composable, parts), **{k: _composable(v) for k, v in named.items()}
            )
        )


def _composable(part: object) -> sql.Composable:
    return part if isinstance(part, sql.Composable) else sql.Literal(part)


def _report(days: Days, scale: float) -> Report:
    report, took = Report("purge", scale), days.took
    report.add("deletion run of the engine", "s", took["engine seconds"])
    report.add("DELETE + VACUUM of the same rows", "s", took["delete seconds"])
    report.add("WAL of the engine", "MB", took["engine wal"])
    report.add("WAL of DELETE + VACUUM", "MB", took["delete wal"])
    report.add("slowest batch of 10 without a purge", "ms", took["quiet"])
    report.add("slowest batch of 10 during a purge", "ms", took["stall"])
    pairs = zip(took["delete seconds"], took["engine seconds"], strict=True)
    report.at_least("how much faster", "times", median(a / b for a, b in pairs), LEAST_FASTER)
    pairs = zip(took["delete wal"], took["engine wal"], strict=True)
    report.at_least("how much less WAL", "times", median(a / b for a, b in pairs), LEAST_WAL)
    report.at_most("longest stall of an ingest", "ms", max(took["stall"]), MOST_STALL)
    report.notes.append(f"{days.records:,} records of {SIZE} sealed bytes; autovacuum off.")
    return report
