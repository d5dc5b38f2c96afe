"""What the stores say of the service's health, in numbers: nothing of any customer's in them.

Read by the metrics, the alarms and the page for staff. Every query is answered by an index or by a
handful of rows, but for `totals()`, which reads all cells once and is for the metrics alone.
Promised times (a deletion date) are held against the clock of the rules, everything about the
machine against the host's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from retention.expiry import partitions, queries
from retention.expiry.models import ClockGuard, TickPart
from retention.records import room

PENDING = "SELECT count(*), min(created_at) FROM retention_entry WHERE signed_at IS NULL"
TOTALS = """
    SELECT state, count(*), coalesce(sum(acknowledged), 0), coalesce(sum(purged), 0),
        coalesce(sum(delivered), 0), coalesce(sum(erased), 0)
    FROM retention_cell GROUP BY state
"""
RUNS = "SELECT count(*), coalesce(sum(days_dropped), 0) FROM retention_sweeprun"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many wait, and for how many seconds the oldest of them."""

    waiting: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One look. `readable`: due and still with a key; `rows`: without one, not yet removed."""

    readable: Backlog
    rows: Backlog
    unsigned: Backlog
    blocked: int
    missing_days: int
    days_ahead: int
    clock_alarm: str
    parts: Mapping[str, TickPart]
    copy_age: float | None
    disks: Mapping[str, int]


def read(*, now: datetime, host_now: datetime) -> Figures:
    """Look once: five short queries, the disks, and the copy's age."""
    behind = queries.behind(now.date())
    made = {day for day, pending in partitions.existing().items() if not pending}
    guard = ClockGuard.objects.first()
    return Figures(
        readable=_backlog(behind.keys, behind.keys_since, now),
        rows=_backlog(behind.rows, behind.rows_since, now),
        unsigned=_unsigned(now),
        blocked=behind.blocked,
        missing_days=len(set(partitions.window(now.date())[: -partitions.DAYS_AHEAD]) - made),
        days_ahead=_ahead(made, now.date()),
        clock_alarm=guard.alarm if guard else "",
        parts=TickPart.objects.in_bulk(),
        copy_age=_copy_age(host_now),
        disks=_disks(),
    )


def totals() -> dict[str, tuple[int, ...]]:
    """By state: cells, and items acknowledged, purged, delivered, erased in them so far."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS)
        return {state: tuple(map(int, numbers)) for state, *numbers in cursor.fetchall()}


def runs() -> tuple[int, int]:
    """Deletion runs that found something, and whole days that they dropped."""
    with connection.cursor() as cursor:
        cursor.execute(RUNS)
        count, days = cursor.fetchone()
    return int(count), int(days)


def _backlog(waiting: int, since: date | None, now: datetime) -> Backlog:
    return Backlog(waiting, _since_midnight_of(since, now)) if since else Backlog()


def _since_midnight_of(day: date, now: datetime) -> float:
    return (now - datetime(day.year, day.month, day.day, tzinfo=UTC)).total_seconds()


def _unsigned(now: datetime) -> Backlog:
    with connection.cursor() as cursor:
        cursor.execute(PENDING)
        count, oldest = cursor.fetchone()
    return Backlog(count, max(0.0, (now - oldest).total_seconds())) if oldest else Backlog()


def _ahead(made: set[date], today: date) -> int:
    """How many days after today have their partition, without a gap."""
    ahead = 0
    while today + timedelta(days=ahead + 1) in made:
        ahead += 1
    return ahead


def _copy_age(host_now: datetime) -> float | None:
    """Seconds; None without a place for a copy, infinite where there is none yet."""
    if not settings.VAULT_COPY:
        return None
    try:
        made = Path(settings.VAULT_COPY).stat().st_mtime
    except OSError:
        return float("inf")
    return max(0.0, host_now.timestamp() - made)


def _disks() -> dict[str, int]:
    """Free bytes of the disks that we can see, by what lies on them."""
    return {folder.name: _free(folder) for folder in room.folders()}


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def reserve() -> int:
    """Below so many free bytes exchanges are refused."""
    return int(settings.DISK_RESERVE_MB) * MEGABYTE
