"""What Prometheus is told, read from the stores at each scrape.

So it is right whichever process answers and whatever was restarted. Numbers of the whole service:
none is of one customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import structlog
from django.db import Error
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from compliance.alarms.kinds import KINDS
from compliance.alarms.queries import kinds_on
from compliance.health import figures
from compliance.health.figures import Backlog, Figures
from retention import clock

Labelled = Mapping[str, float]
log = structlog.get_logger("compliance.health")


class Stores:
    """A collector in the sense of the library."""

    def collect(self) -> Iterator[Metric]:
        """All families; where the database does not answer, only that."""
        found = []
        try:
            found = [*_figures(), *_totals(), *_alarms()]
        except Error as error:
            log.error("metrics_incomplete", exc_info=error)
        yield _gauge("database_up", "1 while the database answers.", bool(found))
        yield from found


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sandglass_{name}", help_text, value=float(value))


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(f"sandglass_{name}", help_text, value=float(value))


def _gauges(name: str, help_text: str, label: str, values: Labelled) -> Metric:
    family = GaugeMetricFamily(f"sandglass_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family


def _backlog(name: str, what: str, found: Backlog) -> Iterator[Metric]:
    yield _gauge(name, f"{what}.", found.waiting)
    yield _gauge(f"{name}_oldest_seconds", f"Age of the oldest: {what}.", found.oldest_seconds)


def _figures() -> Iterator[Metric]:
    seen = figures.read(now=clock.now(), host_now=clock.host_now())
    yield _gauge(
        "overdue_seconds",
        "How long the oldest due day group has kept its keys past its instant.",
        seen.readable.oldest_seconds,
    )
    yield _gauge("day_groups_due", "Day groups that are due and have keys.", seen.readable.waiting)
    yield from _backlog("day_groups_unremoved", "Day groups without keys, with rows", seen.rows)
    yield from _backlog("log_entries_pending", "Activity log entries not signed", seen.unsigned)
    yield _gauge("day_groups_blocked", "Day groups that do not add up.", seen.blocked)
    yield _gauge("days_missing", "Days without a partition.", seen.missing_days)
    yield _gauge("days_ahead", "Partitions made ahead, without a gap.", seen.days_ahead)
    yield _gauge("clock_trusted", "1 while the host's clock is trusted.", not seen.clock_alarm)
    yield _gauges("disk_free_bytes", "Room on a disk.", "disk", seen.disks)
    if seen.copy_age is not None:
        yield _gauge("key_copy_age_seconds", "Age of the copy of the keys.", seen.copy_age)
    yield from _parts(seen)


def _parts(seen: Figures) -> Iterator[Metric]:
    parts = seen.parts.values()
    came = {part.name: part.came_at.timestamp() for part in parts if part.came_at}
    yield _gauges("part_came_timestamp_seconds", "When it last ended well.", "part", came)
    yield _gauges(
        "part_seconds",
        'How long it last took; part="deletion" is the deletion run.',
        "part",
        {part.name: part.seconds for part in parts},
    )
    yield _gauges(
        "part_failing", "1 while it fails.", "part", {p.name: bool(p.failure) for p in parts}
    )


def _totals() -> Iterator[Metric]:
    totals = figures.totals()
    groups = {state: numbers[0] for state, numbers in totals.items()}
    yield _gauges("day_groups", "Day groups by state.", "state", groups)
    stored, purged, delivered, erased = (
        sum(numbers[place] for numbers in totals.values()) for place in (1, 2, 3, 4)
    )
    yield _counter("items_stored", "Items stored; its rate is the ingest rate.", stored)
    yield _counter("items_deleted", "Items removed on schedule.", purged)
    yield _counter("items_returned", "Items removed when their result was returned.", delivered)
    yield _counter("items_erased", "Items deleted on request.", erased)
    count, days = figures.runs()
    yield _counter("deletion_runs", "Deletion runs that found something.", count)
    yield _counter("days_dropped", "Whole days dropped.", days)


def _alarms() -> Iterator[Metric]:
    on = kinds_on()
    yield _gauges(
        "alarm", "1 while the alarm is on.", "alarm", {code: code in on for code in KINDS}
    )
